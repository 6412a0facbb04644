"""Forty raters at once: places, sides and judgments come out right whatever the threads do."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pandas as pd
import pytest

from study import store
from study.protocol.design import Design
from study.records import Rater
from tests.conftest import CRITERIA, small_study, undo_last

N_RATERS = 40
OVERLAP = 3
N_COMPARISONS = 60
N_PLACES = N_COMPARISONS * OVERLAP
Acknowledged = tuple[str, str, int, str]


def fill(db: store.Database, design: Design) -> store.Database:
    store.save_records(db, small_study(n_items=N_COMPARISONS // 3, design=design))
    return db


def judge_all(db: store.Database, rater: Rater, rng: random.Random) -> list[Acknowledged]:
    """Judge until there is nothing more; half of the answers are sent twice."""
    acknowledged = []
    while task := store.current_task(db, rater):
        for criterion in task.revisions:
            if criterion in task.answers:
                continue
            response = rng.choice(["left", "right", "tie"])
            answer = task.assignment_id, criterion, task.revisions[criterion], response
            for _ in range(rng.choice([1, 2])):
                if store.record_judgment(db, rater, *answer):
                    acknowledged.append(answer)
    return acknowledged


def in_threads(work: Callable[[int], list[Acknowledged]], count: int = N_RATERS) -> list[Acknowledged]:
    """Start all at the same moment; an error in any of them is raised here."""
    barrier = Barrier(count)

    def start(number: int) -> list[Acknowledged]:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return [answer for part in pool.map(start, range(count)) for answer in part]


def stored(db: store.Database) -> Counter[Acknowledged]:
    with db.reading() as cursor:
        rows = cursor.execute("select assignment_id, question, revision, response from judgment").fetchall()
    return Counter(rows)


def side_differences(long: pd.DataFrame, by: str) -> pd.Series:
    """Return by how many output a stood more often on one side than on the other."""
    given = long.drop_duplicates("assignment_id")
    return (given["side_of_a"] == "left").map({True: 1, False: -1}).groupby(given[by]).sum().abs()


def test_forty_raters_at_once_fill_every_place_once_and_in_balance(empty_db: store.Database) -> None:
    db = fill(empty_db, Design(criteria=CRITERIA, overlap=OVERLAP, quota=6))

    def work(number: int) -> list[Acknowledged]:
        return judge_all(db, store.enrol(db, "small"), random.Random(number))

    acknowledged = in_threads(work)
    long = store.judgments(db, "small")
    assert len(acknowledged) == len(set(acknowledged)) == 2 * N_PLACES
    assert stored(db) == Counter(acknowledged)
    raters_per_comparison = long.groupby("comparison_id")["rater_id"].nunique()
    assert len(raters_per_comparison) == N_COMPARISONS
    assert set(raters_per_comparison) == {OVERLAP}
    assert not long.duplicated(["comparison_id", "rater_id", "criterion"]).any()
    assert side_differences(long, "comparison_id").max() <= 1
    per_rater = side_differences(long, "rater_id")
    print("side difference: number of raters", per_rater.value_counts().to_dict())
    assert per_rater.max() <= 2
    assert long.groupby("rater_id")["assignment_id"].nunique().max() <= 6


@pytest.mark.slow
def test_places_of_absent_raters_come_back_and_are_filled_once(empty_db: store.Database) -> None:
    lease_seconds = 1.0
    design = Design(criteria=CRITERIA, overlap=OVERLAP, lease_hours=lease_seconds / 3600)
    db = fill(empty_db, design)
    taken: dict[int, tuple[Rater, store.CurrentTask]] = {}

    def leave(number: int) -> list[Acknowledged]:
        rater = store.enrol(db, "small")
        task = store.current_task(db, rater)
        assert task is not None
        taken[number] = rater, task
        return []

    in_threads(leave)
    time.sleep(lease_seconds)

    def work(number: int) -> list[Acknowledged]:
        if number % 4 == 0:  # a rater who left comes back to the open page, and answers what it shows
            rater, task = taken[number]
            if not store.record_judgment(db, rater, task.assignment_id, "fit", 0, "left"):
                return []
            return [(task.assignment_id, "fit", 0, "left")]
        return judge_all(db, store.enrol(db, "small"), random.Random(number))

    acknowledged = in_threads(work)
    acknowledged += judge_all(db, store.enrol(db, "small"), random.Random(0))
    assert stored(db) == Counter(acknowledged)
    long = store.judgments(db, "small")
    raters_per_comparison = long.groupby("comparison_id")["rater_id"].nunique()
    assert raters_per_comparison.max() <= OVERLAP
    assert raters_per_comparison.sum() == N_PLACES
    assert side_differences(long, "comparison_id").max() <= 1


def test_one_rater_in_many_tabs_has_one_answer_per_question(empty_db: store.Database) -> None:
    db = fill(empty_db, Design(criteria=CRITERIA, overlap=OVERLAP, quota=6))
    rater = store.enrol(db, "small")
    acknowledged = in_threads(lambda number: judge_all(db, rater, random.Random(number)), 8)
    assert stored(db) == Counter(acknowledged)
    answers = defaultdict(list)
    for assignment_id, criterion, revision, _ in acknowledged:
        answers[assignment_id, criterion].append(revision)
    assert len(answers) == 12
    assert set(map(tuple, answers.values())) == {(0,)}


def test_skips_and_undos_in_threads_never_take_more_places_than_there_are(empty_db: store.Database) -> None:
    db = fill(empty_db, Design(criteria=CRITERIA[:1], overlap=2, quota=8))

    def work(number: int) -> list[Acknowledged]:
        rng = random.Random(number)
        rater = store.enrol(db, "small")
        for _ in range(12):
            task = store.current_task(db, rater)
            if task is None:
                break
            action = rng.choice(["answer", "answer", "skip", "undo"])
            if action == "answer":
                store.record_judgment(db, rater, task.assignment_id, "fit", task.revisions["fit"], "left")
            elif action == "skip":
                store.skip(db, rater, task.assignment_id, task.revisions)
            else:
                undo_last(db, rater)
        return []

    in_threads(work, 20)
    long = store.judgments(db, "small")
    judged = long[long["preference"].notna()]
    assert judged.groupby("comparison_id").size().max() <= 2
    left = judged[judged["side_of_a"] == "left"].groupby("comparison_id").size()
    assert left.max() <= 1
