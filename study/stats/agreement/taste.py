"""Taste and noise: do raters agree more when they judge for the same profile than for different ones?"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from study.stats.agreement.totals import ratio
from study.stats.arrays import FloatArray, IntArray, check_equal_lengths, codes
from study.stats.resampling import Estimate, interval, whole_clusters


@dataclass(frozen=True, slots=True)
class TasteContrast:
    """Agreement of two kinds of pairs of ratings, as shares of pairs that agree; each unit counts once.

    Attributes
    ----------
    first, second : Estimate
        From 0 to 1, over the units with a pair of that kind.
    difference : Estimate
        First minus second over the units with pairs of both kinds, so that easy units do not look like a difference.
        From -1 to 1.
    """

    first: Estimate
    second: Estimate
    difference: Estimate


def taste_and_noise(
    unit: ArrayLike,
    profile: ArrayLike,
    category: ArrayLike,
    n_categories: int,
    *,
    group: IntArray | None = None,
    group_name: str = "group",
    method: str = "jackknife",
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
    rng: np.random.Generator | None = None,
) -> TasteContrast:
    """Estimate agreement within profiles, between profiles, and their difference.

    Disagreement between two raters of the same profile is noise (1 minus ``first``); the loss of agreement from one
    profile to another is taste (``difference``). If the difference is 0, answers do not depend on the profile.

    Parameters
    ----------
    unit : array_like of int, shape (n_ratings,)
        What was judged for several profiles, codes from 0: the same request and systems, but not the same outputs.
    profile : array_like of int, shape (n_ratings,)
        The profile that the rater judged for, codes from 0.
    category : array_like of int, shape (n_ratings,)
        The preferred system or a tie, codes below n_categories.
    n_categories : int
    group : ndarray of int, shape (n_units,), optional
        Units that belong together, so that intervals are over groups; by default over units.
    group_name : str
    method : {"jackknife", "bootstrap"}
    confidence_level : float
    n_resamples : int
        For the bootstrap.
    rng : numpy.random.Generator, optional
        Required by the bootstrap.

    Returns
    -------
    TasteContrast
        First within, second between profiles. nan with a reason if there is no such pair. Shares of agreement do not
        depend on which category is called a.

    Raises
    ------
    InvalidInput
        If a code is out of range or lengths differ.

    References
    ----------
    Shares per unit as Fleiss 1971, eq. 2, split by pairs within and between groups.

    Examples
    --------
    Two profiles with two raters each: they agree within each profile, but never between them on the first unit:

    >>> unit, profile = [0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 0, 0, 1, 1]
    >>> found = taste_and_noise(unit, profile, [0, 0, 1, 1, 1, 1, 1, 1], 2)
    >>> found.first.value, found.second.value, found.difference.value
    (1.0, 0.5, 0.5)
    """
    units, profiles = codes(unit, None, "unit"), codes(profile, None, "profile")
    categories = codes(category, n_categories, "category")
    check_equal_lengths(unit=len(units), profile=len(profiles), category=len(categories))
    n_units, n_profiles = int(units.max(initial=-1)) + 1, int(profiles.max(initial=-1)) + 1
    cell, position = np.unique(units * n_profiles + profiles, return_inverse=True)
    in_cell = _counts(position, categories, len(cell), n_categories)
    owner = cell // max(1, n_profiles)
    agreeing, pairs = (_sums(owner, x, n_units) for x in _ordered_pairs(in_cell))
    all_agreeing, all_pairs = _ordered_pairs(_counts(units, categories, n_units, n_categories))
    return _contrast(
        (agreeing, pairs),
        (all_agreeing - agreeing, all_pairs - pairs),
        ("pair of raters of one profile", "pair of raters of different profiles"),
        _intervals(method, confidence_level, n_resamples, rng, group_name if group is not None else "unit"),
        group,
    )


def owners_and_proxies(
    unit: ArrayLike,
    is_owner: ArrayLike,
    category: ArrayLike,
    n_categories: int,
    *,
    group: IntArray | None = None,
    group_name: str = "group",
    method: str = "jackknife",
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
    rng: np.random.Generator | None = None,
) -> TasteContrast:
    """Estimate the agreement of proxies with the owner of a profile, and with each other.

    A positive difference (proxies agree with each other, not with the owner) shows what proxies cannot know.

    Parameters
    ----------
    unit : array_like of int, shape (n_ratings,)
        Comparisons, codes from 0.
    is_owner : array_like of bool, shape (n_ratings,)
        Whether the rater owns the profile that the outputs were made for.
    category : array_like of int, shape (n_ratings,)
    n_categories, group, group_name, method, confidence_level, n_resamples, rng
        As in :func:`taste_and_noise`.

    Returns
    -------
    TasteContrast
        First among proxies, second between proxies and the owner.

    Examples
    --------
    >>> unit, is_owner = [0, 0, 0, 1, 1, 1], [True, False, False] * 2
    >>> found = owners_and_proxies(unit, is_owner, [0, 1, 1, 1, 1, 1], 2)
    >>> found.first.value, found.second.value, found.difference.value
    (1.0, 0.5, 0.5)
    """
    units, categories = codes(unit, None, "unit"), codes(category, n_categories, "category")
    owns = codes(np.asarray(is_owner).astype(np.int64), 2, "owner").astype(bool)
    check_equal_lengths(unit=len(units), is_owner=len(owns), category=len(categories))
    n_units = int(units.max(initial=-1)) + 1
    owner = _counts(units[owns], categories[owns], n_units, n_categories)
    proxy = _counts(units[~owns], categories[~owns], n_units, n_categories)
    return _contrast(
        _ordered_pairs(proxy),
        ((owner * proxy).sum(axis=1), owner.sum(axis=1) * proxy.sum(axis=1)),
        ("pair of proxies", "pair of an owner and a proxy"),
        _intervals(method, confidence_level, n_resamples, rng, group_name if group is not None else "unit"),
        group,
    )


Pairs = tuple[FloatArray, FloatArray]
Intervals = Callable[[FloatArray, Callable[[FloatArray], FloatArray]], Estimate]


def _counts(group: IntArray, category: IntArray, n_groups: int, n_categories: int) -> FloatArray:
    counts = np.bincount(group * n_categories + category, minlength=n_groups * n_categories)
    return counts.reshape(n_groups, n_categories).astype(np.float64)


def _sums(group: IntArray, values: FloatArray, n_groups: int) -> FloatArray:
    return np.bincount(group, values, n_groups).astype(np.float64)


def _ordered_pairs(counts: FloatArray) -> Pairs:
    """Return per row of counts the number of ordered pairs of ratings that agree, and of all pairs."""
    n_ratings = counts.sum(axis=1)
    return (counts * (counts - 1)).sum(axis=1), n_ratings * (n_ratings - 1)


def _intervals(
    method: str, confidence_level: float, n_resamples: int, rng: np.random.Generator | None, unit: str
) -> Intervals:
    def estimate(cells: FloatArray, statistic: Callable[[FloatArray], FloatArray]) -> Estimate:
        return interval(
            statistic,
            whole_clusters(cells, unit),
            method,
            confidence_level=confidence_level,
            n_resamples=n_resamples,
            rng=rng,
        )

    return estimate


def _contrast(
    first: Pairs,
    second: Pairs,
    kinds: tuple[str, str],
    intervals: Intervals,
    group: IntArray | None,
) -> TasteContrast:
    """Return the contrast of two kinds of pairs, given per unit as (agreeing, all), shape (n_units,) each."""
    shares = [ratio(*pairs) for pairs in (first, second)]
    columns = [shares[0], shares[1], shares[0] - shares[1]]
    missing = [f"no {kinds[0]}", f"no {kinds[1]}", "no unit with pairs of both kinds"]
    found = []
    for values, no, lowest in zip(columns, missing, (0, 0, -1), strict=True):
        there = ~np.isnan(values)
        known = values[there]
        cells = np.column_stack([known, np.ones_like(known)])
        if group is not None:
            place = np.unique(group[there], return_inverse=True)[1]
            cells = np.column_stack([np.bincount(place, column) for column in cells.T]).astype(np.float64)
        estimate = intervals(cells, lambda totals: ratio(totals[:, 0], np.rint(totals[:, 1])))
        low, high = np.clip([estimate.low, estimate.high], lowest, 1)
        reason = no if np.isnan(estimate.value) else estimate.reason
        found.append(replace(estimate, low=float(low), high=float(high), reason=reason))
    return TasteContrast(*found)
