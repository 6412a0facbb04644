"""Checkpoints cut short, and without room: the file opens with everything, and no other process gets it meanwhile."""

import contextlib
import errno
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from study import store
from study.errors import DatabaseError
from study.store.engine import file_checkpoint as database_file
from study.store.engine.file_database import FileDatabase
from tests import programs
from tests.conftest import small_study
from tests.examples import rounds
from tests.store.test_database import answer, contents

Contents = dict[str, list[tuple[object, ...]]]
HEADERS = 12288  # bytes before block 0, where DuckDB keeps its metadata
META = slice(HEADERS, HEADERS + 4096)


@pytest.fixture
def used(database_path: Path) -> Iterator[store.Database]:
    """A database with two answers in its log only."""
    db = store.open_database(database_path)
    store.save_records(db, small_study())
    answer(db, store.enrol(db, "small"))
    yield db
    if not db.file.closed:
        die(db)


def die(db: store.Database) -> Path:
    """Let the file go as a kill would, without a checkpoint."""
    db.file.close()
    db.journal.close()
    return db.path


def opened(path: Path) -> Contents:
    db = store.open_database(path)
    found = contents(db)
    db.close()
    assert not database_file.aside_path(path).exists()
    assert not database_file.log_path(database_file.aside_path(path)).exists()
    return found


def test_duckdb_makes_no_checkpoint_of_its_own(used: store.Database) -> None:
    size = used.path.stat().st_size
    log = store.log_path(used.path)
    assert log.stat().st_size > 0
    path = die(used)
    assert path.stat().st_size == size
    assert log.exists()


def test_a_file_torn_by_a_checkpoint_is_taken_from_its_copy(used: store.Database) -> None:
    before = contents(used)
    database_file._set_aside(used.path, used.file._stream)
    path = die(used)
    damaged = bytearray(path.read_bytes())
    damaged[META] = bytes(byte ^ 255 for byte in damaged[META])
    path.write_bytes(damaged)
    store.log_path(path).unlink()
    store.journal_path(path).unlink()
    assert opened(path) == before


def test_a_checkpoint_that_ended_with_its_copy_still_there_loses_nothing(used: store.Database) -> None:
    before = contents(used)
    database_file._set_aside(used.path, used.file._stream)
    used.connection.execute("checkpoint")
    path = die(used)
    assert not store.log_path(path).exists()
    store.journal_path(path).unlink()
    assert opened(path) == before


@pytest.mark.parametrize(
    "names",
    [(".checkpointing.part",), (".checkpointing.part", ".checkpointing.part.wal"), (".checkpointing.wal",)],
)
def test_a_copy_that_was_not_finished_does_not_count(used: store.Database, names: tuple[str, ...]) -> None:
    before = contents(used)
    path = die(used)
    for name in names:
        path.with_name(path.name + name).write_bytes(b"half of it")
    assert opened(path) == before


def test_putting_the_copy_back_can_be_cut_short_too(
    used: store.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(used)
    database_file._set_aside(used.path, used.file._stream)
    path = die(used)
    store.journal_path(path).unlink()
    path.write_bytes(b"torn" + path.read_bytes()[4:])
    monkeypatch.setattr(database_file, "copy_whole", fails)
    with pytest.raises(OSError, match="No space"):
        store.open_database(path)
    monkeypatch.undo()
    monkeypatch.setattr(database_file, "sync_folder", fails)
    with pytest.raises(OSError, match="No space"):
        store.open_database(path)
    monkeypatch.undo()
    assert opened(path) == before


def test_what_was_written_after_a_checkpoint_is_not_taken_back(used: store.Database) -> None:
    used.checkpoint()
    answer(used, store.enrol(used, "small"))
    before = contents(used)
    assert opened(die(used)) == before


def test_a_copy_that_cannot_be_deleted_is_told_of_also_where_no_checkpoint_was_made(
    used: store.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next start would go back to it, and lose what came after."""
    before, drop = contents(used), database_file.drop_aside

    def stuck(path: Path) -> None:
        if database_file.aside_path(path).exists():
            fails()
        drop(path)

    monkeypatch.setattr(database_file, "drop_aside", stuck)
    with used.connection.cursor() as reader:
        reader.execute("begin transaction")
        reader.execute("select count(*) from rater").fetchall()
        store.set_status(used, store.raters(used, "small")[0], "excluded", "a test")
        with pytest.raises(DatabaseError, match=r"checkpointing of a finished checkpoint could not be"):
            used.checkpoint()
    store.log_action(used, "looked", "small")  # what is written is not refused for it
    with pytest.raises(DatabaseError, match=r"checkpointing of a finished checkpoint could not be"):
        used.checkpoint()
    monkeypatch.undo()
    assert used.checkpoint()
    assert not database_file.aside_path(used.path).exists()
    after = contents(used)
    assert after["judgment"] == before["judgment"]
    assert opened(die(used)) == after


def test_a_copy_that_could_not_be_deleted_is_deleted_later_also_where_the_log_is_empty(
    used: store.Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert isinstance(used, FileDatabase)
    drop = database_file.drop_aside
    stuck = [True]

    def drop_or_fail(path: Path) -> None:
        if stuck and database_file.aside_path(path).exists():
            fails()
        drop(path)

    monkeypatch.setattr(database_file, "drop_aside", drop_or_fail)
    store.set_state(used, "small", "closed")  # the writer is not told that it failed: it did not
    assert "Delete it before the next start" in caplog.text
    assert (used.file.log_size(), used._is_due) == (0, True)
    stuck.clear()
    end = time.monotonic() + 30
    while database_file.aside_path(used.path).exists() and time.monotonic() < end:
        time.sleep(0.05)
    after = contents(used)
    assert opened(die(used)) == after


def test_a_start_that_could_not_delete_its_copy_lets_everything_go(
    used: store.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, drop = contents(used), database_file.drop_aside
    path, running = die(used), set(threading.enumerate())

    def stuck(path: Path) -> None:
        if database_file.aside_path(path).exists():
            fails()
        drop(path)

    with monkeypatch.context() as patch:
        patch.setattr(database_file, "drop_aside", stuck)
        with pytest.raises(DatabaseError, match="could not be deleted"):
            store.open_database(path)
    for one in set(threading.enumerate()) - running:
        one.join(30)
        assert not one.is_alive()
    assert opened(path) == before


def fails(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_without_room_for_a_copy_all_stays_in_the_log(
    used: store.Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = contents(used)
    monkeypatch.setattr(database_file, "_copy", fails)
    used.checkpoint()
    assert "no copy could be made: [Errno 28] No space left" in caplog.text
    assert store.log_path(used.path).stat().st_size > 0
    answer(used, store.enrol(used, "small"))
    assert len(contents(used)["judgment"]) == len(before["judgment"]) + 2
    after = contents(used)
    used.close()
    monkeypatch.undo()
    store.journal_path(used.path).unlink()
    assert opened(used.path) == after


def test_a_log_beyond_its_limit_is_written_into_the_file(used: store.Database) -> None:
    used.log_limit = 1
    answer(used, store.enrol(used, "small"))
    assert used.file.log_size() == 0
    assert not database_file.aside_path(used.path).exists()
    assert len(contents(used)["judgment"]) == 4


def open_elsewhere(path: Path) -> str:
    program = "import sys; from study import store; store.open_database(sys.argv[1]).close()"
    return programs.run("-c", program, path).stderr


@pytest.mark.parametrize("act", [store.Database.checkpoint, store.backup])
def test_no_other_process_gets_the_file_after(
    used: store.Database, act: Callable[[store.Database], object]
) -> None:
    act(used)
    assert "is in use by another process" in open_elsewhere(used.path)


def test_a_checkpoint_under_way_is_not_taken_back_by_another_process(used: store.Database) -> None:
    database_file._set_aside(used.path, used.file._stream)
    inode = used.path.stat().st_ino
    assert "is in use by another process" in open_elsewhere(used.path)
    assert used.path.stat().st_ino == inode
    assert database_file.aside_path(used.path).exists()


def test_a_log_cut_at_every_byte_of_its_end_loses_nothing_acknowledged(
    used: store.Database, tmp_path: Path
) -> None:
    size = used.file.log_size()
    answer(used, store.enrol(used, "small"))
    judgments = contents(used)["judgment"]
    path = die(used)
    end = store.log_path(path).stat().st_size
    for cut in {*range(size, end, max((end - size) // rounds(40), 1)), *range(end - 20, end)}:
        folder = tmp_path / str(cut)
        folder.mkdir()
        for original in (path, store.log_path(path), store.journal_path(path)):
            shutil.copy(original, folder)
        copy = folder / path.name
        with store.log_path(copy).open("rb+") as log:
            log.truncate(cut)
        assert opened(copy)["judgment"] == judgments


@pytest.mark.parametrize("way", ["a link", "a link to a link", "a link in a folder that is one"])
def test_behind_a_link_log_and_copies_stand_beside_the_file_itself(tmp_path: Path, way: str) -> None:
    real = tmp_path / "disk" / "real.duckdb"
    real.parent.mkdir()
    named = tmp_path / "blindpair.duckdb"
    named.symlink_to(real)
    if way == "a link to a link":
        named = tmp_path / "again.duckdb"
        named.symlink_to(tmp_path / "blindpair.duckdb")
    if way == "a link in a folder that is one":
        (tmp_path / "folder").symlink_to(tmp_path)
        named = tmp_path / "folder" / "blindpair.duckdb"
    db = store.open_database(named)
    assert isinstance(db, FileDatabase)
    store.save_records(db, small_study())
    answer(db, store.enrol(db, "small"))
    assert db.file.log_size() > 0
    judgments = contents(db)["judgment"]
    assert db.checkpoint()
    assert db.file.log_size() == 0
    backup = store.backup(db)
    assert backup.parent == real.parent / "backups"
    answer(db, store.enrol(db, "small"))
    assert len(contents(db)["judgment"]) == 2 * len(judgments)
    die(db)
    assert {one.name for one in tmp_path.iterdir() if not one.is_symlink()} == {"disk"}
    assert len(opened(named)["judgment"]) == 2 * len(judgments)
    replaced = store.restore(named, backup)
    assert replaced is not None
    assert replaced.parent == real.parent
    assert named.resolve() == real
    assert opened(real)["judgment"] == judgments


def test_a_checkpoint_that_did_nothing_is_not_believed(
    used: store.Database, caplog: pytest.LogCaptureFixture
) -> None:
    """The file is moved while it is open, so that what stands in DuckDB's log is not where it is looked for."""
    assert isinstance(used, FileDatabase)
    moved = used.path.with_name("moved.duckdb")
    store.log_path(used.path).rename(store.log_path(moved))
    lines = store.journal_path(used.path).read_bytes()
    assert not used.checkpoint()
    assert "still holds" in caplog.text
    assert store.journal_path(used.path).read_bytes() == lines, "the journal is not emptied for it"
    store.log_path(moved).rename(store.log_path(used.path))
    assert used.checkpoint()


COUNTING = "select count(*) from range(60000000) a where hash(a.range) % 7 = 1"


def test_closing_waits_for_a_call_that_is_under_way(tmp_path: Path) -> None:
    for attempt in range(20):  # until the call was faster than closing
        file = database_file.DatabaseFile(tmp_path / f"busy-{attempt}.duckdb")
        begun, counted = threading.Event(), list[bool]()

        def read(connection: duckdb.DuckDBPyConnection, begun: threading.Event, counted: list[bool]) -> None:
            begun.set()
            with contextlib.suppress(duckdb.Error):
                connection.execute(COUNTING)
                counted.append(True)

        reader = threading.Thread(target=read, args=(file.connection, begun, counted))
        reader.start()
        begun.wait()
        time.sleep(0.02 * attempt)
        file.close()
        assert file.closed
        reader.join()
        if counted:
            break
    assert counted
