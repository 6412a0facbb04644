"""A metric as a detector of good outputs: precision, recall, F, a threshold tuned on other data, re-ranking."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import BoolArray, FloatArray, check_equal_lengths, numbers
from study.stats.correlation.grouped import score_matrices
from study.stats.correlation.ties import share

PRECISION_TWICE = 0.5**0.5
"""The beta at which beta² is 1/2: precision counts twice as much as recall."""


@dataclass(frozen=True, slots=True)
class Reranking:
    """How often a metric's choice of outputs is among the best by human scores.

    Attributes
    ----------
    value : float
        Mean over items of the share of the metric's best that are human best; nan with a reason.
    chance : float
        The value of a metric that chooses at random.
    per_item : ndarray of shape (n_items,)
        nan for items with fewer than two outputs that have both scores.
    n_undefined : int
    reason : str or None
    """

    value: float
    chance: float
    per_item: FloatArray
    n_undefined: int
    reason: str | None = None


def best_threshold(
    score: ArrayLike, human: ArrayLike, *, good_from: float, beta: float = PRECISION_TWICE
) -> float:
    """Return the threshold with the largest F, by one sweep over the sorted scores.

    Parameters as in :func:`detection`.

    Returns
    -------
    float
        The highest of the equally good scores in the data; nan where no output is good.
    """
    values, good = _scored(score, human, good_from)
    _check_beta(beta)
    if not good.any():
        return np.nan
    order = np.argsort(-values, kind="stable")
    ordered = values[order]
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    n_right = np.cumsum(good[order])[last].astype(np.float64)
    f_beta = _f_beta(last + 1, int(good.sum()), n_right, beta)
    return float(ordered[last[int(np.argmax(f_beta))]])


def reranking_precision(human: ArrayLike, metric: ArrayLike) -> Reranking:
    """Return how often the metric's choice among the outputs of an item is a human best, ties kept as sets.

    Per item: outputs that are best by both, divided by outputs that are best by the metric.

    Parameters
    ----------
    human, metric : array_like of shape (n_systems, n_items)
        nan where missing.

    References
    ----------
    Perrella et al. 2024, section 3.2.

    Examples
    --------
    >>> reranking_precision([[3, 1], [3, 2], [1, 0]], [[0.9, 0.5], [0.1, 0.5], [0.2, 0.1]]).per_item
    array([1. , 0.5])
    """
    h, m = score_matrices(human=human, metric=metric)
    known = ~np.isnan(h)
    n_outputs = known.sum(axis=0)
    human_best, metric_best = (_best(scores, known) for scores in (h, m))
    enough = n_outputs >= 2
    both = (human_best & metric_best).sum(axis=0)
    per_item = np.where(enough, share(both.astype(np.float64), metric_best.sum(axis=0)), np.nan)
    if not enough.any():
        reason = "no item has two outputs with both scores"
        return Reranking(np.nan, np.nan, per_item, len(per_item), reason)
    chance = (human_best.sum(axis=0)[enough] / n_outputs[enough]).mean()
    return Reranking(float(per_item[enough].mean()), float(chance), per_item, int((~enough).sum()))


def _best(scores: FloatArray, known: BoolArray) -> BoolArray:
    filled = np.where(known, scores, -np.inf)
    best = filled == filled.max(axis=0, keepdims=True, initial=-np.inf)
    return np.asarray(known & best)


def _scored(score: ArrayLike, human: ArrayLike, good_from: float) -> tuple[FloatArray, BoolArray]:
    values, answers = numbers(score, "metric"), numbers(human, "human")
    check_equal_lengths(metric=len(values), human=len(answers))
    known = ~np.isnan(values + answers)
    return values[known], answers[known] >= good_from


def _check_beta(beta: float) -> None:
    if not 0 < beta < np.inf:
        raise InvalidInput(f"beta {beta}; allowed: above 0, such as 1 or {PRECISION_TWICE:.4f}")


def _f_beta(n_found: ArrayLike, n_good: int, n_right: ArrayLike, beta: float) -> FloatArray:
    """Return F from counts: the weighted harmonic mean of precision and recall, 0 where neither has a hit."""
    return share((1 + beta**2) * np.asarray(n_right, float), beta**2 * n_good + np.asarray(n_found, float))
