"""What raters say about themselves: stored part by part, their own profile in the comparisons, exported, erased."""

import json
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from study import store
from study.assignment.elicitation_rounds import elicited_id
from study.errors import InvalidInput, NotAllowed
from study.formats.content import content_fault
from study.protocol.design import Design, parse_design
from study.records import Rater
from study.workflows.simulation import SimulatedRaters, simulate
from tests.conftest import CRITERIA, small_study
from tests.store.test_file import die

QUERY = {"query": "A headline on the ferry", "need": "I read it on the train"}


def design_of(**elicitation: object) -> Design:
    return parse_design(
        {
            "criteria": [CRITERIA[0].model_dump()],
            "quota": 6,
            "min_view_seconds": 0,
            "elicitation": {"examples": 2, "pairs": 2} | elicitation,
        }
    )


def saved(db: store.Database, design: Design, *, pool: int = 2, n_items: int = 8) -> store.Database:
    records = small_study(design=design, n_items=n_items)
    records.study = replace(records.study, state="draft")
    records.items = [replace(item, profile_id=None) for item in records.items]
    records.profiles = []
    store.save_records(db, records)
    if pool:
        store.draw_pool(db, "small", pool)
    return db


@pytest.fixture
def elicited(empty_db: store.Database) -> store.Database:
    saved(empty_db, design_of())
    store.set_state(empty_db, "small", "live")
    return empty_db


def tell(db: store.Database, rater: Rater, *, response: str = "left", forget: bool = False) -> Rater:
    """Answer every part, as a person would; with ``forget`` as if the app were started again before each."""
    while (task := store.elicitation_task(db, rater)) is not None:
        given = {
            "query": QUERY,
            "example": {"liked": task.part.number == 1, "comment": f"because {task.place}"},
            "pair": {"response": response},
        }[task.part.kind]
        assert store.record_elicited(db, rater, task.place, given)
        if forget:
            db.forget()
            assert store.phase(db, rater) == "elicitation"
    return store.finish_elicitation(db, rater)


def judge_all(db: store.Database, rater: Rater) -> list[store.CurrentTask]:
    tasks = []
    while (task := store.current_task(db, rater)) is not None:
        tasks.append(task)
        store.record_judgment(db, rater, task.assignment_id, "fit", task.revisions["fit"], "left")
    return tasks


def test_each_part_is_stored_at_once_and_makes_the_profile_of_its_owner(elicited: store.Database) -> None:
    rater = store.enrol(elicited, "small", external_id="ada")
    assert store.phase(elicited, rater) == "elicitation"
    rater = tell(elicited, rater, forget=True)
    assert store.phase(elicited, rater) == "instructions"
    assert rater.profile_id == elicited_id("small", rater.rater_id)
    found = store.elicited_profiles(elicited, "small")
    assert found["external_id"].tolist() == ["ada"]
    content = json.loads(found["content"][0])
    assert content_fault(content) is None
    assert list(content["facets"]) == ["Asks", "Needs", "Likes", "Dislikes", "Prefers"]
    assert content["facets"]["Asks"] == QUERY["query"]
    assert "(because 1)" in content["facets"]["Likes"][0]
    assert len(content["facets"]["Prefers"]) == 2


def test_the_profile_says_what_was_preferred_whatever_the_side(elicited: store.Database) -> None:
    rater = store.enrol(elicited, "small")
    left: list[str] = []
    while (task := store.elicitation_task(elicited, rater)) is not None:
        given = QUERY if task.part.kind == "query" else {"liked": True, "comment": "x", "response": "left"}
        if task.part.kind == "pair":
            left.append(task.outputs[0].content["text"])
        store.record_elicited(elicited, rater, task.place, given)
    facets = store.elicited_content(elicited, rater)["facets"]
    assert [text.split("”")[0].removeprefix("“") for text in facets["Prefers"]] == left


def test_a_second_click_and_a_part_out_of_turn_change_nothing(elicited: store.Database) -> None:
    rater = store.enrol(elicited, "small")
    assert not store.record_elicited(elicited, rater, 1, {"liked": True, "comment": "early"})
    assert store.record_elicited(elicited, rater, 0, QUERY)
    assert not store.record_elicited(elicited, rater, 0, QUERY)
    with pytest.raises(NotAllowed, match="Some questions are not answered yet"):
        store.finish_elicitation(elicited, rater)
    rater = tell_rest(elicited, rater)
    again = store.finish_elicitation(elicited, rater)
    assert again.profile_id == rater.profile_id
    assert len(store.events(elicited, "small", "profile_elicited")) == 1


def tell_rest(db: store.Database, rater: Rater) -> Rater:
    while (task := store.elicitation_task(db, rater)) is not None:
        store.record_elicited(db, rater, task.place, {"liked": True, "comment": "x", "response": "tie"})
    return store.finish_elicitation(db, rater)


@pytest.mark.parametrize(
    ("place", "given", "sentence"),
    [
        (0, {"query": "  ", "need": "x"}, "Please write a few words in both fields"),
        (1, {"liked": True, "comment": " "}, "Please say first what you like"),
        (1, {"comment": "x"}, "unknown answer 'None'"),
        (3, {"response": "both_bad"}, "unknown answer 'both_bad'; allowed: left, right, tie"),
    ],
)
def test_what_is_missing_is_said(
    elicited: store.Database, place: int, given: dict[str, object], sentence: str
) -> None:
    rater = store.enrol(elicited, "small")
    for done in range(place):
        answer = QUERY if done == 0 else {"liked": True, "comment": "x", "response": "left"}
        store.record_elicited(elicited, rater, done, answer)
    with pytest.raises(InvalidInput, match=sentence):
        store.record_elicited(elicited, rater, place, given)
    assert len(store.steps(elicited, rater)) == place


def test_examples_stand_in_none_of_the_raters_pairs_and_the_pool_in_no_comparison(
    elicited: store.Database,
) -> None:
    rater = store.enrol(elicited, "small")
    shown: dict[str, set[str]] = {"example": set(), "pair": set()}
    while (task := store.elicitation_task(elicited, rater)) is not None:
        if task.part.kind != "query":
            shown[task.part.kind] |= {output.output_id for output in task.outputs}
        given = QUERY if task.part.kind == "query" else {"liked": True, "comment": "x", "response": "tie"}
        store.record_elicited(elicited, rater, task.place, given)
    assert len(shown["example"]) == 2
    assert not shown["example"] & shown["pair"]
    rater = store.finish_elicitation(elicited, rater)
    judge_all(elicited, rater)
    long = store.judgments(elicited, "small")
    assert not ({*long["output_a_id"], *long["output_b_id"]} & (shown["example"] | shown["pair"]))


def test_the_own_profile_stands_beside_the_comparisons_and_the_rater_is_its_owner(
    elicited: store.Database,
) -> None:
    rater = tell(elicited, store.enrol(elicited, "small"))
    task = store.current_task(elicited, rater)
    assert task is not None
    shown = store.shown_material(elicited, rater, task).profile
    assert shown is not None
    assert shown.content["facets"]["Asks"] == QUERY["query"]
    judge_all(elicited, rater)
    elicited.forget()
    for long in (store.judgments(elicited, "small"), store.coded_judgments(elicited, "small")):
        assert set(long["rater_role"].astype(str)) == {"owner"}
        assert set(long["profile_id"].astype(str)) == {rater.profile_id}
        assert set(long["profile_name"].astype(str)) == {f"elicited {rater.rater_id[:8]}"}
    texts = store.judgments(elicited, "small", texts=True)
    assert QUERY["query"] in texts["profile"][0]


def test_proxies_judge_as_many_for_others_as_the_design_says(empty_db: store.Database) -> None:
    saved(empty_db, design_of(proxies=3))
    store.set_state(empty_db, "small", "live")
    raters = [tell(empty_db, store.enrol(empty_db, "small")) for _ in range(3)]
    for rater in raters:
        judged = Counter(
            "own" if task.profile_id == rater.profile_id else "other" for task in judge_all(empty_db, rater)
        )
        assert judged == {"own": 3, "other": 3}
    long = store.judgments(empty_db, "small")
    assert Counter(long["rater_role"]) == {"owner": 9, "proxy": 9}
    assert all(
        (one.rater_role == "owner") == (one.profile_id == elicited_id("small", one.rater_id))
        for one in long.itertuples()
    )


def test_as_long_as_nobody_else_has_a_profile_a_rater_judges_for_themselves(empty_db: store.Database) -> None:
    saved(empty_db, design_of(proxies=3))
    store.set_state(empty_db, "small", "live")
    rater = tell(empty_db, store.enrol(empty_db, "small"))
    assert {task.profile_id for task in judge_all(empty_db, rater)} == {rater.profile_id}


def test_who_withdraws_takes_the_profile_along_and_nobody_is_shown_it_again(empty_db: store.Database) -> None:
    saved(empty_db, design_of(proxies=6))
    store.set_state(empty_db, "small", "live")
    ada, bob = (tell(empty_db, store.enrol(empty_db, "small")) for _ in range(2))
    before = store.current_task(empty_db, bob)
    assert before is not None
    assert before.profile_id == ada.profile_id
    store.withdraw(empty_db, ada)
    with empty_db.reading() as cursor:
        assert cursor.execute("select profile_id from profile").fetchall() == [(bob.profile_id,)]
        assert cursor.execute("select count(*) from step where rater_id = ?", [ada.rater_id]).fetchone() == (
            0,
        )
    after = store.current_task(empty_db, bob)
    assert after is not None
    assert after.profile_id == bob.profile_id
    assert store.shown_material(empty_db, bob, after).profile is not None


def test_a_profile_of_the_study_stays_when_its_owner_withdraws(db: store.Database) -> None:
    store.withdraw(db, store.enrol(db, "small", external_id="owner-1@example.org"))
    assert len(store.study_records(db, "small").profiles) == 4


@pytest.mark.parametrize(
    ("pool", "design", "sentence"),
    [
        (0, design_of(), "asks for 2 examples per rater, but its pool has 0"),
        (1, design_of(pairs=4), "asks for 4 pairs per rater, but its pool has 3"),
    ],
)
def test_an_elicitation_without_a_pool_is_not_launched(
    empty_db: store.Database, pool: int, design: Design, sentence: str
) -> None:
    saved(empty_db, design, pool=pool)
    with pytest.raises(NotAllowed, match=sentence):
        store.set_state(empty_db, "small", "live")


def test_items_that_all_name_a_profile_leave_no_place_for_the_raters_own(empty_db: store.Database) -> None:
    records = small_study(design=design_of(), n_items=6)
    records.study = replace(records.study, state="draft")
    store.save_records(empty_db, records)
    store.draw_pool(empty_db, "small", 2)
    with pytest.raises(NotAllowed, match="every item names a profile"):
        store.set_state(empty_db, "small", "live")


def test_the_pool_leaves_something_to_judge_and_is_drawn_in_a_draft_only(empty_db: store.Database) -> None:
    saved(empty_db, design_of(), n_items=4)
    assert store.purposes(empty_db, "small") == {"elicitation": 6, "main": 6}
    with pytest.raises(InvalidInput, match="2 requests for the elicitation; allowed: 1 to 1"):
        store.draw_pool(empty_db, "small", 2)
    store.set_state(empty_db, "small", "live")
    with pytest.raises(NotAllowed, match="is live: what is judged is frozen"):
        store.draw_pool(empty_db, "small", 1)


def test_simulated_raters_tell_of_themselves_too(empty_db: store.Database) -> None:
    rules = design_of(proxies=2).model_dump() | {
        "demographics": [{"key": "age", "question": "?"}],
        "overlap": 2,
    }
    saved(empty_db, parse_design(rules))
    simulate(empty_db, "small", SimulatedRaters(4, seed=1))
    long = store.judgments(empty_db, "small")
    assert long["profile_id"].notna().all()
    assert {"owner", "proxy"} == set(long["rater_role"])
    found = store.elicited_profiles(empty_db, "small")
    assert len(found) >= long["rater_id"].nunique() > 1
    assert "What sim-01 asks for" in found["content"][0]


@pytest.mark.file_only
def test_an_erased_profile_does_not_come_back_from_an_old_journal(elicited: store.Database) -> None:
    """A kill may come between the erasure and the journal's new beginning."""
    ada, bob = (tell(elicited, store.enrol(elicited, "small", external_id=name)) for name in ("ada", "bob"))
    for rater in (ada, bob):
        judge_all(elicited, rater)
    journal = store.journal_path(elicited.path)
    before = journal.read_text()
    assert str(ada.profile_id) in before
    store.erase_profile(elicited, "small", str(ada.profile_id))
    judged = [one.assignment_id for one in store.study_records(elicited, "small", answers=True).judgments]
    die(elicited)
    journal.write_text(before)
    with closing(store.open_database(elicited.path)) as again:
        records = store.study_records(again, "small", answers=True)
    assert [one.assignment_id for one in records.judgments] == judged
    assert {one.profile_id for one in records.assignments} == {bob.profile_id}


@pytest.mark.file_only
def test_who_tells_again_after_an_erasure_keeps_what_came_after_it(elicited: store.Database) -> None:
    """The profile that they make has the id of the one that was erased."""
    ada = tell(elicited, store.enrol(elicited, "small", external_id="ada"))
    judge_all(elicited, ada)
    journal = store.journal_path(elicited.path)
    before = journal.read_text()
    store.erase_profile(elicited, "small", str(ada.profile_id))
    again = tell(elicited, store.rater_by_token(elicited, ada.token))
    assert again.profile_id == ada.profile_id
    kept = {task.assignment_id for task in judge_all(elicited, again)}
    assert kept
    journal.write_text(before + journal.read_text())
    with elicited.writing() as cursor:  # as if they had not come into the tables
        cursor.execute("delete from judgment")
        cursor.execute("delete from assignment")
    die(elicited)
    with closing(store.open_database(elicited.path)) as opened:
        records = store.study_records(opened, "small", answers=True)
    assert {one.assignment_id for one in records.judgments} == kept


def test_a_backup_of_what_was_told_again_is_put_back_with_it(
    elicited: store.Database, tmp_path: Path
) -> None:
    ada = tell(elicited, store.enrol(elicited, "small", external_id="ada"))
    judge_all(elicited, ada)
    store.erase_profile(elicited, "small", str(ada.profile_id))
    judge_all(elicited, tell(elicited, store.rater_by_token(elicited, ada.token)))
    before = store.judgments(elicited, "small")["judgment_id"].tolist()
    assert before
    made = store.backup(elicited, tmp_path / "made.duckdb")
    elicited.close()
    store.restore(elicited.place, made)
    with closing(store.open_database(elicited.place)) as again:
        assert store.judgments(again, "small")["judgment_id"].tolist() == before


@pytest.mark.file_only
def test_an_erased_profile_does_not_come_back_with_an_older_backup_and_an_old_journal(
    elicited: store.Database, tmp_path: Path
) -> None:
    rater = store.enrol(elicited, "small", external_id="ada")
    made = store.backup(elicited, tmp_path / "made.duckdb")
    ada = tell(elicited, rater)
    judge_all(elicited, ada)
    journal = store.journal_path(elicited.path)
    before = journal.read_text()
    store.erase_profile(elicited, "small", str(ada.profile_id))
    die(elicited)
    journal.write_text(before)
    store.restore(elicited.place, made)
    with closing(store.open_database(elicited.place)) as again:
        records = store.study_records(again, "small", answers=True)
    assert (records.judgments, records.assignments) == ([], [])


def test_others_see_no_address_number_or_id_of_who_told_of_themselves(elicited: store.Database) -> None:
    secrets = ("ada@example.org", "+44 20 7946 0958", "A1B2C3D4E5F6G7")
    told = f"A headline on trains; write to {secrets[0]}, call {secrets[1]}, I am {secrets[2]}"
    ada = store.enrol(elicited, "small", external_id="ada")
    while (task := store.elicitation_task(elicited, ada)) is not None:
        answers = {
            "query": {"query": told, "need": told},
            "example": {"liked": True, "comment": told},
            "pair": {"response": "left"},
        }
        store.record_elicited(elicited, ada, task.place, answers[task.part.kind])
    assert store.has_masks(elicited, ada)
    shown = str(store.elicited_content(elicited, ada))
    assert "[e-mail]" in shown
    store.finish_elicitation(elicited, ada)
    profiles = str(store.elicited_profiles(elicited, "small")["content"].tolist())
    assert not [one for one in secrets if one in shown + profiles]


def test_a_profile_that_was_stored_with_an_address_is_shown_without_it(elicited: store.Database) -> None:
    ada = tell(elicited, store.enrol(elicited, "small", external_id="ada"))
    with elicited.writing(forget=True) as cursor:
        cursor.execute(
            "update profile set content = ? where profile_id = ?",
            ['{"kind": "facets", "facets": {"Asks": "write to ada@example.org"}}', ada.profile_id],
        )
    task = store.current_task(elicited, ada)
    assert task is not None
    assert task.profile_id is not None
    material = store.shown_material(elicited, ada, task)
    assert material.profile is not None
    assert material.profile.content["facets"] == {"Asks": "write to [e-mail]"}
