"""Ratings as arrays: the value, system, rater and item of each, and how many units rated which systems."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.agreement.reliability import checked_scale
from study.stats.arrays import FloatArray, IntArray, check_equal_lengths, codes, numbers
from study.stats.unit_products import resting_units
from study.stats.units import Units, units_of


@dataclass(frozen=True, slots=True)
class Rated:
    """Ratings of systems' outputs, made by :func:`rated`; one element per rating.

    Attributes
    ----------
    value : ndarray of shape (n_ratings,)
    system, rater, item : ndarray of int64, shape (n_ratings,)
        Codes from 0.
    systems : tuple of str
    units : Units
    n_missing : int
        Ratings without a value, which are left out.
    """

    value: FloatArray
    system: IntArray
    rater: IntArray
    item: IntArray
    systems: tuple[str, ...]
    units: Units
    n_missing: int

    @property
    def n_systems(self) -> int:
        """The number of systems, including those without a rating."""
        return len(self.systems)

    def of_systems(self, kept: IntArray) -> "Rated":
        """Return the ratings of some systems, which get codes in the given order."""
        place = np.full(self.n_systems, -1)
        place[kept] = np.arange(len(kept))
        there = place[self.system] >= 0
        system = place[self.system][there].astype(np.int64)
        names = tuple(self.systems[code] for code in kept)
        rater, item = self.rater[there], self.item[there]
        return Rated(self.value[there], system, rater, item, names, self.units.of(there), self.n_missing)


def rated(
    value: ArrayLike,
    system: ArrayLike,
    rater: ArrayLike,
    item: ArrayLike,
    *,
    systems: Sequence[str],
    units: Units | None = None,
) -> Rated:
    """Return checked ratings without those whose value is missing.

    Parameters
    ----------
    value : array_like of shape (n_ratings,)
        On the scale; nan where missing, such as a slider that was never moved.
    system, rater, item : array_like of int, shape (n_ratings,)
        Codes from 0.
    systems : sequence of str
        The name of each system code.
    units : Units, optional
        To which results generalise; by default raters and items. Where items belong to profiles, give these.

    Raises
    ------
    InvalidInput
        If a code is out of range, a value is infinite, lengths differ, or a name is there twice.

    Examples
    --------
    >>> found = rated([4, 5, np.nan], [0, 1, 1], [0, 0, 1], [0, 0, 0], systems=["A", "B"])
    >>> found.value.tolist(), found.n_missing
    ([4.0, 5.0], 1)
    """
    if len(set(systems)) < len(systems):
        raise InvalidInput(f"systems {tuple(systems)}; allowed: each name once")
    values = numbers(value, "value")
    given = codes(system, len(systems), "system"), codes(rater, None, "rater"), codes(item, None, "item")
    over = units_of({"rater": given[1], "item": given[2]}) if units is None else units
    check_equal_lengths(
        value=len(values), system=len(given[0]), rater=len(given[1]), item=len(given[2]), units=len(over)
    )
    there = ~np.isnan(values)
    if not there.all():
        given, over = (given[0][there], given[1][there], given[2][there]), over.of(there)
    return Rated(values[there], *given, tuple(systems), over, int((~there).sum()))


@dataclass(frozen=True, slots=True)
class Levels:
    """Ratings on a scale of a few levels, made by :func:`rating_levels`.

    Attributes
    ----------
    code : ndarray of int64, shape (n_ratings,)
        Positions in ``scale``.
    counts : ndarray of int64, shape (n_systems, n_levels)
    scale : ndarray of shape (n_levels,)
        The values of the scale, ascending, with those that nobody used.
    """

    code: IntArray
    counts: IntArray
    scale: FloatArray


def rating_levels(ratings: Rated, scale: ArrayLike) -> Levels:
    """Return how often each system got each level of a scale.

    Raises
    ------
    InvalidInput
        If a rating is not on the scale, or the scale does not ascend.

    Examples
    --------
    >>> found = rated([4, 5, 5], [0, 1, 1], [0, 0, 1], [0, 0, 0], systems=["A", "B"])
    >>> rating_levels(found, [4, 5]).counts.tolist()
    [[1, 0], [0, 2]]
    """
    levels = checked_scale(scale)
    code = np.minimum(np.searchsorted(levels, ratings.value), max(len(levels) - 1, 0))
    wrong = ratings.value[levels[code] != ratings.value] if len(levels) else ratings.value
    if wrong.size:
        raise InvalidInput(f"rating {wrong[0]:g}; allowed: {', '.join(f'{level:g}' for level in levels)}")
    n = len(levels)
    counts = np.bincount(ratings.system * n + code, minlength=ratings.n_systems * n)
    return Levels(code, counts.reshape(ratings.n_systems, n), levels)


@dataclass(frozen=True, slots=True)
class Met:
    """How many units of each given kind rated each system, and each pair; arrays of shape (n_systems, n_systems).

    Attributes
    ----------
    both : dict of str to ndarray
        Units that rated both systems; on the diagonal, all of the system's.
    """

    both: Mapping[str, IntArray]

    def of_systems(self, units: Units) -> list[Units]:
        """Return the units that each system's number rests on."""
        return resting_units(units, {kind: np.diag(one) for kind, one in self.both.items()})

    def of_pairs(
        self, units: Units, first: IntArray, second: IntArray
    ) -> tuple[list[Units], dict[str, IntArray]]:
        """Return the units that each difference rests on, those of the system with fewer, and all that add to it."""
        own = {kind: np.diag(one) for kind, one in self.both.items()}
        fewer = {kind: np.minimum(one[first], one[second]) for kind, one in own.items()}
        either = {
            kind: one[first] + one[second] - self.both[kind][first, second] for kind, one in own.items()
        }
        return resting_units(units, fewer), either


def systems_met(ratings: Rated) -> Met:
    """Return how many units of each given kind rated each system and each pair of systems."""
    both = {}
    for kind, code in ratings.units.named.items():
        there = np.zeros((int(code.max(initial=-1)) + 1, ratings.n_systems))
        there[code, ratings.system] = 1
        both[kind] = np.rint(there.T @ there).astype(np.int64)
    return Met(both)


def pairs_of(n: int) -> tuple[IntArray, IntArray]:
    """Return the first and the second of all pairs below ``n``.

    >>> pairs_of(3)
    (array([0, 0, 1]), array([1, 2, 2]))
    """
    first, second = np.triu_indices(n, 1)
    return first.astype(np.int64), second.astype(np.int64)
