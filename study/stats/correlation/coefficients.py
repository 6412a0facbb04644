"""Correlation coefficients of paired scores with missing values, along the last axis."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from study.stats.arrays import BoolArray, FloatArray
from study.stats.correlation.ties import acc_eq, dense_ranks, kendall_counts, share, tau_b, tau_eq
from study.stats.statistic import Statistic

Coefficient = Callable[[FloatArray, FloatArray], FloatArray]
"""Maps two arrays of shape (..., n), nan where missing, to values of shape (...), nan where undefined."""


def paired_pearson(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return Pearson's r of the cells present on both sides.

    Parameters
    ----------
    x, y : ndarray of shape (..., n)
        nan where missing.

    Returns
    -------
    ndarray of shape (...)
        From -1 to 1; nan with fewer than 2 pairs, or where a side is constant.

    References
    ----------
    Pearson 1895.
    """
    known = ~(np.isnan(x) | np.isnan(y))
    deviation_x, deviation_y = _deviations(x, known), _deviations(y, known)
    covariance = (deviation_x * deviation_y).sum(axis=-1)
    variances = (deviation_x**2).sum(axis=-1) * (deviation_y**2).sum(axis=-1)
    return np.clip(share(covariance, np.sqrt(variances)), -1, 1)


def paired_spearman(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return Spearman's rho of the cells present on both sides: Pearson's r of their midranks.

    Parameters and undefined cases as in :func:`paired_pearson`.

    References
    ----------
    Spearman 1904.
    """
    missing = np.isnan(x) | np.isnan(y)
    return paired_pearson(*(midranks(np.where(missing, np.nan, side)) for side in (x, y)))


def paired_kendall_b(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return Kendall's tau-b of the cells present on both sides.

    Parameters and undefined cases as in :func:`paired_pearson`.

    References
    ----------
    Kendall 1945.
    """
    return np.clip(tau_b(kendall_counts(x, y)), -1, 1)


def paired_kendall_c(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return Stuart's tau-c of the cells present on both sides: 2 m (C - D) / (n² (m - 1)).

    m is the smaller number of distinct values. Parameters and undefined cases as in :func:`paired_pearson`.

    References
    ----------
    Stuart 1953.

    Examples
    --------
    >>> round(float(paired_kendall_c(np.array([1.0, 2, 2, 3, 4]), np.array([2, 1, 1.5, 5, 3]))), 3)
    0.32
    """
    missing = np.isnan(x) | np.isnan(y)
    n = (~missing).sum(axis=-1)
    distinct = np.minimum(*(_n_distinct(np.where(missing, np.nan, side)) for side in (x, y)))
    counts = kendall_counts(x, y)
    value = share(2 * distinct * (counts.concordant - counts.discordant), n**2 * (distinct - 1))
    return np.clip(value, -1, 1)


def paired_tau_eq(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return tau_eq of the cells present on both sides, ties by equality; nan with fewer than 2 pairs.

    References
    ----------
    Deutsch, Foster and Freitag 2023, eq. 8.
    """
    return tau_eq(kendall_counts(x, y))


def paired_acc_eq(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return acc_eq of the cells present on both sides, ties by equality; nan with fewer than 2 pairs.

    References
    ----------
    Deutsch, Foster and Freitag 2023, eq. 7.
    """
    return acc_eq(kendall_counts(x, y))


@dataclass(frozen=True, slots=True)
class CoefficientStatistic(Statistic[Coefficient]):
    """A correlation coefficient.

    Attributes
    ----------
    counts_ties : bool
        Whether a score drawn twice, which ties with itself, shifts the value: then it is not resampled over systems.
    is_quick : bool
        Whether it is fast enough to compute for all metrics and every left-out part by default.
    """

    counts_ties: bool = field(kw_only=True)
    is_quick: bool = field(default=False, kw_only=True)

    @property
    def centre(self) -> float:
        """The value of no association: the middle of the bounds."""
        return sum(self.bounds) / 2


COEFFICIENTS: dict[str, CoefficientStatistic] = {
    "pearson": CoefficientStatistic(
        paired_pearson, "Pearson's r", "Pearson 1895", (-1, 1), counts_ties=False, is_quick=True
    ),
    "spearman": CoefficientStatistic(
        paired_spearman, "Spearman's ρ", "Spearman 1904", (-1, 1), counts_ties=False
    ),
    "kendall_b": CoefficientStatistic(
        paired_kendall_b, "Kendall's τ-b", "Kendall 1945", (-1, 1), counts_ties=False
    ),
    "kendall_c": CoefficientStatistic(
        paired_kendall_c, "Kendall's τ-c", "Stuart 1953", (-1, 1), counts_ties=True
    ),
    "tau_eq": CoefficientStatistic(paired_tau_eq, "τ-eq", "Deutsch et al. 2023", (-1, 1), counts_ties=True),
    "acc_eq": CoefficientStatistic(
        paired_acc_eq, "Pairwise accuracy with ties (acc-eq)", "Deutsch et al. 2023", (0, 1), counts_ties=True
    ),
}


def midranks(values: FloatArray) -> FloatArray:
    """Return ranks from 1 along the last axis, ties at their mean; nan stays nan and is not ranked."""
    missing = np.isnan(values)
    filled = np.where(missing, np.inf, values)
    order = np.argsort(filled, axis=-1)
    ordered = np.take_along_axis(filled, order, axis=-1)
    n = values.shape[-1]
    new = ordered[..., 1:] != ordered[..., :-1]
    position = np.arange(n)
    first = np.zeros(values.shape, dtype=np.int64)
    first[..., 1:] = np.where(new, position[1:], 0)
    first = np.maximum.accumulate(first, axis=-1)
    last = np.full(values.shape, n - 1, dtype=np.int64)
    last[..., :-1] = np.where(new, position[:-1], n - 1)
    last = np.minimum.accumulate(last[..., ::-1], axis=-1)[..., ::-1]
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, (first + last) / 2 + 1, axis=-1)
    return np.where(missing, np.nan, ranks)


def _deviations(values: FloatArray, known: BoolArray) -> FloatArray:
    """Return deviations from the mean of the known values, scaled to at most 1 in size; 0 where missing or constant."""
    n = np.maximum(known.sum(axis=-1, keepdims=True), 1)
    highest = np.where(known, values, -np.inf).max(axis=-1, keepdims=True, initial=-np.inf)
    lowest = np.where(known, values, np.inf).min(axis=-1, keepdims=True, initial=np.inf)
    mean = np.where(known, values, 0).sum(axis=-1, keepdims=True) / n
    deviations = np.where(known & (highest > lowest), values - mean, 0.0)
    largest = np.abs(deviations).max(axis=-1, keepdims=True, initial=0)
    return deviations / np.where(largest > 0, largest, 1)


def _n_distinct(values: FloatArray) -> FloatArray:
    codes = np.where(np.isnan(values), -1, dense_ranks(values))
    return np.asarray(codes.max(axis=-1, initial=-1) + 1, dtype=np.float64)
