"""Systems that won, or lost, every comparison: one-sided bounds of their strengths, and their ranks among the others."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import log_expit

from study.stats.arrays import BoolArray, FloatArray, IntArray
from study.stats.ranking.comparability import LOWER, UPPER, Comparability
from study.stats.resampling import check_confidence_level

FARTHEST = 60.0
"""How far beyond the weakest and the strongest opponent, in logits, a bound is searched."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Ranks of all systems that can be ordered, including those with an open end; shape (n_systems,) each.

    ``rank`` is 1 plus the number of systems above; nan for systems that are not linked to the others. ``rank_low`` and
    ``rank_high`` are nan where there is no interval.
    """

    rank: FloatArray
    rank_low: FloatArray
    rank_high: FloatArray


def open_bounds(
    wins: FloatArray,
    strengths: FloatArray,
    linked: Comparability,
    n_units: IntArray,
    *,
    confidence_level: float = 0.95,
) -> tuple[FloatArray, FloatArray]:
    """Return lower bounds of systems that won everything and upper bounds of those that lost everything.

    The bound is the strength at which a system would win as much in each of its units with probability (1 - level) /
    2, like Clopper and Pearson's if all n are successes. All judgments of a unit (of the kind with the fewest) count
    as one, which is valid however similar they are; the opponents' strengths are fixed at their estimates.

    Parameters
    ----------
    wins : ndarray of shape (n_systems, n_systems)
        Wins of the row over the column, ties as half.
    strengths : ndarray of shape (n_systems,)
        In logits; nan for systems that are not on the scale.
    linked : Comparability
    n_units : ndarray of int64, shape (n_systems,)
        Number of independent units that compared each system with systems on the scale.
    confidence_level : float

    Returns
    -------
    low, high : ndarray of shape (n_systems,)
        nan where there is no bound: for closed strengths, and for systems never compared with one on the scale.

    References
    ----------
    Clopper and Pearson 1934; Bradley and Terry 1952.

    Examples
    --------
    >>> linked = Comparability(np.array([False, True, True]), (), (), ("upper", None, None), np.zeros((3, 3)), np.zeros(3))
    >>> wins, strengths = np.array([[0.0, 2, 2], [0, 0, 3], [0, 3, 0]]), np.array([np.nan, 0, 0])
    >>> open_bounds(wins, strengths, linked, np.array([4, 0, 0]))[0].round(3)  # log(p / (1 - p)), p**4 = .025
    array([-0.415,    nan,    nan])
    """
    check_confidence_level(confidence_level)
    low, high = np.full(len(strengths), np.nan), np.full(len(strengths), np.nan)
    for system, end in enumerate(linked.open_ends):
        if end == UPPER:
            low[system] = _bound(wins[system], strengths, linked, int(n_units[system]), confidence_level)
        elif end == LOWER:
            lost = _bound(wins[:, system], -strengths, linked, int(n_units[system]), confidence_level)
            high[system] = -lost
    return low, high


def _bound(
    won: FloatArray, strengths: FloatArray, linked: Comparability, n_units: int, level: float
) -> float:
    met = linked.comparable & (won > 0)
    if not met.any() or not n_units:
        return np.nan
    weight, against = won[met] * n_units / won[met].sum(), strengths[met]
    target = float(np.log((1 - level) / 2))

    def excess(strength: float) -> float:
        return float(np.sum(weight * log_expit(strength - against))) - target

    return float(brentq(excess, against.min() - FARTHEST, against.max() + FARTHEST))


def placed(
    strengths: FloatArray,
    linked: Comparability,
    separated: BoolArray | None,
    met_units: IntArray,
    *,
    confidence_level: float = 0.95,
) -> Placed:
    """Return the ranks of systems on the scale and of those with an open end, and the possible range of ranks.

    A system with an open end is separated from another by their own comparisons: all of them went one way, which n
    units with even odds do with probability 2 ** (1 - n); P by Bonferroni over all pairs. Orders implied by two such
    pairs hold too.

    Parameters
    ----------
    strengths : ndarray of shape (n_systems,)
        nan where not comparable.
    linked : Comparability
    separated : ndarray of bool, shape (n_systems, n_systems), or None
        Whether the row's strength exceeds the column's beyond chance, for all pairs on the scale at once; None if
        unknown.
    met_units : ndarray of int64, shape (n_systems, n_systems)
        Number of independent units that compared two systems, symmetric.
    confidence_level : float

    References
    ----------
    Klein, Wright and Wieczorek 2020 (ranks from pairs); Dixon and Mood 1946 (sign test).
    """
    on_scale, n = ~np.isnan(strengths), len(strengths)
    ranked = _ranked(on_scale, linked)
    with np.errstate(invalid="ignore"):
        above = np.subtract.outer(strengths, strengths) > 0
    above = np.where(np.logical_and.outer(on_scale, on_scale), above, linked.above) & ranked[:, None] & ranked
    rank = np.where(ranked, 1.0 + above.sum(axis=0), np.nan)
    if separated is None and on_scale.any():
        return Placed(rank, np.full(n, np.nan), np.full(n, np.nan))
    n_ranked = int(ranked.sum())
    n_pairs = max(1.0, n_ranked * (n_ranked - 1) / 2)
    open_pairs = linked.above & ~np.logical_and.outer(on_scale, on_scale)
    certain = open_pairs & (2.0 ** (1 - met_units.astype(np.float64)) * n_pairs <= 1 - confidence_level)
    if separated is not None:
        certain = certain | separated
    certain = _followed(certain & ranked[:, None] & ranked)
    best, worst = 1.0 + certain.sum(axis=0), float(n_ranked) - certain.sum(axis=1)
    return Placed(rank, np.where(ranked, best, np.nan), np.where(ranked, worst, np.nan))


def _ranked(on_scale: BoolArray, linked: Comparability) -> BoolArray:
    """Return the systems that can be ordered: those on the scale and above or below it, else those of the only island."""
    if on_scale.any():
        return np.asarray(
            on_scale | (linked.above & on_scale).any(axis=1) | (linked.above.T & on_scale).any(axis=1)
        )
    related = linked.above | linked.above.T
    islands = np.unique(linked.island[related.any(axis=1)])
    sizes = np.bincount(linked.island)
    if len(islands) != 1 or (sizes > 1).sum() != 1:
        return np.zeros(len(on_scale), dtype=bool)
    return np.asarray(linked.island == islands[0])


def _followed(above: BoolArray) -> BoolArray:
    """Return the transitive closure of an order: a system is also above whatever a lower system is above."""
    reach = above
    while True:
        further = reach | (reach.astype(np.int64) @ reach.astype(np.int64) > 0)
        if (further == reach).all():
            return reach
        reach = further
