"""What the store promises to raters: one test per thing they do."""

from datetime import timedelta

import pytest

from study import store
from study.blinding import side_of_a
from study.errors import InvalidInput, NotAllowed, NotFound
from study.protocol.design import Design
from study.records import Event, Judgment, Rater, utc_now
from study.store.engine import rows
from tests.conftest import CRITERIA, small_study, undo_last


def answer(db: store.Database, rater: Rater, response: str = "left") -> store.CurrentTask:
    """Answer every criterion of the rater's comparison."""
    task = store.current_task(db, rater)
    assert task is not None
    for criterion, revision in task.revisions.items():
        if criterion not in task.answers:
            assert store.record_judgment(db, rater, task.assignment_id, criterion, revision, response)
    return task


def all_judgments(db: store.Database) -> list[Judgment]:
    with db.reading() as cursor:
        return rows.select(cursor, Judgment, "order by judged_at, question, revision", [])


def test_a_rater_is_known_by_the_token_alone(db: store.Database) -> None:
    rater = store.enrol(db, "small")
    assert store.rater_by_token(db, rater.token) == rater
    db.forget()
    assert store.rater_by_token(db, rater.token) == rater


def test_an_unknown_token_or_link_is_refused_with_a_sentence(db: store.Database) -> None:
    with pytest.raises(NotFound, match="personal link is unknown"):
        store.rater_by_token(db, "no-such-token")
    with pytest.raises(NotFound, match="belongs to no study"):
        store.study_by_link(db, "no-such-link")


def test_the_same_device_enrols_once_in_a_study(db: store.Database) -> None:
    store.save_records(db, small_study("second"))
    first = store.enrol(db, "small", device="cookie")
    assert store.enrol(db, "small", device="cookie").rater_id == first.rater_id
    assert store.enrol(db, "second", device="cookie").rater_id != first.rater_id
    assert store.enrol(db, "small").rater_id != first.rater_id
    assert first.device != "cookie"


def test_a_study_that_is_not_live_takes_no_raters(db: store.Database) -> None:
    rater = store.enrol(db, "small")
    store.set_state(db, "small", "closed")
    with pytest.raises(NotAllowed, match="not open"):
        store.enrol(db, "small")
    with pytest.raises(NotAllowed, match="not open"):
        store.current_task(db, rater)


def test_asking_again_gives_the_same_task(db: store.Database) -> None:
    rater = store.enrol(db, "small")
    first = store.current_task(db, rater)
    assert store.current_task(db, rater) == first
    db.forget()
    assert store.current_task(db, rater) == first


def test_an_assignment_is_judged_once(db: store.Database) -> None:
    rater = store.enrol(db, "small")
    task = store.current_task(db, rater)
    assert task is not None
    assert store.record_judgment(db, rater, task.assignment_id, "fit", 0, "left")
    assert not store.record_judgment(db, rater, task.assignment_id, "fit", 0, "right")
    assert not store.record_judgment(db, rater, task.assignment_id, "fit", 1, "right")
    assert [judgment.response for judgment in all_judgments(db)] == ["left"]


def test_an_answer_to_somebody_elses_assignment_changes_nothing(db: store.Database) -> None:
    rater, other = store.enrol(db, "small"), store.enrol(db, "small")
    task = store.current_task(db, rater)
    assert task is not None
    assert not store.record_judgment(db, other, task.assignment_id, "fit", 0, "left")
    assert not store.record_judgment(db, rater, "no-such-assignment", "fit", 0, "left")
    assert all_judgments(db) == []


@pytest.mark.parametrize(
    ("criterion", "response", "sentence"),
    [
        ("fit", "lefft", "unknown response 'lefft'.*allowed: left, tie, right, both_bad"),
        ("fit", "left_2", "unknown response"),
        ("fit", "skip", "unknown response"),
        ("fit", "undone", "unknown response"),
        ("style", "left", "unknown question 'style'.*allowed: fit, quality"),
    ],
)
def test_an_unknown_answer_is_refused_and_nothing_written(
    db: store.Database, criterion: str, response: str, sentence: str
) -> None:
    rater = store.enrol(db, "small")
    task = store.current_task(db, rater)
    assert task is not None
    with pytest.raises(InvalidInput, match=sentence):
        store.record_judgment(db, rater, task.assignment_id, criterion, 0, response)
    assert all_judgments(db) == []
    assert store.current_task(db, rater) == task


def test_an_option_that_the_design_leaves_out_is_refused(empty_db: store.Database) -> None:
    design = Design(criteria=(CRITERIA[0].model_copy(update={"ties": False}),))
    store.save_records(empty_db, small_study(design=design))
    rater = store.enrol(empty_db, "small")
    task = store.current_task(empty_db, rater)
    assert task is not None
    with pytest.raises(InvalidInput, match="unknown response 'tie'"):
        store.record_judgment(empty_db, rater, task.assignment_id, "fit", 0, "tie")


def test_an_answer_is_stored_as_given_and_read_by_output(db: store.Database) -> None:
    rater = store.enrol(db, "small")
    task = store.current_task(db, rater)
    assert task is not None
    shown = utc_now() - timedelta(seconds=8)
    assert store.record_judgment(
        db,
        rater,
        task.assignment_id,
        "fit",
        0,
        "left",
        confidence=4,
        rationale="$5 <b>",
        shown_at=shown,
    )
    (row,) = store.judgments(db, "small").to_dict("records")
    assert (row["response"], row["confidence"], row["rationale"]) == ("left", 4, "$5 <b>")
    assert row["side_of_a"] == side_of_a(task.arrangement)
    assert row["preference"] == ("a" if task.arrangement == "01" else "b")
    assert row["preferred_system"] == row["left_system"]
    assert row["seconds"] == pytest.approx(8, abs=5)
    assert row["shown_at"] == shown


def test_undo_opens_the_last_answer_and_a_new_one_supersedes_it(db: store.Database) -> None:
    rater = store.enrol(db, "small")
    task = answer(db, rater, "left")
    assert store.last_judgment(db, rater) is not None
    assert undo_last(db, rater)
    again = store.current_task(db, rater)
    assert again is not None
    assert (again.assignment_id, again.answers) == (task.assignment_id, {"fit": "left"})
    assert again.revisions == {"fit": 1, "quality": 2}
    assert store.record_judgment(db, rater, again.assignment_id, "quality", 2, "right")
    held = [judgment for judgment in all_judgments(db) if judgment.question == "quality"]
    held.sort(key=lambda judgment: judgment.revision)
    assert [judgment.response for judgment in held] == ["left", "undone", "right"]
    assert [judgment.supersedes for judgment in held] == [None, held[0].judgment_id, held[1].judgment_id]
    long = store.judgments(db, "small").set_index("criterion")["response"]
    assert long.to_dict() == {"fit": "left", "quality": "right"}


def test_a_page_from_before_an_undo_answers_nothing(db: store.Database) -> None:
    rater = store.enrol(db, "small")
    task = answer(db, rater)
    assert undo_last(db, rater)
    assert not store.record_judgment(db, rater, task.assignment_id, "quality", 0, "right")
    assert not store.record_judgment(db, rater, task.assignment_id, "quality", 1, "right")


def test_undo_without_an_answer_does_nothing(db: store.Database) -> None:
    rater = store.enrol(db, "small")
    assert store.last_judgment(db, rater) is None
    assert not undo_last(db, rater)
    store.current_task(db, rater)
    assert not undo_last(db, rater)


def test_undo_goes_back_answer_by_answer(db: store.Database) -> None:
    rater = store.enrol(db, "small")
    first = answer(db, rater)
    second = answer(db, rater)
    for _ in range(3):
        assert undo_last(db, rater)
    task = store.current_task(db, rater)
    assert task is not None
    assert (task.assignment_id, list(task.answers)) == (first.assignment_id, ["fit"])
    assert second.assignment_id != first.assignment_id
    assert undo_last(db, rater)
    assert not undo_last(db, rater)


def test_a_skip_gives_the_place_back_and_the_rater_another_comparison(db: store.Database) -> None:
    rater = store.enrol(db, "small")
    task = store.current_task(db, rater)
    assert task is not None
    assert store.skip(db, rater, task.assignment_id, task.revisions)
    assert not store.skip(db, rater, task.assignment_id, task.revisions)
    following = store.current_task(db, rater)
    assert following is not None
    assert following.task_id != task.task_id
    assert following.progress.done == 0
    long = store.judgments(db, "small")
    assert set(long["response"]) == {"skip"}
    assert long["preference"].isna().all()


def test_the_undo_of_a_skip_opens_the_whole_comparison(db: store.Database) -> None:
    rater = store.enrol(db, "small")
    task = store.current_task(db, rater)
    assert task is not None
    store.skip(db, rater, task.assignment_id, task.revisions)
    store.current_task(db, rater)
    assert undo_last(db, rater)
    again = store.current_task(db, rater)
    assert again is not None
    assert (again.assignment_id, again.answers) == (task.assignment_id, {})
    assert again.revisions == {"fit": 2, "quality": 2}
    assert store.judgments(db, "small").empty


def test_a_rater_who_reached_the_quota_is_done(db: store.Database) -> None:
    rater = store.enrol(db, "small")
    tasks = [answer(db, rater) for _ in range(6)]
    assert len({task.task_id for task in tasks}) == 6
    assert [task.progress.done for task in tasks] == list(range(6))
    assert {task.progress.total for task in tasks} == {6}
    assert store.current_task(db, rater) is None
    assert store.progress(db, rater).done == 6


def test_a_quota_larger_than_what_is_left_ends_with_what_is_left(empty_db: store.Database) -> None:
    design = Design(criteria=CRITERIA, overlap=1, quota=50)
    store.save_records(empty_db, small_study(n_items=2, design=design))
    first, second = store.enrol(empty_db, "small"), store.enrol(empty_db, "small")
    for _ in range(4):
        answer(empty_db, first)
    assert store.progress(empty_db, second).total == 2
    for _ in range(2):
        answer(empty_db, second)
    assert store.current_task(empty_db, second) is None
    assert store.current_task(empty_db, first) is None


def test_an_answer_after_the_lease_counts_only_while_the_place_is_free(empty_db: store.Database) -> None:
    design = Design(criteria=CRITERIA[:1], overlap=1, lease_hours=1e-9)
    store.save_records(empty_db, small_study(n_items=1, systems=("one", "two"), design=design))
    late, early = store.enrol(empty_db, "small"), store.enrol(empty_db, "small")
    task = store.current_task(empty_db, late)
    other = store.current_task(empty_db, early)
    assert task is not None
    assert other is not None
    assert task.task_id == other.task_id
    assert store.record_judgment(empty_db, early, other.assignment_id, "fit", 0, "left")
    assert not store.record_judgment(empty_db, late, task.assignment_id, "fit", 0, "left")
    assert len(all_judgments(empty_db)) == 1


def test_an_excluded_rater_gets_nothing_more(db: store.Database) -> None:
    rater = store.set_status(db, store.enrol(db, "small"), "excluded", "slow")
    assert store.rater_by_token(db, rater.token).status == "excluded"
    with pytest.raises(NotAllowed, match="no longer takes part"):
        store.current_task(db, rater)


def test_what_raters_do_leaves_another_study_untouched(db: store.Database) -> None:
    store.save_records(db, small_study("second"))
    bystander = store.enrol(db, "second")
    task = store.current_task(db, bystander)
    rater = store.enrol(db, "small")
    for _ in range(3):
        answer(db, rater)
    undo_last(db, rater)
    assert store.judgments(db, "second").empty
    assert store.current_task(db, bystander) == task
    assert store.comparison_count(db, "second") == 12


def test_an_early_click_is_logged(db: store.Database) -> None:
    rater = store.enrol(db, "small")
    store.log_early_click(db, rater, "some-assignment")
    (event,) = store.events(db, "small", "early_click")
    assert isinstance(event, Event)
    assert (event.rater_id, event.details) == (rater.rater_id, {"assignment_id": "some-assignment"})


def test_a_simulated_rater_of_the_same_name_is_the_same_id(db: store.Database) -> None:
    store.save_records(db, small_study("second"))
    first = store.enrol(db, "small", source="simulated", external_id="sim-01")
    other = store.enrol(db, "second", source="simulated", external_id="sim-01")
    assert first.rater_id != other.rater_id
    assert first.token != other.token


def first_question(db: store.Database) -> tuple[Rater, store.CurrentTask]:
    """Return a rater of a study with one criterion, and what they are to judge first."""
    store.save_records(db, small_study(design=Design(criteria=CRITERIA[:1])))
    rater = store.enrol(db, "small")
    task = store.current_task(db, rater)
    assert task is not None
    return rater, task


def test_an_answer_and_the_next_comparison_are_stored_together(empty_db: store.Database) -> None:
    rater, task = first_question(empty_db)
    with store.with_next(empty_db, rater):
        assert store.record_judgment(empty_db, rater, task.assignment_id, "fit", 0, "left")
    empty_db.forget()  # as if it were opened anew
    assert [one.assignment_id for one in all_judgments(empty_db)] == [task.assignment_id]
    with empty_db.reading() as cursor:
        assert cursor.execute("select count(*) from assignment").fetchall() == [(2,)]
    following = store.current_task(empty_db, rater)
    assert following is not None
    assert following.assignment_id != task.assignment_id
    with store.with_next(empty_db, rater):  # the second half of a double click
        assert not store.record_judgment(empty_db, rater, task.assignment_id, "fit", 0, "left")
    assert len(all_judgments(empty_db)) == 1


def test_an_answer_is_kept_where_nothing_can_follow_it(empty_db: store.Database) -> None:
    rater, task = first_question(empty_db)
    with store.with_next(empty_db, rater):
        assert store.record_judgment(empty_db, rater, task.assignment_id, "fit", 0, "left")
        store.set_status(empty_db, rater, "excluded", "a coin")
    assert len(all_judgments(empty_db)) == 1
    with pytest.raises(NotAllowed):
        store.current_task(empty_db, rater)
