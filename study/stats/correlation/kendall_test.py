"""Kendall's test of independence of two scores: exact without ties, by the normal distribution with ties."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from study.stats.arrays import FloatArray, check_equal_lengths, numbers
from study.stats.correlation.ties import dense_ranks, kendall_counts, tau_b
from study.wording import counted

MOST_EXACT = 33
"""Up to this many pairs without ties, all orders are enumerated."""


@dataclass(frozen=True, slots=True)
class KendallTest:
    """A test of no association.

    Attributes
    ----------
    tau_b : float
        From -1 to 1; nan where undefined.
    p_two_sided : float
        Probability of a tau at least as far from 0 if the scores are independent.
    n : int
        Pairs of scores present on both sides, treated as independent of one another.
    method : str
    reason : str or None
    """

    tau_b: float
    p_two_sided: float
    n: int
    method: str
    reason: str | None = None


def kendall_test(x: ArrayLike, y: ArrayLike) -> KendallTest:
    """Test two scores of the same units for independence by the number of pairs in the same order.

    Without ties, and with up to 33 units, P is exact over all orders. Otherwise it comes from the normal
    distribution, with the variance given the ties.

    Parameters
    ----------
    x, y : array_like of shape (n,)
        nan where missing.

    Returns
    -------
    KendallTest
        nan with a reason for fewer than 2 units, or if a side is constant.

    References
    ----------
    Kendall 1938 (exact); Kendall 1970, section 4.9 (variance with ties).

    Examples
    --------
    >>> round(kendall_test([12, 2, 1, 12, 2], [1, 4, 7, 1, 0]).p_two_sided, 6)
    0.282745
    >>> kendall_test([1, 2, 3, 4], [1, 2, 3, 4]).p_two_sided * 24
    2.0
    """
    first, second = numbers(x, "x"), numbers(y, "y")
    check_equal_lengths(x=len(first), y=len(second))
    known = ~(np.isnan(first) | np.isnan(second))
    first, second = first[known], second[known]
    n, counts = len(first), kendall_counts(first, second)
    tau = float(np.clip(tau_b(counts), -1, 1))
    if np.isnan(tau):
        reason = f"{counted(n, 'unit')}; at least 2 are needed" if n < 2 else "a side is constant"
        return KendallTest(tau, np.nan, n, "none", reason)
    tied = counts.tied_human + counts.tied_metric + counts.tied_both
    if not tied and n <= MOST_EXACT:
        fewer = int(min(counts.concordant, counts.discordant))
        p = min(1.0, 2 * float(_inversion_chances(n)[: fewer + 1].sum()))
        return KendallTest(tau, p, n, "Kendall's test, exact")
    variance = _variance(_tie_sizes(first), _tie_sizes(second), n)
    score = float(counts.concordant - counts.discordant)
    p = float(special.erfc(abs(score) / np.sqrt(2 * variance)))
    return KendallTest(tau, p, n, "Kendall's test, normal with the variance given ties")


def _inversion_chances(n: int) -> FloatArray:
    """Return the probability of 0, 1, ... pairs in falling order in a random order of n."""
    chances = np.ones(1)
    for size in range(2, n + 1):
        chances = np.convolve(chances, np.full(size, 1 / size))
    return chances


def _tie_sizes(values: FloatArray) -> FloatArray:
    return np.bincount(dense_ranks(values)).astype(np.float64)


def _variance(x: FloatArray, y: FloatArray, n: int) -> float:
    """Return the variance of concordant minus discordant pairs, given the sizes of the ties on both sides."""
    pairs = n * (n - 1)
    tied_x, tied_y = ((sizes * (sizes - 1)).sum() for sizes in (x, y))
    own = pairs * (2 * n + 5) - sum((sizes * (sizes - 1) * (2 * sizes + 5)).sum() for sizes in (x, y))
    triples = [(sizes * (sizes - 1) * (sizes - 2)).sum() for sizes in (x, y)]
    shared = triples[0] * triples[1] / (9 * pairs * (n - 2)) if n > 2 else 0.0
    return float(own / 18 + tied_x * tied_y / (2 * pairs) + shared)
