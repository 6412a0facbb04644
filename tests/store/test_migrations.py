"""Databases of every earlier schema version open in both homes, keep what they held, and look like new ones."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from study import store
from study.errors import DatabaseError
from study.store.engine import migrations
from study.store.engine.address import PostgresAddress
from study.store.engine.migrations import MIGRATIONS, SCHEMA_VERSION, Migration, translated
from study.store.postgres.schema import _CHANGE, in_postgres
from tests.postgres import Cluster
from tests.store.next_version import MIGRATION, NEXT, PRESENT, next_version

SCHEMAS = Path(__file__).parent / "schemas"
STRUCTURE = (
    "select table_name, column_name, data_type, is_nullable from duckdb_columns() order by table_name, column_index",
    "select table_name, constraint_type, constraint_text from duckdb_constraints() order by all",
    "select view_name, sql from duckdb_views() where not internal order by all",
)
ON_SERVER = (
    "select table_name, column_name, data_type, is_nullable from information_schema.columns "
    "where table_schema = current_schema() order by 1, 2",
    "select conrelid::regclass::text, contype::text, "
    "case contype when 'c' then conkey::text else pg_get_constraintdef(oid) end from pg_constraint "
    "where connamespace = current_schema()::regnamespace and contype <> 'n' order by 1, 2, 3",
)
STUDY = "('s', 'S', '{}', 'h', 'draft', 1, 'token', timestamp '2026-11-01 09:00:00')"
VERDICTS = {
    1: "('s', 'c', 'gpt', 'fit', 'tie', 0.5, null)",
    2: "('s', 'c', 'gpt', 'fit', 'unknown', 'tie', 0.5, null, '')",
    3: "('s', 'c', 'gpt', 'fit', '?', 'tie', 0.5, null, '')",
}


def older_sql(version: int) -> str:
    """Return the SQL that makes a database of a version, with a study and a verdict in it."""
    return (
        (SCHEMAS / f"version_{version}.sql").read_text("utf-8")
        + f"insert into schema_version values ({version}, 'an-id'); insert into study values {STUDY};"
        + f"insert into verdict values {VERDICTS[version]};"
    )


def older_file(path: Path, version: int) -> None:
    with duckdb.connect(str(path), config={"storage_compatibility_version": "v1.5.0"}) as raw:
        raw.execute(older_sql(version))


@pytest.fixture
def address(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("BLINDPAIR_BACKUP_FOLDER", str(tmp_path))
    found = cluster.new_schema()
    yield found
    cluster.drop(found)


def structure(db: store.Database) -> list[object]:
    with db.reading() as cursor:
        return [cursor.execute(query).fetchall() for query in STRUCTURE]


def on_server(address: str) -> list[object]:
    with psycopg.connect(address) as connection:
        queries: tuple[Any, ...] = ON_SERVER
        return [connection.execute(query).fetchall() for query in queries]


def test_every_version_has_its_schema_here() -> None:
    versions = {int(path.stem.removeprefix("version_")) for path in SCHEMAS.glob("*.sql")}
    assert versions == {*MIGRATIONS, SCHEMA_VERSION} == set(range(1, SCHEMA_VERSION + 1))


def tables_of(sql: str) -> list[object]:
    with duckdb.connect() as raw:
        raw.execute(sql)
        for (name,) in raw.execute("select view_name from duckdb_views() where not internal").fetchall():
            raw.execute(f"drop view {name}")
        return [raw.execute(query).fetchall() for query in STRUCTURE[:2]]


def test_tables_do_not_change_without_a_new_version() -> None:
    """Where this fails, keep the old tables as ``schemas/version_<n>.sql``, count up, and say in MIGRATIONS what leads on."""
    kept = (SCHEMAS / f"version_{SCHEMA_VERSION}.sql").read_text("utf-8")
    assert tables_of(migrations.schema()) == tables_of(kept)


@pytest.mark.parametrize("version", [*MIGRATIONS, SCHEMA_VERSION])
def test_older_tables_can_be_made_without_a_file_of_that_version(version: int) -> None:
    kept = (SCHEMAS / f"version_{version}.sql").read_text("utf-8")
    assert tables_of(migrations.older_tables(version)) == tables_of(kept)


def columns(version: int, table: str) -> list[str]:
    with duckdb.connect() as raw:
        raw.execute((SCHEMAS / f"version_{version}.sql").read_text("utf-8"))
        return [str(name) for name, *_ in raw.execute(f"describe {table}").fetchall()]


@pytest.mark.parametrize("table", ["judgment", "assignment", "rater"])
@pytest.mark.parametrize("version", MIGRATIONS)
def test_a_line_of_every_version_becomes_a_row_of_today(version: int, table: str) -> None:
    """Who changes one of these tables says as well what that means for lines of a journal."""
    row = translated(table, dict.fromkeys(columns(version, table), "left"), version)
    assert list(row) == columns(SCHEMA_VERSION, table)


@pytest.mark.parametrize(("side", "arrangement"), [("left", "01"), ("right", "10")])
@pytest.mark.parametrize("version", [1, 2])
def test_the_lines_of_older_versions_say_what_their_rows_say(
    version: int, side: str, arrangement: str
) -> None:
    """The same change by SQL and by the functions for lines of a journal."""
    row = "'a', 's', 'c', 'r', 3, '{}', 'main', 'x', timestamp '2026-11-01 09:00:00', null"
    answer = "'j', 's', 'a', 'fit', 0, 'left', 4, 'why', 2.5, null, timestamp '2026-11-01 09:00:00', null"
    lines = {}
    with duckdb.connect() as raw:
        raw.execute(older_sql(version))
        for table, values in (("assignment", row.format(side)), ("judgment", answer)):
            names = columns(version, table)
            given = ", ".join(names[: values.count(",") + 1])
            raw.execute(f"insert into {table} ({given}) values ({values})")
            (found,) = raw.execute(f"from {table}").fetchall()
            lines[table] = translated(table, dict(zip(names, found, strict=True)), version)
        migrations.bring_up(raw.execute, version)
        for table, line in lines.items():
            (found,) = raw.execute(f"from {table}").fetchall()
            assert dict(zip(columns(SCHEMA_VERSION, table), found, strict=True)) == line
    assert (lines["assignment"]["task_id"], lines["assignment"]["arrangement"]) == ("c", arrangement)
    assert (lines["judgment"]["question"], lines["judgment"]["kind"]) == ("fit", "preference")


@pytest.mark.parametrize("version", [1, 2])
def test_a_comparison_becomes_a_task_of_two_outputs(version: int) -> None:
    with duckdb.connect() as raw:
        raw.execute(older_sql(version))
        raw.execute("insert into item values ('i', 's', 'I', 'source of i', null, '{}', null, '{}')")
        for given in (
            "'z', 's', 'i', 'o1', 'o2', 'gold', 'a', 'Z'",
            "'c', 's', 'gone', 'o2', 'o3', 'main', null, null",
        ):
            withdrawn = ", 'wrong'" if version > 1 and "gold" in given else ", null" if version > 1 else ""
            raw.execute(f"insert into comparison values ({given}{withdrawn})")
        migrations.bring_up(raw.execute, version)
        tasks, shown = (
            raw.execute(f"from {name} order by rowid").fetchall() for name in ("task", "task_output")
        )
        (items,) = raw.execute("from item").fetchall()
    assert tasks == [
        ("z", "s", "source of i", "i", "gold", "a", "Z", "wrong" if version > 1 else None, "pairs"),
        ("c", "s", "gone", "gone", "main", None, None, None, "pairs"),
    ]
    assert sorted(shown) == [
        ("c", 0, "s", "o2"),
        ("c", 1, "s", "o3"),
        ("z", 0, "s", "o1"),
        ("z", 1, "s", "o2"),
    ]
    assert items[-1] == "{}"


@pytest.mark.parametrize("version", MIGRATIONS)
def test_an_older_file_opens_and_keeps_what_it_held(tmp_path: Path, version: int) -> None:
    older_file(tmp_path / "old.duckdb", version)
    with (
        closing(store.open_database(tmp_path / "old.duckdb")) as db,
        closing(store.open_database(tmp_path / "new.duckdb")) as new,
    ):
        assert structure(db) == structure(new)
        check(db)
    with duckdb.connect(str(tmp_path / f"old.duckdb.version-{version}")) as aside:
        assert aside.execute("select version from schema_version").fetchall() == [(version,)]
    store.open_database(tmp_path / "old.duckdb").close()


def check(db: store.Database) -> None:
    assert store.study(db, "s").title == "S"
    with db.reading() as cursor:
        verdicts = cursor.execute("from verdict").fetchall()
    assert verdicts == [("s", "c", "gpt", "fit", "?", "tie", 0.5, None, "")]


@pytest.mark.parametrize("version", MIGRATIONS)
def test_older_tables_in_postgres_are_brought_up_by_the_same_list(
    cluster: Cluster, address: str, version: int
) -> None:
    new = cluster.new_schema()
    script: Any = in_postgres(older_sql(version)) + _CHANGE
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(script)
    with closing(store.open_database(address)) as db, closing(store.open_database(new)):
        check(db)
        assert on_server(address) == on_server(new)
    cluster.drop(new)


def failing(version: int) -> Migration:
    """Return a migration that gives up at its end."""
    return Migration(MIGRATIONS[version].sql + "select * from nothing_of_this_name;")


@pytest.mark.parametrize("version", MIGRATIONS)
def test_a_migration_that_fails_changes_nothing(
    tmp_path: Path, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    older_file(tmp_path / "old.duckdb", version)
    with monkeypatch.context() as patch:
        patch.setitem(MIGRATIONS, version, failing(version))
        with pytest.raises(
            DatabaseError, match=r"Nothing was changed; there is a copy in .*version-"
        ) as failed:
            store.open_database(tmp_path / "old.duckdb")
    assert f"from schema version {version} to {SCHEMA_VERSION}" in str(failed.value)
    with duckdb.connect(str(tmp_path / "old.duckdb")) as raw:
        assert raw.execute("select version from schema_version").fetchall() == [(version,)]
        assert raw.execute("select preference from verdict").fetchall() == [("tie",)]
    with closing(store.open_database(tmp_path / "old.duckdb")) as db:
        check(db)


def test_a_migration_that_loses_a_judgment_is_taken_back(tmp_path: Path) -> None:
    older_file(tmp_path / "old.duckdb", PRESENT)
    with duckdb.connect(str(tmp_path / "old.duckdb")) as raw:
        raw.execute(
            "insert into judgment (judgment_id, study_id, assignment_id, question, revision, response, judged_at, kind) "
            "values ('j', 's', 'a', 'fit', 0, 'left', timestamp '2026-11-01 09:00:00', 'preference')"
        )
    with (
        next_version(Migration(MIGRATION.sql + "delete from judgment;")),
        pytest.raises(DatabaseError, match=f"to {NEXT}: 0 of 1 judgments would be left"),
    ):
        store.open_database(tmp_path / "old.duckdb")
    with duckdb.connect(str(tmp_path / "old.duckdb")) as raw:
        assert raw.execute("select count(*) from judgment").fetchall() == [(1,)]


def test_a_newer_database_is_left_alone(address: str, tmp_path: Path) -> None:
    path = tmp_path / "newer.duckdb"
    for place in (path, PostgresAddress(address)):
        with next_version():
            store.open_database(place).close()
        with pytest.raises(
            DatabaseError, match=f"has schema version {NEXT}; this program reads version {PRESENT}"
        ):
            store.open_database(place)
        with next_version():
            store.open_database(place).close()
