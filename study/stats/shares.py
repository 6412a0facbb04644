"""Shares of what clusters hold: a ratio of sums with an interval over the clusters."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from study.stats.arrays import FloatArray, check_equal_lengths, codes, numbers
from study.stats.ranking.win_rates import wilson_interval
from study.stats.resampling import Estimate, check_confidence_level, jackknife, whole_clusters


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


def relative_change(
    part: ArrayLike,
    whole: ArrayLike,
    part_before: ArrayLike,
    whole_before: ArrayLike,
    *,
    unit: str = "comparison",
    confidence_level: float = 0.95,
) -> Estimate:
    """Estimate by how much a share differs from another one, relative to that: 0.23 against 0.50 is -54%.

    The delete-one jackknife over clusters that may be in both shares, so that what they have in common is kept; the interval
    is cut at -1.

    Parameters
    ----------
    part, whole : array_like of shape (n_clusters,)
        Of the share; 0 where a cluster is not in it.
    part_before, whole_before : array_like of shape (n_clusters,)
        Of the share that it is compared with.
    unit : str
        What a cluster is.
    confidence_level : float

    Returns
    -------
    Estimate
        From -1 up; nan with a reason where a share is empty or the second one is 0. ``n_units`` counts clusters in either.

    References
    ----------
    Tukey 1958.

    Examples
    --------
    >>> round(relative_change([23], [100], [50], [100]).value, 2)
    -0.54
    """
    check_confidence_level(confidence_level)
    names = ("part", "whole", "part_before", "whole_before")
    columns = [
        numbers(one, name) for one, name in zip((part, whole, part_before, whole_before), names, strict=True)
    ]
    check_equal_lengths(**{name: len(one) for name, one in zip(names, columns, strict=True)})
    cells = np.column_stack(columns)
    cells = cells[(cells[:, 1] > 0) | (cells[:, 3] > 0)]
    totals = cells.sum(axis=0)
    method = f"delete-one-{unit} jackknife, t interval"
    lacking = "no judgment of one of the two" if not (totals[1] and totals[3]) else "the second share is 0"
    if not (totals[1] and totals[3] and totals[2]):
        return Estimate(np.nan, np.nan, np.nan, confidence_level, len(cells), 0, method, lacking)
    found = jackknife(_relative, whole_clusters(cells, unit), confidence_level=confidence_level)
    low = float(np.maximum(found.low, -1.0))
    return Estimate(found.value, low, found.high, confidence_level, len(cells), 0, method, found.reason)


def _relative(totals: FloatArray) -> FloatArray:
    return _ratio(totals[:, :2]) / np.where(totals[:, 2] > 1e-12, _ratio(totals[:, 2:]), np.nan) - 1


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
