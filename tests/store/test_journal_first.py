"""A click is on disk when it stands in the journal; its rows follow into the tables, which nobody can tell from outside."""

import errno
import json
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from study import store
from study.errors import DatabaseError
from study.records import Assignment, Rater
from study.store.engine import file_database, journal
from study.store.engine.file_checkpoint import DatabaseFile
from study.store.engine.migrations import SCHEMA_VERSION
from tests.conftest import small_study
from tests.store.test_file import die

PATIENCE = 30.0


class FullDisk:
    """A journal's file that takes a share of what it is given, once, and then has no room."""

    def __init__(self, file: Any, share: float = 0.5, *, takes_back: bool = True) -> None:
        self.file = file
        self.share = share
        self.is_full = True
        self.takes_back = takes_back

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def write(self, content: memoryview) -> int:
        if not self.is_full:
            return int(self.file.write(content))
        self.is_full = False
        self.file.write(content[: int(self.share * len(content))])
        raise OSError(errno.ENOSPC, "No space left on device")

    def truncate(self, size: int) -> int:
        if not self.takes_back:
            self.takes_back = True
            raise OSError(errno.EIO, "Input/output error")
        return int(self.file.truncate(size))


@pytest.fixture
def patient(database_path: Path, monkeypatch: pytest.MonkeyPatch) -> store.Database:
    """A database whose tables are left alone until they are asked for."""
    monkeypatch.setattr(file_database, "SOON_SECONDS", 3600.0)
    db = store.open_database(database_path)
    store.save_records(db, small_study())
    return db


def give(db: store.Database, rater: Rater) -> str:
    """Give one answer; return the assignment that it was given to."""
    task = store.current_task(db, rater)
    assert task is not None
    criterion, revision = next((c, r) for c, r in task.revisions.items() if c not in task.answers)
    assert store.record_judgment(db, rater, task.assignment_id, criterion, revision, "left")
    return task.assignment_id


def in_tables(db: store.Database) -> int:
    """Count the judgments in the tables themselves."""
    with db.connection.cursor() as cursor:
        return int(cursor.execute("select count(*) from judgment").fetchall()[0][0])


def test_an_acknowledged_answer_that_is_in_no_table_yet_outlives_a_kill(patient: store.Database) -> None:
    given = give(patient, store.enrol(patient, "small"))
    assert in_tables(patient) == 0
    opened = store.open_database(die(patient))
    assert store.judgments(opened, "small")["assignment_id"].tolist() == [given]
    assert [event.details for event in store.events(opened, "small", "judgments_restored")] == [{"count": 1}]
    opened.close()


def test_a_comparison_that_was_issued_and_not_answered_outlives_a_kill(patient: store.Database) -> None:
    rater = store.enrol(patient, "small")
    before = store.current_task(patient, rater)
    opened = store.open_database(die(patient))
    assert store.current_task(opened, rater) == before
    assert store.events(opened, "small", "judgments_restored") == []
    opened.close()


def test_whoever_reads_or_writes_finds_everything_in_the_tables(patient: store.Database) -> None:
    rater = store.enrol(patient, "small")
    give(patient, rater)
    assert len(store.judgments(patient, "small")) == in_tables(patient) == 1
    give(patient, rater)
    store.set_status(patient, rater, "excluded", "a coin")
    assert in_tables(patient) == 2
    patient.close()


def test_the_tables_follow_by_themselves(database_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_database, "SOON_SECONDS", 0.01)
    db = store.open_database(database_path)
    store.save_records(db, small_study())
    give(db, store.enrol(db, "small"))
    end = time.monotonic() + PATIENCE
    while not in_tables(db):
        assert time.monotonic() < end, "nothing came into the tables"
        time.sleep(0.01)
    db.close()


@pytest.mark.parametrize("takes_back", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_an_answer_that_cannot_be_journalled_is_not_taken_and_can_be_given_again(
    share: float, takes_back: bool, patient: store.Database
) -> None:
    rater = store.enrol(patient, "small")
    task = store.current_task(patient, rater)
    patient.journal._file = FullDisk(patient.journal._file, share, takes_back=takes_back)
    with pytest.raises(DatabaseError, match="No space left"):
        give(patient, rater)
    assert store.current_task(patient, rater) == task
    given = give(patient, rater)
    opened = store.open_database(die(patient))
    assert store.judgments(opened, "small")["assignment_id"].tolist() == [given]
    opened.close()


def test_an_answer_that_was_refused_does_not_come_back(
    patient: store.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        monkeypatch.undo()
        raise OSError(errno.EIO, "Input/output error")

    rater = store.enrol(patient, "small")
    task = store.current_task(patient, rater)
    monkeypatch.setattr(journal.os, "fsync", fail)
    monkeypatch.setattr(file_database, "SOON_SECONDS", 3600.0)
    with pytest.raises(DatabaseError, match="Input/output"):
        give(patient, rater)
    opened = store.open_database(die(patient))
    assert store.judgments(opened, "small").empty
    assert store.current_task(opened, rater) == task
    opened.close()


def test_of_two_lines_that_have_the_same_place_the_last_counts(patient: store.Database) -> None:
    """Older versions left the line of an answer that was refused before that of the same answer given again."""
    rater = store.enrol(patient, "small")
    given = give(patient, rater)
    other = replace(patient._journalled[-1], judgment_id="another", response="right")
    (issued,) = [one for one in patient._journalled if isinstance(one, Assignment)]
    stray = replace(issued, assignment_id="stray")
    patient.journal.append([(None, stray, rater), (other, issued, rater)])
    opened = store.open_database(die(patient))
    found = store.judgments(opened, "small")
    assert found[["assignment_id", "response"]].values.tolist() == [[given, "right"]]
    opened.close()


def test_a_line_whose_place_in_the_tables_is_taken_stops_no_start(patient: store.Database) -> None:
    rater = store.enrol(patient, "small")
    given = give(patient, rater)
    other = replace(patient._journalled[-1], judgment_id="another", response="right")
    (issued,) = [one for one in patient._journalled if isinstance(one, Assignment)]
    assert in_tables(patient) == 0
    assert len(store.judgments(patient, "small")) == 1
    patient.journal.append([(other, issued, rater)])
    opened = store.open_database(die(patient))
    found = store.judgments(opened, "small")
    assert found[["assignment_id", "response"]].values.tolist() == [[given, "left"]]
    assert store.events(opened, "small", "judgments_restored") == []
    opened.close()


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_journal_that_could_not_be_started_again_loses_nothing_after(
    share: float, patient: store.Database
) -> None:
    rater = store.enrol(patient, "small")
    given = [give(patient, rater)]
    patient.journal._file = FullDisk(patient.journal._file, share)
    patient.checkpoint()
    given.append(give(patient, rater))
    opened = store.open_database(die(patient))
    assert set(store.judgments(opened, "small")["assignment_id"]) == set(given)
    opened.close()


def test_a_settler_that_failed_goes_on(database_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_database, "SOON_SECONDS", 0.01)
    db = store.open_database(database_path)
    store.save_records(db, small_study())
    rater = store.enrol(db, "small")
    failed = threading.Event()

    def fail(_: object) -> None:
        failed.set()
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(type(db), "_to_tables", lambda self, records: fail(records))
        with db.lock:
            give(db, rater)
        assert failed.wait(PATIENCE)
    give(db, rater)
    end = time.monotonic() + PATIENCE
    while in_tables(db) < 2:
        assert time.monotonic() < end, "nothing came into the tables"
        time.sleep(0.01)
    db.close()


def test_an_answer_to_a_database_that_was_closed_is_refused(patient: store.Database) -> None:
    rater = store.enrol(patient, "small")
    assert store.current_task(patient, rater) is not None
    patient.journal.close()
    with pytest.raises(DatabaseError, match="could not be written"):
        give(patient, rater)


def test_a_click_of_which_a_part_cannot_be_journalled_is_not_on_the_board(patient: store.Database) -> None:
    rater = store.enrol(patient, "small")
    task = store.current_task(patient, rater)
    assert task is not None
    patient.journal._file = FullDisk(patient.journal._file)
    with pytest.raises(DatabaseError, match="No space left"), store.with_next(patient, rater):
        assert store.record_judgment(patient, rater, task.assignment_id, "fit", 0, "left")
    assert store.current_task(patient, rater) == task
    assert store.judgments(patient, "small").empty
    patient.close()


def test_tables_that_cannot_be_written_lose_nothing_and_say_so(
    patient: store.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise duckdb.IOException("the disk is full")

    rater = store.enrol(patient, "small")
    given = give(patient, rater)
    with monkeypatch.context() as patch:
        patch.setattr(file_database.rows, "insert_many", refuse)
        with pytest.raises(DatabaseError, match="the disk is full"):
            store.judgments(patient, "small")
    assert store.judgments(patient, "small")["assignment_id"].tolist() == [given]
    patient.close()


def test_rows_that_a_commit_without_an_answer_had_written_are_not_written_twice(
    patient: store.Database,
) -> None:
    rater = store.enrol(patient, "small")
    give(patient, rater)
    patient._insert(patient._journalled, "fail")
    given = give(patient, rater)
    assert len(store.judgments(patient, "small")) == 2
    assert given in set(store.judgments(patient, "small")["assignment_id"])
    patient.close()


def test_what_a_transaction_took_back_is_in_no_journal(patient: store.Database) -> None:
    rater = store.enrol(patient, "small")

    def fail() -> None:
        with patient.batch():
            give(patient, rater)
            raise ValueError("a reason to take it back")

    with pytest.raises(ValueError, match="a reason"):
        fail()
    assert store.judgments(patient, "small").empty
    given = give(patient, rater)
    opened = store.open_database(die(patient))
    assert store.judgments(opened, "small")["assignment_id"].tolist() == [given]
    opened.close()


def test_a_batch_within_a_click_is_journalled_once(patient: store.Database) -> None:
    rater = store.enrol(patient, "small")
    with patient.together():
        give(patient, rater)
        with patient.batch():
            give(patient, rater)
    assert in_tables(patient) == 2
    opened = store.open_database(die(patient))
    assert len(store.judgments(opened, "small")) == 2
    assert store.events(opened, "small", "judgments_restored") == []
    opened.close()


def test_without_room_for_a_checkpoint_what_follows_a_torn_line_is_kept(
    patient: store.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    rater = store.enrol(patient, "small")
    give(patient, rater)
    path = die(patient)
    with store.journal_path(path).open("ab") as journal:
        journal.write(b"0123abcd [{")
    monkeypatch.setattr(DatabaseFile, "checkpoint", lambda _: False)
    opened = store.open_database(path)
    given = give(opened, rater)
    torn, *after = store.journal_path(path).read_bytes().split(b"0123abcd [{")[1].splitlines()
    assert (torn, len(after)) == (b"", 1), "a line of its own, which versions that read line by line can read"
    opened = store.open_database(die(opened))
    assert given in set(store.judgments(opened, "small")["assignment_id"])
    assert len(store.judgments(opened, "small")) == 2
    opened.close()


def test_a_journal_that_was_never_begun_names_its_database_first(
    database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_database, "SOON_SECONDS", 3600.0)
    monkeypatch.setattr(DatabaseFile, "checkpoint", lambda _: False)
    db = store.open_database(database_path)
    store.save_records(db, small_study())
    given = give(db, store.enrol(db, "small"))
    opened = store.open_database(die(db))
    assert store.judgments(opened, "small")["assignment_id"].tolist() == [given]
    opened.close()


def test_a_full_disk_is_not_tried_again_and_again(
    patient: store.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each try inserts all that waits, under the lock that raters need."""
    assert isinstance(patient, file_database.FileDatabase)
    tries: list[float] = []

    def full(*_: object) -> None:
        tries.append(time.monotonic())
        raise DatabaseError("The database could not save this: no room.")

    monkeypatch.setattr(file_database, "SOON_SECONDS", 0.01)
    monkeypatch.setattr(file_database, "RETRY_SECONDS", (0.2, 600.0))
    monkeypatch.setattr(patient, "_to_tables", full)
    rater = store.enrol(patient, "small")
    patient._is_due = True
    give(patient, rater)
    time.sleep(1.0)
    assert 1 <= len(tries) <= 5  # after 0, 0.2, 0.6 and 1.4 s, and as the answer came
    monkeypatch.undo()
    monkeypatch.setattr(file_database, "SOON_SECONDS", 0.01)
    end = time.monotonic() + PATIENCE
    while in_tables(patient) < 1 and time.monotonic() < end:
        time.sleep(0.05)
    assert in_tables(patient) == 1


def test_without_room_for_a_thread_an_answer_is_taken_all_the_same(
    patient: store.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise RuntimeError("can't start new thread")

    rater = store.enrol(patient, "small")
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", full)
        first = give(patient, rater)
    assert store.judgments(patient, "small")["assignment_id"].tolist() == [first]
    give(patient, rater)
    assert isinstance(patient, file_database.FileDatabase)
    assert patient._settler is not None


def answered(db: store.Database, count: int) -> Path:
    """Give answers that stand in the journal alone, and let the file go as a kill would."""
    rater = store.enrol(db, "small")
    for _ in range(count):
        give(db, rater)
    assert in_tables(db) == 0
    return die(db)


def damaged(text: bytes, place: int, bit: int) -> bytes:
    content = bytearray(text)
    content[place] ^= 1 << bit
    return bytes(content)


@pytest.mark.parametrize("bit", [0, 5])
def test_a_damaged_first_line_of_the_journal_costs_no_answer(patient: store.Database, bit: int) -> None:
    path = answered(patient, 10)
    text = store.journal_path(path).read_bytes()
    store.journal_path(path).write_bytes(damaged(text, 12, bit))
    opened = store.open_database(path)
    assert len(store.judgments(opened, "small")) == 10
    opened.close()
    assert not list(path.parent.glob("*.other-*"))


def as_of_the_first_version(text: bytes) -> bytes:
    """Write a journal as version 0.1.0 did: its first line alone names the database."""
    head, *lines = text.decode().splitlines(keepends=True)
    return (head + "".join(journal._sealed(json.loads(line[9:])[:3]) for line in lines)).encode()


@pytest.mark.parametrize("first_is_damaged", [False, True])
def test_a_journal_of_the_first_version_is_read_also_with_a_damaged_first_line(
    patient: store.Database, first_is_damaged: bool
) -> None:
    path = answered(patient, 10)
    text = as_of_the_first_version(store.journal_path(path).read_bytes())
    store.journal_path(path).write_bytes(damaged(text, 12, 0) if first_is_damaged else text)
    opened = store.open_database(path)
    assert len(store.judgments(opened, "small")) == 10
    opened.close()


def test_no_flipped_bit_of_a_journal_costs_more_than_its_line(patient: store.Database) -> None:
    path = store.journal_path(answered(patient, 4))
    text = path.read_bytes()
    database_id = json.loads(text.splitlines()[0][9:])
    whole = {line[0].judgment_id: line for line in journal.journal_lines(path, database_id).lines if line[0]}
    ends = [place for place, sign in enumerate(text) if sign == ord("\n")]
    n_less = 0
    for place in sorted({*range(0, len(text), 61), *ends}):
        for bit in range(8):
            path.write_bytes(damaged(text, place, bit))
            found = journal.journal_lines(path, database_id)
            kept = {line[0].judgment_id: line for line in found.lines if line[0]}
            assert not found.has_others
            assert len(kept) >= len(whole) - 1, (place, bit)
            assert kept.items() <= whole.items(), (place, bit)
            n_less += len(kept) < len(whole)
    assert n_less > 0


@pytest.mark.parametrize("version", ["0.1.0", "now"])
def test_the_journal_of_another_database_stands_aside_whole(
    patient: store.Database, tmp_path: Path, version: str
) -> None:
    text = store.journal_path(answered(patient, 3)).read_bytes()
    text = as_of_the_first_version(text) if version == "0.1.0" else text
    other = tmp_path / "other.duckdb"
    db = store.open_database(other)
    store.save_records(db, small_study())  # whose comparisons have the same ids
    db.close()
    store.journal_path(other).write_bytes(text)
    db = store.open_database(other)
    assert store.judgments(db, "small").empty
    db.close()
    (aside,) = tmp_path.glob("other.duckdb.journal.jsonl.other-*")
    assert aside.read_bytes() == text


def test_a_journal_that_two_databases_wrote_to_gives_each_its_own(
    patient: store.Database, tmp_path: Path
) -> None:
    """A backup of another database was put in the place of the file by hand, and went on in its journal."""
    theirs = store.journal_path(answered(patient, 3)).read_bytes()
    other = tmp_path / "other.duckdb"
    db = store.open_database(other)
    store.save_records(db, small_study())
    path = answered(db, 4)
    ours = store.journal_path(path).read_bytes()
    store.journal_path(path).write_bytes(theirs + ours)
    db = store.open_database(path)
    assert len(store.judgments(db, "small")) == 4
    db.close()
    (aside,) = tmp_path.glob("other.duckdb.journal.jsonl.other-*")
    assert aside.read_bytes() == theirs + ours


def test_every_line_of_a_journal_says_whose_it_is_and_of_which_schema(patient: store.Database) -> None:
    assert isinstance(patient, file_database.FileDatabase)
    database_id = patient.journal.database_id
    head, *lines = store.journal_path(answered(patient, 2)).read_text().splitlines()
    assert json.loads(head[9:]) == database_id
    assert [json.loads(line[9:])[3:] for line in lines] == [[database_id, SCHEMA_VERSION]] * len(lines)


def test_a_line_whose_checksum_does_not_fit_is_left_out(patient: store.Database) -> None:
    """A damaged disk is not to change an answer."""
    give(patient, store.enrol(patient, "small"))
    path = die(patient)
    journal_file = store.journal_path(path)
    whole = journal_file.read_bytes()
    assert whole.count(b'"response": "left"') == 1
    journal_file.write_bytes(whole.replace(b'"response": "left"', b'"response": "tie"'))
    opened = store.open_database(path)
    assert store.judgments(opened, "small").empty
    opened.close()
