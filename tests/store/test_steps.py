"""A rater's way in the store: each phase is stored, who fails is screened out for good, who withdraws is erased."""

from dataclasses import replace

import pytest

from study import store
from study.blinding import passes
from study.errors import InvalidInput, NotAllowed, NotFound
from study.protocol.design import Design, parse_design
from study.records import Rater
from study.store.session.boards import board_of
from tests.conftest import small_study

FORMS = {
    "screening": [
        {
            "key": "adult",
            "question": "Are you 18?",
            "kind": "choice",
            "options": ["yes", "no"],
            "accept": ["yes"],
        }
    ],
    "demographics": [{"key": "age", "question": "Your age?", "kind": "number"}],
    "closing": [{"key": "why", "question": "How was it?"}],
}
DESIGN = parse_design(
    {
        "criteria": [{"key": "fit", "question": "?"}],
        "quota": 2,
        "practice": {"pass_mark": 2},
        "screen_out_code": "OUT-1",
        "completion_code": "DONE-1",
        **FORMS,
    }
)


def saved(db: store.Database, design: Design, n_practice: int = 2) -> store.Database:
    records = small_study(design=design)
    records.study = replace(records.study, state="draft")
    store.save_records(db, records)
    system = {output.output_id: output.system for output in records.outputs}
    practice = {one.task.task_id: system[one.output_a_id] for one in records.comparisons()[:n_practice]}
    if practice:
        store.set_expected(db, "small", "practice", practice)
    store.set_state(db, "small", "live")
    return db


@pytest.fixture
def way(empty_db: store.Database) -> store.Database:
    return saved(empty_db, DESIGN)


def at(db: store.Database, rater: Rater) -> str:
    """Return the rater's phase, as a new process would read it."""
    db.forget()
    return store.phase(db, rater)


def practise(db: store.Database, rater: Rater, *, right: bool) -> bool:
    while task := store.practice_task(db, rater):
        sides = [side for side in ("left", "right") if passes("a", side, task.arrangement) == right]
        assert store.record_judgment(db, rater, task.assignment_id, "fit", task.revisions["fit"], sides[0])
    return store.finish_practice(db, rater)


def rows_of(db: store.Database, rater: Rater) -> list[tuple[str, str | None]]:
    """Return (table, kind of event) of every row, of any table, that names the rater."""
    with db.reading() as cursor:
        tables = [name for (name,) in cursor.execute("select table_name from duckdb_tables()").fetchall()]
        found = {table: cursor.execute(f"select * from {table}").fetchall() for table in tables}
    names = {rater.rater_id, rater.token, rater.external_id} - {None}
    return [
        (table, row[3] if table == "event" else None)
        for table, rows in found.items()
        for row in rows
        if any(name in str(row) for name in names)
    ]


def to_practice(db: store.Database) -> Rater:
    rater = store.enrol(db, "small")
    store.finish_phase(db, rater, "screening", {"adult": "yes"})
    store.finish_phase(db, rater, "demographics", {})
    store.finish_phase(db, rater, "instructions")
    return rater


def test_every_phase_survives_a_restart_in_its_order(way: store.Database) -> None:
    rater = store.enrol(way, "small")
    assert at(way, rater) == "screening"
    store.finish_phase(way, rater, "screening", {"adult": "yes"})
    assert at(way, rater) == "demographics"
    store.finish_phase(way, rater, "demographics", {"age": None})
    assert at(way, rater) == "instructions"
    store.finish_phase(way, rater, "instructions")
    assert at(way, rater) == "practice"
    assert practise(way, rater, right=True)
    assert at(way, rater) == "main"
    while task := store.current_task(way, rater):
        store.record_judgment(way, rater, task.assignment_id, "fit", task.revisions["fit"], "left")
    assert at(way, rater) == "closing"
    store.finish_phase(way, rater, "closing", {"why": "  well "})
    assert at(way, rater) == "finish"
    assert store.outcome(way, rater) == "success"
    assert [step.phase for step in store.steps(way, rater)] == [
        "screening",
        "demographics",
        "instructions",
        "practice",
        "closing",
    ]
    assert store.steps(way, rater)[-1].answers == {"why": "well"}
    assert store.progress(way, rater).done == 2


def test_who_is_not_eligible_is_screened_out_for_good(way: store.Database) -> None:
    rater = store.enrol(way, "small", external_id="pid", device="laptop")
    with pytest.raises(InvalidInput, match=r"Please answer: Are you 18\?"):
        store.finish_phase(way, rater, "screening", {})
    with pytest.raises(InvalidInput, match="answer 'perhaps' to 'adult'; allowed: 'yes', 'no'"):
        store.finish_phase(way, rater, "screening", {"adult": "perhaps"})
    store.finish_phase(way, rater, "screening", {"adult": "no"})
    way.forget()
    again = store.enrol(way, "small", external_id="pid", device="laptop")
    assert again.rater_id == rater.rater_id
    assert store.outcome(way, again) == "screen_out"
    with pytest.raises(NotAllowed):
        store.current_task(way, again)


def test_a_step_is_taken_once_and_only_in_its_turn(way: store.Database) -> None:
    rater = store.enrol(way, "small")
    store.finish_phase(way, rater, "closing", {"why": "early"})
    for answer in ("yes", "no"):
        store.finish_phase(way, rater, "screening", {"adult": answer})
    assert [(step.phase, step.answers) for step in store.steps(way, rater)] == [
        ("screening", {"adult": "yes"})
    ]
    assert store.rater_by_token(way, rater.token).status == "active"


def test_practice_may_be_failed_once_and_passed_the_second_time(way: store.Database) -> None:
    rater = to_practice(way)
    assert not practise(way, rater, right=False)
    assert at(way, rater) == "practice"
    assert practise(way, rater, right=True)
    assert at(way, rater) == "main"
    assert store.progress(way, rater).done == 0
    assert store.last_judgment(way, rater) is None


def test_failing_practice_twice_screens_out_also_after_a_restart(way: store.Database) -> None:
    rater = to_practice(way)
    practise(way, rater, right=False)
    way.forget()
    practise(way, rater, right=False)
    way.forget()
    assert store.outcome(way, rater) == "screen_out"
    assert [step.outcome for step in store.steps(way, rater)][-2:] == ["failed", "failed"]


def test_practice_cannot_be_ended_before_it_is_over(way: store.Database) -> None:
    rater = to_practice(way)
    with pytest.raises(NotAllowed, match="not over yet"):
        store.finish_practice(way, rater)


@pytest.mark.file_only
def test_of_a_rater_who_withdraws_nothing_is_left_in_the_journal_and_the_log(way: store.Database) -> None:
    rater = to_practice(way)
    practise(way, rater, right=True)
    task = store.current_task(way, rater)
    assert task is not None
    store.record_judgment(way, rater, task.assignment_id, "fit", 0, "left", rationale="my secret reason")
    assert "my secret reason" in store.journal_path(way.path).read_text()
    store.withdraw(way, rater)
    logs = [file for file in way.path.parent.iterdir() if file != way.path]
    assert [file for file in logs if b"my secret reason" in file.read_bytes()] == []


def test_of_a_rater_who_withdraws_nothing_is_left_but_the_event(way: store.Database) -> None:
    rater, other = to_practice(way), store.enrol(way, "small")
    practise(way, rater, right=True)
    task = store.current_task(way, rater)
    assert task is not None
    store.record_judgment(way, rater, task.assignment_id, "fit", 0, "left", rationale="my secret reason")
    store.withdraw(way, rater)
    with way.reading() as cursor:
        assert cursor.execute("select count(*) from judgment").fetchall() == [(0,)]
    assert rows_of(way, rater) == [("event", "withdrawn")]
    assert store.rater_by_token(way, other.token) == other
    with pytest.raises(NotFound):
        store.rater_by_token(way, rater.token)


def test_who_withdraws_leaves_the_board_to_the_others_without_its_being_read_again(
    db: store.Database,
) -> None:
    leaving, staying = (store.enrol(db, "small", external_id=name) for name in ("leaving", "staying"))
    for rater in (leaving, staying, leaving):
        task = store.current_task(db, rater)
        assert task is not None
        store.skip(db, rater, task.assignment_id, task.revisions)
        task = store.current_task(db, rater)
        assert task is not None
        store.record_judgment(db, rater, task.assignment_id, "fit", 0, "left")
    board = db.boards["small"]
    store.withdraw(db, leaving)
    assert db.boards["small"] is board
    db.boards.clear()
    with db.lock:
        fresh = board_of(db, "small")
    assert (board.seats, board.seats_of.keys()) == (fresh.seats, fresh.seats_of.keys())
    kept, read = (one.places for one in (board, fresh))
    assert kept.levels("link") == read.levels("link")
    assert kept.held("link").tolist() == read.held("link").tolist()
    assert kept.lead_of_left("link").tolist() == read.lead_of_left("link").tolist()


def test_a_second_tab_writes_nothing_of_a_rater_who_has_withdrawn(way: store.Database) -> None:
    rater = to_practice(way)
    task = store.practice_task(way, rater)
    assert task is not None
    store.withdraw(way, rater)
    other_tab = (
        lambda: store.finish_phase(way, rater, "screening", {"adult": "yes"}),
        lambda: store.practice_task(way, rater),
        lambda: store.finish_practice(way, rater),
        lambda: store.log_early_click(way, rater, task.assignment_id),
        lambda: store.record_judgment(way, rater, task.assignment_id, "fit", 0, "left"),
        lambda: store.skip(way, rater, task.assignment_id, {"fit": 0}),
        lambda: store.current_task(way, rater),
    )
    for act in other_tab:
        with pytest.raises(NotAllowed, match="You have withdrawn"):
            act()
    assert [kind for table, kind in rows_of(way, rater)] == ["withdrawn"]


def test_who_is_screened_out_does_not_get_in_by_another_tab(way: store.Database) -> None:
    rater = store.enrol(way, "small")
    store.finish_phase(way, rater, "screening", {"adult": "no"})
    with pytest.raises(NotAllowed, match="no longer takes part"):
        store.finish_phase(way, rater, "screening", {"adult": "yes"})
    assert [(step.phase, step.outcome) for step in store.steps(way, rater)] == [("screening", "failed")]
    assert store.outcome(way, rater) == "screen_out"


def test_a_form_that_is_sent_twice_is_not_asked_for_again(way: store.Database) -> None:
    rater = store.enrol(way, "small")
    store.finish_phase(way, rater, "screening", {"adult": "yes"})
    store.finish_phase(
        way, rater, "screening", {}
    )  # the second click of a double click, when the form is gone
    assert [step.answers for step in store.steps(way, rater)] == [{"adult": "yes"}]


def test_the_profile_is_shown_as_far_as_it_is_disclosed(empty_db: store.Database) -> None:
    for disclosure, shown in (("full", True), ("summary", True), ("hidden", False)):
        records = small_study(disclosure, design=Design(disclosure=disclosure))
        store.save_records(empty_db, records)
        rater = store.enrol(empty_db, disclosure)
        task = store.current_task(empty_db, rater)
        assert task is not None
        material = store.shown_material(empty_db, rater, task)
        assert (material.profile is not None) == shown
        assert ("gardens" in repr(material)) == shown
        assert (records.profiles[0].profile_id[:8] in repr(material)) <= shown
        assert (material.item.profile_id is not None) == shown
        if disclosure == "summary":
            assert material.profile is not None
            assert material.profile.content == {
                "kind": "text",
                "text": "Interests: gardens, trains; Style: short and dry",
            }
