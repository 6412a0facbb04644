"""How far a study is: coverage counts what counts, pace gives a time, payments hold the outcome."""

from datetime import datetime, timedelta

import pandas as pd
import pytest

from study import store
from study.analysis.flags import flag_table
from study.analysis.progress import BY, coverage_table, expected_finish, forms_table, payments_table
from study.design import parse_design
from study.errors import InvalidInput
from study.records import Rater, utc_now
from tests.conftest import small_study

NOW = datetime(2026, 11, 1, 12)
DESIGN = parse_design(
    {
        "criteria": [{"key": "fit", "question": "?"}],
        "overlap": 2,
        "quota": 3,
        "closing": [{"key": "why", "question": "How was it?", "required": False}],
        "completion_code": "DONE-1",
        "screen_out_code": "OUT-1",
    }
)


def judge(db: store.Database, rater: Rater, count: int) -> None:
    for _ in range(count):
        task = store.current_task(db, rater)
        assert task is not None
        assert store.record_judgment(db, rater, task.assignment_id, "fit", task.revisions["fit"], "left")


@pytest.fixture
def judged(empty_db: store.Database) -> store.Database:
    store.save_records(empty_db, small_study(design=DESIGN))
    first, second = (store.enrol(empty_db, "small", external_id=name) for name in ("ada", "bob"))
    judge(empty_db, first, 3)
    judge(empty_db, second, 2)
    store.set_status(empty_db, second, "returned")
    return empty_db


@pytest.mark.parametrize("by", BY)
def test_coverage_counts_raters_who_count_by_every_part(judged: store.Database, by: str) -> None:
    table = coverage_table(store.coverage(judged, "small"), by)
    assert (table["comparisons"].sum(), table["judged"].sum(), table["places"].sum()) == (12, 3, 24)
    assert table["share"].between(0, 1).all()
    assert len(table) == {"pair": 3, "profile": 4, "tag": 2, "comparison": 12}[by]


def test_an_unknown_part_is_refused(judged: store.Database) -> None:
    with pytest.raises(InvalidInput, match="unknown grouping 'rater'; allowed: pair"):
        coverage_table(store.coverage(judged, "small"), "rater")


def test_simulated_and_human_raters_are_told_apart(judged: store.Database) -> None:
    assert store.coverage(judged, "small", simulated=True)["judged"].sum() == 0
    assert store.rater_progress(judged, "small", simulated=True).empty
    assert len(store.judged_times(judged, "small")) == 3


def test_the_finish_follows_from_the_pace_of_the_last_day() -> None:
    coverage = pd.DataFrame({"judged": [2, 1, 0], "places": [2, 2, 2]})
    times = [NOW - timedelta(hours=one) for one in (1, 2, 3, 30)]
    assert expected_finish(coverage, times, NOW) == NOW + timedelta(hours=3)
    assert expected_finish(coverage, times[3:], NOW) is None


def test_payments_hold_status_code_and_time_of_each(judged: store.Database) -> None:
    ada = store.rater_of_id(judged, "small", "ada")
    assert ada is not None
    store.finish_phase(judged, ada, "closing", {"why": "fine"})
    raters = store.rater_progress(judged, "small")
    steps = store.all_steps(judged, "small")
    flags = flag_table(store.judgments(judged, "small"))
    table = payments_table(raters, DESIGN, steps, store.check_results(judged, "small"), flags)
    assert table["judged"].tolist() == [3, 2]
    assert table["code"].fillna("none").tolist() == ["DONE-1", "none"]
    assert table["outcome"].fillna("none").tolist() == ["success", "none"]
    assert forms_table(raters, steps)[["form", "question", "answer"]].values.tolist() == [
        ["closing", "why", "fine"]
    ]


def test_active_seconds_count_no_answer_beyond_a_minute(empty_db: store.Database) -> None:
    store.save_records(empty_db, small_study(design=DESIGN))
    rater = store.enrol(empty_db, "small")
    for minutes in (0.5, 30):
        task = store.current_task(empty_db, rater)
        assert task is not None
        shown = utc_now() - timedelta(minutes=minutes)
        store.record_judgment(empty_db, rater, task.assignment_id, "fit", 0, "left", shown_at=shown)
    (seconds,) = store.rater_progress(empty_db, "small")["active_seconds"]
    assert seconds == pytest.approx(90, abs=1)
