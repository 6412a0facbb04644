"""What happens to an assignment besides an answer: its lease ends, or a click on it came too early."""

from study.records import Rater, utc_now
from study.store.boards import board_of
from study.store.database import Database, log_event


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
    with db.writing() as cursor:
        details = {"assignment_id": assignment_id}
        log_event(cursor, "early_click", study_id=rater.study_id, rater_id=rater.rater_id, details=details)
