"""Cohen's kappa of every pair of raters at once, weighted or not, with standard errors and intervals."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from study.stats.agreement.chance_corrected import LEAST_DISAGREEMENT
from study.stats.agreement.ratings import Ratings
from study.stats.agreement.reliability import exchanged
from study.stats.agreement.totals import ratio
from study.stats.agreement.weights import Weights, identity_weights
from study.stats.arrays import FloatArray, IntArray
from study.stats.resampling import NO_VARIATION, Estimate, check_confidence_level, normal_quantile

CHUNK_BYTES = 64 * 2**20
DENSE_SHARE = 0.05
"""Share of rated units per rater above which a dense matrix product is faster than a sparse one."""


@dataclass(frozen=True, slots=True)
class Kappas:
    """Cohen's kappa per table of two raters; nan where undefined.

    Attributes
    ----------
    value : ndarray of shape (...)
        At most 1, which is perfect agreement; 0 is chance.
    standard_error : ndarray of shape (...)
        Large-sample standard error (ASE), for intervals.
    null_error : ndarray of shape (...)
        Standard error if the raters agree by chance only (ASE0), for tests of chance agreement.
    n : ndarray of shape (...)
        Number of units that both rated.
    """

    value: FloatArray
    standard_error: FloatArray
    null_error: FloatArray
    n: IntArray

    def estimate(self, *pair: int, confidence_level: float = 0.95) -> Estimate:
        """Return the estimate of one pair, with its z interval clipped to the bounds, or nan with a reason if undefined."""
        check_confidence_level(confidence_level)
        value, error, n = float(self.value[pair]), float(self.standard_error[pair]), int(self.n[pair])
        reason = None
        if np.isnan(value):
            reason = (
                "all ratings of the two are equal: chance agrees always" if n else "no unit rated by both"
            )
        elif not error > 1e-12:
            reason = NO_VARIATION.format(unit="unit")
        half = normal_quantile(confidence_level) * error if reason is None else np.nan
        low, high = np.clip([value - half, value + half], min(-1.0, value), 1)
        method = "Cohen's kappa, large-sample variance, z interval"
        return Estimate(value, float(low), float(high), confidence_level, n, 0, method, reason)

    def limits(self, confidence_level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Return the low and high limits of all pairs, as in :meth:`estimate`; nan without an interval."""
        check_confidence_level(confidence_level)
        known = np.nan_to_num(self.standard_error) > 1e-12
        half = normal_quantile(confidence_level) * np.where(known, self.standard_error, np.nan)
        low = np.maximum(self.value - half, np.minimum(-1, self.value))
        return low, np.minimum(self.value + half, 1)


def cohen_kappa(tables: FloatArray, weights: FloatArray) -> Kappas:
    """Return Cohen's kappa of square tables of counts.

    Parameters
    ----------
    tables : ndarray of shape (..., n_categories, n_categories)
        Number of units by the category of one rater (rows) and of the other (columns).
    weights : ndarray of shape (n_categories, n_categories)
        How much two categories agree, 1 on the diagonal.

    Returns
    -------
    Kappas
        nan without a unit, and where both raters used only one and the same category.

    References
    ----------
    Cohen 1960, 1968; Fleiss, Cohen and Everitt 1969, eq. 12 (ASE) and 14 (ASE0).

    Examples
    --------
    Fleiss, Cohen and Everitt 1969, without weights and with:

    >>> table = np.array([[106, 10, 4], [22, 28, 10], [2, 12, 6]])
    >>> weights = np.array([[1, 0, 0.4444], [0, 1, 0.6667], [0.4444, 0.6667, 1]])
    >>> found = [cohen_kappa(table, weighing) for weighing in (np.eye(3), weights)]
    >>> [round(float(kappas.value), 4) for kappas in found]
    [0.4286, 0.5071]
    >>> round(float(found[1].standard_error), 4)
    0.057
    """
    n = tables.sum(axis=(-1, -2))
    share = ratio(tables, n[..., None, None], 0.0)
    first, second = share.sum(axis=-1), share.sum(axis=-2)
    from_second = second @ weights.T
    observed = (share * weights).sum(axis=(-1, -2))
    chance = (first * from_second).sum(axis=-1)
    room = np.where((n > 0) & (1 - chance > LEAST_DISAGREEMENT), 1 - chance, np.nan)
    value = (observed - chance) / room
    mean_weight = from_second[..., :, None] + (first @ weights)[..., None, :]
    gap = weights - mean_weight * (1 - value)[..., None, None]
    variance = (share * gap**2).sum(axis=(-1, -2)) - (value - chance * (1 - value)) ** 2
    null_gap = (weights - mean_weight) ** 2
    null_variance = np.einsum("...k,...kl,...l->...", first, null_gap, second, optimize=True) - chance**2
    scale = np.sqrt(np.maximum(n, 1)) * room
    error, null_error = (np.sqrt(np.maximum(v, 0.0)) / scale for v in (variance, null_variance))
    return Kappas(value, error, null_error, np.rint(n).astype(np.int64))


def pairwise_kappa(ratings: Ratings, *, weights: Weights = identity_weights) -> Kappas:
    """Return Cohen's kappa of every pair of raters, over the units that both rated.

    Parameters
    ----------
    ratings : Ratings
        With ``exchangeable`` categories each table is the mean over both namings: kappa does not depend on which
        output is called a, and the standard errors hold if the weights are the same under both.
    weights : callable
        An entry of :data:`study.stats.agreement_weights.WEIGHTS`.

    Returns
    -------
    Kappas
        Of shape (n_raters, n_raters), symmetric; a rater agrees with itself perfectly. ``estimate(g, h)`` returns one
        pair.

    References
    ----------
    As :func:`cohen_kappa`; pairs with a missing rating are left out.

    Examples
    --------
    >>> from study.stats.agreement.ratings import ratings_of_matrix
    >>> kappas = pairwise_kappa(ratings_of_matrix([[1, 1, 2, 2], [1, 2, 2, 2], [np.nan] * 4]))
    >>> kappas.value[0].round(2), kappas.n[0]
    (array([1. , 0.5, nan]), array([4, 4, 0]))
    >>> kappas.estimate(0, 2).reason
    'no unit rated by both'
    """
    tables = pair_tables(ratings)
    if ratings.exchangeable is not None:
        renamed = exchanged(ratings.n_categories, ratings.exchangeable)
        tables = (tables + tables[:, :, renamed][:, :, :, renamed]) / 2
    return cohen_kappa(tables, weights(ratings.values))


def pair_tables(ratings: Ratings) -> FloatArray:
    """Return how often each pair of raters gave each pair of categories.

    One matrix product of indicators, units by (rater, category), with itself: dense in chunks of units, or sparse.

    Returns
    -------
    ndarray of shape (n_raters, n_raters, n_categories, n_categories)
    """
    n_raters, q = ratings.n_raters, ratings.n_categories
    column = ratings.rater * q + ratings.category
    width = n_raters * q
    share = len(column) / max(1, ratings.n_units * n_raters)
    product = _dense_product if share > DENSE_SHARE else _sparse_product
    return product(ratings, column, width).reshape(n_raters, q, n_raters, q).swapaxes(1, 2)


def _dense_product(ratings: Ratings, column: IntArray, width: int) -> FloatArray:
    """Return the product in float32, which holds counts within a chunk exactly."""
    result = np.zeros((width, width))
    step = max(1, CHUNK_BYTES // (4 * width))
    for start in range(0, ratings.n_units, step):
        part = slice(*np.searchsorted(ratings.unit, [start, start + step]))
        rows = min(step, ratings.n_units - start)
        indicators = np.zeros((rows, width), dtype=np.float32)
        indicators[ratings.unit[part] - start, column[part]] = 1
        result += indicators.T @ indicators
    return result


def _sparse_product(ratings: Ratings, column: IntArray, width: int) -> FloatArray:
    ones = np.ones(len(column))
    indicators = sparse.csr_array((ones, (ratings.unit, column)), shape=(ratings.n_units, width))
    return np.asarray((indicators.T @ indicators).toarray(), dtype=np.float64)
