"""Files of every earlier schema version open, keep what they held, and look like new ones."""

from pathlib import Path

import duckdb
import pytest

from study import store
from study.store.migrations import MIGRATIONS, SCHEMA_VERSION

SCHEMAS = Path(__file__).parent / "schemas"
STRUCTURE = (
    "select table_name, column_name, data_type, is_nullable from duckdb_columns() order by table_name, column_index",
    "select table_name, constraint_type, constraint_text from duckdb_constraints() order by all",
    "select view_name, sql from duckdb_views() where not internal order by all",
)


def older_file(path: Path, version: int) -> None:
    with duckdb.connect(str(path), config={"storage_compatibility_version": "v1.5.0"}) as raw:
        raw.execute((SCHEMAS / f"version_{version}.sql").read_text("utf-8"))
        raw.execute("insert into schema_version values (?, 'an-id')", [version])
        raw.execute(
            "insert into study values ('s', 'S', '{}', 'h', 'draft', 1, 'token', timestamp '2026-11-01 09:00:00')"
        )
        raw.execute("insert into verdict values ('s', 'c', 'gpt', 'fit', 'tie', 0.5, null)")


def structure(db: store.Database) -> list[object]:
    with db.reading() as cursor:
        return [cursor.execute(query).fetchall() for query in STRUCTURE]


def test_every_earlier_version_has_its_schema_here() -> None:
    assert {int(path.stem.removeprefix("version_")) for path in SCHEMAS.glob("*.sql")} == set(MIGRATIONS)
    assert set(MIGRATIONS) == set(range(1, SCHEMA_VERSION))


@pytest.mark.parametrize("version", MIGRATIONS)
def test_an_older_file_opens_and_keeps_what_it_held(tmp_path: Path, version: int) -> None:
    older_file(tmp_path / "old.duckdb", version)
    db, new = store.open_database(tmp_path / "old.duckdb"), store.open_database(tmp_path / "new.duckdb")
    try:
        assert structure(db) == structure(new)
        assert store.study(db, "s").title == "S"
        with db.reading() as cursor:
            verdicts = cursor.execute("from verdict").fetchall()
        assert verdicts == [("s", "c", "gpt", "fit", "unknown", "tie", 0.5, None, "")]
    finally:
        db.close()
        new.close()
    with duckdb.connect(str(tmp_path / f"old.duckdb.version-{version}")) as aside:
        assert aside.execute("select version from schema_version").fetchall() == [(version,)]
    store.open_database(tmp_path / "old.duckdb").close()


@pytest.mark.parametrize("version", MIGRATIONS)
def test_a_migration_that_fails_changes_nothing(
    tmp_path: Path, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    older_file(tmp_path / "old.duckdb", version)
    monkeypatch.setitem(MIGRATIONS, version, MIGRATIONS[version] + "select * from nothing_of_this_name;")
    with pytest.raises(duckdb.CatalogException):
        store.open_database(tmp_path / "old.duckdb")
    with duckdb.connect(str(tmp_path / "old.duckdb")) as raw:
        assert raw.execute("select version from schema_version").fetchall() == [(version,)]
        assert raw.execute("select preference from verdict").fetchall() == [("tie",)]
