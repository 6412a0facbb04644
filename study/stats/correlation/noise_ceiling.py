"""The noise ceiling: the best that any metric could do, given how much raters agree with each other."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from study.stats.agreement.leave_one_out import majority
from study.stats.agreement.reliability import ValueCounts
from study.stats.agreement.totals import ratio
from study.stats.arrays import FloatArray
from study.stats.resampling import (
    Clusters,
    Estimate,
    interval,
)
from study.stats.statistic import Statistic
from study.tables import lookup

CeilingFunction = Callable[[FloatArray], FloatArray]


def best_accuracy(counts: FloatArray) -> FloatArray:
    """Return the share of ratings that a perfect metric predicts: it knows each unit's most frequent category.

    From counts, shape (n_units, n_categories). No metric does better on these raters; fitted to them, it is too
    optimistic for others.
    """
    return ratio(counts.max(axis=1, initial=0), counts.sum(axis=1))


def held_out_accuracy(counts: FloatArray) -> FloatArray:
    """Return how often a rater agrees with the majority of the others, as the mean over the raters of a unit.

    From counts, shape (n_units, n_categories). A majority shared by several categories counts as one of them drawn at
    random. This is the accuracy of the others' majority used as a "metric": an attainable bound.
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
    """Estimate the best accuracy of a metric in predicting a single rater's answers.

    Parameters
    ----------
    counts : ValueCounts
        All categories count: for a metric that never ties, leave ties out before counting. The result does not depend
        on which category is called a.
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
    Three raters; on the second unit one differs. A perfect metric predicts 5 of 6 ratings; of the raters held out one
    by one, two of the second unit face one vote each way, and the third two votes against:

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
