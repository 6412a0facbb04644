"""How many live assignments each comparison has, by pool, role and side; counted as they come and go."""

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from study.assignment.seats import Seat

IntArray = npt.NDArray[np.int32]


class Places:
    """Counts of live assignments per main comparison, arrays of shape (n_comparisons,); only ``count`` changes them."""

    def __init__(self, n_comparisons: int) -> None:
        self.n_comparisons = n_comparisons
        self._taken: defaultdict[tuple[str, bool], IntArray] = defaultdict(self._zeros)
        self._lead: defaultdict[str, IntArray] = defaultdict(self._zeros)

    def count(self, seat: Seat, change: int) -> None:
        """Count a seat in (1) or out (-1)."""
        self._taken[seat.pool, seat.own][seat.comparison] += change
        self._lead[seat.pool][seat.comparison] += change if seat.side_of_a == "left" else -change

    def taken(self, pool: str, own: bool) -> IntArray:
        """Return the live assignments of a pool, by raters who judge for themselves (``own``) or by the others."""
        return self._taken[pool, own]

    def held(self, pool: str) -> IntArray:
        """Return the live assignments of a pool, of both roles."""
        others = self._taken[pool, False]
        return others + self._taken[pool, True] if (pool, True) in self._taken else others

    def lead_of_left(self, pool: str) -> IntArray:
        """Return how many more live assignments of a pool have output a on the left than on the right."""
        return self._lead[pool]

    def _zeros(self) -> IntArray:
        return np.zeros(self.n_comparisons, np.int32)
