"""Two shares compared as odds ratio, risk ratio and difference: independent answers, strata, clusters, and empty cells."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from study.errors import InvalidInput
from study.stats.arrays import IntArray, check_equal_lengths, codes, numbers
from study.stats.claims import Claim, claimed_values
from study.stats.effects import OddsRatio
from study.stats.ranking.win_rates import wilson_interval
from study.stats.resampling import Estimate, check_confidence_level, normal_quantile
from study.stats.units import Units

INDEPENDENT = "answers independent"


@dataclass(frozen=True, slots=True)
class ClusteredOddsRatio:
    """An odds ratio whose interval and P are over units.

    Attributes
    ----------
    ratio : Estimate
        The odds ratio with its limits.
    claim : Claim
        Its logarithm, with the P value.
    """

    ratio: Estimate
    claim: Claim


def clustered_odds_ratio(
    answer: ArrayLike, group: ArrayLike, units: Units, *, confidence_level: float = 0.95
) -> ClusteredOddsRatio:
    """Return the odds of yes in group 0 relative to group 1, with sandwich errors over units.

    The sandwich is the default because leaving a unit out can empty a cell, where a jackknife is undefined.

    Parameters
    ----------
    answer : array_like of bool or int, shape (n_answers,)
        1 for yes, 0 for no.
    group : array_like of int, shape (n_answers,)
        0 or 1.
    units : Units
    confidence_level : float

    Returns
    -------
    ClusteredOddsRatio
        nan with a reason if a cell is empty; then see :func:`exact_odds_ratio`.

    References
    ----------
    Liang and Zeger 1986.
    """
    said, side = codes(np.asarray(answer, dtype=np.int64), 2, "answer"), codes(group, 2, "group")
    check_equal_lengths(answer=len(said), group=len(side), units=len(units))
    counts = np.bincount(2 * side + 1 - said, minlength=4).reshape(2, 2)
    n, yes = counts.sum(axis=1), counts[:, 0]
    value, moves, reason = np.nan, np.zeros(len(said)), None
    if counts.min() > 0:
        share = yes / n
        moves = (said - share[side]) / (n * share * (1 - share))[side] * (1 - 2 * side)
        value = float(np.log(counts[0, 0] * counts[1, 1]) - np.log(counts[0, 1] * counts[1, 0]))
    else:
        reason = f"a count of {counts.ravel().tolist()} is 0: the odds ratio has no finite estimate above 0"
    (claim,) = claimed_values(
        [value], moves, units, confidence_level=confidence_level, floor=False, method="log odds ratio"
    )
    found = claim.estimate
    middle, low, high = np.exp([found.value, found.low, found.high]).tolist()
    method, why = f"odds ratio, {found.method}", reason or found.reason
    ratio = Estimate(middle, low, high, confidence_level, found.n_units, 0, method, why)
    return ClusteredOddsRatio(ratio, claim)


def exact_odds_ratio(table: ArrayLike, *, confidence_level: float = 0.95) -> OddsRatio:
    """Return the conditional odds ratio of a 2 by 2 table with exact limits, for tables with an empty cell.

    Adding a half to each cell gives a number where there is none. With an empty cell one limit is 0 or infinite, and the
    other one is exact; the estimate is undefined.

    Parameters
    ----------
    table : array_like of int, shape (2, 2)
        Rows are groups, columns yes and no.
    confidence_level : float

    Returns
    -------
    OddsRatio
        All nan with a reason if a row or column is empty. P is Fisher's.

    References
    ----------
    Cornfield 1956; Fisher 1935.

    Examples
    --------
    >>> found = exact_odds_ratio([[5, 0], [3, 4]])
    >>> round(found.low, 3), found.high, found.reason
    (0.573, inf, 'a cell is empty: only one limit is finite')
    """
    check_confidence_level(confidence_level)
    counts = checked_table(table)
    n = int(counts.sum())
    method = f"conditional maximum likelihood, exact limits, {INDEPENDENT}"
    if min(counts.sum(axis=0).min(), counts.sum(axis=1).min()) == 0:
        reason = "a row or a column is empty: there is nothing to compare"
        return OddsRatio(np.nan, np.nan, np.nan, np.nan, confidence_level, n, method, reason)
    found = stats.contingency.odds_ratio(counts, kind="conditional")
    low, high = found.confidence_interval(confidence_level)
    empty = counts.min() == 0
    only = "a cell is empty: only one limit is finite" if empty else None
    value = np.nan if empty else float(found.statistic)
    p = float(stats.fisher_exact(counts)[1])
    return OddsRatio(value, float(low), float(high), p, confidence_level, n, method, only)


def mantel_haenszel(tables: ArrayLike, *, confidence_level: float = 0.95) -> OddsRatio:
    """Return the odds ratio common to strata, with P by the test of Mantel and Haenszel without continuity correction.

    Parameters
    ----------
    tables : array_like of int, shape (n_strata, 2, 2)
        Rows are groups, columns yes and no.
    confidence_level : float

    Returns
    -------
    OddsRatio
        nan with a reason if no stratum has discordant counts both ways.

    References
    ----------
    Mantel and Haenszel 1959; Robins, Breslow and Greenland 1986 (variance).

    Examples
    --------
    >>> found = mantel_haenszel([[[10, 5], [4, 11]], [[6, 9], [3, 12]]])
    >>> [round(one, 4) for one in (found.value, found.low, found.high, found.p_value)]
    [3.8723, 1.2564, 11.9353, 0.0171]
    """
    check_confidence_level(confidence_level)
    strata = numbers(tables, "tables", n_dimensions=3)
    if strata.shape[1:] != (2, 2) or (strata < 0).any() or (strata != np.rint(strata)).any():
        raise InvalidInput(f"tables of shape {strata.shape}; allowed: counts of shape (n_strata, 2, 2)")
    strata = strata[strata.sum(axis=(1, 2)) > 1]
    (a, b), (c, d) = strata.transpose(1, 2, 0)
    n = a + b + c + d
    method = f"Mantel-Haenszel, {INDEPENDENT} within strata"
    same, other = a * d / n, b * c / n
    up, down = float(same.sum()), float(other.sum())
    if not (up > 0 and down > 0):
        reason = "no finite common odds ratio: in no stratum are there answers in both diagonals"
        return OddsRatio(np.nan, np.nan, np.nan, np.nan, confidence_level, int(n.sum()), method, reason)
    p, q = (a + d) / n, (b + c) / n
    variance = (p * same).sum() / (2 * up**2) + (q * other).sum() / (2 * down**2)
    variance += (p * other + q * same).sum() / (2 * up * down)
    log, half = np.log(up / down), normal_quantile(confidence_level) * np.sqrt(variance)
    low, high = np.exp([log - half, log + half]).tolist()
    chi = (a - (a + b) * (a + c) / n).sum() ** 2
    chi /= ((a + b) * (c + d) * (a + c) * (b + d) / (n**2 * (n - 1))).sum()
    p_value = float(special.chdtrc(1, chi))
    return OddsRatio(up / down, low, high, p_value, confidence_level, int(n.sum()), method)


def risk_ratio(table: ArrayLike, *, confidence_level: float = 0.95) -> Estimate:
    """Return the share of yes in the first row relative to the second, with Katz's log interval.

    Parameters
    ----------
    table : array_like of int, shape (2, 2)
        Rows are groups, columns yes and no.
    confidence_level : float

    Returns
    -------
    Estimate
        nan with a reason if a row is empty or a group has no yes.

    References
    ----------
    Katz, Baptista, Azen and Pike 1978.

    Examples
    --------
    >>> found = risk_ratio([[109, 96], [79, 126]])
    >>> [round(one, 4) for one in (found.value, found.low, found.high)]
    [1.3797, 1.1124, 1.7114]
    """
    check_confidence_level(confidence_level)
    counts = checked_table(table)
    (yes, _), (other_yes, _) = counts.tolist()
    n, m = counts.sum(axis=1).tolist()
    method = f"ratio of shares, log interval, {INDEPENDENT}"
    if not (yes and other_yes):
        reason = "a group without yes: the ratio or its error is not finite"
        return Estimate(np.nan, np.nan, np.nan, confidence_level, n + m, 0, method, reason)
    log = np.log(yes / n) - np.log(other_yes / m)
    half = normal_quantile(confidence_level) * np.sqrt(1 / yes - 1 / n + 1 / other_yes - 1 / m)
    low, value, high = np.exp([log - half, log, log + half]).tolist()
    return Estimate(value, low, high, confidence_level, n + m, 0, method)


def share_difference(table: ArrayLike, *, confidence_level: float = 0.95) -> Estimate:
    """Return the share of yes in the first row minus that in the second, with Newcombe's interval from Wilson's limits.

    Parameters as in :func:`risk_ratio`; nan with a reason if a row is empty.

    References
    ----------
    Newcombe 1998, method 10 (differences).

    Examples
    --------
    >>> found = share_difference([[109, 96], [79, 126]])
    >>> [round(one, 4) for one in (found.value, found.low, found.high)]
    [0.1463, 0.0499, 0.239]
    """
    counts = checked_table(table)
    n = counts.sum(axis=1)
    method = f"difference of shares, Newcombe's interval, {INDEPENDENT}"
    if n.min() == 0:
        nothing = np.nan, np.nan, np.nan
        return Estimate(*nothing, confidence_level, int(n.sum()), 0, method, "a group without answers")
    shares = counts[:, 0] / n
    (low, high), (other_low, other_high) = (
        wilson_interval(float(yes), float(size), confidence_level)
        for yes, size in zip(counts[:, 0], n, strict=True)
    )
    gap = float(shares[0] - shares[1])
    down = np.hypot(shares[0] - low, other_high - shares[1])
    up = np.hypot(high - shares[0], shares[1] - other_low)
    return Estimate(gap, float(gap - down), float(gap + up), confidence_level, int(n.sum()), 0, method)


def checked_table(table: ArrayLike) -> IntArray:
    """Return a 2 by 2 table of whole counts; raise InvalidInput otherwise."""
    counts = numbers(table, "table", n_dimensions=2)
    if counts.shape != (2, 2) or (counts < 0).any() or (counts != np.rint(counts)).any():
        raise InvalidInput(f"table {counts.tolist()}; allowed: whole counts, 0 or more, of shape (2, 2)")
    return counts.astype(np.int64)
