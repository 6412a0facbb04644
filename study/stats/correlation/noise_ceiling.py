"""The noise ceiling: how well could any metric do, given how far raters agree among themselves?"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.agreement.leave_one_out import majority
from study.stats.agreement.reliability import ValueCounts
from study.stats.agreement.totals import ratio
from study.stats.arrays import FloatArray, numbers
from study.stats.resampling import (
    NO_VARIATION,
    Clusters,
    Estimate,
    check_confidence_level,
    interval,
    t_quantile,
)
from study.stats.statistic import Statistic
from study.tables import lookup
from study.wording import counted

CeilingFunction = Callable[[FloatArray], FloatArray]


def best_accuracy(counts: FloatArray) -> FloatArray:
    """Return the share of ratings that a perfect metric meets: it knows each unit's most frequent category.

    From counts, shape (n_units, n_categories). No metric does better on these raters; being fitted to them it is too
    optimistic for others.
    """
    return ratio(counts.max(axis=1, initial=0), counts.sum(axis=1))


def held_out_accuracy(counts: FloatArray) -> FloatArray:
    """Return how often a rater names the majority of the others, mean over the raters of a unit.

    From counts, shape (n_units, n_categories). A majority shared by several categories counts as one of them drawn at
    random. It is what the majority of the others reaches as a "metric": a bound that can be reached.
    """
    n_units, q = counts.shape
    hits = np.zeros(n_units)
    for category in range(q):
        own = counts[:, category]
        others = counts - (np.arange(q) == category) * (own > 0)[:, None]
        hits += own * majority(others)[:, category]
    return ratio(hits, counts.sum(axis=1))


CEILINGS: dict[str, Statistic[CeilingFunction]] = {
    "best_accuracy": Statistic(best_accuracy, "Accuracy of a perfect metric", "Nili et al. 2014", (0, 1)),
    "held_out_accuracy": Statistic(
        held_out_accuracy, "Accuracy of the majority of the other raters", "Nili et al. 2014", (0, 1)
    ),
}
"""Upper and lower bound of the noise ceiling, per unit."""


def noise_ceiling(
    counts: ValueCounts,
    name: str,
    *,
    method: str = "jackknife",
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
    rng: np.random.Generator | None = None,
) -> Estimate:
    """Estimate the accuracy that a metric could reach in saying what one rater says.

    Parameters
    ----------
    counts : ValueCounts
        All categories count: for a metric that never ties, leave ties out before counting. It does not matter which
        category is called a.
    name : {"best_accuracy", "held_out_accuracy"}
        Key of :data:`CEILINGS`: the upper and the lower bound of the ceiling.
    method : {"jackknife", "bootstrap"}
        Over units; each unit rated at least twice counts once.
    confidence_level : float
    n_resamples : int
        For the bootstrap.
    rng : numpy.random.Generator, optional
        Required by the bootstrap.

    Returns
    -------
    Estimate
        From 0 to 1; nan with a reason without a unit rated twice.

    Raises
    ------
    InvalidInput
        If the name is unknown.

    References
    ----------
    Nili et al. 2014 (upper and lower bound of a noise ceiling, there of correlations).

    Examples
    --------
    Three raters; on the second unit one differs. A perfect metric meets 5 of 6 ratings; of the raters held out one by
    one, two of the second unit face one vote each way, and the third two votes against:

    >>> from study.stats.agreement.reliability import value_counts
    >>> counts = value_counts([[1, 1], [1, 1], [1, 2]])
    >>> [round(noise_ceiling(counts, name).value, 4) for name in CEILINGS]
    [0.8333, 0.6667]
    """
    entry = lookup(CEILINGS, name, "noise ceiling")

    def cells(patterns: FloatArray) -> FloatArray:
        return np.column_stack([entry.function(patterns), np.ones(len(patterns))])

    estimate = interval(
        lambda totals: ratio(totals[:, 0], np.rint(totals[:, 1])),
        Clusters(counts.counts.astype(np.float64), counts.multiplicity, cells, "unit"),
        method,
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        rng=rng,
    )
    low, high = np.clip([estimate.low, estimate.high], *entry.bounds)
    reason = "no unit was rated by two raters" if np.isnan(estimate.value) else estimate.reason
    return replace(estimate, low=float(low), high=float(high), reason=reason)


def split_half_reliability(
    ratings: ArrayLike,
    *,
    rng: np.random.Generator,
    n_splits: int = 100,
    confidence_level: float = 0.95,
) -> Estimate:
    """Estimate the reliability of the mean of a unit's ratings: split-half correlation, Spearman-Brown corrected.

    The ratings of each unit are split into halves at random, the means of the halves correlated over units, and
    2 r / (1 + r) averaged over splits. Its square root is the highest correlation a metric can have with the mean
    rating.

    Parameters
    ----------
    ratings : array_like of shape (n_raters, n_units)
        Ratings as numbers, nan where not rated. Units rated less than twice are left out.
    rng : numpy.random.Generator
        Draws the halves.
    n_splits : int
    confidence_level : float
        Of the delete-one-unit jackknife with t, over the same splits.

    Returns
    -------
    Estimate
        At most 1; nan with a reason for fewer than 3 units rated twice, or halves that do not vary.

    Raises
    ------
    InvalidInput
        If there is no split.

    References
    ----------
    Spearman 1910; Brown 1910.

    Examples
    --------
    >>> ratings = [[1, 2, 3, 4], [2, 1, 3, 4]]
    >>> round(split_half_reliability(ratings, rng=np.random.default_rng(0)).value, 2)
    0.95
    """
    check_confidence_level(confidence_level)
    if n_splits < 1:
        raise InvalidInput(f"n_splits {n_splits}; allowed: 1 or more")
    data = numbers(ratings, "ratings", n_dimensions=2)
    data = data[:, (~np.isnan(data)).sum(axis=0) >= 2]
    n = data.shape[1]
    method = f"split-half over {n_splits} random halves, Spearman-Brown, delete-one-unit jackknife"

    def undefined(value: float, reason: str) -> Estimate:
        return Estimate(value, np.nan, np.nan, confidence_level, n, n_splits, method, reason)

    if n < 3:
        return undefined(np.nan, f"{counted(n, 'unit')} rated at least twice; allowed: 3 or more")
    values, left_out = 0.0, np.zeros(n)
    for _ in range(n_splits):
        whole, without = _stepped_up(*_half_means(data, rng))
        values += whole / n_splits
        left_out += without / n_splits
    if np.isnan(values):
        return undefined(np.nan, "the means of halves do not vary, or are opposed")
    deviation = np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum())
    if not deviation > 1e-12:
        reason = "undefined without one unit" if np.isnan(deviation) else NO_VARIATION.format(unit="unit")
        return undefined(values, reason)
    half = t_quantile(confidence_level, n - 1) * deviation
    return Estimate(
        values, float(values - half), float(min(1, values + half)), confidence_level, n, n_splits, method
    )


def _half_means(data: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return the means of two random halves of each unit's ratings, shape (n_units,) each."""
    rated = ~np.isnan(data)
    key = np.where(rated, rng.random(data.shape), 2.0)
    rank = key.argsort(axis=0).argsort(axis=0)
    first = rank < rated.sum(axis=0) // 2
    filled = np.where(rated, data, 0.0)
    halves = [(filled * chosen).sum(axis=0) / chosen.sum(axis=0) for chosen in (first, rated & ~first)]
    return halves[0], halves[1]


def _stepped_up(x: FloatArray, y: FloatArray) -> tuple[float, FloatArray]:
    """Return 2 r / (1 + r) of all units, and without each of them."""
    n = len(x)
    x, y = x - x.mean(), y - y.mean()
    rest = n / (n - 1)
    xx, yy, xy = (np.append(s.sum() - rest * s, s.sum()) for s in (x * x, y * y, x * y))
    scale = 1e-12 * max(1e-300, xx[-1], yy[-1])
    both = np.where((xx > scale) & (yy > scale), xx * yy, np.nan)
    r = np.clip(xy / np.sqrt(both), -1, 1)
    stepped = 2 * r / np.where(1 + r > 1e-9, 1 + r, np.nan)
    return float(stepped[-1]), stepped[:-1]
