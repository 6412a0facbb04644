"""A rater's progress through the phases: consent, forms, instructions, practice; and withdrawal."""

from datetime import datetime
from secrets import token_hex
from typing import Literal

from study.assignment import PRACTICE, Board, CheckResult
from study.assignment.due import next_practice
from study.assignment.left import free_for_anybody, surely_has_more
from study.assignment.turns import next_choice
from study.errors import NotAllowed
from study.protocol.phases import FORMS, Phase, checked_answers, is_eligible, next_phase
from study.records import ACTIVE, JsonObject, Rater, Step, utc_now
from study.store.engine import rows
from study.store.engine.database import Database, log_event
from study.store.engine.disclosure import as_seen
from study.store.session.boards import board_of
from study.store.session.judgments import CurrentTask, current_task, progress, task_of
from study.store.session.rater_batches import in_parts
from study.store.session.raters import (
    change_status,
    check_active,
    consent_facts,
    erase_elicited,
    forget_rater,
    rater_by_token,
    raters,
)
from study.store.session.vacancies import wait_on
from study.store.studies.studies import design

Outcome = Literal["success", "screen_out", "failure", "full", "none"]

OUTCOMES: dict[str, Outcome] = {"screened_out": "screen_out", "ended": "failure"}


def steps(db: Database, rater: Rater) -> list[Step]:
    """Return the rater's steps, in order."""
    known = db.steps.get(rater.rater_id)
    if known is None:
        with db.lock, db.newest() as cursor:
            where = "where rater_id = ? order by logged_at, step_id"
            known = db.steps[rater.rater_id] = rows.select(cursor, Step, where, [rater.rater_id])
    return known


def all_steps(db: Database, study_id: str) -> list[Step]:
    """Return the steps of all raters of a study, in order."""
    with db.reading() as cursor:
        found = rows.select(cursor, Step, "where study_id = ? order by logged_at, step_id", [study_id])
    return [as_seen(one) for one in found]


def consents(db: Database, study_id: str) -> list[tuple[str, datetime, int | None, str]]:
    """Return all consents: rater_id, time, version of the design, SHA-256 of the text (empty if unknown)."""
    agreed = {one.rater_id: one for one in all_steps(db, study_id) if one.phase == "consent"}
    found = []
    for rater in raters(db, study_id):
        step = agreed.get(rater.rater_id)
        facts = step.answers if step else rater.attributes.get("consent", {})
        at = step.logged_at if step else rater.created_at
        if rater.source == "link" and (step or facts):
            found.append((rater.rater_id, at, facts.get("design_version"), facts.get("sha256", "")))
    return found


def phase(db: Database, rater: Rater) -> Phase:
    """Return the rater's phase, according to the store.

    Raises
    ------
    NotAllowed
        If the study is not open and the rater has judged nothing.
    """
    with db.lock:
        board = board_of(db, rater.study_id)
        has_practice = board.n_practice > 0
        known = {
            "invited": bool(rater.attributes.get("invited")),
            "has_practice": has_practice,
        }
        found = next_phase(board.design, steps(db, rater), **known, main_done=False)
        if found == "main" and current_task(db, rater) is None and wait_on(board, db, rater) is None:
            return next_phase(board.design, steps(db, rater), **known, main_done=True)
        return found


def phases(db: Database, study_id: str, *, simulated: bool = False) -> dict[str, Phase]:
    """Return the phases of a study's active raters, by rater id; this issues no assignment.

    Raters who were shown the end stay there, even if places come back later. Simulated raters only judge.
    """
    source = "simulated" if simulated else "link"
    done: dict[str, list[Step]] = {}
    for step in all_steps(db, study_id):
        done.setdefault(step.rater_id, []).append(step)
    active = [one for one in raters(db, study_id) if (one.status, one.source) == (ACTIVE, source)]
    with db.lock:
        n_free = free_for_anybody(board_of(db, study_id), source)
    return {
        rater.rater_id: _phase_now(db, board, rater, done.get(rater.rater_id, []), n_free)
        for board, rater in in_parts(db, study_id, active)
    }


def _phase_now(db: Database, board: Board, rater: Rater, done: list[Step], n_free: int) -> Phase:
    if any(step.phase == "finish" for step in done):
        return "finish"
    known = {
        "invited": bool(rater.attributes.get("invited")),
        "has_practice": board.n_practice > 0,
    }
    before = next_phase(board.design, done, **known, main_done=False)
    if rater.source != "simulated" and before != "main":
        return before
    now = utc_now()
    main_done = not surely_has_more(board, rater.rater_id, n_free) and (
        board.open_seat(rater.rater_id, now) is None
        and next_choice(board, rater.rater_id, rater.source, now, rater.profile_id) is None
        and wait_on(board, db, rater) is None
    )
    if rater.source == "simulated":
        return "finish" if main_done else "main"
    return next_phase(board.design, done, **known, main_done=main_done)


def has_practice(db: Database, study_id: str) -> bool:
    """Return whether a study has practice comparisons."""
    with db.lock:
        return board_of(db, study_id).n_practice > 0


def finish_phase(db: Database, rater: Rater, done: Phase, answers: JsonObject | None = None) -> None:
    """Record that the rater agreed, read the instructions, filled in a form or finished; a second call changes nothing.

    A rater whose screening answers are not accepted is screened out.

    Raises
    ------
    InvalidInput
        If a required answer is missing or one is not allowed.
    NotAllowed
        If the rater has withdrawn or no longer takes part.
    """
    with db.lock:
        check_active(db, rater)
        if phase(db, rater) != done or done in {step.phase for step in steps(db, rater)}:
            return
        rules = design(db, rater.study_id)
        checked = checked_answers(rules, done, answers or {}) if done in FORMS else {}
        eligible = done != "screening" or is_eligible(rules, checked)
        if done == "consent":
            checked = consent_facts(db, rater.study_id)
        _note(db, rater, done, "done" if eligible else "failed", checked)
        if not eligible:
            change_status(db, rater, "screened_out", "screening questions")


def practice_task(db: Database, rater: Rater) -> CurrentTask | None:
    """Return the rater's current practice comparison; None at the end of an attempt."""
    with db.lock:
        check_active(db, rater)
        board = board_of(db, rater.study_id)
        attempts = _attempts(db, rater)
        return task_of(
            db,
            rater,
            board.open_seat(rater.rater_id, utc_now(), practice=True),
            next_practice(board, rater.rater_id, attempts),
        )


def practice_results(db: Database, rater: Rater) -> list[CheckResult]:
    """Return the rater's result on each practice comparison of the present attempt."""
    with db.lock:
        board = board_of(db, rater.study_id)
        given = board.results(rater.rater_id, PRACTICE)
        return given[board.n_practice * _attempts(db, rater) :]


def finish_practice(db: Database, rater: Rater) -> bool:
    """End an attempt at practice; return whether it was passed. Failing the last attempt screens the rater out.

    Raises
    ------
    NotAllowed
        If the attempt is not over yet, or the rater no longer takes part.
    """
    with db.lock:
        check_active(db, rater)
        rules = design(db, rater.study_id).practice
        attempts = _attempts(db, rater)
        if phase(db, rater) != "practice":
            return True
        if practice_task(db, rater) is not None:
            raise NotAllowed("The practice is not over yet.")
        right = sum(one.passed for one in practice_results(db, rater))
        passed = right >= rules.pass_mark
        _note(db, rater, "practice", "passed" if passed else "failed", {"right": right})
        if not passed and attempts + 1 >= rules.attempts:
            change_status(db, rater, "screened_out", f"practice: {right} of {rules.pass_mark} right")
        return passed


def outcome(db: Database, rater: Rater) -> Outcome:
    """Return the outcome for a rater, final or as of now, which determines their code; "full" if they judged nothing."""
    status = rater_by_token(db, rater.token).status
    if status == ACTIVE:
        return "success" if progress(db, rater).done else "full"
    return OUTCOMES.get(status, "none")


def withdraw(db: Database, rater: Rater) -> None:
    """Erase everything about a rater: answers, assignments, forms, ids. Only the event of the withdrawal stays."""
    erase(db, rater.rater_id)


def erase(db: Database, rater_id: str) -> None:
    """Erase a rater as :func:`withdraw` does, by id; do nothing if there is no such rater."""
    with db.lock:
        _erase(db, rater_id)
        db.checkpoint()  # the log and the journal also held the answers


def _erase(db: Database, rater_id: str) -> None:
    with db.reading() as cursor:
        known = cursor.execute("select study_id from rater where rater_id = ?", [rater_id]).fetchall()
    if not known:
        return
    ((study_id,),) = known
    # This rater's profile may be on other raters' screens.
    others_change = design(db, study_id).elicitation is not None
    with db.writing(forget=others_change) as cursor:
        erase_elicited(cursor, study_id, rater_id)
        cursor.execute(
            "delete from judgment where assignment_id in (select assignment_id from assignment where rater_id = ?)",
            [rater_id],
        )
        for table in ("assignment", "step", "event", "rater"):
            cursor.execute(f"delete from {table} where rater_id = ?", [rater_id])
        log_event(cursor, "withdrawn", study_id=study_id, rater_id=rater_id)
    forget_rater(db, rater_id)


def _attempts(db: Database, rater: Rater) -> int:
    return sum(step.phase == "practice" for step in steps(db, rater))


def _note(
    db: Database, rater: Rater, done: str, how: Literal["done", "passed", "failed"], answers: JsonObject
) -> None:
    with db.writing() as cursor:
        step = Step(token_hex(8), rater.study_id, rater.rater_id, done, how, answers, utc_now())
        rows.insert(cursor, step)
    db.steps.pop(rater.rater_id, None)
