"""How many live assignments each comparison has, by pool, role and side."""

import numpy as np
import numpy.typing as npt

from study.assignment.seats import Seat
from study.records import Side

IntArray = npt.NDArray[np.int32]


class Places:
    """Counts of live assignments per main comparison, arrays of shape (n_comparisons,)."""

    def __init__(self, n_comparisons: int) -> None:
        self.n_comparisons = n_comparisons
        self._live: dict[tuple[str, bool], dict[Side, IntArray]] = {}

    def count(self, seat: Seat, change: int) -> None:
        """Count a seat in (1) or out (-1)."""
        self._counts(seat.pool, seat.own)[seat.side_of_a][seat.comparison] += change

    def taken(self, pool: str, own: bool) -> IntArray:
        """Return the live assignments of a pool, by raters who judge for themselves (``own``) or by the others."""
        counts = self._counts(pool, own)
        return np.add(counts["left"], counts["right"])

    def on(self, side: Side, pool: str) -> IntArray:
        """Return the live assignments of a pool with output a on this side."""
        return np.add(self._counts(pool, False)[side], self._counts(pool, True)[side])

    def _counts(self, pool: str, own: bool) -> dict[Side, IntArray]:
        if (pool, own) not in self._live:
            size = self.n_comparisons
            self._live[pool, own] = {"left": np.zeros(size, np.int32), "right": np.zeros(size, np.int32)}
        return self._live[pool, own]
