"""A quota is a cap, whatever a rater does with skips, undo and "Change my last answer"."""

import random

import pytest

from study import store
from study.protocol.design import Design
from study.records import Rater
from tests.cases import cases
from tests.conftest import CRITERIA, small_study, undo_last
from tests.examples import rounds

QUOTA = 3


@pytest.fixture
def rater(empty_db: store.Database) -> Rater:
    design = Design(criteria=CRITERIA[:1], quota=QUOTA, overlap=3, min_view_seconds=0)
    store.save_records(empty_db, small_study(n_items=4, design=design))
    return store.enrol(empty_db, "small")


def answer(db: store.Database, rater: Rater) -> bool:
    task = store.current_task(db, rater)
    return task is not None and store.record_judgment(
        db, rater, task.assignment_id, "fit", task.revisions["fit"], "left"
    )


def skip(db: store.Database, rater: Rater) -> bool:
    task = store.current_task(db, rater)
    return task is not None and store.skip(db, rater, task.assignment_id, task.revisions)


def judged(db: store.Database) -> int:
    return int(store.judgments(db, "small")["preference"].notna().sum())


@pytest.mark.parametrize("skips", [2, 5])
def test_skipped_pairs_do_not_open_again_beside_the_last(
    empty_db: store.Database, rater: Rater, skips: int
) -> None:
    """Skip, answer the last, change it, and undo the skips: all of them were open again, and 3 became 5 and 8."""
    for _ in range(QUOTA - 1):
        assert answer(empty_db, rater)
    for _ in range(skips):
        assert skip(empty_db, rater)
    assert answer(empty_db, rater)
    assert undo_last(empty_db, rater)
    for _ in range(skips):
        undo_last(empty_db, rater)
    while answer(empty_db, rater):
        pass
    assert judged(empty_db) == QUOTA
    assert store.current_task(empty_db, rater) is None, "no pair is shown whose answer would be refused"


@pytest.mark.parametrize("seed", cases(range(6), range(3)))
def test_no_order_of_what_a_rater_does_goes_beyond_the_quota(
    empty_db: store.Database, rater: Rater, seed: int
) -> None:
    rng = random.Random(seed)
    for _ in range(rounds(80)):
        rng.choice((answer, answer, skip, undo_last))(empty_db, rater)
        if rng.random() < 0.1:
            empty_db.forget()
        assert judged(empty_db) <= QUOTA
    while answer(empty_db, rater):
        pass
    assert judged(empty_db) == QUOTA
    progress = store.progress(empty_db, rater)
    assert progress.done == progress.total == QUOTA


def test_a_tab_that_was_left_open_adds_nothing_beyond_the_quota(
    empty_db: store.Database, rater: Rater
) -> None:
    """Its lease was over, another pair was given in its place, and all were answered."""
    stale = store.current_task(empty_db, rater)
    assert stale is not None
    with empty_db.writing(forget=True) as cursor:
        cursor.execute("update assignment set expires_at = issued_at")
    for _ in range(QUOTA):
        assert answer(empty_db, rater)
    assert not store.record_judgment(empty_db, rater, stale.assignment_id, "fit", 0, "left")
    assert judged(empty_db) == QUOTA
