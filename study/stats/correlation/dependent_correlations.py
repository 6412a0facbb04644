"""Tests of two correlations that share a variable: Williams, Steiger, Meng; signs are kept."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from study.errors import InvalidInput
from study.stats.statistic import Statistic


@dataclass(frozen=True, slots=True)
class CorrelationTest:
    """A test of r12 against r13, the correlations of variable 1 with 2 and with 3.

    Attributes
    ----------
    statistic : float
        Positive where r12 is the larger as a signed number: -.3 never beats .2.
    p_greater, p_two_sided : float
        For r12 > r13, and for any difference; nan with a reason if undefined.
    degrees_of_freedom : float
        inf for a normal statistic.
    method : str
    reason : str or None
    """

    statistic: float
    p_greater: float
    p_two_sided: float
    degrees_of_freedom: float
    method: str
    reason: str | None = None


def williams(r12: float, r13: float, r23: float, n: int) -> CorrelationTest:
    """Test by Williams' t with n - 3 degrees of freedom.

    Parameters
    ----------
    r12, r13, r23 : float
        Pearson correlations, signed; r23 is that of the two metrics.
    n : int
        Number of independent observations: systems, for correlations of systems.

    References
    ----------
    Williams 1959; Steiger 1980, eq. 7.

    Examples
    --------
    >>> test = williams(0.4, 0.5, 0.1, 103)
    >>> round(test.statistic, 6), round(test.p_two_sided, 6)
    (-0.89128, 0.374919)
    """
    reason = _undefined(r12, r13, r23, n)
    determinant = 1 - r12**2 - r13**2 - r23**2 + 2 * r12 * r13 * r23
    mean = (r12 + r13) / 2
    variance = 2 * (n - 1) / max(n - 3, 1) * max(determinant, 0) + mean**2 * (1 - r23) ** 3
    if not reason and variance <= 0:
        reason = "the correlations leave no variation to test against"
    if reason:
        return CorrelationTest(np.nan, np.nan, np.nan, n - 3, "Williams' t", reason)
    t = float((r12 - r13) * np.sqrt((n - 1) * (1 + r23) / variance))
    return _tested(t, n - 3, "Williams' t")


def steiger(r12: float, r13: float, r23: float, n: int) -> CorrelationTest:
    """Test by Steiger's Z: Fisher's z with the covariance at the pooled correlation.

    Parameters as in :func:`williams`.

    References
    ----------
    Dunn and Clark 1969; Steiger 1980, eq. 14.
    """
    reason = _undefined(r12, r13, r23, n)
    mean = (r12 + r13) / 2
    rest = 1 - mean**2
    covariance = np.nan
    if not reason:
        psi = r23 * (1 - 2 * mean**2) - mean**2 * (1 - 2 * mean**2 - r23**2) / 2
        covariance = psi / rest**2
        if not 1 - covariance > 0:
            reason = "the two metrics are the same: there is nothing to test"
    if reason:
        return CorrelationTest(np.nan, np.nan, np.nan, np.inf, "Steiger's Z", reason)
    z = float((np.arctanh(r12) - np.arctanh(r13)) * np.sqrt((n - 3) / (2 - 2 * covariance)))
    return _tested(z, np.inf, "Steiger's Z")


def meng(r12: float, r13: float, r23: float, n: int) -> CorrelationTest:
    """Test by Meng, Rosenthal and Rubin's Z.

    Parameters as in :func:`williams`.

    References
    ----------
    Meng, Rosenthal and Rubin 1992, eq. 1 to 3.

    Examples
    --------
    >>> round(meng(0.6, 0.2, 0.3, 200).statistic, 3)
    5.447
    """
    reason = _undefined(r12, r13, r23, n)
    if not reason and r23 >= 1:
        reason = "the two metrics are the same: there is nothing to test"
    if reason:
        return CorrelationTest(np.nan, np.nan, np.nan, np.inf, "Meng's Z", reason)
    mean_square = (r12**2 + r13**2) / 2
    f = min(1.0, (1 - r23) / (2 * (1 - mean_square)))
    h = (1 - f * mean_square) / (1 - mean_square)
    z = float((np.arctanh(r12) - np.arctanh(r13)) * np.sqrt((n - 3) / (2 * (1 - r23) * h)))
    return _tested(z, np.inf, "Meng's Z")


DEPENDENT_CORRELATIONS: dict[str, Statistic[Callable[[float, float, float, int], CorrelationTest]]] = {
    "williams": Statistic(williams, "Williams' t", "Williams 1959"),
    "steiger": Statistic(steiger, "Steiger's Z", "Steiger 1980"),
    "meng": Statistic(meng, "Meng's Z", "Meng, Rosenthal and Rubin 1992"),
}


def _tested(statistic: float, degrees_of_freedom: float, method: str) -> CorrelationTest:
    def tail(value: float) -> float:
        if np.isinf(degrees_of_freedom):
            return float(special.ndtr(-value))
        return float(special.stdtr(degrees_of_freedom, -value))

    return CorrelationTest(statistic, tail(statistic), 2 * tail(abs(statistic)), degrees_of_freedom, method)


def _undefined(r12: float, r13: float, r23: float, n: int) -> str | None:
    """Return why there is no test; raise InvalidInput for values that are not correlations."""
    correlations = {"r12": r12, "r13": r13, "r23": r23}
    for name, value in correlations.items():
        if abs(value) > 1 + 1e-9:
            raise InvalidInput(f"{name} {value:g}; allowed: -1 to 1, nan where undefined")
    missing = [name for name, value in correlations.items() if np.isnan(value)]
    if missing:
        return f"undefined: {', '.join(missing)}"
    if n < 4:
        return f"{n} observations; at least 4 are needed"
    if max(abs(r12), abs(r13)) >= 1 - 1e-12:
        return "a correlation is 1 or -1: its standard error is 0"
    return None
