"""Sums over units from which the coefficients of agreement are computed."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from study.stats.agreement.reliability import ValueCounts, exchanged
from study.stats.arrays import FloatArray, IntArray
from study.stats.resampling import Clusters, whole_clusters


@dataclass(frozen=True, slots=True)
class AgreementTotals:
    """Sums over units, with any leading dimensions.

    A coefficient uses the sums in its definition: pairs weigh by raters (``coincidences``, Krippendorff), or each
    unit counts once (``pair_shares``, Fleiss and Gwet); units rated once are in ``rating_shares`` and ``n_rated``
    only.

    Attributes
    ----------
    coincidences : ndarray of shape (..., n_categories, n_categories)
        Ordered pairs of ratings within units, each unit's pairs divided by its number of ratings minus one.
    pair_shares : ndarray of shape (..., n_categories, n_categories)
        The same pairs as shares of their unit's pairs: each unit rated at least twice adds 1.
    rating_shares : ndarray of shape (..., n_categories)
        Ratings as shares of their unit's ratings: each rated unit adds 1.
    n_units : ndarray of shape (...)
        Number of units rated at least twice.
    n_rated : ndarray of shape (...)
        Number of units rated at least once, if units rated once were included.
    values : ndarray of shape (n_categories,)
    """

    coincidences: FloatArray
    pair_shares: FloatArray
    rating_shares: FloatArray
    n_units: FloatArray
    n_rated: FloatArray
    values: FloatArray


AgreementFunction = Callable[[AgreementTotals], FloatArray]


def unit_clusters(counts: ValueCounts, *, singles: bool = False) -> Clusters:
    """Return units grouped by their counts, with or without the units rated once."""
    patterns, multiplicity = counts.counts, counts.multiplicity
    if singles:
        once = counts.singles > 0
        patterns = np.vstack([patterns, np.eye(len(counts.values), dtype=patterns.dtype)[once]])
        multiplicity = np.concatenate([multiplicity, counts.singles[once]])
    return Clusters(patterns.astype(np.float64), multiplicity, unit_cells, "unit")


def grouped_units(counts: IntArray, group: IntArray, what: str, *, singles: bool = False) -> Clusters:
    """Return units summed by group (by item, by profile), for intervals over groups; the cells of :func:`totals` are additive.

    Parameters
    ----------
    counts : ndarray of shape (n_units, n_categories)
        Ratings of each category, one row per unit; units with too few ratings are left out.
    group : ndarray of int, shape (n_units,)
    what : str
        Name of a group, in the singular.
    singles : bool
        Whether units rated once are included.
    """
    kept = counts.sum(axis=1) >= (1 if singles else 2)
    cells = unit_cells(counts[kept].astype(np.float64))
    found, place = np.unique(group[kept], return_inverse=True)
    sums = np.column_stack([np.bincount(place, column, minlength=len(found)) for column in cells.T])
    return whole_clusters(sums.astype(np.float64), what)


def unit_cells(counts: FloatArray) -> FloatArray:
    """Return the cells of units, one row each, from counts of shape (n, n_categories), as input of :func:`totals`."""
    n_ratings = counts.sum(axis=1)
    paired = n_ratings >= 2
    pairs = counts[:, :, None] * counts[:, None, :]
    diagonal = np.arange(counts.shape[1])
    pairs[:, diagonal, diagonal] -= counts
    pairs = pairs.reshape(len(counts), counts.shape[1] ** 2) * paired[:, None]
    coincidences = pairs / np.maximum(n_ratings - 1, 1)[:, None]
    shares = counts / n_ratings[:, None]
    return np.hstack(
        [coincidences, coincidences / n_ratings[:, None], shares, paired[:, None], np.ones((len(counts), 1))]
    )


def totals(cells: FloatArray, counts: ValueCounts) -> AgreementTotals:
    """Return totals from sums of :func:`unit_cells`, shape (n, n_cells); under both namings if exchangeable."""
    q = len(counts.values)
    coincidences = cells[:, : q * q].reshape(-1, q, q)
    pair_shares = cells[:, q * q : 2 * q * q].reshape(-1, q, q)
    rating_shares = cells[:, 2 * q * q : -2]
    if counts.exchangeable is not None:
        renamed = exchanged(q, counts.exchangeable)
        coincidences, pair_shares = (_symmetric(table, renamed) for table in (coincidences, pair_shares))
        rating_shares = (rating_shares + rating_shares[:, renamed]) / 2
    n_units, n_rated = np.rint(cells[:, -2]), np.rint(cells[:, -1])
    return AgreementTotals(coincidences, pair_shares, rating_shares, n_units, n_rated, counts.values)


def _symmetric(tables: FloatArray, renamed: list[int]) -> FloatArray:
    """Return the mean of tables as given and with the names of two categories exchanged."""
    return (tables + tables[:, renamed][:, :, renamed]) / 2


def ratio(numerator: FloatArray, denominator: FloatArray, undefined: float = np.nan) -> FloatArray:
    """Return the ratio, or ``undefined`` if the denominator is not above zero."""
    result = np.full(np.broadcast(numerator, denominator).shape, undefined)
    return np.asarray(np.divide(numerator, denominator, out=result, where=np.asarray(denominator) > 0))
