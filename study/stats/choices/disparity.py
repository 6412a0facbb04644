"""The gap between the best and the worst group: its limits, and the gap to expect if groups do not differ."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from study.errors import InvalidInput
from study.stats.arrays import BoolArray, FloatArray, IntArray, check_equal_lengths, codes, numbers
from study.stats.multiway import spread
from study.stats.resampling import check_confidence_level
from study.stats.units import Units

FEWEST_ANSWERS, FEWEST_RATERS = 30, 5
"""A group with fewer answers, or fewer raters, says too little to be compared."""


@dataclass(frozen=True, slots=True)
class GapLimits:
    """The largest difference between groups, with limits that hold for all differences at once; nan where undefined."""

    gap: float
    low: float
    high: float
    confidence_level: float
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class GroupShares:
    """Shares of groups with errors over units, made by :func:`group_shares`; arrays of shape (n_groups,).

    Attributes
    ----------
    share, error, degrees_of_freedom : ndarray
        nan for groups that are too few.
    n_answers, n_raters : ndarray of int
    too_few : ndarray of bool
        Fewer than 30 answers or 5 raters.
    cluster_effect : ndarray
        The variance relative to that of independent answers.
    """

    share: FloatArray
    error: FloatArray
    degrees_of_freedom: FloatArray
    n_answers: IntArray
    n_raters: IntArray
    too_few: BoolArray
    cluster_effect: FloatArray


def group_shares(
    answer: ArrayLike, group: ArrayLike, rater: ArrayLike, units: Units, *, n_groups: int
) -> GroupShares:
    """Return the share of yes in each group with an error over the units of its own answers.

    Errors are those of shares moved towards a half by two yes and two no, at each group's effective number of answers:
    with its own share, a group that happens to be extreme would seem to be certain, and of 8 equal groups of 50 answers
    limits of the gap would exclude 0 in 9% of studies.

    Parameters
    ----------
    answer : array_like of int, shape (n_answers,)
        1 for yes, 0 for no.
    group, rater : array_like of int, shape (n_answers,)
        Codes from 0; groups may be intersections of attributes.
    units : Units
    n_groups : int

    References
    ----------
    Agresti and Coull 1998 (two of each are added).
    """
    said, place = codes(np.asarray(answer, dtype=np.int64), 2, "answer"), codes(group, n_groups, "group")
    person = codes(rater, None, "rater")
    check_equal_lengths(answer=len(said), group=len(place), rater=len(person), units=len(units))
    n = np.bincount(place, minlength=n_groups)
    met = np.zeros((n_groups, int(person.max(initial=-1)) + 1), dtype=bool)
    met[place, person] = True
    few = too_few(n, met.sum(axis=1))
    share, variance, freedom = (np.full(n_groups, np.nan) for _ in range(3))
    for one in np.flatnonzero(~few):
        own = place == one
        share[one] = said[own].mean()
        found = spread((said[own] - share[one]) / n[one], units.of(own), floor=False)
        variance[one], freedom[one] = found.variance[0], found.degrees_of_freedom[0]
    effect = _cluster_effects(share, variance, n)
    number = n / effect
    moved = (number * share + 2) / (number + 4)
    error = np.sqrt(moved * (1 - moved) / number)
    return GroupShares(share, error, freedom, n, met.sum(axis=1), few, effect)


def too_few(n_answers: ArrayLike, n_raters: ArrayLike) -> BoolArray:
    """Return which groups have fewer than 30 answers or 5 raters.

    >>> too_few([30, 400, 29], [5, 4, 9]).tolist()
    [False, True, True]
    """
    answers, raters = np.asarray(n_answers), np.asarray(n_raters)
    return np.asarray((answers < FEWEST_ANSWERS) | (raters < FEWEST_RATERS))


def gap_limits(
    values: ArrayLike,
    errors: ArrayLike,
    degrees_of_freedom: ArrayLike = np.inf,
    *,
    confidence_level: float = 0.95,
) -> GapLimits:
    """Return the difference of the largest and the smallest value with limits from Tukey's intervals of all differences.

    A bootstrap of the gap does not cover it where groups hardly differ: the gap of a resample is nearly always larger.

    Parameters
    ----------
    values, errors : array_like of shape (n_groups,)
        Of independent groups; groups that are nan are left out.
    degrees_of_freedom : array_like of shape (n_groups,) or ()
    confidence_level : float

    References
    ----------
    Tukey 1953; Games and Howell 1976 (unequal errors).

    Examples
    --------
    >>> shares, n = np.array([0.8, 0.66, 0.6, 0.6]), np.array([50, 50, 50, 20])
    >>> found = gap_limits(shares, np.sqrt(shares * (1 - shares) / n))
    >>> round(found.gap, 3), round(found.low, 3), round(found.high, 3)
    (0.2, 0.0, 0.517)
    """
    check_confidence_level(confidence_level)
    given, spreads = numbers(values, "values"), numbers(errors, "errors")
    freedom = np.broadcast_to(np.asarray(degrees_of_freedom, dtype=np.float64), given.shape)
    check_equal_lengths(values=len(given), errors=len(spreads))
    known = ~np.isnan(given) & (spreads > 0) & (freedom > 0)
    seen = given[~np.isnan(given)]
    gap = float(np.ptp(seen)) if len(seen) >= 2 else np.nan
    if known.sum() < 2 or known.sum() < len(seen):
        reason = "fewer than two groups with enough answers" if len(seen) < 2 else "a group without variation"
        return GapLimits(gap, np.nan, np.nan, confidence_level, reason)
    one, variance, df = given[known], spreads[known] ** 2, freedom[known]
    first, second = np.triu_indices(len(one), 1)
    total = variance[first] + variance[second]
    with np.errstate(divide="ignore"):
        pooled = total**2 / (variance[first] ** 2 / df[first] + variance[second] ** 2 / df[second])
    # Two digits are enough, and the quantile takes a tenth of a second for each number.
    critical = tukey_quantile(len(one), float(f"{pooled.min():.2g}"), confidence_level)
    distance, half = np.abs(one[first] - one[second]), critical * np.sqrt(total)
    low, high = float(max(0.0, (distance - half).max())), float((distance + half).max())
    return GapLimits(gap, low, high, confidence_level)


@lru_cache(maxsize=256)
def tukey_quantile(n_groups: int, degrees_of_freedom: float, confidence_level: float = 0.95) -> float:
    """Return the number of standard errors of a difference within which all differences lie at once.

    >>> round(tukey_quantile(4, np.inf), 3)
    2.569
    """
    df = degrees_of_freedom if degrees_of_freedom < 10_000 else np.inf
    return float(stats.studentized_range.ppf(confidence_level, n_groups, df) / np.sqrt(2))


def null_gap(errors: ArrayLike) -> float:
    """Return the mean gap of groups that do not differ, from the errors that their values then have.

    Errors are normal and independent; nan with fewer than two groups.

    Parameters
    ----------
    errors : array_like of shape (n_groups,)
        nan is left out.

    Examples
    --------
    >>> round(null_gap([0.05] * 8), 3)
    0.142
    """
    spreads = numbers(errors, "errors")
    spreads = spreads[~np.isnan(spreads)]
    if len(spreads) < 2:
        return np.nan
    at = np.linspace(-1, 1, 4001) * 9 * max(spreads.max(), 1e-300)
    below = special.ndtr(at[:, None] / np.maximum(spreads, 1e-300))
    inside = 1 - below.prod(axis=1) - (1 - below).prod(axis=1)
    return float(np.trapezoid(inside, at))


def null_gap_of_shares(n_answers: ArrayLike, share: float) -> float:
    """Return the mean gap of the shares of groups with one true share and independent answers, exactly.

    Parameters
    ----------
    n_answers : array_like of int, shape (n_groups,)
    share : float

    Examples
    --------
    >>> [round(null_gap_of_shares([size] * groups, 0.5), 3) for groups, size in ((8, 100), (8, 30), (20, 30))]
    [0.142, 0.258, 0.338]
    """
    n = codes(n_answers, None, "number of answers")
    if len(n) < 2 or n.min() < 1 or not 0 <= share <= 1:
        raise InvalidInput(
            f"answers {n.tolist()}, share {share}; allowed: two groups or more, 1 or more, 0 to 1"
        )
    at = np.unique(np.concatenate([np.arange(one + 1) / one for one in set(n.tolist())]))
    # Between two neighbouring values a group's share is at most the lower one, or it is not.
    below = np.array([stats.binom.cdf(np.floor(at[:-1] * one + 1e-9), one, share) for one in n.tolist()])
    inside = 1 - below.prod(axis=0) - (1 - below).prod(axis=0)
    return float((inside * np.diff(at)).sum())


def null_errors(found: GroupShares) -> FloatArray:
    """Return the errors that shares of groups would have at their common share, each group with its own effect of clusters."""
    n = np.where(found.too_few, 0, found.n_answers)
    pooled = float((np.nan_to_num(found.share) * n).sum() / max(n.sum(), 1))
    variance = found.cluster_effect * pooled * (1 - pooled) / np.maximum(n, 1)
    return np.asarray(np.where(found.too_few, np.nan, np.sqrt(variance)))


def _cluster_effects(share: FloatArray, variance: FloatArray, n: IntArray) -> FloatArray:
    """Return variances relative to those of independent answers; of groups of one mind, the mean of the others."""
    own = share * (1 - share) / np.maximum(n, 1)
    effect = np.divide(variance, own, out=np.full(len(own), np.nan), where=own > 0)
    effect = np.where(effect > 0, effect, np.nan)
    known = effect[~np.isnan(effect)]
    typical = max(float(known.mean()), 1.0) if len(known) else 1.0
    return np.asarray(np.where(np.isnan(effect), typical, effect))


def gap_p_value(
    answer: ArrayLike,
    group: ArrayLike,
    cluster: ArrayLike,
    *,
    n_groups: int,
    n_resamples: int = 9999,
    rng: np.random.Generator,
) -> float:
    """Return the P of the gap of shares when clusters are assigned to groups at random; nan if a cluster is in two groups.

    Parameters
    ----------
    answer, group, cluster : array_like of int, shape (n_answers,)
        Clusters are what is independent: raters, or single answers.
    n_groups : int
    n_resamples : int
    rng : numpy.random.Generator

    References
    ----------
    Pitman 1937; Phipson and Smyth 2010 (one is added).
    """
    said, place = codes(np.asarray(answer, dtype=np.int64), 2, "answer"), codes(group, n_groups, "group")
    of, unit = np.unique(codes(cluster, None, "cluster"), return_inverse=True)
    check_equal_lengths(answer=len(said), group=len(place), cluster=len(unit))
    label = np.zeros(len(of), dtype=np.int64)
    label[unit] = place
    if not len(of) or (label[unit] != place).any():
        return np.nan
    sums = np.column_stack([np.bincount(unit), np.bincount(unit, said)]).astype(np.float64)
    observed = _gaps(label[None], sums, n_groups)[0]
    chunk, reached = max(1, 4_000_000 // (len(of) * n_groups)), 0
    for start in range(0, n_resamples, chunk):
        size = min(chunk, n_resamples - start)
        drawn = rng.permuted(np.tile(label, (size, 1)), axis=1)
        reached += int((_gaps(drawn, sums, n_groups) >= observed - 1e-12).sum())
    return (reached + 1) / (n_resamples + 1)


def _gaps(labels: IntArray, sums: FloatArray, n_groups: int) -> FloatArray:
    """Return the gap of shares for each row of labels of clusters."""
    shares = []
    for group in range(n_groups):
        n, yes = ((labels == group) @ sums).T
        shares.append(np.divide(yes, n, out=np.full(len(n), np.nan), where=n > 0))
    return np.asarray(np.nanmax(shares, axis=0) - np.nanmin(shares, axis=0))
