"""What scores owe to noise and to length: reliability, corrected and partial correlation, Fisher intervals."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import check_equal_lengths, numbers
from study.stats.correlation.coefficients import Coefficient, paired_pearson, paired_spearman
from study.stats.correlation.ties import share
from study.stats.resampling import CHUNK_BYTES, Estimate, check_confidence_level, normal_quantile
from study.tables import lookup
from study.wording import counted

PARTIAL: dict[str, Coefficient] = {"pearson": paired_pearson, "spearman": paired_spearman}

FISHER: dict[str, tuple[int, Callable[[float], float]]] = {
    "pearson": (3, lambda r: 1.0),
    "spearman": (3, lambda r: float(np.sqrt(1 + r**2 / 2))),
    "kendall_b": (4, lambda r: float(np.sqrt(0.437))),
}
"""Observations that the variance of Fisher's z loses, and the factor of its standard error."""


def fisher_interval(
    r: float, n: int, coefficient: str = "pearson", *, confidence_level: float = 0.95
) -> Estimate:
    """Estimate a correlation of independent observations with Fisher's interval.

    Not for pooled cells, which share systems and items: there the interval is too narrow, and a bootstrap over items
    or systems is meant.

    Parameters
    ----------
    r : float
    n : int
        Pairs of observations.
    coefficient : {"pearson", "spearman", "kendall_b"}
    confidence_level : float

    Returns
    -------
    Estimate
        No interval, with a reason, for too few pairs or a correlation of 1 or -1.

    References
    ----------
    Fisher 1921; Bonett and Wright 2000 (Spearman); Fieller, Hartley and Pearson 1957 (Kendall).

    Examples
    --------
    >>> estimate = fisher_interval(0.5, 28)
    >>> round(estimate.low, 3), round(estimate.high, 3)
    (0.156, 0.736)
    """
    check_confidence_level(confidence_level)
    lost, factor = lookup(FISHER, coefficient, "coefficient")
    if abs(r) > 1 + 1e-9:
        raise InvalidInput(f"r {r:g}; allowed: -1 to 1, nan where undefined")
    method = "Fisher's z, observations independent"
    reason = None
    if np.isnan(r):
        reason = "the correlation is undefined"
    elif n <= lost:
        reason = f"{counted(n, 'pair')}: an interval needs more than {lost}"
    elif abs(r) >= 1 - 1e-12:
        reason = "a correlation of 1 or -1 has no standard error"
    if reason:
        return Estimate(r, np.nan, np.nan, confidence_level, n, 0, method, reason)
    half = normal_quantile(confidence_level) * factor(r) / np.sqrt(n - lost)
    low, high = np.tanh(np.arctanh(r) + np.array([-half, half]))
    return Estimate(r, float(low), float(high), confidence_level, n, 0, method)


def partial_correlation(
    x: ArrayLike,
    y: ArrayLike,
    given: ArrayLike,
    coefficient: str = "pearson",
    *,
    confidence_level: float = 0.95,
) -> Estimate:
    """Estimate the correlation of x and y that is left once a third variable is accounted for.

    Parameters
    ----------
    x, y, given : array_like of shape (n,)
        Such as human score, metric and length; nan where missing (left out on all).
    coefficient : {"pearson", "spearman"}
        Of values, or of their ranks.
    confidence_level : float
        Of Fisher's interval with one observation fewer.

    Returns
    -------
    Estimate
        From -1 to 1; nan with a reason where a side is constant, or the third variable determines one.

    References
    ----------
    Yule 1907; Fisher 1924 (one observation fewer per variable held).

    Examples
    --------
    >>> round(partial_correlation([1, 2, 3, 4, 5], [2, 1, 4, 3, 5], [1, 1, 2, 2, 3]).value, 4)
    -0.8667
    """
    function = lookup(PARTIAL, coefficient, "coefficient")
    columns = {name: numbers(side, name) for name, side in (("x", x), ("y", y), ("given", given))}
    check_equal_lengths(**{name: len(side) for name, side in columns.items()})
    stacked = np.stack(list(columns.values()))
    stacked = stacked[:, ~np.isnan(stacked).any(axis=0)]
    n = stacked.shape[1]
    r_xy, r_xz, r_yz = (float(function(stacked[i], stacked[j])) for i, j in ((0, 1), (0, 2), (1, 2)))
    left = (1 - r_xz**2) * (1 - r_yz**2)
    value = np.nan
    if left > 1e-12:
        value = float(np.clip((r_xy - r_xz * r_yz) / np.sqrt(left), -1, 1))
    estimate = fisher_interval(value, n - 1, coefficient, confidence_level=confidence_level)
    reason = estimate.reason
    if np.isnan(value):
        reason = "a variable is constant, or determined by the one that is held"
    method = f"{estimate.method}, one variable held"
    return Estimate(value, estimate.low, estimate.high, confidence_level, n, 0, method, reason)


def spearman_brown(reliability: float, times: float) -> float:
    """Return the reliability of a measure made ``times`` as long.

    References
    ----------
    Spearman 1910; Brown 1910.

    Examples
    --------
    >>> spearman_brown(0.5, 2)
    0.6666666666666666
    """
    whole = 1 + (times - 1) * reliability
    return times * reliability / whole if whole > 0 else np.nan


def split_half_reliability(ratings: ArrayLike, *, n_splits: int = 1000, rng: np.random.Generator) -> float:
    """Return the reliability of the mean rating of a unit: split-half correlation, stepped up.

    Raters are split into halves at random; the correlation of the halves' means over units is averaged over splits
    and stepped up to all raters by the Spearman-Brown formula.

    Parameters
    ----------
    ratings : array_like of shape (n_raters, n_units)
        nan where not rated; a unit counts in a split where both halves rated it.
    n_splits : int
    rng : numpy.random.Generator

    Returns
    -------
    float
        At most 1; nan with fewer than two raters, or where no split is defined. Raters who do not agree at all can
        give a negative value.

    References
    ----------
    Spearman 1910; Brown 1910.
    """
    data = numbers(ratings, "ratings", n_dimensions=2)
    if n_splits < 1:
        raise InvalidInput(f"n_splits {n_splits}; allowed: 1 or more")
    n_raters = len(data)
    if n_raters < 2:
        return np.nan
    rated = ~np.isnan(data)
    filled, once = np.where(rated, data, 0.0), rated.astype(np.float64)
    chunk = max(1, CHUNK_BYTES // (8 * max(1, data.shape[1])))
    parts = []
    for start in range(0, n_splits, chunk):
        order = rng.random((min(chunk, n_splits - start), n_raters)).argsort(axis=1)
        half = (order < n_raters // 2).astype(np.float64)
        means = [share(side @ filled, side @ once) for side in (half, 1 - half)]
        parts.append(paired_pearson(*means))
    values = np.concatenate(parts)
    defined = values[~np.isnan(values)]
    return spearman_brown(float(defined.mean()), 2) if len(defined) else np.nan


def corrected_correlation(
    observed: Estimate,
    reliability: float,
    *,
    other_reliability: float = 1.0,
    reliability_error: float = 0.0,
) -> Estimate:
    """Estimate the correlation with error-free human scores: r / sqrt(reliability).

    The interval divides the observed bounds by the same root, which takes the reliability as known. With a standard
    error of the reliability, each half of the interval is widened by its share (first-order, both independent).

    Parameters
    ----------
    observed : Estimate
        Of the correlation with mean human scores.
    reliability : float
        Of the mean human scores: from :func:`split_half_reliability`, or an average-rater intraclass correlation.
    other_reliability : float
        Of the metric; 1 where it is deterministic.
    reliability_error : float
        Standard error of ``reliability``.

    Returns
    -------
    Estimate
        Not cut at 1: above it, reliability is underestimated or noise is shared, which should be seen. nan with a
        reason where a reliability is not positive.

    References
    ----------
    Spearman 1904, eq. 1; Charles 2005 (interval); Hunter and Schmidt 2004, chapter 3.

    Examples
    --------
    >>> corrected_correlation(fisher_interval(0.4, 100), 0.64).value
    0.5
    """
    for name, value in (("reliability", reliability), ("other_reliability", other_reliability)):
        if value > 1 + 1e-9:
            raise InvalidInput(f"{name} {value:g}; allowed: at most 1, nan where undefined")
    if not reliability_error >= 0:
        raise InvalidInput(f"reliability_error {reliability_error}; allowed: 0 or more")
    level, n, n_resamples = observed.confidence_level, observed.n_units, observed.n_resamples
    method = f"{observed.method}, corrected for attenuation"
    product = reliability * other_reliability
    if not (reliability > 0 and other_reliability > 0):
        reason = f"reliability {reliability:.3g} and {other_reliability:.3g}: a correction needs both above 0"
        return Estimate(np.nan, np.nan, np.nan, level, n, n_resamples, method, reason)
    value, low, high = np.array([observed.value, observed.low, observed.high]) / np.sqrt(product)
    extra = normal_quantile(level) * abs(value) * reliability_error / (2 * reliability)
    low, high = value - np.hypot(value - low, extra), value + np.hypot(high - value, extra)
    return Estimate(float(value), float(low), float(high), level, n, n_resamples, method, observed.reason)


def correlation_ceiling(reliability: float) -> float:
    """Return the largest correlation with mean human scores that noise allows: the root of their reliability.

    Range 0 to 1; nan where the reliability is negative or undefined.

    References
    ----------
    Spearman 1904.

    Examples
    --------
    >>> correlation_ceiling(0.81)
    0.9
    """
    return float(np.sqrt(reliability)) if reliability >= 0 else np.nan
