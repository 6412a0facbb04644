"""Backups: the same in content, thinned out by age, put back whole, and nobody erased comes back with them."""

import errno
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from study import store
from study.errors import DatabaseBusy, DatabaseError, InvalidInput, NotFound
from study.store.copies import restoring
from study.store.engine import file_checkpoint as database_file
from study.store.engine.migrations import SCHEMA_VERSION
from study.ui.server import backup_schedule as schedule
from tests import programs
from tests.cases import cases
from tests.conftest import NOON, small_study
from tests.store.test_database import answer, contents
from tests.store.test_file import die


def test_a_backup_opens_and_holds_the_same(db: store.Database, tmp_path: Path) -> None:
    rater = store.enrol(db, "small")
    answer(db, rater)
    target = store.backup(db, tmp_path / "it's a copy.duckdb")
    answer(db, rater)
    copy = store.open_database(target)
    assert len(contents(copy)["judgment"]) == 2
    assert store.rater_by_token(copy, rater.token) == rater
    before = {name: found for name, found in contents(db).items() if name not in ("judgment", "assignment")}
    held = contents(copy)
    assert {name: held[name] for name in before} == before
    answer(copy, store.rater_by_token(copy, rater.token))
    copy.close()
    with pytest.raises(InvalidInput, match="already exists"):
        store.backup(db, target)


def test_a_backup_without_a_name_gets_its_own(db: store.Database) -> None:
    first, second = store.backup(db), store.backup(db)
    assert first != second
    assert first.parent == db.path.parent / "backups"


def a_backup_of(path: Path, made_at: datetime) -> Path:
    folder = store.backup_folder(path)
    folder.mkdir(exist_ok=True)
    file = folder / f"{path.stem}-{made_at:%Y%m%d-%H%M%S-%f}.duckdb"
    file.write_bytes(b"")
    return file


def test_old_backups_are_thinned_out_to_the_latest_eight_and_one_a_day(database_path: Path) -> None:
    hourly = [a_backup_of(database_path, NOON - timedelta(hours=hours)) for hours in range(48)]
    ancient = a_backup_of(database_path, NOON - timedelta(days=31))
    by_hand = store.backup_folder(database_path) / f"{database_path.stem}-before-the-change.duckdb"
    by_hand.write_bytes(b"")
    gone = store.thin_out(database_path, NOON)
    kept = [one.path for one in store.backups(database_path)]
    assert kept == [*hourly[:8], hourly[13], hourly[37]], "the last of yesterday and of the day before"
    assert ancient in gone
    assert {file.name for file in store.backup_folder(database_path).iterdir()} == {
        *(file.name for file in kept),
        by_hand.name,
    }


def test_a_backup_is_due_when_the_last_is_old_and_something_was_written_since(db: store.Database) -> None:
    every = timedelta(hours=6)
    first = schedule.back_up_if_due(db, every)
    assert first
    later = datetime(2100, 1, 1)
    assert schedule.back_up_if_due(db, every) is None, "the last one is young"
    assert schedule.back_up_if_due(db, every, later) is None, "nothing was written since"
    answer(db, store.enrol(db, "small"))
    assert schedule.back_up_if_due(db, every) is None
    assert schedule.back_up_if_due(db, every, later)
    assert "every 6 hours" in schedule.last_backup(db)


@pytest.mark.parametrize("text", ["often", "-1", "nan"])
def test_a_wrong_interval_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(schedule.SETTING, text)
    with pytest.raises(InvalidInput, match=f"BLINDPAIR_BACKUP_HOURS is '{text}'; give the hours"):
        schedule.backup_interval()


def test_the_schedule_makes_a_backup_and_ends(db: store.Database) -> None:
    thread = schedule.Schedule(db, timedelta(seconds=0.04))
    while not store.backups(db.path):
        pass
    thread.stop()
    assert store.backups(db.path)


def test_a_backup_is_put_back_with_what_the_journal_holds(database_path: Path) -> None:
    db = store.open_database(database_path)
    store.save_records(db, small_study())
    rater = store.enrol(db, "small")
    answer(db, rater)
    made = store.backup(db)
    answer(db, rater)
    everything = contents(db)["judgment"]
    die(db)
    assert len(everything) == 4
    database_path.write_bytes(b"damaged" + database_path.read_bytes()[7:])
    store.log_path(database_path).unlink()
    with pytest.raises(DatabaseError, match=f"Its last backup is .*{made.name}: restore it with"):
        store.open_database(database_path)
    replaced = store.restore(database_path, made)
    assert replaced
    assert replaced.read_bytes().startswith(b"damaged")
    db = store.open_database(database_path)
    assert contents(db)["judgment"] == everything
    db.close()


def test_a_rater_who_withdrew_since_is_not_put_back(db: store.Database) -> None:
    rater, other = store.enrol(db, "small"), store.enrol(db, "small")
    answer(db, rater)
    answer(db, other)
    made = store.backup(db)
    store.withdraw(db, rater)
    db.close()
    store.restore(db.place, made)
    again = store.open_database(db.place)
    assert {rater_id for _, rater_id in judged_by(again)} == {other.rater_id}
    assert rater.rater_id not in {row[0] for row in contents(again)["rater"]}
    again.close()


def test_a_profile_that_was_erased_since_is_not_put_back(db: store.Database) -> None:
    answer(db, store.enrol(db, "small"))
    (gone, *_) = [profile.profile_id for profile in store.study_records(db, "small").profiles]
    made = store.backup(db)
    store.erase_profile(db, "small", gone)
    expected = contents(db)["output"]
    db.close()
    store.restore(db.place, made)
    again = store.open_database(db.place)
    assert contents(again)["output"] == expected
    assert gone not in repr(contents(again)["profile"])
    again.close()


def judged_by(db: store.Database) -> list[tuple[str, str]]:
    with db.reading() as cursor:
        return cursor.execute(
            "select judgment_id, rater_id from judgment join assignment using (assignment_id)"
        ).fetchall()


def test_what_is_no_backup_is_not_put_back(db: store.Database, tmp_path: Path) -> None:
    letter = tmp_path / "letter.duckdb"
    letter.write_bytes(b"This is a letter to my aunt. " * 1000)
    before = contents(db)
    db.close()
    with pytest.raises(DatabaseError, match="cannot be restored"):
        store.restore(db.place, letter)
    with pytest.raises(NotFound, match="there is no backup"):
        store.restore(db.place, tmp_path / "nothing.duckdb")
    again = store.open_database(db.place)
    assert contents(again) == before
    again.close()


def everything_beside(path: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in path.parent.iterdir() if one.is_file()}


@pytest.fixture
def saved(database_path: Path) -> tuple[Path, Path]:
    """A database whose last answers stand in log and journal alone, and a backup of before."""
    db = store.open_database(database_path)
    store.save_records(db, small_study())
    rater = store.enrol(db, "small")
    answer(db, rater)
    made = store.backup(db)
    answer(db, rater)
    return die(db), made


def of_another_schema(backup: Path, version: int) -> Path:
    with duckdb.connect(str(backup)) as connection:
        connection.execute("update schema_version set version = ?", [version])
    return backup


def without_its_tables(backup: Path) -> Path:
    with duckdb.connect(str(backup)) as connection:
        connection.execute("drop table judgment cascade")
    return backup


def empty(backup: Path) -> Path:
    backup.unlink()
    duckdb.connect(str(backup)).close()
    return backup


def torn(backup: Path) -> Path:
    content = bytearray(backup.read_bytes())
    content[12288:] = bytes(byte ^ 255 for byte in content[12288:])
    backup.write_bytes(content)
    return backup


@pytest.mark.parametrize(
    "spoil",
    [
        lambda made: of_another_schema(made, SCHEMA_VERSION + 1),
        lambda made: of_another_schema(made, 0),
        without_its_tables,
        empty,
        torn,
    ],
    ids=["a newer schema", "an unknown schema", "a table less", "empty", "torn"],
)
def test_a_backup_that_does_not_open_here_leaves_the_database_as_it_was(
    saved: tuple[Path, Path], tmp_path: Path, spoil: Callable[[Path], Path]
) -> None:
    path, made = saved
    spoiled = spoil(Path(shutil.copy(made, tmp_path / "spoiled.duckdb")))
    before = everything_beside(path)
    with pytest.raises(DatabaseError, match="cannot be restored") as refused:
        store.restore(path, spoiled)
    assert str(refused.value).endswith(f"Nothing was changed in {path}.")
    assert ".restoring" not in str(refused.value)
    assert everything_beside(path) == before
    db = store.open_database(path)
    assert len(contents(db)["judgment"]) == 4
    db.close()


def failure_of(act: Callable[[], object]) -> DatabaseError | None:
    """Return the error that an act ended with; None where it did not."""
    try:
        act()
    except DatabaseError as error:
        return error
    return None


def without_hard_links(*_: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


@pytest.mark.parametrize(
    "has_links", cases([True, False], [True]), ids=["with hard links", "without hard links"]
)
@pytest.mark.parametrize("step", ["copy_whole", "sync_folder", "put_in_place", "take_back", "open_file"])
def test_a_restoration_that_fails_at_any_step_leaves_the_database_as_it_was(
    saved: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, step: str, has_links: bool
) -> None:
    path, made = saved
    before = everything_beside(path)
    calls: list[object] = []
    module = database_file if step == "take_back" else restoring

    def fails_at(number: int) -> None:
        real = getattr(module, step)

        def maybe(*arguments: object, **named: object) -> object:
            calls.append(arguments)
            if len(calls) == number:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(*arguments, **named)

        monkeypatch.setattr(module, step, maybe)
        if not has_links:
            monkeypatch.setattr(restoring.os, "link", without_hard_links)

    n_failed = 0
    for number in range(1, 12):
        calls.clear()
        fails_at(number)
        failure = failure_of(lambda: store.restore(path, made))
        monkeypatch.undo()
        if failure is None:
            break
        n_failed += 1
        assert "Nothing was changed in" in str(failure)
        assert everything_beside(path) == before, number
    assert n_failed
    assert len(calls) < number, "it was driven through every call of this step"
    db = store.open_database(path)
    assert len(contents(db)["judgment"]) == 4, "what the journal held came back to the backup"
    db.close()


def test_a_restoration_of_an_older_schema_is_migrated_before_it_is_put_in_place(
    saved: tuple[Path, Path], tmp_path: Path
) -> None:
    path, _ = saved
    older = tmp_path / "older.duckdb"
    with duckdb.connect(str(older)) as connection:
        connection.execute(Path("tests/store/schemas/version_1.sql").read_text("utf-8"))
        connection.execute("insert into schema_version values (1, 'an-old-database')")
    before = older.read_bytes()
    replaced = store.restore(path, older)
    assert replaced is not None
    db = store.open_database(path)
    assert store.all_studies(db) == []
    db.close()
    assert older.read_bytes() == before
    assert not [one for one in path.parent.iterdir() if "restoring" in one.name or "version-1" in one.name]


@pytest.mark.parametrize("has_links", [True, False], ids=["with hard links", "without hard links"])
def test_what_was_replaced_can_be_put_back_with_its_log_and_its_journal(
    saved: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    path, made = saved
    if not has_links:
        monkeypatch.setattr(restoring.os, "link", without_hard_links)
    db = store.open_database(path)
    store.set_status(db, store.raters(db, "small")[0], "excluded", "a test")
    answer(db, store.enrol(db, "small"))
    before = contents(db)
    die(db)
    replaced = store.restore(path, made)
    assert replaced is not None
    db = store.open_database(path)
    assert store.raters(db, "small")[0].status == "active"
    db.close()
    store.restore(path, replaced)
    db = store.open_database(path)
    assert contents(db)["judgment"] == before["judgment"]
    assert contents(db)["rater"] == before["rater"]
    db.close()


def test_a_database_that_is_open_is_not_replaced(database_path: Path) -> None:
    program = "import sys; from study import store; db = store.open_database(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    db = store.open_database(database_path)
    store.save_records(db, small_study())
    made = store.backup(db)
    db.close()
    with programs.start(*("-c", program, database_path), stdin=programs.PIPE, stdout=programs.PIPE) as app:
        assert app.stdout is not None
        assert app.stdout.readline() == "open\n"
        before = everything_beside(database_path)
        with pytest.raises(DatabaseBusy, match="in use by another process"):
            store.restore(database_path, made)
        assert everything_beside(database_path) == before
        assert app.stdin is not None
        app.stdin.close()


@pytest.mark.parametrize(
    "spoil", [lambda made: of_another_schema(made, SCHEMA_VERSION + 1), torn], ids=["a newer schema", "torn"]
)
def test_a_backup_that_does_not_open_changes_nothing_in_either_home(
    db: store.Database, tmp_path: Path, spoil: Callable[[Path], Path]
) -> None:
    answer(db, store.enrol(db, "small"))
    made = store.backup(db, tmp_path / "made.duckdb")
    before = contents(db)
    spoil(made)
    place = db.place
    if isinstance(place, Path):
        db.close()
    with pytest.raises(DatabaseError, match="Nothing was changed"):
        store.restore(place, made)
    again = store.open_database(place) if isinstance(place, Path) else db
    assert contents(again) == before
    if isinstance(place, Path):
        again.close()
