"""Conger's kappa: agreement beyond chance, with each rater's own shares of categories."""

from dataclasses import replace

import numpy as np

from study.stats.agreement.chance_corrected import beyond_chance
from study.stats.agreement.ratings import Ratings
from study.stats.agreement.reliability import exchanged
from study.stats.agreement.totals import ratio
from study.stats.agreement.weights import Weights, identity_weights
from study.stats.arrays import FloatArray, IntArray, distinct_rows
from study.stats.resampling import Clusters, Estimate, interval, whole_clusters


def conger_kappa(
    ratings: Ratings,
    *,
    weights: Weights = identity_weights,
    group: IntArray | None = None,
    unit: str = "unit",
    method: str = "jackknife",
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
    rng: np.random.Generator | None = None,
) -> Estimate:
    """Estimate Conger's kappa, which is Cohen's for two raters without missing ratings.

    Agreement as in Fleiss' kappa; chance is the mean, over pairs of raters, of the agreement expected from their
    shares of categories. A rater's shares are over all units that the rater rated.

    Parameters
    ----------
    ratings : Ratings
        With ``exchangeable`` categories a rater's shares of the two are averaged.
    weights : callable
        An entry of :data:`study.stats.agreement_weights.WEIGHTS`.
    group : ndarray of int, shape (n_units,), optional
        Units that belong together in the interval; by default each unit is its own group.
    unit : str
        Name of a group.
    method : {"jackknife", "bootstrap"}
    confidence_level : float
    n_resamples : int
        For the bootstrap.
    rng : numpy.random.Generator, optional
        Required by the bootstrap.

    Returns
    -------
    Estimate
        At most 1. ``n_units`` counts units rated at least once, or groups of them. nan with a reason if no unit
        was rated twice, or chance always agrees.

    References
    ----------
    Conger 1980; Gwet 2014, section 2.3 (missing ratings).

    Examples
    --------
    Gwet 2014, table 2.11:

    >>> from study.stats.agreement.ratings import ratings_of_matrix
    >>> x = np.nan
    >>> ratings = [
    ...     [1, 2, 3, 3, 2, 1, 4, 1, 2, x, x, x],
    ...     [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, x, x],
    ...     [x, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 3],
    ...     [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, x],
    ... ]
    >>> round(conger_kappa(ratings_of_matrix(ratings)).value, 4)
    0.7628
    """
    weighing = _weights(ratings, weights)
    q = ratings.n_categories

    def statistic(cells: FloatArray) -> FloatArray:
        observed = ratio(cells[:, 0], np.rint(cells[:, 1]))
        return beyond_chance(observed, chance_of_counts(cells[:, 2:].reshape(len(cells), -1, q), weighing))

    estimate = interval(
        statistic,
        _clusters(ratings, weighing, group, unit),
        method,
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        rng=rng,
    )
    low, high = np.clip([estimate.low, estimate.high], -np.inf, 1)
    reason = _undefined_reason(ratings) if np.isnan(estimate.value) else estimate.reason
    return replace(estimate, low=float(low), high=float(high), reason=reason)


def _weights(ratings: Ratings, weights: Weights) -> FloatArray:
    """Return the weights, made equal under both names of exchangeable categories."""
    matrix = weights(ratings.values)
    if ratings.exchangeable is None:
        return matrix
    renamed = exchanged(ratings.n_categories, ratings.exchangeable)
    return np.asarray((matrix + matrix[renamed][:, renamed]) / 2)


def chance_of_counts(counts: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the mean chance agreement of two different raters, from counts (..., n_raters, n_categories)."""
    n_ratings = np.rint(counts.sum(axis=-1, keepdims=True))
    shares = ratio(counts, n_ratings, 0.0)
    n_raters = (n_ratings[..., 0] > 0).sum(axis=-1)
    everyone = shares.sum(axis=-2)
    all_pairs = np.einsum("...k,kl,...l->...", everyone, weights, everyone, optimize=True)
    with_itself = ((shares @ weights) * shares).sum(axis=(-1, -2))
    return ratio(all_pairs - with_itself, (n_raters * (n_raters - 1)).astype(np.float64))


def conger_cells(ratings: Ratings, weights: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return which units were rated, and their cells: weighted agreement, rated twice, shares per rater and category."""
    answers = _answers(ratings)
    rated = np.flatnonzero(answers.any(axis=1))
    return rated, _expand(answers[rated], ratings, weights)


def _clusters(
    ratings: Ratings, weights: FloatArray, group: IntArray | None = None, unit: str = "unit"
) -> Clusters:
    """Return rated units grouped by their pattern of ratings, or summed by group; cells as in :func:`conger_cells`."""
    if group is not None:
        rated, cells = conger_cells(ratings, weights)
        place = np.unique(group[rated], return_inverse=True)[1]
        sums = np.zeros((int(place.max(initial=-1)) + 1, cells.shape[1]))
        np.add.at(sums, place, cells)
        return whole_clusters(sums, unit)
    answers = _answers(ratings)
    patterns, multiplicity = distinct_rows(answers[answers.any(axis=1)])
    return Clusters(
        patterns.astype(np.float64),
        multiplicity,
        lambda rows: _expand(rows.astype(np.int64), ratings, weights),
        "unit",
    )


def _answers(ratings: Ratings) -> IntArray:
    """Return the category that each rater gave each unit, plus 1; 0 where none; shape (n_units, n_raters)."""
    answers = np.zeros((ratings.n_units, ratings.n_raters), dtype=np.int64)
    answers[ratings.unit, ratings.rater] = ratings.category + 1
    return answers


def _expand(given: IntArray, ratings: Ratings, weights: FloatArray) -> FloatArray:
    q = ratings.n_categories
    share = np.eye(q)
    if ratings.exchangeable is not None:
        share = (share + share[exchanged(q, ratings.exchangeable)]) / 2
    share = np.vstack([np.zeros(q), share])
    counts = (given[:, :, None] == np.arange(1, q + 1)).sum(axis=1).astype(np.float64)
    n_ratings = counts.sum(axis=1)
    pairs = ((counts @ weights) * counts).sum(axis=1) - counts @ np.diag(weights)
    agreeing = ratio(pairs, n_ratings * (n_ratings - 1), 0.0)
    return np.column_stack([agreeing, n_ratings >= 2, share[given].reshape(len(given), given.shape[1] * q)])


def _undefined_reason(ratings: Ratings) -> str:
    if not len(ratings.unit) or np.bincount(ratings.unit).max() < 2:
        return "no unit was rated by two raters"
    return "chance agrees always: all ratings are equal"
