"""Queries of all raters' seats in small batches, so that raters who judge at the same time wait for one batch only."""

import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

from study.assignment import Board
from study.store.engine.database import Database
from study.store.session.boards import board_of

Rater = TypeVar("Rater")

HOLD_SECONDS = 0.005
BREATH_SECONDS = 0.001


def in_parts(db: Database, study_id: str, raters: Sequence[Rater]) -> Iterator[tuple[Board, Rater]]:
    """Yield (board, rater) pairs inside the lock, and release it between batches for as long as it was held."""
    place = 0
    while place < len(raters):
        start = time.monotonic()
        with db.lock:
            board = board_of(db, study_id)
            while place < len(raters) and time.monotonic() - start < HOLD_SECONDS:
                yield board, raters[place]
                place += 1
        # Releasing a lock and taking it again at once would starve the other threads.
        time.sleep(max(BREATH_SECONDS, time.monotonic() - start))


def seated(db: Database, study_id: str) -> tuple[Board, list[str]]:
    """Return the board and the raters with a seat on it."""
    with db.lock:
        board = board_of(db, study_id)
        return board, list(board.seats_of)
