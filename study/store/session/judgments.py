"""The actions of a rater: get the next task, answer, skip, undo.

Everything here happens under the database's lock, with the board in memory; new rows are saved first, then noted on the
board. So a second submit finds the first one's revision and changes nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex

import duckdb

from study.answers import Shape, checked
from study.assignment import CHECK, MAIN, Board, Choice, RaterProgress, Seat, TaskFacts, judged_for, turns
from study.assignment.elicitation_rounds import elicited_id
from study.errors import DatabaseError, InvalidInput, NotAllowed
from study.protocol.questions import PAIRS, is_met
from study.protocol.response_evidence import Evidence
from study.records import Assignment, Judgment, Rater, utc_now
from study.responses import NO_ANSWER, SKIP, SKIP_REASONS, UNDONE
from study.store.engine.database import Database
from study.store.session.answers import Given, bounded, judgment_of
from study.store.session.boards import board_of
from study.store.session.checks import is_warned, note_check
from study.store.session.raters import check_active, elicited_profiles_of_others, rater_by_token
from study.store.session.vacancies import crowded
from study.store.studies.designs import current_version
from study.store.studies.studies import design, study
from study.tables import lookup


@dataclass(frozen=True, slots=True)
class CurrentTask:
    """A rater's current task, with the answers given so far.

    ``revisions`` names all questions about the task, even those that are asked only after some answers. It is a one-shot token:
    an answer counts only if the question is still at the revision at which it was shown. ``warned`` is True if the rater has just failed a check and has failed enough for a warning. ``profile_id``
    names the elicited profile that it is judged for.
    """

    assignment_id: str
    task_id: str
    arrangement: str
    answers: dict[str, str]
    revisions: dict[str, int]
    progress: RaterProgress
    template: str = PAIRS
    condition: str | None = None
    warned: bool = False
    profile_id: str | None = None


def current_task(db: Database, rater: Rater) -> CurrentTask | None:
    """Return the rater's current task, and issue the next one if none is open; None when done.

    A closed study has nothing left to judge. For raters at an address that holds its share of places, see
    :func:`study.store.session.vacancies.wait_of`.

    Raises
    ------
    NotAllowed
        If the rater no longer takes part, or the study is not open and the rater has judged nothing.
    """
    now = utc_now()
    with db.lock:
        check_active(db, rater)
        board = board_of(db, rater.study_id)
        if not _is_open(db, rater):
            if _progress(board, rater, now).done:
                return None
            raise NotAllowed("This study is not open to raters at the moment.")
        seat = board.open_seat(rater.rater_id, now)
        choice = (
            None if seat else turns.next_choice(board, rater.rater_id, rater.source, now, rater.profile_id)
        )
        if choice and choice.purpose == MAIN and crowded(board, db, rater):
            return None
        return task_of(db, rater, seat, choice)


def task_of(db: Database, rater: Rater, open_seat: Seat | None, choice: Choice | None) -> CurrentTask | None:
    """Return the task for the rater's screen: the open seat, else the choice, which is issued; None if both are None."""
    now = utc_now()
    board = board_of(db, rater.study_id)
    seat = open_seat or (_seated(db, board, rater, choice, now) if choice else None)
    if seat is None:
        return None
    return CurrentTask(
        seat.assignment_id,
        board.task_ids[seat.task],
        seat.arrangement,
        {question: seat.answers[question][1] for question in seat.answered()},
        {question.key: _next_revision(seat, question.key) for question in board.asked_of(seat)},
        _progress(board, rater, now),
        board.facts[seat.task].template,
        seat.condition,
        is_warned(board, seat),
        seat.profile_id,
    )


@contextmanager
def with_next(db: Database, rater: Rater) -> Iterator[None]:
    """Issue the rater's next task together with the block's records: one wait for the disk instead of two."""
    with db.together():
        yield
        with suppress(NotAllowed):  # the page asks again, and shows the error
            current_task(db, rater)


def progress(db: Database, rater: Rater) -> RaterProgress:
    """Return the rater's progress."""
    with db.lock:
        return _progress(board_of(db, rater.study_id), rater, utc_now())


def record_judgment(
    db: Database,
    rater: Rater,
    assignment_id: str,
    question: str,
    revision: int,
    response: str,
    *,
    confidence: int | None = None,
    rationale: str | None = None,
    shown_at: datetime | None = None,
    evidence: Evidence | None = None,
    has_profile: bool = True,
) -> bool:
    """Store the answer to one question; see :func:`record_answers`."""
    return record_answers(
        db,
        rater,
        assignment_id,
        {question: (revision, response)},
        confidence=confidence,
        rationale=rationale,
        shown_at=shown_at,
        evidence=evidence,
        has_profile=has_profile,
    )


def record_answers(
    db: Database,
    rater: Rater,
    assignment_id: str,
    answers: Mapping[str, tuple[int, str]],
    *,
    confidence: int | None = None,
    rationale: str | None = None,
    shown_at: datetime | None = None,
    evidence: Evidence | None = None,
    has_profile: bool = True,
) -> bool:
    """Store answers as given on screen, all or none; they are on disk when this returns True.

    Returns False, and changes nothing, if they are stale: one of the questions has since been answered (a double click,
    a second tab), the task was withdrawn, or the lease ran out and another rater holds the place.

    Parameters
    ----------
    answers : mapping of str to (int, str)
        The revision and the response by the key of the question.
    confidence, rationale : int, str, optional
        Stored with the first of the questions.
    evidence : Evidence, optional
        The browser's measurements; without them the server's times are used.
    has_profile : bool
        Whether a profile was on the screen.

    Raises
    ------
    InvalidInput
        If a question or a response is not one of the study's, or an answer is missing.
    """
    with db.lock:
        board = board_of(db, rater.study_id)
        seat = board.seats.get(assignment_id)
        facts = board.facts[seat.task] if seat else TaskFacts("")
        shape = Shape(facts.n_outputs, facts.subjects)
        given: dict[str, Given] = {}
        _refuse_unasked(board, seat, answers)
        for key, (_, response) in answers.items():
            question = design(db, rater.study_id).question(key)
            first = not given
            given[key] = Given(
                checked(question, response, shape),
                shown_at,
                rationale if first else None,
                confidence if first else None,
                evidence=evidence,
                has_profile=has_profile,
            )
        return _record(db, rater, assignment_id, {key: one for key, (one, _) in answers.items()}, given)


def _refuse_unasked(board: Board, seat: Seat | None, answers: Mapping[str, tuple[int, str]]) -> None:
    """Raise InvalidInput if a question is not asked about the task, or not after these answers."""
    if seat is None:
        return
    given = {key: response for key, (_, response, _) in seat.answers.items()}
    given |= {key: response for key, (_, response) in answers.items()}
    asked = {one.key: one for one in board.asked_of(seat)}
    for key in answers:
        condition = lookup(asked, key, "question").shown_if
        if condition and not is_met(condition, given):
            raise InvalidInput(f"question {key!r} is not asked after the answer to {condition.question!r}")


def skip(
    db: Database,
    rater: Rater,
    assignment_id: str,
    revisions: dict[str, int],
    shown_at: datetime | None = None,
    *,
    reason: str | None = None,
    note: str | None = None,
    evidence: Evidence | None = None,
    has_profile: bool = True,
) -> bool:
    """Skip a task: every question gets a skip, and the place goes to another rater.

    Parameters
    ----------
    reason : str, optional
        A key of ``SKIP_REASONS``.
    note : str, optional
        The reason in the rater's words, stored as the rationale of the skip.
    """
    if reason is not None:
        lookup(SKIP_REASONS, reason, "reason to skip")
    given = Given(SKIP, shown_at, bounded(note), reason=reason, evidence=evidence, has_profile=has_profile)
    return _record(db, rater, assignment_id, revisions, dict.fromkeys(revisions, given))


def undo(db: Database, rater: Rater, judgment_id: str) -> bool:
    """Undo the rater's last answer with all that was saved with it, or the whole skip, if it is still this one."""
    with db.lock:
        if last_judgment(db, rater) != judgment_id:
            return False
        board = board_of(db, rater.study_id)
        last = board.last_answer(rater.rater_id)
        assert last is not None
        seat, question = last
        saved = seat.answered()
        if not seat.skipped():
            saved = [one for one in board.saved_with(seat, question) if one in saved]
        revisions = {one: _next_revision(seat, one) for one in saved}
        return _record(db, rater, seat.assignment_id, revisions, dict.fromkeys(saved, Given(UNDONE)))


def last_judgment(db: Database, rater: Rater) -> str | None:
    """Return the id of the answer that the rater may undo; None if there is none, or the study is closed."""
    with db.lock:
        board = board_of(db, rater.study_id)
        board.expire(utc_now())
        last = board.last_answer(rater.rater_id) if _is_open(db, rater) else None
        return last[0].answers[last[1]][2] if last else None


def _record(
    db: Database,
    rater: Rater,
    assignment_id: str,
    revisions: dict[str, int],
    given: Mapping[str, Given],
) -> bool:
    now = utc_now()
    with db.lock:
        check_active(db, rater)
        board = board_of(db, rater.study_id)
        board.expire(now)
        seat = board.seats.get(assignment_id)
        if seat is None or seat.rater_id != rater.rater_id or not board.has_place(seat):
            return False
        if any(_next_revision(seat, question) != revision for question, revision in revisions.items()):
            return False
        answers = {key for key, one in given.items() if one.response not in NO_ANSWER}
        if answers & set(seat.answered()):
            return False
        rules, version = board.design, current_version(db, rater.study_id)
        new = [
            judgment_of(seat, rater, rules.question(question), revision, given[question], now, version)
            for question, revision in revisions.items()
        ]
        return _commit(db, board, seat, rater, new)


def _commit(db: Database, board: Board, seat: Seat, rater: Rater, new: list[Judgment]) -> bool:
    """Save judgments, then note them on the board."""
    try:
        db.put_down([(judgment, _assignment(board, seat, rater), rater) for judgment in new])
    except duckdb.ConstraintException:
        return False
    for one in new:
        board.answer(
            seat.assignment_id, one.question, one.revision, one.response, one.judgment_id, one.judged_at
        )
    if seat.purpose == CHECK and board.is_done(seat):
        note_check(db, board, seat, rater)
    return True


def _is_open(db: Database, rater: Rater) -> bool:
    return rater.source == "simulated" or study(db, rater.study_id).state == "live"


def _seated(db: Database, board: Board, rater: Rater, choice: Choice, now: datetime) -> Seat:
    short = choice.purpose == MAIN and board.is_short(rater.rater_id, rater.source)
    seat = Seat(
        assignment_id=token_hex(8),
        task=board.index[choice.task_id],
        rater_id=rater.rater_id,
        pool=rater.source,
        position=choice.position,
        arrangement=choice.arrangement,
        expires_at=now + (board.short_lease if short else board.lease),
        issued_at=now,
        purpose=choice.purpose,
        condition=choice.condition,
        own=choice.own,
        profile_id=_shown_profile(db, board, rater, choice),
        short=short,
    )
    try:
        db.put_down([(None, _assignment(board, seat, rater), rater)])
    except duckdb.ConstraintException as error:
        raise DatabaseError(f"The next task could not be issued: {error}") from error
    board.place(seat)
    return seat


def _shown_profile(db: Database, board: Board, rater: Rater, choice: Choice) -> str | None:
    rules = board.design.elicitation
    if rules is None:
        return None
    own = rater_by_token(db, rater.token).profile_id
    if own != elicited_id(rater.study_id, rater.rater_id):
        return None
    others = elicited_profiles_of_others(db, rater) if rules.proxies else []
    return judged_for(board, rater.rater_id, own, others, choice)


def _assignment(board: Board, seat: Seat, rater: Rater) -> Assignment:
    return Assignment(
        assignment_id=seat.assignment_id,
        study_id=rater.study_id,
        task_id=board.task_ids[seat.task],
        rater_id=seat.rater_id,
        position=seat.position,
        arrangement=seat.arrangement,
        purpose=seat.purpose,
        condition=seat.condition,
        issued_at=seat.issued_at,
        expires_at=seat.issued_at + board.lease_of(seat),
        profile_id=seat.profile_id,
    )


def _progress(board: Board, rater: Rater, now: datetime) -> RaterProgress:
    return turns.progress(board, rater.rater_id, rater.source, now, rater.profile_id)


def _next_revision(seat: Seat, question: str) -> int:
    return seat.answers[question][0] + 1 if question in seat.answers else 0
