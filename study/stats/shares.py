"""Shares of what clusters hold: a ratio of sums with an interval over the clusters."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from study.stats.arrays import FloatArray, check_equal_lengths, codes, numbers
from study.stats.claims import Claim, claimed_values
from study.stats.ranking.win_rates import wilson_interval
from study.stats.resampling import Estimate, check_confidence_level, jackknife, whole_clusters
from study.stats.units import Units, estimand, sizes


def clustered_share(
    part: ArrayLike,
    whole: ArrayLike,
    cluster: ArrayLike,
    *,
    unit: str = "item",
    confidence_level: float = 0.95,
    lacking: str = "nothing to take a share of",
) -> Estimate:
    """Estimate a share, the sum of parts over the sum of wholes, with an interval over clusters.

    The delete-one-cluster jackknife, cut at 0 and 1. Where all clusters agree on all or nothing, the interval is Wilson's
    with each cluster counted once: only how many there are says how sure the share is.

    Parameters
    ----------
    part, whole : array_like of shape (n,)
        From 0 up, the part at most the whole.
    cluster : array_like of int, shape (n,)
        Codes from 0.
    unit : str
        What a cluster is.
    confidence_level : float
    lacking : str
        The reason where all wholes are 0.

    Returns
    -------
    Estimate
        ``n_units`` counts clusters with a whole above 0.

    References
    ----------
    Tukey 1958; Wilson 1927.

    Examples
    --------
    >>> found = clustered_share([1, 0, 1, 1], [1, 1, 1, 1], [0, 0, 1, 2])
    >>> found.value, found.n_units
    (0.75, 3)
    """
    check_confidence_level(confidence_level)
    parts, wholes, groups = numbers(part, "part"), numbers(whole, "whole"), codes(cluster, None, "cluster")
    check_equal_lengths(part=len(parts), whole=len(wholes), cluster=len(groups))
    sums = np.column_stack([np.bincount(groups, one) for one in (parts, wholes)]).astype(np.float64)
    sums = sums[sums[:, 1] > 0]
    method = f"delete-one-{unit} jackknife, t interval"
    if not len(sums):
        return Estimate(np.nan, np.nan, np.nan, confidence_level, 0, 0, method, lacking)
    found = jackknife(_ratio, whole_clusters(sums, unit), confidence_level=confidence_level)
    if len(sums) > 1 and np.isnan(found.low) and found.value in (0.0, 1.0):
        low, high = wilson_interval(found.value * len(sums), len(sums), confidence_level)
        return Estimate(
            found.value, low, high, confidence_level, len(sums), 0, f"Wilson, each {unit} counted once"
        )
    low, high = np.clip([found.low, found.high], 0, 1).tolist()
    return Estimate(found.value, low, high, confidence_level, len(sums), 0, method, found.reason)


def claimed_change(
    part: ArrayLike,
    whole: ArrayLike,
    part_before: ArrayLike,
    whole_before: ArrayLike,
    units: Units,
    *,
    confidence_level: float = 0.95,
) -> Claim:
    """Return by how much a share differs from another one, relative to that: 0.23 against 0.50 is -54%.

    Interval and test are over units; judgments may be in both shares, so that what these have in common is kept. The interval
    is cut at -1.

    Parameters
    ----------
    part, whole, part_before, whole_before : array_like of shape (n_judgments,)
        0 where a judgment is not in the share.
    units : Units
    confidence_level : float

    Examples
    --------
    >>> from study.stats.units import units_of
    >>> tie, early = np.arange(60) % 3 == 0, np.arange(60) < 30
    >>> late, units = early & (np.arange(60) > 9), units_of({"item": np.arange(60)})
    >>> found = claimed_change(tie & late, early, tie, np.ones(60), units)
    >>> round(found.estimate.value, 2), found.units
    (-0.4, '60 items')
    """
    names = ("part", "whole", "part_before", "whole_before")
    given = (part, whole, part_before, whole_before)
    one, all_, before, all_before = (
        numbers(np.asarray(column, dtype=np.float64), name) for column, name in zip(given, names, strict=True)
    )
    inside = (all_ > 0) | (all_before > 0)
    one, all_, before, all_before, units = (
        *(column[inside] for column in (one, all_, before, all_before)),
        units.of(inside),
    )
    method = "relative difference of two shares"
    if not (all_.sum() and before.sum()):
        empty = not (all_.sum() and all_before.sum())
        lacking = "no judgment of one of the two" if empty else "the second share is 0"
        nothing = Estimate(np.nan, np.nan, np.nan, confidence_level, units.fewest, 0, method, lacking)
        return Claim(nothing, np.nan, np.nan, units.label, sizes(units), estimand(units))
    now, then = one.sum() / all_.sum(), before.sum() / all_before.sum()
    moves = (one - now * all_) / all_.sum() / then - now / then**2 * (
        before - then * all_before
    ) / all_before.sum()
    claim = claimed_values(now / then - 1, moves, units, confidence_level=confidence_level, method=method)[0]
    return replace(claim, estimate=replace(claim.estimate, low=float(np.maximum(claim.estimate.low, -1.0))))


def _ratio(totals: FloatArray) -> FloatArray:
    part, whole = totals[:, 0], totals[:, 1]
    return np.asarray(np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 1e-12))


def median_interval(values: ArrayLike, confidence_level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a median between two order statistics, for independent values.

    It covers at least what it promises, whatever the distribution; nan, nan where there are too few values (below 6 for 95%).

    Parameters
    ----------
    values : array_like of shape (n,)
        nan is left out.
    confidence_level : float

    References
    ----------
    Conover 1999, section 3.2.

    Examples
    --------
    >>> median_interval(range(1, 11)), median_interval(range(5))
    ((2.0, 9.0), (nan, nan))
    """
    check_confidence_level(confidence_level)
    given = numbers(values, "values")
    ordered = np.sort(given[~np.isnan(given)])
    n = len(ordered)
    below = stats.binom.cdf(np.arange(n // 2), n, 0.5) <= (1 - confidence_level) / 2
    if not below.any():
        return np.nan, np.nan
    cut = int(below.sum())
    return float(ordered[cut - 1]), float(ordered[n - cut])
