"""From what 0.1.0 wrote to a made-up next schema, in both homes: with every judgment, once, or not at all."""

import json
import logging
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from study import store
from study.errors import DatabaseError
from study.records import Rater
from study.store.copies.copies_of_erased import copies
from study.store.engine import file_database, journal
from study.store.engine.address import PostgresAddress
from study.store.engine.migrations import Migration, translated
from study.store.postgres import server
from study.store.postgres.database import PostgresDatabase
from study.store.session.boards import follow
from tests import older
from tests.conftest import small_study
from tests.postgres import Cluster
from tests.store.next_version import MIGRATION, NEXT, PRESENT, next_version
from tests.store.test_file import die
from tests.store.test_migrations import on_server, structure

OLDER = older.FIRST
ROWS = OLDER.rows()
THEN = OLDER.facts().get("schema_version", journal.UNMARKED)
HALF_WAY = Migration(MIGRATION.sql + "insert into nothing_of_this_name values (1);", MIGRATION.rows)
ANSWERS = "select assignment_id, asked, revision, response from judgment where medium = 'screen'"


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """The database file of 0.1.0 with its log and its journal, as a kill left them."""
    return OLDER.database(tmp_path)


@pytest.fixture
def dumped(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostgresAddress]:
    """A PostgreSQL database of 0.1.0."""
    monkeypatch.setenv("BLINDPAIR_BACKUP_FOLDER", str(tmp_path))
    with OLDER.on_server(cluster.url, f"upgraded_{os.getpid()}") as address:
        yield PostgresAddress(address)


def check(db: store.Database) -> None:
    """Hold a database of the next version against what 0.1.0 said of the same content."""
    answers, _ = OLDER.acknowledged()
    with db.reading() as cursor:
        assert Counter(answers) - Counter(cursor.execute(ANSWERS).fetchall()) == Counter()
        for table, count in ROWS.items():
            assert cursor.execute(f"select count(*) from {table}").fetchall() == [(count,)], table
        studies = cursor.execute("select study_id from study order by 1").fetchall()
        assert (
            cursor.execute("select study_id from template where share = 1 order by 1").fetchall() == studies
        )
        makers = cursor.execute("select distinct made_by from divergence").fetchall()
        assert makers == [("somebody",)]
        n_seen = cursor.execute("select count(*) from judgment_long where criterion is not null").fetchall()
        n_asked = cursor.execute("select count(*) from judgment_current where asked is not null").fetchall()
        n_standing = cursor.execute("select count(*) from judgment_current").fetchall()
        assert n_seen == n_asked == n_standing > [(900,)]


def test_the_journal_of_0_1_0_gives_every_judgment_to_the_next_version(
    left: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _, alone = OLDER.acknowledged()
    with next_version(), closing(store.open_database(left)) as db:
        with db.reading() as cursor:
            told = cursor.execute("select details from event where kind = 'judgments_restored'").fetchall()
        assert sum(json.loads(one)["count"] for (one,) in told) >= alone
        check(db)
    assert "left out" not in caplog.text
    assert "not understood" not in caplog.text


def test_an_older_file_looks_like_a_new_one(left: Path, tmp_path: Path) -> None:
    with (
        next_version(),
        closing(store.open_database(left)) as db,
        closing(store.open_database(tmp_path / "new.duckdb")) as new,
    ):
        assert structure(db) == structure(new)


def give(db: store.Database, rater: Rater) -> tuple[str, str, int, str]:
    task = store.current_task(db, rater)
    assert task is not None
    criterion, revision = next(iter(task.revisions.items()))
    assert store.record_judgment(db, rater, task.assignment_id, criterion, revision, "left")
    return task.assignment_id, criterion, revision, "left"


@pytest.fixture
def killed(
    database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, list[tuple[str, str, int, str]]]:
    """A database of today, killed while answers stood in its journal alone, and these answers."""
    monkeypatch.setattr(file_database, "SOON_SECONDS", 3600.0)
    db = store.open_database(database_path)
    store.save_records(db, small_study())
    given = [give(db, store.enrol(db, "small", external_id=str(number))) for number in range(5)]
    return die(db), given


def test_a_journal_of_today_gives_every_judgment_to_the_next_version(
    killed: tuple[Path, list[tuple[str, str, int, str]]],
) -> None:
    path, given = killed
    store.log_path(path).unlink(missing_ok=True)
    with next_version(), closing(store.open_database(path)) as db, db.reading() as cursor:
        assert Counter(cursor.execute(ANSWERS).fetchall()) == Counter(given)


def test_a_renamed_field_without_a_translation_is_kept_beside_the_database(
    killed: tuple[Path, list[tuple[str, str, int, str]]], caplog: pytest.LogCaptureFixture
) -> None:
    path, _ = killed
    text = store.journal_path(path).read_bytes()
    with next_version(Migration(MIGRATION.sql)):
        store.open_database(path).close()
    assert "5 lines of the journal" in caplog.text
    (aside,) = path.parent.glob("*.journal.jsonl.strange-*")
    assert aside.read_bytes() == text


def test_lines_of_a_newer_program_are_kept_as_they_are(
    killed: tuple[Path, list[tuple[str, str, int, str]]], tmp_path: Path
) -> None:
    """The log was lost after an upgrade, or an older copy of the file put back: file of today, journal of the next version."""
    path, given = killed
    newer = store.journal_path(path)
    newer.write_text("".join(map(as_next, newer.read_text().splitlines())))
    before = newer.read_bytes()
    backup = Path(shutil.copy(path, tmp_path / "older.duckdb"))
    for _ in range(2):
        said = rf"\d+ lines of the journal .* schema version {NEXT}; this program reads version {PRESENT}\. Nothing was changed"
        with pytest.raises(DatabaseError, match=said):
            store.open_database(path)
        with pytest.raises(DatabaseError, match=said):
            store.restore(path, backup)
        assert newer.read_bytes() == before
    with next_version(), closing(store.open_database(path)) as db, db.reading() as cursor:
        assert Counter(cursor.execute(ANSWERS).fetchall()) == Counter(given)


def as_next(line: str) -> str:
    """Return a line of a journal as the next version would have written it."""
    (content,) = journal._opened(line)
    if isinstance(content, list):
        with next_version():
            content = [content[0] and translated("judgment", content[0], PRESENT), *content[1:4], NEXT]
    return journal._sealed(content)


def test_a_backup_of_today_is_put_back_under_the_next_version(left: Path, tmp_path: Path) -> None:
    with closing(store.open_database(left)) as db:
        backup = store.backup(db, tmp_path / "backup.duckdb")
    with next_version():
        store.restore(tmp_path / "again.duckdb", backup)
        with closing(store.open_database(tmp_path / "again.duckdb")) as db:
            check(db)


def test_an_archive_of_0_1_0_is_rebuilt_under_the_next_version(tmp_path: Path) -> None:
    OLDER.unpacked("archive", tmp_path)
    with next_version():
        store.rebuild(tmp_path / "archive", tmp_path / "again.duckdb")
        with closing(store.open_database(tmp_path / "again.duckdb")) as db:
            check(db)
    assert not list(tmp_path.glob("again.duckdb.version-*"))


def test_a_file_whose_migration_fails_half_way_is_what_it_was(left: Path) -> None:
    with (
        next_version(HALF_WAY),
        pytest.raises(DatabaseError, match=r"Nothing was changed; there is a copy in"),
    ):
        store.open_database(left)
    with closing(store.open_database(left)) as db, db.reading() as cursor:
        assert cursor.execute("select count(*) from judgment").fetchall() == [(ROWS["judgment"],)]


def test_tables_in_postgres_are_brought_to_the_next_version(
    dumped: PostgresAddress, cluster: Cluster, tmp_path: Path
) -> None:
    new = cluster.new_schema()
    with psycopg.connect(dumped.url) as connection:
        order = connection.execute("select comparison_id from divergence order by row_order").fetchall()
    with next_version():
        with closing(store.open_database(dumped)) as db, closing(store.open_database(new)):
            check(db)
            with db.reading() as cursor:
                assert cursor.execute("select task_id from divergence order by rowid").fetchall() == order
            assert on_server(dumped.url) == on_server(new)
        with closing(store.open_database(dumped)) as db:
            check(db)
    (aside,) = tmp_path.glob(f"*.version-{THEN}")
    with closing(store.open_database(aside)) as copy, copy.reading() as cursor:
        for table, count in ROWS.items():
            assert cursor.execute(f"select count(*) from {table}").fetchall() == [(count,)], table
    assert aside in copies(dumped.path)  # where erasing looks for copies
    with next_version(), closing(store.open_database(dumped)) as db, db.writing() as cursor:
        cursor.execute("insert into template values ('readers', 'another', 0.5)")
    with psycopg.connect(dumped.url) as connection:
        last = connection.execute("select name from template order by row_order desc limit 1").fetchall()
    assert last == [("another",)]
    cluster.drop(new)


def test_a_migration_in_postgres_that_fails_half_way_leaves_nothing(
    dumped: PostgresAddress, tmp_path: Path
) -> None:
    before = on_server(dumped.url)
    with next_version(HALF_WAY), pytest.raises(DatabaseError) as failed:
        store.open_database(dumped)
    (aside,) = tmp_path.glob(f"*.version-{THEN}")
    assert f"there is a copy in {aside}. Go back to your earlier version of the program" in str(failed.value)
    assert on_server(dumped.url) == before
    with closing(store.open_database(dumped)) as db, db.reading() as cursor:
        assert cursor.execute("select count(*) from judgment").fetchall() == [(ROWS["judgment"],)]
    with next_version(), closing(store.open_database(dumped)) as db:
        check(db)


def test_views_that_people_made_are_named_and_not_dropped(dumped: PostgresAddress) -> None:
    with psycopg.connect(dumped.url, autocommit=True) as connection:
        connection.execute("create view of_mine as select count(*) from judgment_long")
        with (
            next_version(),
            pytest.raises(DatabaseError, match=r"view of_mine depends on view judgment_long\. Nothing"),
        ):
            store.open_database(dumped)
        connection.execute("drop view of_mine")
    with next_version(), closing(store.open_database(dumped)) as db:
        check(db)


def test_without_room_for_a_copy_nothing_in_postgres_is_touched(
    dumped: PostgresAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = on_server(dumped.url)
    (tmp_path / "a file").touch()
    monkeypatch.setenv("BLINDPAIR_BACKUP_FOLDER", str(tmp_path / "a file"))
    with next_version(), pytest.raises(DatabaseError, match="set BLINDPAIR_BACKUP_FOLDER"):
        store.open_database(dumped)
    assert on_server(dumped.url) == before


def test_of_two_replicas_that_start_at_once_one_migrates_and_the_other_waits(
    dumped: PostgresAddress, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "LOCK_SECONDS", 1.0)
    monkeypatch.setattr(server, "LOOK_SECONDS", 0.1)
    caplog.set_level(logging.WARNING)
    slow = Migration(MIGRATION.sql + "select pg_sleep(2.5);", MIGRATION.rows)
    with next_version(slow), ThreadPoolExecutor() as pool:
        opened = list(pool.map(lambda _: store.open_database(dumped), range(2)))
        for db in opened:
            check(db)
            db.close()
    assert caplog.text.count(f"was migrated from schema version {THEN} to {NEXT}") == 1


def give_refused(db: store.Database, rater: Rater, said: str) -> None:
    for _ in range(2):
        with pytest.raises(DatabaseError, match=said):
            give(db, rater)
    assert store.study(db, "arena").title  # what it has can still be read


def test_a_replica_of_the_older_version_that_still_runs_does_not_write(dumped: PostgresAddress) -> None:
    with closing(PostgresDatabase(dumped, follow)) as db:
        rater = store.enrol(db, "arena", external_id="of the older one")
        give(db, rater)
        with next_version():
            store.open_database(dumped).close()
        give_refused(db, rater, f"now has schema version {NEXT}; this program uses version {PRESENT}")
        with pytest.raises(DatabaseError, match="Restart this replica"):
            db.probe(1.0)
        with pytest.MonkeyPatch.context() as patch:  # version 0.1.0 does not ask
            known = server.changes_told
            patch.setattr(
                server,
                "changes_told",
                lambda found, place: known([(*one[:3], PRESENT) for one in found], place),
            )
            give_refused(db, rater, 'column "question" does not exist')
    with next_version(), closing(store.open_database(dumped)) as db, db.reading() as cursor:
        n_judgments = ROWS["judgment"] + 1
        assert cursor.execute("select count(*) from judgment").fetchall() == [(n_judgments,)]
