"""Checks in the store: made of a draft's material, logged, warned of, ended; arms and platforms' ids."""

from dataclasses import replace

import pytest

from study import store
from study.blinding import passes
from study.errors import InvalidInput, NotAllowed
from study.protocol.design import Checks, Design, Question
from study.records import CHECK_SYSTEM, Comparison, Rater
from study.workflows.simulation import SimulatedRaters, simulate
from tests.conftest import small_study, undo_last

ONE = (Question(key="fit", question="?"),)
CHECKS = Checks(attention=3, wrong_profile=1, every=1, warn_after=1, stop_after=2)


@pytest.fixture
def checked(empty_db: store.Database) -> store.Database:
    records = small_study(n_items=8, design=Design(criteria=ONE, checks=CHECKS))
    records.study = replace(records.study, state="draft")
    store.save_records(empty_db, records)
    store.add_checks(empty_db, "small", attention=4, wrong_profile=3)
    store.set_state(empty_db, "small", "live")
    return empty_db


def comparisons(db: store.Database) -> dict[str, Comparison]:
    return {one.task.task_id: one for one in store.study_records(db, "small").comparisons()}


def judge_next(db: store.Database, rater: Rater, *, right: bool = True) -> store.CurrentTask | None:
    """Answer the next comparison; checks rightly or wrongly."""
    task = store.current_task(db, rater)
    if task:
        expected = comparisons(db)[task.task_id].task.expected or "a"
        good = next(one for one in ("left", "right") if passes(expected, one, task.arrangement))
        bad = "left" if good == "right" else "right"
        store.record_judgment(
            db, rater, task.assignment_id, "fit", task.revisions["fit"], good if right else bad
        )
    return task


def test_checks_are_made_of_the_material_and_count_for_no_system(checked: store.Database) -> None:
    records = store.study_records(checked, "small")
    system = {output.output_id: output.system for output in records.outputs}
    text = {output.output_id: output.content["text"] for output in records.outputs}
    made = [one for one in records.comparisons() if one.task.purpose != "main"]
    assert [one.task.purpose for one in made].count("wrong_profile") == 3
    for one in made:
        right = one.output_a_id if one.task.expected == "a" else one.output_b_id
        assert {system[one.output_a_id], system[one.output_b_id]} > {CHECK_SYSTEM}
        assert (system[right] == CHECK_SYSTEM) == (one.task.purpose == "attention")
        assert ("Please choose this answer" in text[right]) == (one.task.purpose == "attention")
    assert CHECK_SYSTEM not in set(store.output_texts(checked, "small")["system"])
    assert store.overview(checked)[["systems", "comparisons"]].iloc[0].tolist() == [3, 24]


def test_more_checks_than_the_material_gives_are_refused(empty_db: store.Database) -> None:
    records = small_study(n_items=2)
    store.save_records(empty_db, replace(records, study=replace(records.study, state="draft")))
    with pytest.raises(InvalidInput, match=r"50 wrong-profile checks, .*: only 6 more can be made"):
        store.add_checks(empty_db, "small", wrong_profile=50)


def test_checks_are_logged_and_never_counted(checked: store.Database) -> None:
    rater = store.enrol(checked, "small")
    while judge_next(checked, rater):
        pass
    assert store.progress(checked, rater).done == store.progress(checked, rater).total == 24
    assert len(store.events(checked, "small", "check_passed")) == 4
    assert store.events(checked, "small", "check_failed") == []
    long = store.judgments(checked, "small")
    assert long["purpose"].value_counts().to_dict() == {"main": 24, "check": 4}


def test_a_failed_check_warns_and_a_second_one_ends_the_session(checked: store.Database) -> None:
    rater = store.enrol(checked, "small")
    warned = []
    while store.rater_by_token(checked, rater.token).status == "active":
        task = judge_next(checked, rater, right=False)
        assert task is not None
        warned.append(task.warned)
    with pytest.raises(NotAllowed, match="no longer takes part"):
        store.current_task(checked, rater)
    assert sum(warned) == 1
    assert store.rater_by_token(checked, rater.token).status == "ended"
    assert {event.details["kind"] for event in store.events(checked, "small", "check_failed")} >= {
        "attention"
    }
    (ended,) = store.events(checked, "small", "rater_ended")
    assert ended.details == {"before": "active", "reason": "2 checks failed"}
    assert not store.judgments(checked, "small").empty


def test_the_places_of_an_excluded_rater_go_to_others_and_the_exclusion_can_be_taken_back(
    db: store.Database,
) -> None:
    rater, free = store.enrol(db, "small"), store.enrol(db, "small")
    store.current_task(db, rater)
    with pytest.raises(InvalidInput, match="the reason is empty"):
        store.set_status(db, rater, "excluded")
    excluded = store.set_status(db, rater, "excluded", "answered in two seconds")
    assert store.progress(db, free).total == 6
    assert store.set_status(db, excluded, "active", "it was a test device").status == "active"
    assert store.current_task(db, rater) is not None
    assert [event.details["reason"] for event in store.events(db, "small", "rater_excluded")] == [
        "answered in two seconds"
    ]


def test_a_comparison_of_the_study_becomes_gold_by_its_system(empty_db: store.Database) -> None:
    records = small_study(design=Design(criteria=ONE))
    records.study = replace(records.study, state="draft")
    store.save_records(empty_db, records)
    first = records.tasks[0].task_id
    with pytest.raises(
        InvalidInput,
        match=f"comparison '{first}': unknown answer 'delta-net'.*; allowed: alpha-net, beta-net, tie",
    ):
        store.set_expected(empty_db, "small", "gold", {first: "delta-net"})
    store.set_expected(empty_db, "small", "gold", {first: "beta-net"})
    gold = comparisons(empty_db)[first]
    system = {output.output_id: output.system for output in records.outputs}
    assert gold.task.purpose == "gold"
    assert system[gold.output_a_id if gold.task.expected == "a" else gold.output_b_id] == "beta-net"
    assert store.comparison_count(empty_db, "small") == 11


def test_a_comparison_that_simulated_raters_have_judged_stays_what_it_is(empty_db: store.Database) -> None:
    records = small_study(design=Design(criteria=ONE))
    store.save_records(empty_db, replace(records, study=replace(records.study, state="draft")))
    simulate(empty_db, "small", SimulatedRaters(3))
    first = records.tasks[0].task_id
    with pytest.raises(NotAllowed, match="was already given to a rater"):
        store.set_expected(empty_db, "small", "gold", {first: "tie"})


def test_what_is_judged_is_frozen_with_the_launch(db: store.Database) -> None:
    with pytest.raises(NotAllowed, match="is live: what is judged is frozen"):
        store.add_checks(db, "small", attention=1)


def contents(db: store.Database) -> tuple[set[str], set[tuple[str, str]]]:
    records = store.study_records(db, "small")
    shown = {(one.task_id, one.output_id) for one in records.task_outputs}
    assert {task for task, _ in shown} == {one.task_id for one in records.tasks}
    return {one.output_id for one in records.outputs}, shown


def test_checks_of_a_draft_are_taken_away_again(empty_db: store.Database) -> None:
    records = small_study(n_items=8, design=Design(criteria=ONE, checks=CHECKS))
    store.save_records(empty_db, replace(records, study=replace(records.study, state="draft")))
    before = contents(empty_db)
    store.add_checks(empty_db, "small", attention=4, wrong_profile=3)
    store.remove_checks(empty_db, "small", attention=3, wrong_profile=3)
    assert store.purposes(empty_db, "small") == {"main": 24, "attention": 1}
    store.remove_checks(empty_db, "small", attention=1)
    assert contents(empty_db) == before
    with pytest.raises(InvalidInput, match="1 attention checks cannot be removed, because 0 were made"):
        store.remove_checks(empty_db, "small", attention=1)
    store.add_checks(empty_db, "small", attention=4)
    assert store.purposes(empty_db, "small")["attention"] == 4


def test_a_check_that_simulated_raters_have_met_is_taken_away_and_their_answers_stay(
    empty_db: store.Database,
) -> None:
    records = small_study(design=Design(criteria=ONE, checks=Checks(attention=2, every=1)))
    store.save_records(empty_db, replace(records, study=replace(records.study, state="draft")))
    store.add_checks(empty_db, "small", attention=2)
    simulate(empty_db, "small", SimulatedRaters(2))
    judged = len(store.judgments(empty_db, "small"))
    store.remove_checks(empty_db, "small", attention=2)
    assert store.purposes(empty_db, "small") == {"main": 12}
    assert len(store.judgments(empty_db, "small")) == judged


def test_checks_that_no_rater_would_meet_are_told_of(empty_db: store.Database) -> None:
    records = small_study(n_items=8, design=Design(criteria=ONE, checks=Checks(attention=1)))
    store.save_records(empty_db, replace(records, study=replace(records.study, state="draft")))
    store.add_checks(empty_db, "small", attention=1, wrong_profile=2)
    store.draw_pool(empty_db, "small", 1)
    assert store.never_given(empty_db, "small") == [
        "2 wrong-profile checks will never be given: `checks.wrong_profile` of the design is 0",
        "3 comparisons of the elicitation's pool will never be given: the design has no `elicitation`",
    ]
    store.remove_checks(empty_db, "small", wrong_profile=2)
    store.shrink_pool(empty_db, "small", 0)
    assert store.pool_size(empty_db, "small") == 0
    assert store.never_given(empty_db, "small") == []


def test_a_lease_is_ended_early_and_stays_so(db: store.Database) -> None:
    absent, other = store.enrol(db, "small"), store.enrol(db, "small")
    task = store.current_task(db, absent)
    assert task is not None
    assert store.release(db, absent) == 1
    assert store.release(db, absent) == 0
    db.forget()
    assert store.current_task(db, other) is not None
    again = store.current_task(db, absent)
    assert again is not None
    assert again.assignment_id != task.assignment_id
    assert len(store.events(db, "small", "lease_ended")) == 1


def test_newcomers_fill_the_arms_evenly_and_who_comes_again_in_their_browser_is_the_same(
    empty_db: store.Database,
) -> None:
    levels = [{"key": "low"}, {"key": "high"}]
    factors = [{"key": key, "levels": levels} for key in ("x", "y")]
    store.save_records(empty_db, small_study(design=Design.model_validate({"factors": factors})))
    for number in range(10):
        store.enrol(empty_db, "small", external_id=f"pid-{number}", device=f"laptop-{number}")
    first = store.enrol(empty_db, "small", external_id="pid-0", device="laptop-0")
    raters = store.raters(empty_db, "small")
    assert first.rater_id == raters[0].rater_id
    assert len(raters) == 10
    assert sorted(sum(rater.arm == arm for rater in raters) for arm in {r.arm for r in raters}) == [
        2,
        2,
        3,
        3,
    ]


def test_the_owner_of_a_profile_is_known_by_their_id(db: store.Database) -> None:
    owner = store.enrol(db, "small", external_id="owner-1@example.org")
    profile = next(one for one in store.study_records(db, "small").profiles if one.name == "reader 1")
    assert owner.profile_id == profile.profile_id


def test_a_lease_that_was_ended_stays_so_after_a_start_where_an_answer_had_been_taken_back(
    db: store.Database,
) -> None:
    absent, other = store.enrol(db, "small"), store.enrol(db, "small")
    task = store.current_task(db, absent)
    assert task is not None
    assert store.record_judgment(db, absent, task.assignment_id, "fit", 0, "left")
    assert undo_last(db, absent)
    assert store.release(db, absent) == 1
    before = store.held_places(db, "small")[absent.rater_id]
    db.forget()
    assert store.held_places(db, "small")[absent.rater_id] == before
    assert before[0] == 0
    assert store.current_task(db, other) is not None
