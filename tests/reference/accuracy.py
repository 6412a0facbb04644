"""Pairwise accuracies from tables of outcomes, one metric at a time: what the products of many metrics are held against."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, IntArray, check_equal_lengths, codes, numbers, signs
from study.stats.correlation.accuracy import ACCURACY
from study.stats.resampling import Estimate, count_clusters, interval
from study.tables import lookup

AccuracyFunction = Callable[[FloatArray], FloatArray]


def pairwise_accuracy(outcomes: FloatArray) -> FloatArray:
    """Return how often the metric prefers what the human prefers, where the human has a preference.

    Human ties are left out; a metric tie counts half, as a coin would win. So 0.5 is chance for any metric, and a
    metric that never decides scores 0.5.

    Parameters
    ----------
    outcomes : ndarray of shape (..., 3, 3)
        Judgments by sign of the metric's difference (rows: b, tie, a) and human preference (columns: b, tie, a).

    Returns
    -------
    ndarray of shape (...)
        From 0 to 1; nan without an untied human preference.

    References
    ----------
    Kocmi et al. 2021, eq. 1, on judgments instead of systems; counting metric ties half is a choice made here.

    Examples
    --------
    >>> float(pairwise_accuracy(np.array([[3, 9, 1], [2, 9, 0], [0, 9, 2]])))
    0.75
    """
    correct = outcomes[..., 0, 0] + outcomes[..., 2, 2]
    metric_ties = outcomes[..., 1, 0] + outcomes[..., 1, 2]
    human_untied = outcomes[..., 0].sum(axis=-1) + outcomes[..., 2].sum(axis=-1)
    return _share(correct + metric_ties / 2, human_untied)


def pairwise_accuracy_eq(outcomes: FloatArray) -> FloatArray:
    """Return how often metric and human say the same of three: b, tie, a (acc_eq).

    A tie on both sides is correct; a tie on one side is wrong. Parameters as in :func:`pairwise_accuracy`.
    nan without a judgment.

    References
    ----------
    Deutsch, Foster and Freitag 2023 (ties met with ties).
    """
    return _share(np.trace(outcomes, axis1=-2, axis2=-1), outcomes.sum(axis=(-1, -2)))


def pairwise_accuracy_untied(outcomes: FloatArray) -> FloatArray:
    """Return how often the metric prefers what the human prefers, where both have a preference.

    Parameters as in :func:`pairwise_accuracy`. nan where no judgment is untied on both sides.

    References
    ----------
    Zheng et al. 2023 (setup S2: non-tie votes).
    """
    correct = outcomes[..., 0, 0] + outcomes[..., 2, 2]
    return _share(correct, correct + outcomes[..., 0, 2] + outcomes[..., 2, 0])


TABLE_FUNCTIONS: dict[str, AccuracyFunction] = {
    "pairwise_accuracy": pairwise_accuracy,
    "pairwise_accuracy_eq": pairwise_accuracy_eq,
    "pairwise_accuracy_untied": pairwise_accuracy_untied,
}


def outcome_counts(
    difference: ArrayLike, preference: ArrayLike, cluster: ArrayLike, *, epsilon: float = 0.0
) -> IntArray:
    """Count outcomes per cluster: sign of the metric's difference by human preference.

    Parameters
    ----------
    difference : array_like of shape (n_judgments,)
        The metric of output a less that of output b; nan where undefined (left out).
    preference : array_like of int, shape (n_judgments,)
        1 if the human prefers a, -1 for b, 0 for a tie.
    cluster : array_like of int, shape (n_judgments,)
        Codes from 0: the item, or the rater, of each judgment.
    epsilon : float
        The metric ties where the difference is at most this in size.

    Returns
    -------
    ndarray of shape (n_clusters, 3, 3)
        Rows: metric prefers b, ties, prefers a; columns: human likewise. Only clusters with a judgment left.

    Raises
    ------
    InvalidInput
        If lengths differ, a preference is not 1, 0 or -1, or epsilon is negative.
    """
    gap, answers = numbers(difference, "metric"), signs(preference)
    group = codes(cluster, None, "cluster")
    check_equal_lengths(difference=len(gap), preference=len(answers), cluster=len(group))
    if not epsilon >= 0:
        raise InvalidInput(f"epsilon {epsilon}; allowed: 0 or more")
    known = ~np.isnan(gap)
    sign = np.where(np.abs(gap[known]) <= epsilon, 0, np.sign(gap[known])).astype(np.int64)
    cell = (group[known] * 3 + sign + 1) * 3 + answers[known] + 1
    n_clusters = int(group.max(initial=-1)) + 1
    counts = np.bincount(cell, minlength=9 * n_clusters).reshape(n_clusters, 3, 3)
    return counts[counts.any(axis=(1, 2))]


def accuracy(
    outcomes: IntArray,
    name: str,
    *,
    unit: str = "item",
    method: str = "jackknife",
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
    rng: np.random.Generator | None = None,
) -> Estimate:
    """Estimate an entry of :data:`TABLE_FUNCTIONS` with an interval over clusters.

    Parameters
    ----------
    outcomes : ndarray of shape (n_clusters, 3, 3)
        From :func:`outcome_counts`.
    name : str
        Key of :data:`TABLE_FUNCTIONS`.
    unit : str
        What a cluster is, for the method's name.
    method : {"jackknife", "bootstrap"}
    confidence_level : float
    n_resamples : int
        For the bootstrap.
    rng : numpy.random.Generator, optional
        Required by the bootstrap.

    Returns
    -------
    Estimate
        ``n_units`` counts clusters. Low and high are cut at 0 and 1.
    """
    function = lookup(TABLE_FUNCTIONS, name, "accuracy")
    estimate = interval(
        lambda totals: function(totals.reshape(-1, 3, 3)),
        count_clusters(outcomes.reshape(len(outcomes), 9), unit),
        method,
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        rng=rng,
    )
    low, high = np.clip([estimate.low, estimate.high], *ACCURACY[name].bounds)
    reason = "no judgment that it counts" if np.isnan(estimate.value) else estimate.reason
    return replace(estimate, low=float(low), high=float(high), reason=reason)


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    undefined = np.full(np.shape(whole), np.nan)
    return np.asarray(np.divide(part, whole, out=undefined, where=np.asarray(whole) > 0.5))
