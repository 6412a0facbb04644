"""A correlation with mean human scores, with an interval over raters, one metric at a time."""

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, numbers
from study.stats.correlation.grouped import group_values, macro_mean
from study.stats.correlation.grouped_intervals import _check_bootstrap, _chunks
from study.stats.correlation.ties import share
from study.stats.resampling import (
    CHUNK_BYTES,
    Estimate,
    percentile_interval,
)
from study.wording import counted


def rater_interval(
    ratings: ArrayLike,
    metric: ArrayLike,
    coefficient: str,
    level: str,
    *,
    confidence_level: float = 0.95,
    n_resamples: int = 1000,
    rng: np.random.Generator,
) -> Estimate:
    """Estimate a correlation with mean human scores, with an interval over raters.

    Parameters
    ----------
    ratings : array_like of shape (n_raters, n_systems, n_items)
        nan where not rated; the human score of a cell is the mean of its ratings.
    metric : array_like of shape (n_systems, n_items)
    coefficient, level : str
        Keys of ``COEFFICIENTS`` and ``LEVELS``.
    confidence_level, n_resamples, rng
        Of the bootstrap. A cell that no drawn rater rated is missing in that resample.

    Returns
    -------
    Estimate
        ``n_units`` counts raters.

    References
    ----------
    Efron 1979; Davison and Hinkley 1997, section 3.8 (resampling clusters).
    """
    _check_bootstrap(confidence_level, n_resamples)
    given, scores = numbers(ratings, "ratings", n_dimensions=3), numbers(metric, "metric", n_dimensions=2)
    if given.shape[1:] != scores.shape:
        raise InvalidInput(f"ratings of shape {given.shape}, metric {scores.shape}; allowed: the same cells")
    rated = ~np.isnan(given).reshape(len(given), scores.size)
    present = rated.any(axis=1)
    flat = np.where(rated, given.reshape(len(given), scores.size), 0.0)[present]
    once = rated[present].astype(np.float64)

    def values(weights: FloatArray) -> FloatArray:
        human = share(weights @ flat, weights @ once).reshape(len(weights), *scores.shape)
        both = np.where(np.isnan(human), np.nan, scores), np.where(np.isnan(scores), np.nan, human)
        return macro_mean(group_values(both[1], both[0], coefficient, level))

    n_raters = len(flat)
    value = float(values(np.ones((1, n_raters)))[0])
    method = "percentile bootstrap over raters"
    reason = (
        "the correlation is undefined"
        if np.isnan(value)
        else f"{counted(n_raters, 'rater')}: at least 2 are needed"
    )
    low = high = np.nan
    if n_raters >= 2 and not np.isnan(value):
        chunk = max(1, CHUNK_BYTES // (8 * max(1, scores.size)))
        drawn = [
            values(rng.multinomial(n_raters, np.full(n_raters, 1 / n_raters), size=size).astype(np.float64))
            for size in _chunks(n_resamples, chunk)
        ]
        low, high, why = percentile_interval(np.concatenate(drawn), confidence_level, "rater")
        return Estimate(value, low, high, confidence_level, n_raters, n_resamples, method, why)
    return Estimate(value, low, high, confidence_level, n_raters, n_resamples, method, reason)
