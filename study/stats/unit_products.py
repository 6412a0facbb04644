"""Variances of many contrasts of a few columns: products of the sums of units, made once for all contrasts.

A column is a system, or a system and a level of the scale. The variance of a contrast over units is a quadratic form of
the products, so that it costs the same for 1,000 judgments and for 1,000,000.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from study.stats.arrays import FloatArray, IntArray
from study.stats.claims import Claim, claims_of
from study.stats.multiway import JointSpread, Spread, cells_of_kinds, joint_of_ways, spread_of_ways
from study.stats.units import FEWEST, Units

Sums = Callable[[IntArray, int], FloatArray | sparse.csr_array]
"""From the cluster of each judgment and the number of clusters to the sums of each, shape (n_clusters, n_columns)."""

Products = dict[tuple[str, ...], tuple[FloatArray, int]]
"""Per set of kinds: the sum over clusters of the products of their sums, (n_columns, n_columns), and the clusters."""

DENSE = 2_000_000
"""Sums with fewer entries than this, or than four per judgment, are an ordinary array."""


def column_sums(column: IntArray, n_columns: int, weight: FloatArray | None = None) -> Sums:
    """Return the sums of weights (1 each, if none are given) by cluster, where each judgment is in one column.

    >>> column_sums(np.array([0, 1, 1]), 2)(np.array([0, 0, 1]), 2)
    array([[1., 1.],
           [0., 1.]])
    """

    def sums(cluster: IntArray, n: int) -> FloatArray | sparse.csr_array:
        if n * n_columns < max(DENSE, 4 * len(column)):
            flat = np.bincount(cluster * n_columns + column, weight, n * n_columns)
            return np.asarray(flat.reshape(n, n_columns), dtype=np.float64)
        each = np.ones(len(column)) if weight is None else weight
        return sparse.csr_array((each, (cluster, column)), shape=(n, n_columns))

    return sums


def unit_products(sums: Sums, units: Units) -> Products:
    """Return the products of the sums over the units of each kind, and over the cells of several."""
    found: Products = {}
    for subset, (cell, n) in cells_of_kinds(units).items():
        of_cells = sums(cell, n)
        product = of_cells.T @ of_cells
        dense = product.toarray() if sparse.issparse(product) else product
        found[subset] = np.asarray(dense, dtype=np.float64), n
    return found


def resting_units(units: Units, counts: Mapping[str, IntArray]) -> list[Units]:
    """Return the units of each contrast, whose counts and kinds are those of the judgments that it rests on.

    Parameters
    ----------
    units : Units
        Of all judgments.
    counts : mapping of str to ndarray of shape (n_contrasts,)
        Per given kind, the number of units that the contrast rests on.
    """
    alike: dict[tuple[bool, ...], Units] = {}
    found = []
    for row in zip(*(counts[kind].tolist() for kind in units.named), strict=True):
        own = dict(zip(units.named, row, strict=True))
        key = tuple(n >= FEWEST for n in row)
        if key not in alike:
            alike[key] = units.resting_on(own)
        like = alike[key]
        numbers = tuple(own[kind] for kind in like.kinds)
        found.append(replace(like, counts=numbers, fixed=tuple((kind, own[kind]) for kind, _ in like.fixed)))
    return found


def contrast_spread(
    contrasts: FloatArray, sums: Sums, resting: Sequence[Units], behind: Mapping[str, IntArray] | None = None
) -> Spread:
    """Return the variances of contrasts over the units that each rests on, without a floor.

    The floor of :func:`study.stats.multiway.spread` takes judgments as independent, which would take away what pairing
    gains: ratings of one item by one rater have much in common.

    Parameters
    ----------
    contrasts : ndarray of shape (n_columns, n_contrasts)
    sums : callable
    resting : sequence of Units
        One per contrast, from :func:`resting_units`.
    behind : mapping of str to ndarray of shape (n_contrasts,), optional
        Per kind, the number of units that add to the contrast; by default those that it rests on.
    """
    m = contrasts.shape[1]
    variance, freedom, share_freedom = (np.full(m, np.nan) for _ in range(3))
    for kinds in dict.fromkeys(one.kinds for one in resting):
        place = np.array([at for at, one in enumerate(resting) if one.kinds == kinds])
        counts = {kind: np.array([resting[at].counts[i] for at in place]) for i, kind in enumerate(kinds)}
        adding = counts if behind is None else {kind: behind[kind][place] for kind in kinds}
        units = resting[place[0]].only(kinds)
        ways = _ways(contrasts[:, place], unit_products(sums, units), adding)
        found = spread_of_ways(ways, units, plain=np.full(len(place), np.nan), floor=False, counts=counts)
        variance[place], freedom[place] = found.variance, found.degrees_of_freedom
        share_freedom[place] = found.share_freedom
    nothing = np.full(m, np.nan)
    return Spread(variance, freedom, share_freedom, nothing, {}, nothing)


def joint_contrasts(contrasts: FloatArray, sums: Sums, units: Units) -> JointSpread:
    """Return the covariance matrix of contrasts, shape (n_columns, n_contrasts), over all units, for joint tests."""
    ways = {}
    for subset, (product, n) in unit_products(sums, units).items():
        ways[subset] = contrasts.T @ product @ contrasts * (n / (n - 1) if n > 1 else np.nan)
    return joint_of_ways(ways, units, contrasts.shape[1])


def claimed_contrasts(
    values: ArrayLike,
    contrasts: FloatArray,
    sums: Sums,
    resting: Sequence[Units],
    behind: Mapping[str, IntArray] | None = None,
    *,
    null: float = 0.0,
    confidence_level: float = 0.95,
    method: str = "",
) -> tuple[Claim, ...]:
    """Return estimates with t intervals and tests, each over the units that it rests on.

    Parameters as in :func:`contrast_spread` and :func:`study.stats.claims.claims_of`.
    """
    found = contrast_spread(contrasts, sums, resting, behind)
    claims: list[Claim] = []
    for at, (value, units) in enumerate(zip(np.asarray(values, dtype=np.float64), resting, strict=True)):
        claims += claims_of(
            [value], found.at(at), units, null=null, confidence_level=confidence_level, method=method
        )
    return tuple(claims)


def _ways(
    contrasts: FloatArray, products: Products, adding: Mapping[str, IntArray]
) -> dict[tuple[str, ...], FloatArray]:
    """Return the variance of each contrast over the units of each kind, and over the cells of several."""
    ways = {}
    for subset, (product, n_cells) in products.items():
        squares = ((product @ contrasts) * contrasts).sum(axis=0)
        n = adding[subset[0]] if len(subset) == 1 else np.array(n_cells)
        with np.errstate(divide="ignore", invalid="ignore"):
            ways[subset] = np.where(n > 1, n / (n - 1) * squares, np.nan)
    return ways
