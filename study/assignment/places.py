"""Running counts of the live assignments of each task, by pool, role and arrangement."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from study.assignment.arrangements import arrangements
from study.assignment.seats import Seat
from study.blinding import A_LEFT

IntArray = npt.NDArray[np.int32]


class Places:
    """Counts of live assignments per main task, arrays of shape (n_tasks,); only ``count`` changes them.

    Parameters
    ----------
    standing : ndarray of bool, shape (n_tasks,)
        False for withdrawn tasks.
    n_outputs : sequence of int, shape (n_tasks,)
    """

    def __init__(self, standing: npt.NDArray[np.bool_], n_outputs: Sequence[int]) -> None:
        self.standing = standing
        self.n_standing = int(np.count_nonzero(standing))
        # No reference to self: without cycles, discarded places are freed at once, without the garbage collector.
        zeros = partial(_zeros, len(standing))
        self._taken: defaultdict[tuple[str, bool], IntArray] = defaultdict(zeros)
        self._held: defaultdict[str, IntArray] = defaultdict(zeros)
        self._lead: defaultdict[str, IntArray] = defaultdict(zeros)
        self._n_outputs = n_outputs
        # Of tasks with another number of outputs than two, for which the lead of the left side is enough.
        self._shown: defaultdict[tuple[str, int], Counter[str]] = defaultdict(Counter)
        self._levels: defaultdict[str, Counter[int]] = defaultdict(partial(Counter, {0: self.n_standing}))

    def count(self, seat: Seat, change: int) -> None:
        """Add a seat to the counts (1) or remove it (-1)."""
        held = self._held[seat.pool]
        if self.standing[seat.task]:
            levels, level = self._levels[seat.pool], int(held[seat.task])
            levels[level] -= 1
            levels[level + change] += 1
        held[seat.task] += change
        self._taken[seat.pool, seat.own][seat.task] += change
        if self._n_outputs[seat.task] == 2:
            self._lead[seat.pool][seat.task] += change if seat.arrangement == A_LEFT else -change
        else:
            self._shown[seat.pool, seat.task][seat.arrangement] += change

    def taken(self, pool: str, own: bool) -> IntArray:
        """Return the numbers of live assignments of a pool, by raters who judge for themselves (``own``) or by others."""
        return self._taken[pool, own]

    def held(self, pool: str) -> IntArray:
        """Return the numbers of live assignments of a pool, in both roles."""
        return self._held[pool]

    def lead_of_left(self, pool: str) -> IntArray:
        """Return how many more live assignments of a pool have output a on the left than on the right; 0 if not a pair."""
        return self._lead[pool]

    def used(self, pool: str, task: int) -> list[int]:
        """Return how many live assignments of a task have each of its arrangements."""
        if self._n_outputs[task] == 2:
            held, lead = int(self._held[pool][task]), int(self._lead[pool][task])
            return [(held + lead) // 2, (held - lead) // 2]
        shown = self._shown[pool, task]
        return [shown[one] for one in arrangements(self._n_outputs[task])]

    def is_ahead(self, seat: Seat) -> bool:
        """Return whether another arrangement of the seat's task has fewer live assignments than the seat's."""
        used = self.used(seat.pool, seat.task)
        row = arrangements(self._n_outputs[seat.task]).index(seat.arrangement)
        return used[row] > min(used)

    def levels(self, pool: str) -> dict[int, int]:
        """Return the number of standing tasks by their number of live assignments in a pool."""
        return {level: number for level, number in self._levels[pool].items() if number}


def _zeros(n: int) -> IntArray:
    return np.zeros(n, np.int32)
