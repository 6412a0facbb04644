"""Effects of noise and length on scores: reliability, corrected and partial correlation, Fisher intervals."""

from collections.abc import Callable

import numpy as np

from study.errors import InvalidInput
from study.stats.resampling import Estimate, check_confidence_level, normal_quantile
from study.tables import lookup
from study.wording import counted

FISHER: dict[str, tuple[int, Callable[[float], float]]] = {
    "pearson": (3, lambda r: 1.0),
    "spearman": (3, lambda r: float(np.sqrt(1 + r**2 / 2))),
    "kendall_b": (4, lambda r: float(np.sqrt(0.437))),
}
"""How much the variance of Fisher's z subtracts from the observations, and the factor of its standard error."""


def fisher_interval(
    r: float, n: int, coefficient: str = "pearson", *, confidence_level: float = 0.95
) -> Estimate:
    """Estimate a correlation of independent observations with Fisher's interval.

    Not for pooled cells, which share systems and items: there the interval is too narrow; use a bootstrap over items
    or systems.

    Parameters
    ----------
    r : float
    n : int
        Number of pairs of observations.
    coefficient : {"pearson", "spearman", "kendall_b"}
    confidence_level : float

    Returns
    -------
    Estimate
        Without an interval, with a reason, for too few pairs or a correlation of 1 or -1.

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


def corrected_correlation(
    observed: Estimate,
    reliability: float,
    *,
    other_reliability: float = 1.0,
    reliability_error: float = 0.0,
) -> Estimate:
    """Estimate the correlation with error-free human scores: r / sqrt(reliability).

    The interval divides the observed bounds by the same root, which treats the reliability as known. With a standard
    error of the reliability, each half of the interval is widened by its share (first-order, both independent).

    Parameters
    ----------
    observed : Estimate
        The correlation with mean human scores.
    reliability : float
        Reliability of the mean human scores: from :func:`split_half_reliability`, or an average-rater intraclass
        correlation.
    other_reliability : float
        Reliability of the metric; 1 if it is deterministic.
    reliability_error : float
        Standard error of ``reliability``.

    Returns
    -------
    Estimate
        Not clipped at 1: a higher value means that reliability is underestimated or noise is shared, which should be
        visible. nan with a reason if a reliability is not positive.

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
