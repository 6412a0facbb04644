"""How far two systems' ratings are apart in standard deviations, or in dominance, over raters.

Every size is named after its denominator: the spread of ratings, of paired differences, or of raters' mean differences.
"""

from dataclasses import dataclass, replace

import numpy as np

from study.errors import InvalidInput
from study.stats.agreement.totals import ratio
from study.stats.arrays import FloatArray, IntArray, compact
from study.stats.claims import Claim, claimed_values
from study.stats.ratings.cells import Rated
from study.stats.resampling import Estimate, jackknife, whole_clusters
from study.stats.units import units_of


@dataclass(frozen=True, slots=True)
class PairedSizes:
    """The mean difference of paired ratings in different standard deviations; nan where that is 0 or undefined.

    Attributes
    ----------
    d_z_cells : float
        In standard deviations of the differences of one rater on one item.
    d_z_raters : float
        In standard deviations of the raters' mean differences; grows with the number of items.
    d_av : float
        In the root mean square of the two systems' standard deviations over ratings.
    n_cells, n_raters : int
        Pairs of ratings, and raters with one.
    """

    d_z_cells: float
    d_z_raters: float
    d_av: float
    n_cells: int
    n_raters: int


def rater_jackknife_d(ratings: Rated, first: int, second: int, *, confidence_level: float = 0.95) -> Estimate:
    """Estimate Cohen's d of two systems, in the pooled standard deviation of their ratings, leaving out one rater at a time.

    Parameters
    ----------
    ratings : Rated
    first, second : int
        Codes of the systems.
    confidence_level : float

    Returns
    -------
    Estimate
        nan with a reason with fewer than two ratings of a system or without variation.

    References
    ----------
    Cohen 1988, eq. 2.5.1; Tukey 1958 (jackknife).
    """
    _check(ratings, first, second)
    of_pair = (ratings.system == first) | (ratings.system == second)
    value, other = ratings.value[of_pair], ratings.system[of_pair] == second
    found, place = np.unique(ratings.rater[of_pair], return_inverse=True)
    centred = value - (value.mean() if len(value) else 0.0)
    columns = [
        np.bincount(place[side], centred[side] ** power, len(found))
        for side in (~other, other)
        for power in (0, 1, 2)
    ]
    cells = np.column_stack(columns).astype(np.float64)
    if not len(cells):
        method = "delete-one-rater jackknife, t interval"
        return Estimate(np.nan, np.nan, np.nan, confidence_level, 0, 0, method, "no rating of either system")
    return jackknife(_d_of_sums, whole_clusters(cells, "rater"), confidence_level=confidence_level)


def _d_of_sums(totals: FloatArray) -> FloatArray:
    """Return d from counts, sums and sums of squares of two groups, shape (n, 6)."""
    n, y, yy, m, z, zz = totals.T
    squares = yy - y**2 / np.maximum(n, 1) + zz - z**2 / np.maximum(m, 1)
    enough = (n > 1.5) & (m > 1.5)
    pooled = np.sqrt(np.maximum(ratio(squares, np.where(enough, n + m - 2, 0.0)), 0))
    gap = ratio(y, n) - ratio(z, m)
    return ratio(gap, np.where(pooled > 1e-9, pooled, 0.0))


def within_rater_delta(ratings: Rated, first: int, second: int, *, confidence_level: float = 0.95) -> Claim:
    """Return the mean over raters of Cliff's delta between their own ratings of two systems, with a t interval over raters.

    Levels of raters do not count, since each rater's ratings are compared with each other. Raters without ratings of both
    systems are left out.

    Parameters
    ----------
    ratings : Rated
    first, second : int
    confidence_level : float

    References
    ----------
    Cliff 1993.
    """
    _check(ratings, first, second)
    deltas = rater_deltas(ratings, first, second)
    known = deltas[~np.isnan(deltas)]
    method = "mean of raters' Cliff's delta"
    mean = float(known.mean()) if len(known) else np.nan
    units = units_of({"rater": np.arange(len(known))}, asked=True)
    (claim,) = claimed_values(
        [mean], (known - mean) / max(len(known), 1), units, confidence_level=confidence_level, method=method
    )
    if len(known):
        low, high = np.clip([claim.estimate.low, claim.estimate.high], -1, 1).tolist()
        return replace(claim, estimate=replace(claim.estimate, low=low, high=high))
    return replace(claim, estimate=replace(claim.estimate, reason="no rater rated both systems"))


def rater_deltas(ratings: Rated, first: int, second: int) -> FloatArray:
    """Return Cliff's delta of each rater's ratings of two systems, shape (n_raters,); nan without ratings of both."""
    scale, level = np.unique(ratings.value, return_inverse=True)
    n, k = int(ratings.rater.max(initial=-1)) + 1, len(scale)
    counts = []
    for system in (first, second):
        own = ratings.system == system
        flat = np.bincount(ratings.rater[own] * k + level[own], minlength=n * k)
        counts.append(flat.reshape(n, k).astype(np.float64))
    one, other = counts
    upto = np.cumsum(other, axis=1)
    below, above = upto - other, upto[:, -1:] - upto
    pairs = one.sum(axis=1) * other.sum(axis=1)
    return ratio(np.asarray((one * (below - above)).sum(axis=1)), np.asarray(pairs, dtype=np.float64))


def paired_sizes(ratings: Rated, first: int, second: int) -> PairedSizes:
    """Return the mean difference of ratings by one rater for one item, in different standard deviations.

    A rater's ratings of one system for one item are averaged first.

    Parameters
    ----------
    ratings : Rated
    first, second : int

    References
    ----------
    Lakens 2013 (d_z and d_av).
    """
    _check(ratings, first, second)
    rater, gaps, values = _pairs(ratings, first, second)
    deviations = [one.std(ddof=1) if len(one) > 1 else np.nan for one in (gaps, *values)]
    found, place = np.unique(rater, return_inverse=True)
    means = np.bincount(place, gaps, len(found)) / np.maximum(np.bincount(place, minlength=len(found)), 1)
    between = means.std(ddof=1) if len(means) > 1 else np.nan
    average = np.sqrt((deviations[1] ** 2 + deviations[2] ** 2) / 2)
    gap = float(gaps.mean()) if len(gaps) else np.nan
    of_raters = float(means.mean()) if len(means) else np.nan
    return PairedSizes(
        _in(gap, deviations[0]), _in(of_raters, between), _in(gap, average), len(gaps), len(found)
    )


def _pairs(
    ratings: Rated, first: int, second: int
) -> tuple[IntArray, FloatArray, tuple[FloatArray, FloatArray]]:
    """Return rater, difference and the two values of each cell of rater and item with ratings of both systems."""
    n_items = int(ratings.item.max(initial=-1)) + 1
    of_pair = (ratings.system == first) | (ratings.system == second)
    key = ratings.rater[of_pair] * n_items + ratings.item[of_pair]
    start, cell = compact(key, (int(ratings.rater.max(initial=-1)) + 1) * n_items)
    values = []
    for system in (first, second):
        own = ratings.system[of_pair] == system
        n = np.bincount(cell[own], minlength=len(start)).astype(np.float64)
        total = np.bincount(cell[own], ratings.value[of_pair][own], len(start)).astype(np.float64)
        values.append(ratio(total, n))
    one, other = values
    both = ~np.isnan(one) & ~np.isnan(other)
    rater = ratings.rater[of_pair][start][both]
    return rater, one[both] - other[both], (one[both], other[both])


def _in(gap: float, deviation: float) -> float:
    return float(gap / deviation) if deviation > 1e-12 else np.nan


def _check(ratings: Rated, first: int, second: int) -> None:
    for code in (first, second):
        if not 0 <= code < ratings.n_systems:
            raise InvalidInput(f"system code {code}; allowed: 0 to {ratings.n_systems - 1}")
    if first == second:
        raise InvalidInput(f"system {first} twice; allowed: two different systems")
