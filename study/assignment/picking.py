"""Choosing one of many tasks by several rules in turn, with a mask of the remaining ones."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from study.assignment.seats import digest

Name = TypeVar("Name", str, str | None)
BoolArray = npt.NDArray[np.bool_]
# Greater than any number of places and any priority step.
FAR = 2**30


def least(among: BoolArray, key: npt.NDArray[np.int32]) -> BoolArray:
    """Return the candidates with the smallest key.

    Parameters
    ----------
    among : ndarray of bool, shape (n,)
    key : ndarray of int, shape (n,)
        From 0 to below 2**30.

    >>> least(np.array([False, True, True, True]), np.array([0, 2, 1, 1], np.int32)).tolist()
    [False, False, True, True]
    """
    others = np.multiply(~among, FAR, dtype=np.int32)
    return np.asarray(among & (key == np.add(key, others).min(initial=FAR)))


def preferred(among: BoolArray, better: BoolArray) -> BoolArray:
    """Return the candidates that are better; if none is, all of them.

    >>> preferred(np.array([True, True, False]), np.array([False, True, True])).tolist()
    [False, True, False]
    >>> preferred(np.array([True, True, False]), np.array([False, False, True])).tolist()
    [True, True, False]
    """
    both = among & better
    return both if both.any() else among


class Lots:
    """A random order of the tasks for each rater, which follows from the seed.

    Drawing it takes time proportional to the number of tasks, so roughly its first ``early`` ones are cached for
    ``raters`` raters; they usually contain the next task.
    """

    def __init__(self, seed: int, n_tasks: int, *, early: int = 2_000, raters: int = 1_000) -> None:
        self.seed = seed
        self.n_tasks = n_tasks
        self.early = early
        self.raters = raters
        self._beginnings: dict[str, npt.NDArray[np.int32]] = {}

    def first(self, rater_id: str, among: BoolArray) -> int:
        """Return the candidate that comes first in a rater's order; there must be at least one."""
        beginning = self.beginning(rater_id)
        met = beginning[among[beginning]]
        if met.size:
            return int(met[0])
        left = np.flatnonzero(among)
        return int(left[self._lots(rater_id)[left].argmin()])

    def beginning(self, rater_id: str) -> npt.NDArray[np.int32]:
        """Return the first tasks in a rater's order, about 2,000, if there are that many."""
        if rater_id not in self._beginnings:
            if len(self._beginnings) >= self.raters:
                del self._beginnings[next(iter(self._beginnings))]
            lots = self._lots(rater_id)
            low = np.flatnonzero(lots * self.n_tasks < self.early)
            self._beginnings[rater_id] = low[np.argsort(lots[low], kind="stable")].astype(np.int32)
        return self._beginnings[rater_id]

    def _lots(self, rater_id: str) -> npt.NDArray[np.float64]:
        return np.random.default_rng(digest(self.seed, "order", rater_id)).random(self.n_tasks)


def numbered(names: Sequence[Name]) -> tuple[npt.NDArray[np.int32], dict[Name, int]]:
    """Return a number for each name, equal for equal names, and a dict from name to number.

    >>> numbered(["b", "a", "b"])
    (array([0, 1, 0], dtype=int32), {'b': 0, 'a': 1})
    """
    codes: dict[Name, int] = {}
    return np.array([codes.setdefault(name, len(codes)) for name in names], dtype=np.int32), codes
