"""What happens to an assignment besides an answer: a click that came too early, its lease's end, its return to others."""

from datetime import datetime, timedelta

from study.assignment import Seat
from study.errors import InvalidInput
from study.records import Rater, utc_now
from study.responses import NO_ANSWER, SKIP
from study.store.behalf import researchers_only
from study.store.boards import board_of
from study.store.database import Database, log_event
from study.store.parts import in_parts, seated
from study.store.raters import check_active, raters


@researchers_only
def release(db: Database, rater: Rater) -> int:
    """End the leases of what a rater holds and has not begun to answer; return how many places others get back."""
    now = utc_now()
    with db.lock:
        released = board_of(db, rater.study_id).release(rater.rater_id, now)
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
    """Note a click that came too soon after the pair appeared to be an answer to it."""
    with db.lock, db.writing() as cursor:
        check_active(db, rater)
        details = {"assignment_id": assignment_id}
        log_event(cursor, "early_click", study_id=rater.study_id, rater_id=rater.rater_id, details=details)


def held_places(db: Database, study_id: str) -> dict[str, tuple[int, datetime]]:
    """Return by rater id how many places a rater holds and has not begun to answer, and when they were last active."""
    with db.lock:
        board_of(db, study_id).expire(utc_now())
    _, raters = seated(db, study_id)
    found = {}
    for board, rater_id in in_parts(db, study_id, raters):
        seats = board.seats_of.get(rater_id)
        if not seats:  # they have withdrawn since
            continue
        # The first answer of most seats says that they were begun: a million seats are looked at.
        open_ones = [seat for seat in seats if seat.live and _first_answer(seat) in NO_ANSWER]
        held = sum(not seat.begun() for seat in open_ones)
        found[rater_id] = (held, max([seat.expires_at for seat in seats]) - board.lease)
    return found


def _first_answer(seat: Seat) -> str:
    for _, response, _ in seat.answers.values():
        return response
    return SKIP


@researchers_only
def release_absent(db: Database, study_id: str, minutes: float, *, simulated: bool = False) -> int:
    """End the leases of raters who have done nothing for so many minutes; return how many places others get back.

    Each rater's is logged. Who comes back gets the same comparison if its place is still free.

    Raises
    ------
    InvalidInput
        If the minutes are less than 1.
    """
    if not minutes >= 1:
        raise InvalidInput(f"{minutes:g} minutes of absence; give 1 or more")
    source = "simulated" if simulated else "link"
    before = utc_now() - timedelta(minutes=minutes)
    with db.lock:
        held = held_places(db, study_id)
        absent = {rater_id for rater_id, (count, last) in held.items() if count and last <= before}
        return sum(
            release(db, rater)
            for rater in raters(db, study_id)
            if rater.source == source and rater.rater_id in absent
        )
