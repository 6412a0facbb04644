"""Differences of systems at equal items: least squares with an effect of each system and of each item."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from study.stats.arrays import FloatArray, IntArray
from study.stats.claims import Claim
from study.stats.ratings.cells import Rated
from study.stats.unit_products import Sums, column_sums

UNLINKED = (
    "no chain of items that systems have in common links the two: item effects leave nothing to compare"
)


@dataclass(frozen=True, slots=True)
class ItemAdjusted:
    """Effects of systems at equal items, made by :func:`item_adjusted`.

    Attributes
    ----------
    effects : ndarray of shape (n_systems,)
        Only differences within a component have a meaning; nan without ratings.
    inverse : ndarray of shape (n_systems, n_systems)
        Generalised inverse of the normal equations without the items: sums times this give influences.
    sums : callable
        The sums of scores over clusters.
    component : ndarray of int, shape (n_systems,)
        Systems with the same number are linked by items.
    """

    effects: FloatArray
    inverse: FloatArray
    sums: Sums
    component: IntArray


def item_adjusted(ratings: Rated) -> ItemAdjusted:
    """Return the effects of systems with the items taken out.

    An item's ratings are compared with each other only, so that ratings of an item that one system alone has say
    nothing. Items are taken out before the equations are solved: there are as many equations as systems.

    Parameters
    ----------
    ratings : Rated

    References
    ----------
    Frisch and Waugh 1933 (effects that are taken out first).
    """
    n_systems, n_items = ratings.n_systems, int(ratings.item.max(initial=-1)) + 1
    counts = np.bincount(ratings.item * n_systems + ratings.system, minlength=n_items * n_systems)
    counts = counts.reshape(n_items, n_systems)
    size = np.maximum(counts.sum(axis=1), 1)
    shares = counts / size[:, None]
    item_mean = np.bincount(ratings.item, ratings.value, n_items) / size
    normal = np.diag(counts.sum(axis=0)) - counts.T @ shares
    inverse = np.linalg.pinv(normal, rcond=1e-10, hermitian=True)
    total = np.bincount(ratings.system, ratings.value, n_systems) - counts.T @ item_mean
    effects = inverse @ total
    level = item_mean - shares @ effects
    residual = ratings.value - level[ratings.item] - effects[ratings.system]
    component = connected_components(sparse.csr_array(np.abs(normal) > 1e-12), directed=False)[1]
    known = np.where(counts.sum(axis=0) > 0, effects, np.nan)
    return ItemAdjusted(known, inverse, _score_sums(ratings, residual, shares), component.astype(np.int64))


def unlinked(claim: Claim) -> Claim:
    """Return an undefined claim between systems that no item links."""
    reason = UNLINKED if not np.isnan(claim.estimate.value) else claim.estimate.reason
    nothing = replace(claim.estimate, value=np.nan, low=np.nan, high=np.nan, reason=reason)
    return replace(claim, estimate=nothing, p_value=np.nan)


def _score_sums(ratings: Rated, residual: FloatArray, shares: FloatArray) -> Sums:
    """Return the sums over clusters of residuals times the system's column less its share of the item."""
    own = column_sums(ratings.system, ratings.n_systems, residual)

    def sums(cluster: IntArray, n: int) -> FloatArray:
        by_item = sparse.csr_array((residual, (cluster, ratings.item)), shape=(n, len(shares)))
        mine = own(cluster, n)
        dense = mine.toarray() if sparse.issparse(mine) else mine
        return np.asarray(dense - by_item @ shares)

    return sums
