"""How a group's values differ from all others: its mean, the difference of means, the probability of a larger value."""

from typing import Literal

import numpy as np

from study.stats.arrays import BoolArray, FloatArray, IntArray
from study.stats.correlation.ties import share
from study.stats.resampling import Estimate, jackknife_estimate

_SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")


def group_differences(
    values: FloatArray, own: BoolArray, item: IntArray, confidence_level: float = 0.95
) -> tuple[Estimate, Estimate, Estimate]:
    """Return a group's mean, its difference from the others, and the probability that one of its values is larger.

    Parameters
    ----------
    values : ndarray of shape (n,)
    own : ndarray of bool, shape (n,)
        Whether a value belongs to the group.
    item : ndarray of int, shape (n,)
        Codes from 0; values of one item depend on one another, and intervals leave out one item at a time.
    confidence_level : float

    Returns
    -------
    tuple of Estimate
        The mean; the difference of the means in pooled standard deviations, nan without variation; the area under the
        curve, ties as half, from 0 to 1.

    References
    ----------
    Mann and Whitney 1947; Cohen 1988 (difference); Tukey 1958 (jackknife).

    Examples
    --------
    >>> length, own = np.array([5.0, 4, 5, 4, 3, 4, 3, 3, 4, 2, 4, 3]), np.arange(12) < 6
    >>> [round(one.value, 4) for one in group_differences(length, own, np.arange(12) % 6)]
    [4.1667, 1.4552, 0.8194]
    """
    n_items = int(item.max(initial=-1)) + 1
    moments = [_moments(values, chosen, item, n_items) for chosen in (own, ~own)]
    (mean, spread), (other_mean, other_spread) = moments
    pooled = np.sqrt((spread + other_spread) / 2)
    more = share(*_larger(values, own, item, n_items))
    found = [_estimate(one, confidence_level) for one in (mean, share(mean - other_mean, pooled), more)]
    chance = found[2]
    low, high = np.clip([chance.low, chance.high], 0, 1)
    cut = Estimate(
        chance.value, float(low), float(high), confidence_level, n_items, 0, chance.method, chance.reason
    )
    return found[0], found[1], cut


def _estimate(values: FloatArray, confidence_level: float) -> Estimate:
    """Return an estimate from values of all data (the first) and with each item left out (the rest)."""
    n, left_out = len(values) - 1, values[1:]
    deviation = float(np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum())) if n > 1 else np.nan
    return jackknife_estimate(float(values[0]), deviation, n, "item", confidence_level)


def _moments(
    values: FloatArray, chosen: BoolArray, item: IntArray, n_items: int
) -> tuple[FloatArray, FloatArray]:
    """Return means and variances of all chosen values, and without each item, shape (1 + n_items,)."""
    centre = values[chosen].mean() if chosen.any() else 0.0
    at, kept = item[chosen], values[chosen] - centre
    n, total, squares = (
        _and_without(np.bincount(at, kept**power, n_items).astype(np.float64)) for power in (0, 1, 2)
    )
    mean = share(total, n)
    return mean + centre, np.maximum(share(squares, n) - mean**2, 0)


def _larger(
    values: FloatArray, own: BoolArray, item: IntArray, n_items: int
) -> tuple[FloatArray, FloatArray]:
    """Return the number of pairs that the own value wins, ties as half, and of all pairs; as in :func:`_moments`."""
    mine, theirs = np.flatnonzero(own), np.flatnonzero(~own)
    wins = _beaten(values[mine], values[theirs])
    lost = len(mine) - _beaten(values[theirs], values[mine])
    n_mine, n_theirs = (
        np.bincount(item[mine], minlength=n_items),
        np.bincount(item[theirs], minlength=n_items),
    )
    one, other = _pairs_within(item, mine, theirs, n_theirs)
    better = (values[one] > values[other]) + (values[one] == values[other]) / 2
    within, pairs_within = np.bincount(item[one], better, n_items), n_mine * n_theirs
    away = np.bincount(item[mine], wins, n_items) + np.bincount(item[theirs], lost, n_items) - within
    pairs_away = n_mine * len(theirs) + n_theirs * len(mine) - pairs_within
    n_pairs = len(mine) * len(theirs)
    return np.r_[wins.sum(), wins.sum() - away], np.r_[n_pairs, n_pairs - pairs_away].astype(np.float64)


def _pairs_within(
    item: IntArray, mine: IntArray, theirs: IntArray, n_theirs: IntArray
) -> tuple[IntArray, IntArray]:
    """Return the positions of own and other in every pair within one item."""
    ordered = theirs[np.argsort(item[theirs], kind="stable")]
    size = n_theirs[item[mine]]
    start = (np.cumsum(n_theirs) - n_theirs)[item[mine]]
    step = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    return np.repeat(mine, size), ordered[np.repeat(start, size) + step]


def _beaten(values: FloatArray, others: FloatArray) -> FloatArray:
    """Return how many of the others each value exceeds, ties as half."""
    ordered = np.sort(others)
    below, upto = (np.searchsorted(ordered, values, side=side) for side in _SIDES)
    return np.asarray((below + upto) / 2, dtype=np.float64)


def _and_without(sums: FloatArray) -> FloatArray:
    return np.concatenate([[sums.sum()], sums.sum() - sums])
