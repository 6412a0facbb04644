"""Backups: the same in content, thinned out by age, put back whole, and nobody erased comes back with them."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from study import store
from study.errors import DatabaseError, InvalidInput, NotFound
from study.ui import backups as schedule
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
    with pytest.raises(InvalidInput, match="there already"):
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
        schedule.interval()


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
    with pytest.raises(DatabaseError, match=f"Its last backup is .*{made.name}: put it back by"):
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
    with pytest.raises(DatabaseError, match="cannot be put back"):
        store.restore(db.place, letter)
    with pytest.raises(NotFound, match="there is no backup"):
        store.restore(db.place, tmp_path / "nothing.duckdb")
    again = store.open_database(db.place)
    assert contents(again) == before
    again.close()
