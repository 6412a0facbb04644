"""What is asked of every rater's seats, a few raters at a time: those who judge meanwhile wait for a part, not for all."""

import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

from study.assignment import Board
from study.store.boards import board_of
from study.store.database import Database

Rater = TypeVar("Rater")

AT_ONCE = 10
BREATH_SECONDS = 0.001


def in_parts(db: Database, study_id: str, raters: Sequence[Rater]) -> Iterator[tuple[Board, Sequence[Rater]]]:
    """Yield the board with some of the raters after others, inside the lock, which is let go between them."""
    for start in range(0, len(raters), AT_ONCE):
        with db.lock:
            yield board_of(db, study_id), raters[start : start + AT_ONCE]
        time.sleep(BREATH_SECONDS)  # who lets a lock go and takes it at once leaves nobody else in


def seated(db: Database, study_id: str) -> tuple[Board, list[str]]:
    """Return the board, and the raters who have a seat on it."""
    with db.lock:
        board = board_of(db, study_id)
        return board, list(board.seats_of)
