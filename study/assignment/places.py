"""Running counts of the live assignments of each comparison, by pool, role and side."""

from collections import Counter, defaultdict
from functools import partial

import numpy as np
import numpy.typing as npt

from study.assignment.seats import Seat

IntArray = npt.NDArray[np.int32]


class Places:
    """Counts of live assignments per main comparison, arrays of shape (n_comparisons,); only ``count`` changes them.

    Parameters
    ----------
    standing : ndarray of bool, shape (n_comparisons,)
        False for withdrawn comparisons.
    """

    def __init__(self, standing: npt.NDArray[np.bool_]) -> None:
        self.standing = standing
        self.n_standing = int(np.count_nonzero(standing))
        # No reference to self: without cycles, discarded places are freed at once, without the garbage collector.
        zeros = partial(_zeros, len(standing))
        self._taken: defaultdict[tuple[str, bool], IntArray] = defaultdict(zeros)
        self._held: defaultdict[str, IntArray] = defaultdict(zeros)
        self._lead: defaultdict[str, IntArray] = defaultdict(zeros)
        self._levels: defaultdict[str, Counter[int]] = defaultdict(partial(Counter, {0: self.n_standing}))

    def count(self, seat: Seat, change: int) -> None:
        """Add a seat to the counts (1) or remove it (-1)."""
        held = self._held[seat.pool]
        if self.standing[seat.comparison]:
            levels, level = self._levels[seat.pool], int(held[seat.comparison])
            levels[level] -= 1
            levels[level + change] += 1
        held[seat.comparison] += change
        self._taken[seat.pool, seat.own][seat.comparison] += change
        self._lead[seat.pool][seat.comparison] += change if seat.side_of_a == "left" else -change

    def taken(self, pool: str, own: bool) -> IntArray:
        """Return the numbers of live assignments of a pool, by raters who judge for themselves (``own``) or by others."""
        return self._taken[pool, own]

    def held(self, pool: str) -> IntArray:
        """Return the numbers of live assignments of a pool, in both roles."""
        return self._held[pool]

    def lead_of_left(self, pool: str) -> IntArray:
        """Return how many more live assignments of a pool have output a on the left than on the right."""
        return self._lead[pool]

    def levels(self, pool: str) -> dict[int, int]:
        """Return the number of standing comparisons by their number of live assignments in a pool."""
        return {level: number for level, number in self._levels[pool].items() if number}


def _zeros(n: int) -> IntArray:
    return np.zeros(n, np.int32)
