"""Intervals of effect sizes of two independent groups: Cohen's d, Hedges' g, Cliff's delta."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from study.stats.arrays import FloatArray
from study.stats.effects import cliff_delta, cohen_d, known_values
from study.stats.resampling import Estimate, check_confidence_level, t_quantile

INDEPENDENT = "values independent"


def cohen_d_interval(x: ArrayLike, y: ArrayLike, *, confidence_level: float = 0.95) -> Estimate:
    """Estimate Cohen's d with the interval of the noncentral t distribution; values must be independent.

    Parameters
    ----------
    x, y : array_like of shape (n,), (m,)
        nan is left out.
    confidence_level : float

    Returns
    -------
    Estimate
        nan with a reason as in :func:`study.stats.effects.cohen_d`.

    References
    ----------
    Cohen 1988, eq. 2.5.1; Steiger and Fouladi 1997 (interval).

    Examples
    --------
    >>> found = cohen_d_interval([5, 4, 5, 4, 3, 4], [3, 3, 4, 2, 4, 3])
    >>> [round(one, 4) for one in (found.value, found.low, found.high)]
    [1.3284, 0.0334, 2.5715]
    """
    check_confidence_level(confidence_level)
    n, m = len(known_values(x, "x")), len(known_values(y, "y"))
    value, method = cohen_d(x, y), f"Cohen's d, noncentral t, {INDEPENDENT}"
    if np.isnan(value):
        reason = "fewer than 2 values in a group, or neither group varies"
        return Estimate(np.nan, np.nan, np.nan, confidence_level, n + m, 0, method, reason)
    scale = float(np.sqrt(n * m / (n + m)))
    tail = (1 - confidence_level) / 2
    low, high = (_noncentrality(value * scale, n + m - 2, share) / scale for share in (1 - tail, tail))
    return Estimate(value, low, high, confidence_level, n + m, 0, method)


def hedges_g(x: ArrayLike, y: ArrayLike) -> float:
    """Return Hedges' g: Cohen's d without its bias in small groups.

    Parameters and the nan case as in :func:`study.stats.effects.cohen_d`.

    References
    ----------
    Hedges 1981, eq. 6e.

    Examples
    --------
    >>> round(hedges_g([5, 4, 5, 4, 3, 4], [3, 3, 4, 2, 4, 3]), 4)
    1.2258
    """
    freedom = len(known_values(x, "x")) + len(known_values(y, "y")) - 2
    return cohen_d(x, y) * bias_factor(freedom)


def bias_factor(degrees_of_freedom: float) -> float:
    """Return Hedges' factor; nan below 2 degrees of freedom, where d has no mean.

    >>> round(bias_factor(10), 5)
    0.92275
    """
    if degrees_of_freedom < 2:
        return np.nan
    half = degrees_of_freedom / 2
    return float(np.exp(special.gammaln(half) - special.gammaln(half - 0.5)) / np.sqrt(half))


def cliff_delta_interval(x: ArrayLike, y: ArrayLike, *, confidence_level: float = 0.95) -> Estimate:
    """Estimate Cliff's delta with its unbiased variance and an asymmetric interval inside -1 and 1.

    Values must be independent. By Student's t with n + m - 2 degrees of freedom.

    Parameters
    ----------
    x, y : array_like of shape (n,), (m,)
        nan is left out.
    confidence_level : float

    Returns
    -------
    Estimate
        nan with a reason with fewer than 2 values in a group; limits are nan where all pairs point one way.

    References
    ----------
    Cliff 1993; Feng and Cliff 2004 (the interval).

    Examples
    --------
    >>> found = cliff_delta_interval([5, 4, 5, 4, 3, 4], [3, 3, 4, 2, 4, 3])
    >>> [round(one, 4) for one in (found.value, found.low, found.high)]
    [0.6389, -0.0113, 0.9094]
    """
    check_confidence_level(confidence_level)
    first, second = known_values(x, "x"), known_values(y, "y")
    n, m = len(first), len(second)
    method = f"Cliff's delta, unbiased variance, asymmetric t interval, {INDEPENDENT}"
    value, variance = cliff_delta(first, second), cliff_variance(first, second)
    reason = None
    if min(n, m) < 2:
        reason = "fewer than 2 values in a group"
    elif not variance > 0:
        reason = "all pairs of values point one way: the variance is 0"
    if reason:
        return Estimate(value, np.nan, np.nan, confidence_level, n + m, 0, method, reason)
    squared = t_quantile(confidence_level, n + m - 2) ** 2 * variance
    half = np.sqrt(squared * ((1 - value**2) ** 2 + squared))
    low, high = ((value - value**3 + side * half) / (1 - value**2 + squared) for side in (-1, 1))
    return Estimate(value, float(low), float(high), confidence_level, n + m, 0, method)


def cliff_variance(x: FloatArray, y: FloatArray) -> float:
    """Return the unbiased variance of Cliff's delta of independent values; nan with fewer than 2 in a group.

    It may be below 0, and is then replaced by (1 - delta²) / (nm - 1), as Cliff advises.

    References
    ----------
    Cliff 1993.

    Examples
    --------
    >>> round(cliff_variance(np.array([5.0, 4, 5, 4, 3, 4]), np.array([3.0, 3, 4, 2, 4, 3])), 6)
    0.050401
    """
    n, m = len(x), len(y)
    if min(n, m) < 2:
        return np.nan
    delta = cliff_delta(x, y)
    of_x, of_y = dominance(x, y), -dominance(y, x)
    ties = (_ranks(y, x, "right") - _ranks(y, x, "left")).sum()
    within = n * m - ties - n * m * delta**2
    between = m**2 * ((of_x - delta) ** 2).sum() + n**2 * ((of_y - delta) ** 2).sum()
    found = (between - within) / (n * m * (n - 1) * (m - 1))
    return float(max(found, (1 - delta**2) / (n * m - 1)))


def dominance(values: FloatArray, others: FloatArray) -> FloatArray:
    """Return for each value the share of the others below it minus the share above it."""
    below, upto = _ranks(others, values, "left"), _ranks(others, values, "right")
    return np.asarray((below + upto - len(others)) / max(len(others), 1), dtype=np.float64)


def _ranks(values: FloatArray, points: FloatArray, side: str) -> FloatArray:
    where = np.searchsorted(np.sort(values), points, side="left" if side == "left" else "right")
    return np.asarray(where, dtype=np.float64)


def noncentral_t(t: float, degrees_of_freedom: float, centre: float) -> float:
    """Return the probability that a noncentral t is at most ``t``; far out, where scipy has no number, 0 or 1."""
    below = float(special.nctdtr(degrees_of_freedom, np.copysign(1, t) * centre, abs(t)))
    if np.isnan(below):
        return 0.0 if centre > t else 1.0
    return below if t >= 0 else 1 - below


def _noncentrality(t: float, degrees_of_freedom: int, share: float) -> float:
    """Return the noncentrality at which a value of t or less has a probability."""
    width = 10 + abs(t)
    return float(
        optimize.brentq(
            lambda centre: noncentral_t(t, degrees_of_freedom, centre) - share,
            t - width,
            t + width,
            xtol=1e-10,
        )
    )
