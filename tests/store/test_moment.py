"""What one thread reads in a block is as of one moment, whatever others write meanwhile."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from study import releasing, store
from study.records import Rater
from study.store import file_database
from tests.conftest import small_study

WANTED = releasing.Wanted("small", "bundle", "internal")


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
    before = releasing.release(db, WANTED).data
    read = store.judgments

    def judgments(*args: object, **options: object) -> object:
        with db.reading() as cursor:  # what is read first
            cursor.execute("select count(*) from judgment").fetchall()
        elsewhere(lambda: answer(db, rater))
        return read(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "judgments", judgments)
    assert releasing.release(db, WANTED).data == before
    monkeypatch.undo()
    assert releasing.release(db, WANTED).data != before


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
def test_a_checkpoint_that_a_reader_is_in_the_way_of_is_done_later(
    judged: tuple[store.Database, Rater], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is tried again, but not with every write: each try copies the file."""
    db, rater = judged
    assert isinstance(db, file_database.FileDatabase)
    with db.moment(), caplog.at_level(logging.WARNING):
        store.judgments(db, "small")
        store.set_status(db, rater, "excluded", "a test")
        assert not db.checkpoint()
        (told,) = [one for one in caplog.messages if "stays as it is" in one]
        assert "CHECKPOINT" in told
        store.set_status(db, rater, "active", "a test")
        assert len([one for one in caplog.messages if "stays as it is" in one]) == 1
    store.log_action(db, "looked", "small")
    assert db.file.log_size() > 0, "it is too soon"
    monkeypatch.setattr(db, "_not_before", 0.0)
    store.log_action(db, "looked", "small")
    assert db.file.log_size() == 0
