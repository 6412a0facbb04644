"""Kendall's W and Friedman's test of complete rankings."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from study.stats.agreement.totals import ratio
from study.stats.arrays import FloatArray, IntArray, numbers
from study.stats.correlation.coefficients import midranks
from study.stats.statistic import Statistic
from study.wording import counted


@dataclass(frozen=True, slots=True)
class Concordance:
    """Agreement of rankings of the same systems, and tests of no difference between the systems.

    Attributes
    ----------
    w : float
        Kendall's W, corrected for ties, from 0 to 1: 1 is perfect agreement, and 1/n is its mean by chance.
    mean_rho : float
        Spearman's rho averaged over all pairs of rankings, ties included; 0 by chance.
    chi_square, p_value : float
        Friedman's test, with ``degrees_of_freedom``; liberal or strict with few rankings.
    degrees_of_freedom : int
    f, f_p_value : float
        The same by Iman and Davenport's F, which keeps its level better, with ``f_freedom``.
    f_freedom : tuple of int
    n_rankings, n_systems : int
        Complete rankings used.
    n_incomplete : int
        Rankings left out because a system had no rank.
    reason : str or None
    """

    w: float
    mean_rho: float
    chi_square: float
    p_value: float
    degrees_of_freedom: int
    f: float
    f_p_value: float
    f_freedom: tuple[int, int]
    n_rankings: int
    n_systems: int
    n_incomplete: int
    reason: str | None = None


def concordance(ranks: ArrayLike) -> Concordance:
    """Return the agreement of rankings of the same systems, and Friedman's test that no system differs.

    The tests take the rankings as independent: one per rater, or the mean ranks of each rater.

    Parameters
    ----------
    ranks : array_like of shape (n_rankings, n_systems)
        Ranks or scores, equal where tied, nan where missing. Rows with a missing value are left out.

    Returns
    -------
    Concordance
        nan with a reason for fewer than 2 complete rankings or 2 systems, or if every ranking ties all systems.

    References
    ----------
    Kendall and Babington Smith 1939; Friedman 1937; Iman and Davenport 1980; Kendall 1970, chapter 6 (ties).

    Examples
    --------
    >>> found = concordance([[1, 2, 3, 4], [1, 2, 4, 3], [2, 1, 3, 4]])
    >>> round(found.w, 5), round(found.chi_square, 4)
    (0.82222, 7.4)
    """
    data = numbers(ranks, "ranks", n_dimensions=2)
    complete = ~np.isnan(data).any(axis=1)
    places = centred_places(data[complete])
    n, k = places.shape
    own = np.zeros(n, dtype=np.int64)
    w, rho = (float(one.function(places, own, 1).value[0]) for one in CONCORDANCE.values())
    freedom = k - 1, (n - 1) * (k - 1)
    chi, p, f, f_p = np.nan, np.nan, np.nan, np.nan
    if not (reason := _undefined_reason(n, k, w)):
        chi = n * (k - 1) * w
        p = float(special.chdtrc(freedom[0], chi))
        f = (n - 1) * w / (1 - w) if w < 1 else np.inf
        f_p = float(special.fdtrc(*freedom, f)) if w < 1 else 0.0
    tests = chi, p, freedom[0], f, f_p, freedom
    return Concordance(np.nan if reason else w, rho, *tests, n, k, int((~complete).sum()), reason)


def _undefined_reason(n: int, k: int, w: float) -> str | None:
    if n < 2 or k < 2:
        return f"{counted(n, 'complete ranking')} of {counted(k, 'system')}; at least 2 of each are needed"
    return "every ranking ties all systems" if np.isnan(w) else None


@dataclass(frozen=True, slots=True)
class Agreed:
    """A measure of agreement of each item, and the change in it per unit of weight of each ranking.

    Attributes
    ----------
    value : ndarray of shape (n_items,)
        nan where undefined.
    slope : ndarray of shape (n_rankings,)
        Sums to 0 over the rankings of an item.
    """

    value: FloatArray
    slope: FloatArray


def centred_places(ranks: FloatArray) -> FloatArray:
    """Return midranks less their mean in each ranking, shape (n_rankings, n_systems); 0 where there is no rank."""
    k = (~np.isnan(ranks)).sum(axis=-1, keepdims=True)
    return np.asarray(np.nan_to_num(midranks(ranks) - (k + 1) / 2))


def kendall_w(places: FloatArray, item: IntArray, n_items: int) -> Agreed:
    """Return Kendall's W of each item: the squared sum of its rankings over n times the sum of their squares.

    With centred midranks this is ``12 S / (n^2 (k^3 - k) - n sum(t^3 - t))``, the form with ties.

    Parameters
    ----------
    places : ndarray of shape (n_rankings, n_systems)
        From :func:`centred_places`; the rankings of an item name the same systems.
    item : ndarray of int64, shape (n_rankings,)
    n_items : int
    """
    total, n = _totals(places, item, n_items), _sums(item, np.ones(len(item)), n_items)
    own = (places**2).sum(axis=1)
    squares = _sums(item, own, n_items)
    value = np.minimum(ratio((total**2).sum(axis=1), np.where(n > 1, n * squares, 0.0)), 1.0)
    agreement = 2 * ratio((places * total[item]).sum(axis=1), (n * squares)[item])
    slope = agreement - value[item] * (1 / n[item] + ratio(own, squares[item]))
    return Agreed(value, np.asarray(slope))


def mean_rho(places: FloatArray, item: IntArray, n_items: int) -> Agreed:
    """Return Spearman's rho averaged over the pairs of rankings of each item; rankings that tie all systems are left out.

    Parameters as in :func:`kendall_w`.
    """
    length = np.sqrt((places**2).sum(axis=1, keepdims=True))
    standard = ratio(places, np.broadcast_to(length, places.shape), 0.0)
    telling = (length[:, 0] > 0).astype(np.float64)
    total, n = _totals(standard, item, n_items), _sums(item, telling, n_items)
    pairs = n * (n - 1)
    value = ratio((total**2).sum(axis=1) - n, pairs)
    with_others = (standard * total[item]).sum(axis=1) - telling
    slope = 2 * ratio(with_others - telling * value[item] * (n - 1)[item], pairs[item])
    return Agreed(value, np.asarray(slope))


def _totals(places: FloatArray, item: IntArray, n_items: int) -> FloatArray:
    columns = [_sums(item, column, n_items) for column in places.T]
    return np.column_stack(columns) if columns else np.zeros((n_items, 0))


def _sums(item: IntArray, values: FloatArray, n_items: int) -> FloatArray:
    return np.bincount(item, values, n_items).astype(np.float64, copy=False)


CONCORDANCE: dict[str, Statistic[Callable[[FloatArray, IntArray, int], Agreed]]] = {
    "kendall_w": Statistic(kendall_w, "Kendall's W", "Kendall and Babington Smith 1939", (0, 1)),
    "mean_rho": Statistic(mean_rho, "Mean Spearman's ρ of pairs", "Kendall 1970", (-1, 1)),
}
