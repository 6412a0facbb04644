"""A fast check whether a rater has more to judge, by counting where that is enough."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from study.assignment.board import Board


def free_for_anybody(board: "Board", pool: str) -> int:
    """Return how many main tasks have a place for a rater of a pool who has not had them yet."""
    free = board.live_counts(pool) < board.overlaps
    facts = board.facts[: board.n_main]
    return int((free & np.array([not (one.owner_only or one.withdrawn) for one in facts], dtype=bool)).sum())


def surely_has_more(board: "Board", rater_id: str, n_free: int) -> bool:
    """Return True if more tasks are free than the rater has had, so that one must be left; False is inconclusive.

    Parameters
    ----------
    n_free : int
        From :func:`free_for_anybody`.
    """
    rules, n_seats = board.design, len(board.seats_of.get(rater_id, []))
    n_had = n_seats + sum(len(board.seats_of.get(one, [])) for one in board.earlier.get(rater_id, ()))
    if board.by_role or rules.blocks == "apart":
        return False
    return n_free > n_had and (rules.quota is None or n_seats < rules.quota)
