"""A rater's next task and progress."""

from datetime import datetime

from study.assignment.board import Board
from study.assignment.choosing import expected_total, n_free, next_main, quotas
from study.assignment.due import next_check
from study.assignment.seats import Choice, RaterProgress


def next_choice(
    board: Board, rater_id: str, pool: str, now: datetime, profile_id: str | None = None
) -> Choice | None:
    """Return the rater's next task; None if the quota is reached or no place is left."""
    board.expire(now)
    total = expected_total(board, profile_id)
    return next_check(board, rater_id, total) or next_main(board, rater_id, pool, profile_id)


def progress(
    board: Board, rater_id: str, pool: str, now: datetime, profile_id: str | None = None
) -> RaterProgress:
    """Return how many tasks the rater has judged, and their total."""
    board.expire(now)
    seats = board.main_seats(rater_id)
    done, total = 0, 0
    for role, quota in quotas(board, profile_id).items():
        mine = [seat for seat in seats if role is None or seat.own == role]
        judged = sum(board.is_done(seat) for seat in mine)
        waiting = sum(seat.live and not board.is_done(seat) for seat in mine)
        most = judged + waiting + n_free(board, rater_id, pool, profile_id, role)
        done += judged
        total += most if quota is None else max(judged, min(most, quota))
    return RaterProgress(done, total)
