"""Best-worst choices: which of the systems offered is the best, and which the worst."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import BoolArray, FloatArray, IntArray, check_equal_lengths, codes
from study.stats.claims import Claim, claimed_average
from study.stats.orders.derived_pairs import DerivedPairs, check_offered, pairs_of_rankings
from study.stats.orders.rankings import Rankings, rankings
from study.stats.units import Units

NEVER_SHOWN = "never offered"


@dataclass(frozen=True, slots=True)
class BestWorst:
    """Best-worst choices, made by :func:`best_worst`.

    Attributes
    ----------
    offered : ndarray of bool, shape (n_choices, n_systems)
    best, worst : ndarray of int64, shape (n_choices,)
    systems : tuple of str
    """

    offered: BoolArray
    best: IntArray
    worst: IntArray
    systems: tuple[str, ...]


def best_worst(offered: ArrayLike, best: ArrayLike, worst: ArrayLike, systems: Sequence[str]) -> BestWorst:
    """Return checked best-worst choices.

    Parameters
    ----------
    offered : array_like of bool, shape (n_choices, n_systems)
    best, worst : array_like of int, shape (n_choices,)
        Positions in ``systems``.
    systems : sequence of str

    Raises
    ------
    InvalidInput
        If a shape does not fit, a chosen system was not offered, or best and worst are the same.
    """
    shown = np.asarray(offered)
    if shown.dtype != np.bool_ or shown.ndim != 2 or shown.shape[1] != len(systems):
        raise InvalidInput(
            f"offered is {shown.dtype} of shape {shown.shape}; allowed: bool of (n_choices, {len(systems)})"
        )
    first, last = codes(best, len(systems), "best"), codes(worst, len(systems), "worst")
    check_equal_lengths(offered=len(shown), best=len(first), worst=len(last))
    same = np.flatnonzero(first == last)
    if same.size:
        name = systems[first[same[0]]]
        raise InvalidInput(f"choice {same[0]} calls {name!r} best and worst; allowed: two different systems")
    check_offered(shown, first, systems)
    check_offered(shown, last, systems)
    return BestWorst(shown, first, last, tuple(systems))


def as_rankings(chosen: BestWorst) -> Rankings:
    """Return choices as rankings: the best, all others tied, the worst.

    Only for the pairs that they imply, see :func:`pairs_of_best_worst`: the systems between were not called equal.
    """
    ranks = np.where(chosen.offered, 2.0, np.nan)
    row = np.arange(len(chosen.best))
    ranks[row, chosen.best], ranks[row, chosen.worst] = 1, 3
    return rankings(ranks, chosen.systems)


def pairs_of_best_worst(chosen: BestWorst) -> DerivedPairs:
    """Return the 2k - 3 pairs of each choice among k systems: best over each other, each other over worst.

    Examples
    --------
    >>> chosen = best_worst(np.ones((1, 3), dtype=bool), [0], [2], ["A", "B", "C"])
    >>> found = pairs_of_best_worst(chosen).judged
    >>> found.a.tolist(), found.b.tolist()
    ([0, 0, 1], [1, 2, 2])
    """
    found = pairs_of_rankings(as_rankings(chosen))
    ordered = found.judged.preference != 0
    judged = found.judged
    return DerivedPairs(
        type(judged)(judged.a[ordered], judged.b[ordered], judged.preference[ordered], judged.systems),
        found.ranking[ordered],
    )


def best_worst_scores(
    chosen: BestWorst, units: Units, *, confidence_level: float = 0.95
) -> tuple[Claim, ...]:
    """Return each system's score, (times best - times worst) / times offered, with an interval and a test against 0.

    Parameters
    ----------
    chosen : BestWorst
    units : Units
        Each system uses the units of the choices in which it was offered.
    confidence_level : float

    Returns
    -------
    tuple of Claim
        One per system, from -1 to 1, in t intervals that are not clipped; nan if never offered.

    References
    ----------
    Finn and Louviere 1992; Kiritchenko and Mohammad 2017.
    """
    check_equal_lengths(choices=len(chosen.best), units=len(units))
    found = []
    for system in range(len(chosen.systems)):
        rows = np.flatnonzero(chosen.offered[:, system])
        score = (chosen.best[rows] == system) * 1.0 - (chosen.worst[rows] == system)
        claim = claimed_average(score, units.of(rows), confidence_level=confidence_level, lacking=NEVER_SHOWN)
        found.append(claim)
    return tuple(found)


def best_worst_values(chosen: BestWorst) -> FloatArray:
    """Return the scores alone, shape (n_systems,); nan if never offered.

    >>> offered = np.ones((5, 4), dtype=bool)
    >>> best_worst_values(best_worst(offered, [0, 0, 1, 0, 2], [3, 2, 3, 3, 3], list("abcd")))
    array([ 0.6,  0.2,  0. , -0.8])
    """
    n = len(chosen.systems)
    balance = np.bincount(chosen.best, minlength=n) - np.bincount(chosen.worst, minlength=n)
    return np.where(shown := chosen.offered.sum(axis=0), balance / np.maximum(shown, 1), np.nan)
