"""Effect sizes and rank tests: odds ratio, Cohen's d, Cliff's delta, rank sums, signed ranks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, check_equal_lengths, numbers
from study.stats.correlation.coefficients import midranks
from study.stats.correlation.paired_tests import PairedTest, sign_flip
from study.stats.resampling import check_confidence_level, normal_quantile


@dataclass(frozen=True, slots=True)
class OddsRatio:
    """An odds ratio with Wald's interval and two-sided P on the log scale; nan with a reason if a cell is 0."""

    value: float
    low: float
    high: float
    p_value: float
    confidence_level: float
    n: int
    method: str = "Wald on log odds, judgments independent"
    reason: str | None = None


def odds_ratio(
    won: int, lost: int, other_won: int, other_lost: int, *, confidence_level: float = 0.95
) -> OddsRatio:
    """Return the ratio of the odds of winning to the odds elsewhere.

    Parameters
    ----------
    won, lost : int
        Counts in the group of interest.
    other_won, other_lost : int
        Counts in the comparison group.

    Returns
    -------
    OddsRatio
        Above 0; 1 means no difference. Undefined if a count is 0: then the ratio or its standard error is
        infinite.

    References
    ----------
    Woolf 1955; Agresti 2002, section 3.1.1.

    Examples
    --------
    >>> ratio = odds_ratio(109, 96, 79, 126)
    >>> [round(number, 4) for number in (ratio.value, ratio.low, ratio.high)]
    [1.8109, 1.2225, 2.6825]
    """
    check_confidence_level(confidence_level)
    counts = (won, lost, other_won, other_lost)
    if min(counts) < 0 or not np.isfinite(counts).all():
        raise InvalidInput(f"counts {counts}; allowed: 0 or more")
    n = int(sum(counts))
    if min(counts) == 0:
        reason = f"a count of {counts} is 0: the log odds ratio has no finite estimate"
        return OddsRatio(np.nan, np.nan, np.nan, np.nan, confidence_level, n, reason=reason)
    log_ratio = np.log(won) - np.log(lost) - np.log(other_won) + np.log(other_lost)
    error = np.sqrt(sum(1 / count for count in counts))
    half = normal_quantile(confidence_level) * error
    low, value, high = np.exp([log_ratio - half, log_ratio, log_ratio + half])
    p_value = 2 * float(special.ndtr(-abs(log_ratio) / error))
    return OddsRatio(float(value), float(low), float(high), p_value, confidence_level, n)


def cohen_d(x: ArrayLike, y: ArrayLike) -> float:
    """Return Cohen's d: the difference of means in units of the pooled standard deviation.

    Parameters
    ----------
    x, y : array_like of shape (n,), (m,)
        Independent groups; nan is left out.

    Returns
    -------
    float
        nan with fewer than two values in a group, or if neither group varies.

    References
    ----------
    Cohen 1988, eq. 2.5.1.

    Examples
    --------
    >>> round(cohen_d([5, 4, 5, 4, 3, 4], [3, 3, 4, 2, 4, 3]), 4)
    1.3284
    """
    first, second = known_values(x, "x"), known_values(y, "y")
    if min(len(first), len(second)) < 2 or (np.ptp(first) == 0 and np.ptp(second) == 0):
        return np.nan
    squares = ((first - first.mean()) ** 2).sum() + ((second - second.mean()) ** 2).sum()
    pooled = np.sqrt(squares / (len(first) + len(second) - 2))
    return float((first.mean() - second.mean()) / pooled) if pooled > 0 else np.nan


def cliff_delta(x: ArrayLike, y: ArrayLike) -> float:
    """Return Cliff's delta: how often a value of x exceeds one of y, minus how often it falls short.

    Parameters as in :func:`cohen_d`.

    Returns
    -------
    float
        From -1 to 1; nan if a group is empty.

    References
    ----------
    Cliff 1993.

    Examples
    --------
    >>> round(cliff_delta([5, 4, 5, 4, 3, 4], [3, 3, 4, 2, 4, 3]), 4)
    0.6389
    """
    first, second = known_values(x, "x"), np.sort(known_values(y, "y"))
    if not len(first) or not len(second):
        return np.nan
    above = np.searchsorted(second, first, side="left").sum()
    below = len(first) * len(second) - np.searchsorted(second, first, side="right").sum()
    return float((above - below) / (len(first) * len(second)))


def rank_sum_p(x: ArrayLike, y: ArrayLike) -> float:
    """Return the two-sided P of Wilcoxon's rank-sum test, which is Mann and Whitney's U.

    By the normal distribution, with the variance corrected for ties and a continuity correction. Parameters as in
    :func:`cohen_d`.

    Returns
    -------
    float
        1 if all values are equal; nan if a group is empty.

    References
    ----------
    Mann and Whitney 1947; Lehmann 1975, section 1.4 (ties).

    Examples
    --------
    >>> round(rank_sum_p([5, 4, 5, 4, 3, 4], [3, 3, 4, 2, 4, 3]), 4)
    0.0621
    """
    first, second = known_values(x, "x"), known_values(y, "y")
    n, m = len(first), len(second)
    if not n or not m:
        return np.nan
    both = np.concatenate([first, second])
    u = midranks(both)[:n].sum() - n * (n + 1) / 2
    _, ties = np.unique(both, return_counts=True)
    total = n + m
    variance = n * m / 12 * (total + 1 - (ties**3 - ties).sum() / (total * (total - 1)))
    if variance <= 0:
        return 1.0
    z = max(0.0, abs(u - n * m / 2) - 0.5) / np.sqrt(variance)
    return min(1.0, 2 * float(special.ndtr(-z)))


def signed_rank_test(
    x: ArrayLike, y: ArrayLike, *, n_resamples: int = 9999, rng: np.random.Generator | None = None
) -> PairedTest:
    """Test paired differences by flipping the signs of their ranks (Wilcoxon); equal pairs are left out.

    Exact up to 20 pairs that differ. Parameters as in :func:`study.stats.correlation.paired_tests.sign_flip`.

    References
    ----------
    Wilcoxon 1945; Lehmann 1975, section 3.2 (ties).

    Examples
    --------
    >>> round(signed_rank_test([5, 4, 5, 4, 3, 4], [3, 3, 4, 2, 4, 3]).p_two_sided, 4)
    0.1562
    """
    first, second = numbers(x, "x"), numbers(y, "y")
    check_equal_lengths(x=len(first), y=len(second))
    gap = first - second
    gap = gap[(gap != 0) & ~np.isnan(gap)]
    # Ranks with ties are halves: doubled they are whole, and can be counted exactly.
    signed = 2 * np.sign(gap) * midranks(np.abs(gap))
    return sign_flip(signed, n_resamples=n_resamples, rng=rng)


def known_values(values: ArrayLike, what: str) -> FloatArray:
    """Return numbers without missing ones."""
    array = numbers(values, what)
    return array[~np.isnan(array)]
