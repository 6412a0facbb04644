"""Equivalence: whether a difference is within a margin, by two one-sided tests."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from study.errors import InvalidInput
from study.stats.claims import Claim


@dataclass(frozen=True, slots=True)
class Equivalence:
    """The result of two one-sided tests against a margin.

    Attributes
    ----------
    value : float
    low, high : float
        The interval at level 1 - 2 alpha: 90% for alpha .05. It lies within the margin exactly where P is below alpha.
    margin : float
    p_value : float
        The larger of the two one-sided P.
    alpha : float
    degrees_of_freedom : float
    reason : str, optional
        Why values are nan.
    """

    value: float
    low: float
    high: float
    margin: float
    p_value: float
    alpha: float
    degrees_of_freedom: float
    reason: str | None = None

    @property
    def verdict(self) -> str:
        """Whether equivalence is shown. A difference that is not significant is no evidence of none."""
        if np.isnan(self.p_value):
            return "undefined"
        if self.p_value < self.alpha:
            return "equivalent: the difference is within the margin"
        outside = self.low > self.margin or self.high < -self.margin
        return (
            "not equivalent: the difference is beyond the margin" if outside else "not shown to be equivalent"
        )


def equivalence(
    value: float, error: float, degrees_of_freedom: float, margin: float, *, alpha: float = 0.05
) -> Equivalence:
    """Test whether a difference lies between minus the margin and the margin, by Student's t.

    Parameters
    ----------
    value : float
    error : float
        Standard error.
    degrees_of_freedom : float
    margin : float
        The smallest difference that matters; it belongs in the design, not in the analysis.
    alpha : float
        Of each one-sided test.

    References
    ----------
    Schuirmann 1987.

    Examples
    --------
    >>> found = equivalence(0.8333333, 0.0962250, 3, 1.5)
    >>> round(found.p_value, 6), round(found.low, 4), round(found.high, 4)
    (0.003083, 0.6069, 1.0598)
    """
    if not 0 < margin < np.inf:
        raise InvalidInput(f"margin {margin}; allowed: a finite number above 0")
    if not 0 < alpha < 0.5:
        raise InvalidInput(f"alpha {alpha}; allowed: between 0 and 0.5, such as 0.05")
    if not (error > 0 and degrees_of_freedom > 0):
        reason = "no standard error above 0"
        return Equivalence(value, np.nan, np.nan, margin, np.nan, alpha, degrees_of_freedom, reason)
    p = float(special.stdtr(degrees_of_freedom, (abs(value) - margin) / error))
    half = float(special.stdtrit(degrees_of_freedom, 1 - alpha)) * error
    return Equivalence(value, value - half, value + half, margin, p, alpha, degrees_of_freedom)


def claimed_equivalence(claim: Claim, margin: float, *, alpha: float = 0.05) -> Equivalence:
    """Test a claim with a symmetric t interval against a margin, over the claim's units.

    Parameters
    ----------
    claim : Claim
        From :func:`study.stats.claims.claims_of`, for example a difference of means.
    margin, alpha : float
        As in :func:`equivalence`.
    """
    found, freedom = claim.estimate, claim.degrees_of_freedom
    error = np.nan
    if not np.isnan(found.low):
        critical = float(special.stdtrit(freedom, (1 + found.confidence_level) / 2))
        error = (found.high - found.low) / 2 / critical
    tested = equivalence(found.value, error, freedom, margin, alpha=alpha)
    if tested.reason is None:
        return tested
    return Equivalence(
        found.value, np.nan, np.nan, margin, np.nan, alpha, freedom, found.reason or tested.reason
    )
