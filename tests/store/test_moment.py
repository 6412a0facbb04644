"""What one thread reads in a block is as of one moment, whatever others write meanwhile."""

import errno
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import pytest

from study import store
from study.records import Rater
from study.store.engine import file_checkpoint, file_database
from study.store.session import boards
from study.workflows import exporting, reproducing
from tests.conftest import small_study

PATIENCE = 30.0
WANTED = exporting.Wanted("small", "bundle", "internal")


def elsewhere(act: Callable[[], object]) -> None:
    """Do something in another thread, and wait for it."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(act).result()


def answer(db: store.Database, rater: Rater) -> None:
    task = store.current_task(db, rater)
    assert task is not None
    for criterion, revision in task.revisions.items():
        assert store.record_judgment(db, rater, task.assignment_id, criterion, revision, "left")


@pytest.fixture
def judged(empty_db: store.Database) -> tuple[store.Database, Rater]:
    store.save_records(empty_db, small_study())
    rater = store.enrol(empty_db, "small")
    answer(empty_db, rater)
    return empty_db, rater


def test_what_others_write_meanwhile_is_not_seen(judged: tuple[store.Database, Rater]) -> None:
    db, rater = judged
    with db.moment():
        before = store.content_hash(db, "small"), store.data_hash(db, "small")
        elsewhere(lambda: answer(db, rater))
        with db.moment(), db.reading() as cursor:
            assert cursor.execute("select count(*) from judgment").fetchall() == [(2,)]
        assert (store.content_hash(db, "small"), store.data_hash(db, "small")) == before
        assert len(store.judgments(db, "small")) == len(store.coded_judgments(db, "small")) == 2
        assert len(store.study_records(db, "small", answers=True).judgments) == 2
    assert len(store.judgments(db, "small")) == len(store.coded_judgments(db, "small")) == 4
    assert store.content_hash(db, "small") != before[0]


def test_what_is_written_in_a_moment_is_kept(judged: tuple[store.Database, Rater]) -> None:
    db, rater = judged

    def fail() -> None:
        with db.moment():
            answer(db, rater)
            store.log_action(db, "looked", "small")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert len(store.judgments(db, "small")) == 4
    assert len(store.events(db, "small", "looked")) == 1


def test_an_export_is_of_one_moment(
    judged: tuple[store.Database, Rater], monkeypatch: pytest.MonkeyPatch
) -> None:
    db, rater = judged
    before = exporting.exported_file(db, WANTED).data
    read = store.judgments

    def judgments(*args: object, **options: object) -> object:
        with db.reading() as cursor:  # what is read first
            cursor.execute("select count(*) from judgment").fetchall()
        elsewhere(lambda: answer(db, rater))
        return read(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "judgments", judgments)
    assert exporting.exported_file(db, WANTED).data == before
    monkeypatch.undo()
    assert exporting.exported_file(db, WANTED).data != before


@pytest.mark.parametrize("made_by_others", [False, True])
def test_a_key_is_found_from_within_a_moment(
    judged: tuple[store.Database, Rater], made_by_others: bool
) -> None:
    db, _ = judged
    with db.moment() as cursor:
        assert cursor.execute("select count(*) from study_secret").fetchall() == [(0,)]
        if made_by_others:
            elsewhere(lambda: store.hash_key(db, "small"))
        first = store.hash_key(db, "small")
        assert store.hash_key(db, "small") == first
    assert store.hash_key(db, "small") == first


@pytest.mark.file_only
@pytest.mark.parametrize("in_moment", [False, True])
def test_a_checkpoint_that_a_reader_is_in_the_way_of_is_made_soon_after(
    judged: tuple[store.Database, Rater], monkeypatch: pytest.MonkeyPatch, in_moment: bool
) -> None:
    """Nobody has to write for it, and it is not tried with every write, as each try copies the file."""
    db, rater = judged
    assert isinstance(db, file_database.FileDatabase)
    tries: list[Path] = []
    set_aside = file_checkpoint._set_aside

    def counted(path: Path, stream: BinaryIO) -> None:
        tries.append(path)
        set_aside(path, stream)

    monkeypatch.setattr(file_checkpoint, "_set_aside", counted)
    with db.moment() if in_moment else db.reading() as cursor:
        if not in_moment:
            cursor.execute("begin transaction")
        cursor.execute("select count(*) from judgment").fetchall()
        elsewhere(lambda: store.set_status(db, rater, "excluded", "a test"))
        elsewhere(lambda: store.set_status(db, rater, "active", "a test"))
        elsewhere(db.checkpoint)
        assert db.file.log_size() > 0
        tried = len(tries)
        assert tried <= (0 if in_moment else 3)
        for _ in range(20):
            elsewhere(lambda: store.log_action(db, "looked", "small"))
        assert len(tries) <= tried + 1
        if not in_moment:
            cursor.execute("rollback")
    end = time.monotonic() + PATIENCE
    while db._is_due and time.monotonic() < end:
        time.sleep(0.05)
    assert db.file.log_size() == 0


@pytest.mark.file_only
def test_a_journal_that_could_not_be_started_again_is_soon(
    judged: tuple[store.Database, Rater], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an erasure it holds what was erased."""
    db, rater = judged
    assert isinstance(db, file_database.FileDatabase)
    with monkeypatch.context() as patch:
        patch.setattr(db.journal, "start_again", fail)
        store.withdraw(db, rater)
        assert rater.rater_id in db.journal.path.read_text()
    end = time.monotonic() + PATIENCE
    while rater.rater_id in db.journal.path.read_text() and time.monotonic() < end:
        time.sleep(0.05)
    assert rater.rater_id not in db.journal.path.read_text()


def fail() -> None:
    raise OSError(errno.EIO, "Input/output error")


def test_what_is_kept_is_the_newest_also_when_it_is_read_within_a_moment(
    judged: tuple[store.Database, Rater],
) -> None:
    db, rater = judged
    store.set_state(db, "small", "live")
    with db.moment() as cursor:
        facts = reproducing.study_facts(db, "small")
        cursor.execute("select count(*) from rater").fetchall()
        changed = store.design(db, "small").model_copy(update={"overlap": 5})
        elsewhere(lambda: store.new_version(db, "small", changed))
        elsewhere(lambda: store.set_state(db, "small", "closed"))
        elsewhere(lambda: store.set_status(db, rater, "excluded", "a test"))
        db.forget()
        assert store.current_version(db, "small") == 2
        assert store.design(db, "small").overlap == 5
        assert store.study(db, "small").state == "closed"
        assert store.rater_by_token(db, rater.token).status == "excluded"
        assert reproducing.study_facts(db, "small") == facts
        with db.batch():
            assert store.raters(db, "small")[0].status == "excluded", "who writes sees all"
    now = reproducing.study_facts(db, "small")
    assert (facts["design_version"], now["design_version"]) == (1, 2)
    assert now["design_hash"] != facts["design_hash"]


def test_a_board_that_is_read_within_a_moment_has_the_newest_order(
    judged: tuple[store.Database, Rater],
) -> None:
    db, _ = judged
    store.set_state(db, "small", "live")
    keys = [one.task_id for one in store.study_records(db, "small").tasks]
    store.save_divergences(db, "small", "judged", dict.fromkeys(keys, (1.0, None)), "one")
    ordered = store.design(db, "small").model_copy(update={"order": "priority", "priority": "judged"})
    store.new_version(db, "small", ordered)
    with db.moment() as cursor:
        cursor.execute("select count(*) from divergence").fetchall()
        elsewhere(lambda: store.save_divergences(db, "small", "judged", {keys[0]: (9.0, None)}, "two"))
        with db.lock:
            board = boards.board_of(db, "small")
        assert {one.task_id: one.priority for one in board.facts}[keys[0]] == 9.0
        assert store.priorities(db, "small", "judged")[keys[0]] == 1.0


@pytest.mark.file_only
def test_checkpoints_that_were_not_tried_do_not_put_the_next_one_off(
    judged: tuple[store.Database, Rater],
) -> None:
    db, _ = judged
    assert isinstance(db, file_database.FileDatabase)
    with db.moment():
        for _ in range(10):
            assert not db.checkpoint()
        assert db._pause == file_database.RETRY_SECONDS[0]
