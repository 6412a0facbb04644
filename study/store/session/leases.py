"""Events of an assignment other than answers: early clicks, the end of its lease, the return of its place."""

from dataclasses import replace
from datetime import datetime, timedelta

from study.assignment import Board, Seat
from study.errors import InvalidInput
from study.records import Rater, utc_now
from study.responses import NO_ANSWER, SKIP
from study.store.engine.acting_person import researchers_only
from study.store.engine.database import Database, log_event
from study.store.session.boards import board_of
from study.store.session.rater_batches import in_parts, seated
from study.store.session.raters import (
    ON_SCREEN,
    check_active,
    note_rater,
    rater_by_token,
    raters,
    write_attributes,
)


@researchers_only
def release(db: Database, rater: Rater) -> int:
    """End the leases of a rater's unanswered assignments; return the number of places given back."""
    with db.lock:
        return _release(db, board_of(db, rater.study_id), rater)


def _release(db: Database, board: Board, rater: Rater) -> int:
    now = utc_now()
    released = board.release(rater.rater_id, now)
    if released:
        with db.writing() as cursor:
            for seat in released:
                cursor.execute(
                    "update assignment set expires_at = ? where assignment_id = ?",
                    [now, seat.assignment_id],
                )
            details = {"count": len(released)}
            log_event(
                cursor, "lease_ended", study_id=rater.study_id, rater_id=rater.rater_id, details=details
            )
    return len(released)


def log_early_click(db: Database, rater: Rater, assignment_id: str) -> None:
    """Log a click that came too soon after the pair appeared to count as an answer."""
    with db.lock, db.writing() as cursor:
        check_active(db, rater)
        details = {"assignment_id": assignment_id}
        log_event(cursor, "early_click", study_id=rater.study_id, rater_id=rater.rater_id, details=details)


def note_on_screen(db: Database, rater: Rater) -> None:
    """Note that a rater's browser shows a pair: from now on the design's lease applies to their assignments."""
    with db.lock:
        known = rater_by_token(db, rater.token)
        if known.attributes.get(ON_SCREEN):
            return
        changed = replace(known, attributes=known.attributes | {ON_SCREEN: True})
        with db.writing() as cursor:
            write_attributes(cursor, changed)
        note_rater(db, changed)


def is_on_screen(db: Database, rater: Rater) -> bool:
    """Return whether a rater's browser has reported a pair on its screen, or the rater has answered or skipped one."""
    with db.lock:
        return not board_of(db, rater.study_id).is_short(rater.rater_id, rater.source)


def held_places(db: Database, study_id: str) -> dict[str, tuple[int, datetime]]:
    """Return the number of unanswered places and the time of the last activity, by rater id."""
    with db.lock:
        board_of(db, study_id).expire(utc_now())
    _, raters = seated(db, study_id)
    held = {rater_id: _held(board, rater_id) for board, rater_id in in_parts(db, study_id, raters)}
    return {rater_id: known for rater_id, known in held.items() if known}


def _held(board: Board, rater_id: str) -> tuple[int, datetime] | None:
    """Return the entry of :func:`held_places` for one rater; None if they have no seat, having just withdrawn."""
    seats = board.seats_of.get(rater_id)
    if not seats:
        return None
    # There may be a million seats; the first answer is enough to rule most of them out.
    open_ones = [seat for seat in seats if seat.live and _first_answer(seat) in NO_ANSWER]
    held = sum(not seat.begun() for seat in open_ones)
    return held, max([seat.expires_at - (board.short_lease if seat.short else board.lease) for seat in seats])


def _first_answer(seat: Seat) -> str:
    for _, response, _ in seat.answers.values():
        return response
    return SKIP


@researchers_only
def release_absent(db: Database, study_id: str, minutes: float, *, simulated: bool = False) -> int:
    """End the leases of raters who have been inactive for so many minutes; return the number of places given back.

    Each rater is logged. A rater who comes back gets the same comparison if its place is still free. Raters who judge at
    the same time wait for one batch only.

    Raises
    ------
    InvalidInput
        If ``minutes`` is less than 1.
    """
    if not minutes >= 1:
        raise InvalidInput(f"{minutes:g} minutes of absence; give 1 or more")
    source = "simulated" if simulated else "link"
    before = utc_now() - timedelta(minutes=minutes)
    held = held_places(db, study_id)
    away = [
        one
        for one in raters(db, study_id)
        if one.source == source and _is_away(held.get(one.rater_id), before)
    ]
    # Raters who have come back since then keep their places.
    return sum(
        _release(db, board, rater)
        for board, rater in in_parts(db, study_id, away)
        if _is_away(_held(board, rater.rater_id), before)
    )


def _is_away(held: tuple[int, datetime] | None, before: datetime) -> bool:
    return held is not None and held[0] > 0 and held[1] <= before
