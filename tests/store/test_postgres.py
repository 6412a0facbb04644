"""PostgreSQL as a home of judgments: its address, what it refuses, its copies, and the commands that take it."""

import logging
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from study import store
from study.cli import main
from study.errors import DatabaseError, InvalidInput
from study.protocol.design import Design
from study.store.engine.address import PostgresAddress
from study.store.engine.migrations import SCHEMA_VERSION
from tests.conftest import CRITERIA, small_study
from tests.postgres import Cluster, rows_of
from tests.store.test_store import answer

SECRET = "s3cret/w@rd"
ESCAPED = "s3cret%2Fw%40rd"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def address(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("BLINDPAIR_BACKUP_FOLDER", str(tmp_path))
    return cluster.new_schema()


@pytest.fixture
def judged(address: str) -> str:
    """The address of a database with a study that two raters have begun."""
    with closing(store.open_database(address)) as db:
        store.save_records(db, small_study())
        for number in range(2):
            answer(db, store.enrol(db, "small", external_id=f'"{number}", \\.\n'))
    return address


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://app:{SECRET}@db.example.org/studies",
        "postgresql://app:s3cret@db.example.org",
        "postgresql:/app:s3cret@db.example.org/studies",
        "postgres://app:s3cret@db.example.org:port/studies",
        "postgresql:///studies",
    ],
)
def test_an_address_that_cannot_be_read_is_refused_and_not_repeated(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InvalidInput, match="write postgresql://user:password@host:port/database") as refused:
        store.open_database(text)
    assert "s3cret" not in str(refused.value)
    assert ended_with(["list", "--db", text]) == 2
    said = capsys.readouterr()
    assert "the address of the PostgreSQL database" in said.err
    assert "s3cret" not in said.out + said.err


def test_a_password_is_in_no_message_and_no_log(
    cluster: Cluster, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    port = urlsplit(cluster.url).port
    for host, database in (
        (f"127.0.0.1:{port}", "nothing"),
        ("127.0.0.1:1", "studies"),
        (f"127.0.0.1:{port}", f"postgres?password={ESCAPED}&nonsense={ESCAPED}"),
        (f"127.0.0.1:{port}", f"postgres?options=-cnonsense%3D{ESCAPED}"),
    ):
        url = f"postgresql://postgres:{ESCAPED}@{host}/{database}"
        with pytest.raises(DatabaseError, match=f"postgresql://postgres@{host}/") as refused:
            store.open_database(url)
        assert "s3cret" not in "".join((str(refused.value), repr(store.place_of(url)), caplog.text))
        assert ended_with(["list", "--db", url]) == 1
        said = capsys.readouterr()
        assert "s3cret" not in said.out + said.err


def test_who_uses_a_file_loads_no_driver(tmp_path: Path) -> None:
    program = (
        "import sys; from study import store; from study.cli import main; import study.ui.server.web_app; "
        "db = store.open_database(sys.argv[1]); store.backup(db); db.close(); store.rewrite(db.path); "
        "assert 'study.store.postgres.database' not in sys.modules; assert 'psycopg' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "study.duckdb")], check=True, cwd=ROOT)


def test_tables_of_another_program_or_version_are_left_alone(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("create table customer (name text)")
        with pytest.raises(DatabaseError, match=r"but not those of Blindpair \(customer\); name an empty"):
            store.open_database(address)
        assert connection.execute("select count(*) from customer").fetchall() == [(0,)]
        connection.execute("drop table customer")
        store.open_database(address).close()
        connection.execute("update schema_version set version = version + 1")
    with pytest.raises(DatabaseError, match=f"has schema version {SCHEMA_VERSION + 1}; this program reads"):
        store.open_database(address)


def test_what_postgres_cannot_store_is_refused_by_name_and_nothing_is_written(judged: str) -> None:
    with closing(store.open_database(judged)) as db:
        before = rows_of(db)
        rater = store.enrol(db, "small", external_id='"0", \\.\n')
        task = store.current_task(db, rater)
        assert task is not None
        before = rows_of(db)
        with pytest.raises(
            InvalidInput, match=r"the field 'rationale' of a judgment holds the character U\+0000"
        ):
            store.record_judgment(db, rater, task.assignment_id, "fit", 0, "left", rationale="a\0b")
        records = small_study("second")
        records.study = records.study.__class__(
            *(
                "second\0" if name == "title" else getattr(records.study, name)
                for name in records.study.__slots__
            )
        )
        with pytest.raises(InvalidInput, match="the field 'title' of a study"):
            store.save_records(db, records)
        assert rows_of(db) == before
        assert store.record_judgment(db, rater, task.assignment_id, "fit", 0, "left", rationale="a\\0b")


def test_what_postgres_refuses_is_not_written_by_half(judged: str) -> None:
    """Somebody wrote a row by other means, which no mirror knows."""
    with closing(store.open_database(judged)) as db, psycopg.connect(judged, autocommit=True) as connection:
        connection.execute("insert into study_secret values ('small', 'by hand')")
        before = everything(judged)
        with pytest.raises(DatabaseError, match="could not save this: duplicate key value"):
            store.hash_key(db, "small")
        assert everything(judged) == before
        assert store.events(db, "small", "hash_key_made") == []
        connection.execute("delete from study_secret")
        assert len(store.hash_key(db, "small")) == 32
        assert len(store.events(db, "small", "hash_key_made")) == 1


def test_a_backup_opens_as_a_file_and_is_put_back_for_everybody(judged: str) -> None:
    with closing(store.open_database(judged)) as db, closing(store.open_database(judged)) as other:
        made = store.backup(db)
        assert made.parent == store.backup_folder(db.place)
        assert [one.path for one in store.backups(db.place)] == [made]
        before = rows_of(db)
        with closing(store.open_database(made)) as copy:
            assert rows_of(copy)["judgment"] == before["judgment"]
        answer(other, store.enrol(other, "small"))
        replaced = store.restore(db.place, made)
        assert replaced is not None
        for one in (db, other):
            with one.lock:
                assert rows_of(one)["judgment"] == before["judgment"]
        with closing(store.open_database(replaced)) as copy:
            assert len(rows_of(copy)["judgment"]) == len(before["judgment"]) + 2


def test_an_archive_goes_into_an_empty_database_and_out_again(
    judged: str, cluster: Cluster, tmp_path: Path
) -> None:
    empty = store.place_of(cluster.new_schema())
    with closing(store.open_database(judged)) as db:
        store.write_archive(db, tmp_path / "archive")
        store.rebuild(tmp_path / "archive", empty)
        with closing(store.open_database(empty)) as again:
            assert rows_of(again) == rows_of(db)
            store.write_archive(again, tmp_path / "archive of the copy")
    first, second = (tmp_path / name / "manifest.json" for name in ("archive", "archive of the copy"))
    assert first.read_text() == second.read_text(), "the same rows in the same order"


def test_nothing_is_left_of_a_rater_who_was_erased(judged: str, cluster: Cluster) -> None:
    with closing(store.open_database(judged)) as db:
        rater = store.enrol(db, "small")
        task = store.current_task(db, rater)
        assert task is not None
        store.record_judgment(db, rater, task.assignment_id, "fit", 0, "left", rationale="my secret reason")
        assert "my secret reason" in everything(judged)
        store.withdraw(db, rater)
        assert "my secret reason" not in everything(judged), "not in the log of changes either"
        place = db.place
    store.rewrite(place)
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("checkpoint")
    files = [file for file in (cluster.data / "base").rglob("*") if file.is_file()]
    assert [file for file in files if b"my secret reason" in file.read_bytes()] == []


def everything(address: str) -> str:
    with psycopg.connect(address) as connection:
        tables = connection.execute(
            "select tablename from pg_tables where schemaname = current_schema()"
        ).fetchall()
        return repr([connection.execute(f"select * from {name}").fetchall() for (name,) in tables])


def test_commands_take_the_address_where_they_take_a_file(
    judged: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLINDPAIR_DB", judged)
    archive, export = tmp_path / "archive", tmp_path / "long.csv"
    for command in (
        ["list", "--format", "csv"],
        ["backup"],
        ["backups"],
        ["archive", "--output", str(archive)],
        ["export", "--study", "small", "--format", "long_csv", "--tier", "internal", "--output", str(export)],
        ["erase", "--study", "small", "--rater", store_rater(judged), "--yes"],
        ["close", "--study", "small"],
    ):
        assert ended_with(command) == 0, command
    said = capsys.readouterr()
    assert "127-0-0-1" in said.out
    assert "small,The small study,live" in said.out
    assert len(export.read_text().splitlines()) == 5
    assert ended_with(["rebuild", str(archive)]) == 1
    assert "already contains studies" in capsys.readouterr().err
    with closing(store.open_database(judged)) as db:
        assert len(rows_of(db)["judgment"]) == 2
        assert store.study(db, "small").state == "closed"


def ended_with(command: list[str]) -> int:
    with pytest.raises(SystemExit) as end:
        main(command)
    return int(end.value.code or 0)


def store_rater(address: str) -> str:
    with closing(store.open_database(address)) as db:
        return store.raters(db, "small")[0].rater_id


def test_the_views_in_postgres_say_what_the_store_says(judged: str) -> None:
    """Whoever asks the server by other means gets the same long table."""
    columns = "judgment_id, system_a, system_b, preference, preferred_system, rater_role, strength"
    with closing(store.open_database(judged)) as db, psycopg.connect(judged) as connection:
        with db.reading() as cursor:
            expected = cursor.execute(f"select {columns} from judgment_long order by 1").fetchall()
        assert connection.execute(f"select {columns} from judgment_long order by 1").fetchall() == expected
    assert len(expected) == 4


def test_a_million_rows_are_copied_in_parts(judged: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("study.store.postgres.rows.CHUNK", 500)
    with closing(store.open_database(judged)) as db, closing(store.open_database(judged)) as other:
        assert rows_of(other) == rows_of(db)
        assert isinstance(db.place, PostgresAddress)
        assert store.design(other, "small") == store.design(db, "small") != Design(criteria=CRITERIA)
