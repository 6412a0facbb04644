"""Skips with reasons, and what is taken out of a study for everyone."""

import pytest

from study import store
from study.assignment import RaterProgress
from study.errors import InvalidInput, NotAllowed
from study.protocol.design import Checks, Design, Practice
from study.records import Rater
from tests.conftest import CRITERIA, small_study, undo_last
from tests.store.test_store import answer
from tests.studies_of_strangers import strangers_study


def item_of(db: store.Database, task: store.CurrentTask) -> str:
    return store.material(db, task.task_id).item.name


def judged_items(db: store.Database, rater: Rater) -> list[str]:
    """Judge all that the rater gets, and return the items."""
    found = []
    while store.current_task(db, rater):
        found.append(item_of(db, answer(db, rater)))
    return found


def test_a_skip_holds_its_reason_and_the_raters_words(db: store.Database) -> None:
    rater = store.enrol(db, "small")
    task = store.current_task(db, rater)
    assert task is not None
    assert store.skip(db, rater, task.assignment_id, task.revisions, reason="broken", note="  no text  ")
    (row,) = store.skips(db, "small").to_dict("records")
    assert (row["comparison_id"], row["reason"], row["note"]) == (task.task_id, "broken", "no text")
    assert set(store.judgments(db, "small")["skip_reason"]) == {"broken"}
    assert undo_last(db, rater)
    assert store.skips(db, "small").empty


def test_an_unknown_reason_to_skip_is_refused(db: store.Database) -> None:
    rater = store.enrol(db, "small")
    task = store.current_task(db, rater)
    assert task is not None
    with pytest.raises(InvalidInput, match="unknown reason to skip 'dull'; allowed: unclear, language"):
        store.skip(db, rater, task.assignment_id, task.revisions, reason="dull")
    assert store.current_task(db, rater) == task


def test_a_withdrawn_item_is_given_to_nobody(db: store.Database) -> None:
    assert store.withdraw_item(db, "small", "item 2", "the picture is missing") == 3
    for _ in range(2):
        items = judged_items(db, store.enrol(db, "small"))
        assert len(items) == 6
        assert "item 2" not in items
    rest = judged_items(db, store.enrol(db, "small"))
    assert "item 2" not in rest
    (event,) = store.withdrawal_events(db, "small")
    assert event.kind == "item_withdrawn"
    assert (event.details["item"], event.details["reason"]) == ("item 2", "the picture is missing")
    assert len(event.details["comparison_ids"]) == 3


def test_an_open_assignment_gives_way_to_another(db: store.Database) -> None:
    rater = store.enrol(db, "small")
    task = store.current_task(db, rater)
    assert task is not None
    store.record_judgment(db, rater, task.assignment_id, "fit", 0, "left")
    store.withdraw_comparison(db, "small", task.task_id, "wrong language")
    assert store.is_withdrawn(db, "small", task.task_id)
    assert not store.record_judgment(db, rater, task.assignment_id, "quality", 0, "left")
    assert not store.skip(db, rater, task.assignment_id, task.revisions)
    assert store.last_judgment(db, rater) is None
    other = store.current_task(db, rater)
    assert other is not None
    assert other.task_id != task.task_id
    assert other.progress == RaterProgress(0, 6)
    assert store.judgments(db, "small")["comparison_withdrawn"].tolist() == [True]


def test_coverage_and_targets_leave_withdrawn_comparisons_out(db: store.Database) -> None:
    before = store.coverage(db, "small")
    store.withdraw_item(db, "small", "item 0", "broken")
    assert len(store.coverage(db, "small")) == len(before) - 3
    assert store.comparison_count(db, "small") == len(before) - 3


def test_a_quota_that_is_larger_than_what_stands_ends_at_what_stands(empty_db: store.Database) -> None:
    store.save_records(empty_db, small_study(design=Design(criteria=CRITERIA, quota=12)))
    rater = store.enrol(empty_db, "small")
    answer(empty_db, rater)
    for item in ("item 1", "item 2", "item 3"):
        store.withdraw_item(empty_db, "small", item, "broken")
    task = store.current_task(empty_db, rater)
    assert task is not None
    assert task.progress.total in (
        3,
        4,
    )  # what was judged whole counts for its rater, also where it was withdrawn
    assert set(judged_items(empty_db, rater)) == {"item 0"}


def test_work_that_was_done_counts_for_its_rater(db: store.Database) -> None:
    rater = store.enrol(db, "small")
    items = judged_items(db, rater)
    store.withdraw_item(db, "small", items[0], "broken")
    assert store.current_task(db, rater) is None
    assert store.progress(db, rater) == RaterProgress(6, 6)
    assert store.rater_progress(db, "small")["judged"].tolist() == [6]


def test_what_was_withdrawn_can_be_put_back(db: store.Database) -> None:
    rater = store.enrol(db, "small")
    task = store.current_task(db, rater)
    assert task is not None
    name = item_of(db, task)
    store.withdraw_comparison(db, "small", task.task_id, "looks odd")
    store.withdraw_item(db, "small", name, "broken")
    assert store.restore_item(db, "small", name, "it was the browser") == 3
    back = store.current_task(db, rater)
    assert back is not None
    assert (back.assignment_id, back.task_id) == (task.assignment_id, task.task_id)
    kinds = [event.kind for event in store.withdrawal_events(db, "small")]
    assert kinds == ["item_restored", "item_withdrawn", "comparison_withdrawn"]


@pytest.mark.parametrize(
    ("act", "error", "sentence"),
    [
        (lambda db: store.withdraw_item(db, "small", "item 1", " "), InvalidInput, "the reason is empty"),
        (lambda db: store.withdraw_item(db, "small", "item 9", "x"), InvalidInput, "unknown item 'item 9'"),
        (
            lambda db: store.withdraw_comparison(db, "small", "c", "x"),
            InvalidInput,
            "unknown comparison 'c'",
        ),
        (lambda db: store.restore_item(db, "small", "item 1", "x"), NotAllowed, "'item 1' .* not withdrawn"),
    ],
)
def test_a_withdrawal_that_cannot_be_says_why(
    db: store.Database, act: object, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        act(db)  # type: ignore[operator]
    assert store.withdrawal_events(db, "small") == []


def test_withdrawing_twice_is_refused(db: store.Database) -> None:
    store.withdraw_item(db, "small", "item 1", "broken")
    with pytest.raises(NotAllowed, match="'item 1' of study 'small' is withdrawn already"):
        store.withdraw_item(db, "small", "item 1", "broken")


def test_a_withdrawn_check_fails_nobody_and_another_takes_its_turn(empty_db: store.Database) -> None:
    strangers_study(empty_db, "checked", checks=Checks(attention=2, every=1))
    rater = store.enrol(empty_db, "checked")
    while not store.check_results(empty_db, "checked").get(rater.rater_id):
        answer(empty_db, rater, "both_bad")
    (failed,) = store.check_results(empty_db, "checked")[rater.rater_id]
    assert not failed.passed
    store.withdraw_comparison(empty_db, "checked", failed.task_id, "the words were cut off")
    assert store.check_results(empty_db, "checked")[rater.rater_id] == []
    while store.current_task(empty_db, rater):
        answer(empty_db, rater, "both_bad")
    shown = store.judgments(empty_db, "checked").query("purpose == 'check'")
    assert shown["comparison_id"].nunique() == 2


def test_a_withdrawn_comparison_is_not_repeated(empty_db: store.Database) -> None:
    strangers_study(empty_db, "repeated", checks=Checks(repeats=2, lag=2))
    rater = store.enrol(empty_db, "repeated")
    first = [answer(empty_db, rater).task_id for _ in range(2)]
    for comparison in first:
        store.withdraw_comparison(empty_db, "repeated", comparison, "broken")
    while store.current_task(empty_db, rater):
        answer(empty_db, rater)
    repeats = store.judgments(empty_db, "repeated").query("purpose == 'repeat'")
    assert not set(repeats["comparison_id"]) & set(first)


def test_practice_keeps_as_many_comparisons_as_its_pass_mark(empty_db: store.Database) -> None:
    from dataclasses import replace

    design = Design(criteria=CRITERIA[:1], practice=Practice(pass_mark=2))
    records = small_study(design=design)
    records.study = replace(records.study, state="draft")
    store.save_records(empty_db, records)
    practice = [one.task_id for one in records.tasks[:3]]
    store.set_expected(empty_db, "small", "practice", dict.fromkeys(practice, "left"))
    store.withdraw_comparison(empty_db, "small", practice[0], "broken")
    with pytest.raises(NotAllowed, match="1 practice comparisons would be left, and the pass mark"):
        store.withdraw_comparison(empty_db, "small", practice[1], "broken")
    rater = store.enrol(empty_db, "small", source="simulated")
    given = []
    while task := store.practice_task(empty_db, rater):
        given.append(task.task_id)
        store.record_judgment(empty_db, rater, task.assignment_id, "fit", 0, "left")
    assert sorted(given) == sorted(practice[1:])
