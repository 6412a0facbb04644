"""A launched design is frozen; a new version follows it, and judgments name the version they were given under."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from study import store
from study.errors import NotAllowed, NotFound
from study.protocol.design import Checks, Design, Practice
from tests.conftest import CRITERIA, SYSTEMS, small_study

DESIGN = Design(criteria=CRITERIA, analysis_plan="Bradley-Terry on fit; two-sided, 5%.")


@pytest.fixture
def draft(empty_db: store.Database) -> store.Database:
    records = small_study(design=DESIGN)
    records.study = replace(records.study, state="draft")
    store.save_records(empty_db, records)
    return empty_db


def judged(db: store.Database) -> None:
    rater = store.enrol(db, "small")
    task = store.current_task(db, rater)
    assert task is not None
    for criterion, revision in task.revisions.items():
        assert store.record_judgment(db, rater, task.assignment_id, criterion, revision, "left")


def test_a_draft_is_changed_and_has_no_version(draft: store.Database) -> None:
    store.set_design(draft, "small", Design())
    assert store.design_versions(draft, "small") == []
    assert store.current_version(draft, "small") == 0


def test_launching_freezes_design_hash_time_and_plan_once(draft: store.Database) -> None:
    for state in ("live", "closed", "live"):
        store.set_state(draft, "small", state)
    (version,) = store.design_versions(draft, "small")
    assert (version.version, version.design_hash) == (1, DESIGN.hash())
    assert "Bradley-Terry on fit" in version.design
    with pytest.raises(NotAllowed, match="frozen; make a new version"):
        store.set_design(draft, "small", Design())


def test_a_launched_study_is_never_a_draft_again(draft: store.Database) -> None:
    with pytest.raises(NotAllowed, match="is a draft: raters cannot take part yet"):
        store.set_state(draft, "small", "closed")
    store.set_state(draft, "small", "live")
    for state in ("closed", "live"):
        with pytest.raises(NotAllowed, match="its design is frozen"):
            store.set_state(draft, "small", "draft")
        with pytest.raises(NotAllowed, match=r"is (live|closed)"):
            store.set_design(draft, "small", Design())
        store.set_state(draft, "small", state)
    assert store.design(draft, "small") == DESIGN


def test_a_launch_and_a_change_at_the_same_time_leave_the_design_that_was_frozen(
    draft: store.Database,
) -> None:
    changes = [Design(criteria=CRITERIA, overlap=number) for number in range(4, 12)]
    start = Barrier(len(changes) + 1)

    def change(new: Design) -> None:
        start.wait()
        try:
            store.set_design(draft, "small", new)
        except NotAllowed:
            return

    def launch() -> None:
        start.wait()
        store.set_state(draft, "small", "live")

    with ThreadPoolExecutor(len(changes) + 1) as pool:
        for done in [pool.submit(launch), *(pool.submit(change, new) for new in changes)]:
            done.result()
    (version,) = store.design_versions(draft, "small")
    assert store.study(draft, "small").design == version.design
    assert store.design(draft, "small").hash() == version.design_hash


def test_versions_that_are_made_at_the_same_time_are_counted_up(db: store.Database) -> None:
    changes = [store.design(db, "small").model_copy(update={"overlap": number}) for number in range(4, 10)]
    with ThreadPoolExecutor(len(changes)) as pool:
        made = list(pool.map(lambda new: store.new_version(db, "small", new), changes))
    assert sorted(made) == list(range(2, 8))
    last = store.design_versions(db, "small")[-1]
    assert store.design(db, "small").hash() == last.design_hash


def test_judgments_carry_the_version_they_were_given_under(db: store.Database) -> None:
    judged(db)
    changed = store.design(db, "small").model_copy(update={"overlap": 5})
    assert store.new_version(db, "small", changed) == 2
    judged(db)
    assert store.judgments(db, "small")["design_version"].tolist() == [1, 1, 2, 2]
    assert [one.version for one in store.design_versions(db, "small")] == [1, 2]
    assert store.design(db, "small").overlap == 5
    assert store.design_of_version(db, "small", 1).design_hash != changed.hash()
    with pytest.raises(NotFound, match=r"no version 3 .* there are: 1, 2"):
        store.design_of_version(db, "small", 3)


def test_a_new_version_keeps_what_answers_mean(draft: store.Database) -> None:
    store.save_records(draft, small_study("live"))
    with pytest.raises(
        NotAllowed, match="'questions' and 'templates': a new version must keep what is asked"
    ):
        store.new_version(draft, "live", Design())


def test_a_draft_has_no_new_version(draft: store.Database) -> None:
    with pytest.raises(NotAllowed, match="is a draft: change its design"):
        store.new_version(draft, "small", DESIGN)


def test_systems_that_are_never_compared_are_named_before_the_launch(empty_db: store.Database) -> None:
    records = small_study(design=DESIGN, systems=(*SYSTEMS, "delta-net"))
    records.study = replace(records.study, state="draft")
    system = {output.output_id: output.system for output in records.outputs}
    kept = [
        one
        for one in records.comparisons()
        if {system[one.output_a_id], system[one.output_b_id]}
        in ({"alpha-net", "beta-net"}, {"gamma-net", "delta-net"})
    ]
    records.tasks, records.task_outputs = [], []
    records.add_comparisons(kept)
    store.save_records(empty_db, records)
    with pytest.raises(NotAllowed, match=r"alpha-net, beta-net \| delta-net, gamma-net"):
        store.set_state(empty_db, "small", "live")
    store.set_design(empty_db, "small", DESIGN.model_copy(update={"allow_disconnected": True}))
    store.set_state(empty_db, "small", "live")


def test_what_the_design_asks_for_and_is_not_there_is_named_before_the_launch(draft: store.Database) -> None:
    checks = Checks(gold=2, repeats=3, lag=20)
    store.set_design(draft, "small", Design(checks=checks, practice=Practice(pass_mark=1)))
    with pytest.raises(
        NotAllowed, match=r"2 gold .* there are 0; .*1 practice .*; 3 repeats at a lag of 20 need 23"
    ):
        store.set_state(draft, "small", "live")
    assert store.study(draft, "small").state == "draft"
