"""Correlation of a metric with human preference over systems, with intervals over items."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from study.stats.arrays import FloatArray, check_equal_lengths, codes, numbers
from study.stats.ranking.preferences import Preferences, cluster_sums
from study.stats.resampling import Estimate, bootstrap, whole_clusters
from study.stats.statistic import Statistic
from study.tables import lookup
from study.wording import counted

FEWEST_SYSTEMS = 3

COUNTS = [1, 3]

CorrelationFunction = Callable[[FloatArray, FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class SystemCells:
    """Additive parts of two system scores, per item; each of shape (n_items, n_systems).

    Attributes
    ----------
    metric_sum, metric_count : ndarray
        Sum and number of the metric's scores.
    human_sum, human_count : ndarray
        Wins (ties as half) and number of judgments.
    """

    metric_sum: FloatArray
    metric_count: FloatArray
    human_sum: FloatArray
    human_count: FloatArray


@dataclass(frozen=True, slots=True)
class SystemScores:
    """Each system's mean metric score and human win rate, shape (n_systems,); nan where a system has none."""

    metric: FloatArray
    human: FloatArray


def pearson(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return Pearson's r along the last axis.

    Parameters
    ----------
    x, y : ndarray of shape (..., n)

    Returns
    -------
    ndarray of shape (...)
        From -1 to 1; nan where a side is constant or holds a nan.

    References
    ----------
    Pearson 1895.

    Examples
    --------
    >>> human, metric = np.array([5.0, 4, 4, 2, 1, 3]), np.array([0.97, 0.85, 0.83, 0.35, 0.2, 0.6])
    >>> [round(float(f(human, metric)), 5) for f in (pearson, spearman, kendall_b)]
    [0.9932, 0.98561, 0.96609]
    """
    deviation_x, deviation_y = _deviations(x), _deviations(y)
    covariance = (deviation_x * deviation_y).sum(axis=-1)
    variances = (deviation_x**2).sum(axis=-1) * (deviation_y**2).sum(axis=-1)
    return np.asarray(np.clip(covariance / np.sqrt(np.where(variances > 0, variances, np.nan)), -1, 1))


def spearman(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return Spearman's rho along the last axis: Pearson's r of midranks.

    Parameters and undefined cases as in :func:`pearson`.

    References
    ----------
    Spearman 1904.
    """
    return pearson(_midranks(x), _midranks(y))


def kendall_b(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return Kendall's tau-b along the last axis: concordant less discordant pairs, corrected for ties.

    Parameters and undefined cases as in :func:`pearson`.

    References
    ----------
    Kendall 1945.
    """
    agreement, ordered_x, ordered_y = np.zeros((3, *np.broadcast_shapes(x.shape, y.shape)[:-1]))
    for i in range(x.shape[-1]):
        sign_x, sign_y = np.sign(x[..., i, None] - x), np.sign(y[..., i, None] - y)
        agreement = agreement + (sign_x * sign_y).sum(axis=-1)
        ordered_x = ordered_x + (sign_x**2).sum(axis=-1)
        ordered_y = ordered_y + (sign_y**2).sum(axis=-1)
    pairs = ordered_x * ordered_y
    return np.asarray(np.clip(agreement / np.sqrt(np.where(pairs > 0, pairs, np.nan)), -1, 1))


def pairwise_accuracy_of_systems(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the share of pairs that both sides order, or tie, alike (acc_eq), along the last axis.

    Parameters
    ----------
    x, y : ndarray of shape (..., n)

    Returns
    -------
    ndarray of shape (...)
        From 0 to 1; nan where there is no pair or a side holds a nan. Ties are exact equality.

    References
    ----------
    Kocmi et al. 2021, eq. 1; Deutsch, Foster and Freitag 2023 (ties).

    Examples
    --------
    >>> round(float(pairwise_accuracy_of_systems(np.array([1.0, 2, 2, 3, 4]), np.array([2, 1, 1.5, 5, 3]))), 3)
    0.6
    """
    n = x.shape[-1]
    alike = np.zeros(np.broadcast_shapes(x.shape, y.shape)[:-1])
    for i in range(n):
        same = np.sign(x[..., i, None] - x) == np.sign(y[..., i, None] - y)
        alike = alike + same.sum(axis=-1) - 1
    missing = np.isnan(x).any(axis=-1) | np.isnan(y).any(axis=-1)
    return np.where(missing | (n < 2), np.nan, alike / max(1, n * (n - 1)))


CORRELATION: dict[str, Statistic[CorrelationFunction]] = {
    "pearson": Statistic(pearson, "Pearson's r", "Pearson 1895", (-1, 1)),
    "spearman": Statistic(spearman, "Spearman's ρ", "Spearman 1904", (-1, 1)),
    "kendall_b": Statistic(kendall_b, "Kendall's τ-b", "Kendall 1945", (-1, 1)),
    "pairwise_accuracy_of_systems": Statistic(
        pairwise_accuracy_of_systems, "Pairwise accuracy of systems", "Kocmi et al. 2021", (0, 1)
    ),
}


def system_cells(
    judged: Preferences,
    item: ArrayLike,
    score_item: ArrayLike,
    score_system: ArrayLike,
    score: ArrayLike,
    n_items: int,
) -> SystemCells:
    """Sum metric scores and human wins per item and system.

    Parameters
    ----------
    judged : Preferences
    item : array_like of int, shape (n_judgments,)
        The item of each judgment, 0 to n_items - 1.
    score_item, score_system : array_like of int, shape (n_outputs,)
        The item and system of each scored output.
    score : array_like of shape (n_outputs,)
        The metric, nan where undefined (left out).
    n_items : int

    Raises
    ------
    InvalidInput
        If a code is out of range, lengths differ, or a score is infinite.
    """
    n = len(judged.systems)
    items = codes(item, n_items, "item")
    rows, columns = codes(score_item, n_items, "item"), codes(score_system, n, "system")
    values = numbers(score, "metric")
    check_equal_lengths(judgments=len(judged.a), item=len(items))
    check_equal_lengths(score_item=len(rows), score_system=len(columns), score=len(values))
    known = ~np.isnan(values)
    cell = rows[known] * n + columns[known]
    wins = (1 + judged.preference) / 2
    once = np.ones_like(wins)

    def filled(sums: FloatArray) -> FloatArray:
        return np.vstack([sums, np.zeros((n_items - len(sums), n))])

    return SystemCells(
        np.bincount(cell, values[known], n_items * n).reshape(n_items, n).astype(np.float64),
        np.bincount(cell, minlength=n_items * n).reshape(n_items, n).astype(np.float64),
        filled(cluster_sums(judged, items, wins, 1 - wins)),
        filled(cluster_sums(judged, items, once, once)),
    )


def system_scores(cells: SystemCells) -> SystemScores:
    """Return the mean metric score and the win rate of each system."""
    return _scores(_stacked(cells).sum(axis=0))


def system_correlation(
    cells: SystemCells,
    name: str,
    *,
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
    rng: np.random.Generator,
) -> Estimate:
    """Estimate the correlation over systems of the mean metric score with the human win rate.

    Systems without a score or a judgment are left out. The interval resamples items, so that it says how much the
    choice of items matters for these systems, not what other systems would show.

    Parameters
    ----------
    cells : SystemCells
    name : str
        Key of :data:`CORRELATION`.
    confidence_level, n_resamples, rng
        Of the bootstrap.

    Returns
    -------
    Estimate
        ``n_units`` counts items. nan with a reason for fewer than 3 systems, or where all systems score alike.

    References
    ----------
    Deutsch, Dror and Roth 2021 (Boot-Inputs).
    """
    function = lookup(CORRELATION, name, "correlation").function
    used = _judged_and_scored(cells)
    n_items, _, n_systems = used.shape
    if n_systems < FEWEST_SYSTEMS:
        reason = f"{counted(n_systems, 'system')} with a metric score and a judgment; at least {FEWEST_SYSTEMS} are needed"
        return Estimate(np.nan, np.nan, np.nan, confidence_level, n_items, 0, "none", reason)

    def statistic(totals: FloatArray) -> FloatArray:
        scores = _scores(totals.reshape(-1, 4, n_systems))
        return function(scores.metric, scores.human)

    items = whole_clusters(used.reshape(n_items, 4 * n_systems), "item")
    estimate = bootstrap(
        statistic, items, confidence_level=confidence_level, n_resamples=n_resamples, rng=rng
    )
    if np.isnan(estimate.value):
        return replace(estimate, reason="all systems have the same metric score, or the same win rate")
    return estimate


def _judged_and_scored(cells: SystemCells) -> FloatArray:
    """Return stacked cells of the systems with both scores, and of the items that have any of these."""
    scores = system_scores(cells)
    used = _stacked(cells)[:, :, ~np.isnan(scores.metric + scores.human)]
    return used[(used[:, COUNTS] > 0).any(axis=(1, 2))]


def _stacked(cells: SystemCells) -> FloatArray:
    """Return the cells as one array of shape (n_items, 4, n_systems)."""
    parts = [cells.metric_sum, cells.metric_count, cells.human_sum, cells.human_count]
    return np.stack(parts, axis=1)


def _scores(totals: FloatArray) -> SystemScores:
    """Return the scores of totals of shape (..., 4, n_systems)."""
    sums, counts = totals[..., ::2, :], totals[..., 1::2, :]
    means = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    return SystemScores(means[..., 0, :], means[..., 1, :])


def _midranks(x: FloatArray) -> FloatArray:
    return np.asarray(stats.rankdata(x, axis=-1, nan_policy="propagate"))


def _deviations(x: FloatArray) -> FloatArray:
    """Return deviations from the mean, the largest 1 in size; exactly 0 where constant, whatever the rounding."""
    constant = (x == x[..., :1]).all(axis=-1, keepdims=True)
    deviations = np.where(constant, 0.0, x - x.mean(axis=-1, keepdims=True))
    largest = np.abs(deviations).max(axis=-1, keepdims=True)
    return deviations / np.where(largest > 0, largest, 1)
