"""Soft pairwise accuracy of systems, and the correlation of pairwise differences."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import FloatArray
from study.stats.correlation.grouped import LEVELS, score_matrices
from study.stats.correlation.ties import share
from study.stats.resampling import CHUNK_BYTES
from study.tables import lookup


@dataclass(frozen=True, slots=True)
class SoftAccuracy:
    """Soft pairwise accuracy of a metric, and what it rests on.

    Attributes
    ----------
    value : float
        From 0 to 1; nan with a reason.
    human_p, metric_p : ndarray of shape (n_systems, n_systems)
        One-sided P that the row is better than the column, above the diagonal; nan elsewhere.
    n_items, n_dropped : int
        Items used, and items left out because a system lacks a score there.
    n_resamples : int
    reason : str or None
    """

    value: float
    human_p: FloatArray
    metric_p: FloatArray
    n_items: int
    n_dropped: int
    n_resamples: int
    reason: str | None = None


def sign_flip_p_values(scores: FloatArray, flips: FloatArray) -> FloatArray:
    """Return the one-sided P of every system pair from sign flips shared by all pairs.

    Flips of items keep both scores of an item together; the sum of a system under flips is one matrix product, and
    the difference of two systems is the difference of their sums.

    Parameters
    ----------
    scores : ndarray of shape (n_systems, n_items)
    flips : ndarray of shape (n_resamples, n_items)
        1 and -1.

    Returns
    -------
    ndarray of shape (n_systems, n_systems)
        Above the diagonal the share of flips with a difference (row less column) at least the observed; 0 is
        possible, since the observed order is not added. nan elsewhere.
    """
    n = len(scores)
    scores = scores - scores.mean(axis=0)
    observed, flipped = scores.sum(axis=1), flips @ scores.T
    rounding = 1e-12 * np.abs(scores).sum(axis=1)
    p_values = np.full((n, n), np.nan)
    for i in range(n - 1):
        null = flipped[:, i, None] - flipped[:, i + 1 :]
        least = observed[i] - observed[i + 1 :] - rounding[i] - rounding[i + 1 :]
        p_values[i, i + 1 :] = (null >= least).mean(axis=0)
    return p_values


def soft_pairwise_accuracy(
    human: ArrayLike, metric: ArrayLike, *, n_resamples: int = 1000, rng: np.random.Generator
) -> SoftAccuracy:
    """Return soft pairwise accuracy (SPA): 1 less the mean distance of human and metric P over system pairs.

    Both sides share the sign flips, so that a side with itself gives 1. Items that lack a score of any system on
    either side are left out, so that every pair rests on the same items.

    Parameters
    ----------
    human, metric : array_like of shape (n_systems, n_items)
        nan where missing.
    n_resamples : int
    rng : numpy.random.Generator

    References
    ----------
    Thompson et al. 2024, section 4.

    Examples
    --------
    >>> human, metric = [[1, 2, 3], [2, 3, 4]], [[2, 2, 4], [1, 3, 5]]
    >>> soft_pairwise_accuracy(human, metric, rng=np.random.default_rng(4)).value
    0.872
    """
    if n_resamples < 1:
        raise InvalidInput(f"n_resamples {n_resamples}; allowed: 1 or more")
    h, m = score_matrices(human=human, metric=metric)
    complete = ~np.isnan(h).any(axis=0)
    n_items, n_dropped = int(complete.sum()), int((~complete).sum())
    if len(h) < 2 or not n_items:
        nothing = np.full((len(h), len(h)), np.nan)
        reason = "fewer than two systems" if len(h) < 2 else "no item has all scores of all systems"
        return SoftAccuracy(np.nan, nothing, nothing, n_items, n_dropped, n_resamples, reason)
    p_human, p_metric = _shared_p_values(h[:, complete], m[:, complete], n_resamples, rng)
    above = np.triu_indices(len(h), 1)
    value = 1 - float(np.abs(p_human - p_metric)[above].mean())
    return SoftAccuracy(value, p_human, p_metric, n_items, n_dropped, n_resamples)


def _shared_p_values(
    human: FloatArray, metric: FloatArray, n_resamples: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return the P of both sides under the same flips, in chunks of resamples."""
    n_systems, n_items = human.shape
    size = max(1, CHUNK_BYTES // (8 * max(n_items, 2 * n_systems)))
    total_human = total_metric = np.zeros((n_systems, n_systems))
    for start in range(0, n_resamples, size):
        n = min(size, n_resamples - start)
        flips = np.where(rng.random((n, n_items), dtype=np.float32) > 0.5, 1.0, -1.0)
        total_human = total_human + n * sign_flip_p_values(human, flips)
        total_metric = total_metric + n * sign_flip_p_values(metric, flips)
    return total_human / n_resamples, total_metric / n_resamples


def pairwise_difference_pearson(human: ArrayLike, metric: ArrayLike, level: str = "by_item") -> float:
    """Return Pearson's r of all differences between two scores of a group (PDP), in both directions.

    The mean of the differences is 0 in both directions, and within a group of n their sum of products is n times the
    within-group sum of products: no pair is formed.

    Parameters
    ----------
    human, metric : array_like of shape (n_systems, n_items)
        nan where missing.
    level : {"by_item", "pooled", "by_system", "system_level"}
        Differences within items by default; pooled equals Pearson's r of all cells.

    Returns
    -------
    float
        From -1 to 1; nan where a side does not vary within any group.

    References
    ----------
    Statistic of the shared tasks from 2025 on (mt-metrics-eval, ``PairwiseDifferencePearson``).

    Examples
    --------
    >>> round(pairwise_difference_pearson([[1, 2, 3], [4, 5, 6]], [[2, 1, 4], [3, 3, 7]]), 3)
    0.926
    """
    h, m = (lookup(LEVELS, level, "level")(side) for side in score_matrices(human=human, metric=metric))
    known = ~np.isnan(h)
    n = known.sum(axis=-1, keepdims=True)

    def centred(scores: FloatArray) -> FloatArray:
        mean = share(np.where(known, scores, 0).sum(axis=-1, keepdims=True), n.astype(np.float64))
        lowest = np.where(known, scores, np.inf).min(axis=-1, keepdims=True, initial=np.inf)
        highest = np.where(known, scores, -np.inf).max(axis=-1, keepdims=True, initial=-np.inf)
        deviations = np.where(known & (highest > lowest), scores - mean, 0.0)
        return deviations / max(float(np.abs(deviations).max(initial=0)), 1e-300)

    x, y = centred(h), centred(m)
    norm = np.sqrt((n * x * x).sum() * (n * y * y).sum())
    return float(np.clip(share((n * x * y).sum(), norm), -1, 1))
