"""Estimates of Bradley-Terry strengths: sandwich, score bootstrap or model-based."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import BoolArray, FloatArray, check_equal_lengths, codes, compact
from study.stats.claims import TOO_FEW, method_of
from study.stats.ranking.bradley_terry import BradleyTerry, bradley_terry, cluster_influence
from study.stats.ranking.fitted import FittedStrengths, n_units, of_units, one_kind
from study.stats.ranking.over_units import over_units, t_half
from study.stats.ranking.preferences import Preferences, cluster_sums, selected, win_matrix
from study.stats.resampling import (
    NO_VARIATION,
    Estimate,
    bootstrap_weights,
    check_confidence_level,
    normal_quantile,
    t_quantile,
    whole_clusters,
)
from study.stats.statistic import Statistic
from study.stats.units import Units
from study.tables import lookup
from study.wording import counted

ONE_CLUSTER = "judged in 1 cluster only: a clustered interval needs at least 2"
"""A single cluster's score is 0 at the fit, so its contribution to the standard error is unknown."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Lower and upper limits of strengths, shape (n_systems,), or the reason why there are none."""

    low: FloatArray
    high: FloatArray
    reason: str | None = None


def strengths(
    judged: Preferences,
    cluster: ArrayLike | Units | None = None,
    *,
    method: str | None = None,
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
    rng: np.random.Generator | None = None,
) -> tuple[Estimate, ...]:
    """Estimate the Bradley-Terry strength of each system.

    Parameters
    ----------
    judged : Preferences
    cluster : array_like of int, shape (n_judgments,), or Units, optional
        Judgments that belong together: by rater, or by item; or the units of a claim, of one kind or several.
    method : {"sandwich", "score_bootstrap", "model"}, optional
        Default with clusters: sandwich with t. "model", the only one without, is too narrow if raters differ.
    confidence_level : float
    n_resamples : int
    rng : numpy.random.Generator, optional
        Required by the bootstrap.

    Returns
    -------
    tuple of Estimate
        One per system, in logits, mean zero over the comparable systems. nan with a reason for a system that is not
        on one scale with the others. ``n_units`` counts clusters, or judgments.

    Raises
    ------
    InvalidInput
        If the method is unknown, or needs clusters and there are none.

    References
    ----------
    Liang and Zeger 1986 (sandwich); Kline and Santos 2012 (score bootstrap).
    """
    name = method or ("model" if cluster is None else "sandwich")
    lookup(LIMITS, name, "interval method")
    fitted = bradley_terry_strengths(judged, cluster, name)
    return strength_estimates(
        fitted, name, confidence_level=confidence_level, n_resamples=n_resamples, rng=rng
    )


def bradley_terry_strengths(
    judged: Preferences, cluster: ArrayLike | Units | None, method: str
) -> FittedStrengths:
    """Return Bradley-Terry strengths, ties as half, with the influence of clusters or units on them."""
    clusters = None if method == "model" else one_kind(cluster)
    fit = bradley_terry(win_matrix(judged), judged.systems)
    if isinstance(clusters, Units):
        kept = fit.comparability.comparable[judged.a] & fit.comparability.comparable[judged.b]
        inside, n = selected(judged, kept), len(judged.systems)
        cell = ((inside.preference + 1) * n + inside.a) * n + inside.b
        over = over_units(
            lambda cluster: cluster_influence(fit, inside, cluster),
            compact(cell, 3 * n * n)[1],
            clusters.of(kept),
            (inside.a, inside.b),
            n,
        )
        return of_units(fit.strengths, fit.covariance, fit.comparability, over)
    return FittedStrengths(
        fit.strengths,
        fit.covariance,
        fit.comparability,
        strength_influence(fit, judged, clusters, method),
        systems_of_one_cluster(judged, fit.comparability.comparable, clusters),
    )


def strength_estimates(
    fitted: FittedStrengths,
    method: str,
    *,
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
    rng: np.random.Generator | None = None,
) -> tuple[Estimate, ...]:
    """Return an estimate of each system's strength under any preference model; ``method`` is a key of :data:`LIMITS`."""
    check_confidence_level(confidence_level)
    entry = lookup(LIMITS, method, "interval method")
    limits = entry.function(fitted, confidence_level, n_resamples, rng)
    resamples = n_resamples if entry.is_resampled else 0
    settings = (
        confidence_level,
        n_units(fitted),
        resamples,
        f"{fitted.label}, {interval_label(fitted, method)}",
    )
    reasons = [
        own or fitted.reason or limits.reason or (_why_alone(fitted) if single else None)
        for own, single in zip(fitted.comparability.reasons, fitted.alone, strict=True)
    ]
    low, high = np.where(fitted.alone, np.nan, limits.low), np.where(fitted.alone, np.nan, limits.high)
    rows = zip(fitted.strengths, low, high, reasons, strict=True)
    return tuple(_estimate(*row, settings) for row in rows)


def _why_alone(fitted: FittedStrengths) -> str:
    return ONE_CLUSTER if fitted.over is None or fitted.over.units.asked else TOO_FEW


def interval_label(fitted: FittedStrengths, method: str) -> str:
    """Return in words the method of intervals of strengths."""
    entry = lookup(LIMITS, method, "interval method")
    return entry.label if fitted.over is None else entry.over(fitted.over.units)


def strength_influence(
    fit: BradleyTerry, judged: Preferences, cluster: ArrayLike | None, method: str
) -> FloatArray:
    """Return the influence of each cluster on the strengths, shape (n_clusters, n_systems).

    For the model-based method it has no columns, and one row per judgment.

    Raises
    ------
    InvalidInput
        If the method needs clusters and there are none.
    """
    kept = fit.comparability.comparable[judged.a] & fit.comparability.comparable[judged.b]
    if method == "model":
        return np.empty((int(kept.sum()), 0))
    if cluster is None:
        raise InvalidInput(f"method {method!r} without clusters; allowed without clusters: model")
    clusters = codes(cluster, None, "cluster")
    check_equal_lengths(judgments=len(judged.a), cluster=len(clusters))
    return cluster_influence(fit, selected(judged, kept), clusters[kept])


def systems_of_one_cluster(
    judged: Preferences, comparable: BoolArray, cluster: ArrayLike | None
) -> BoolArray:
    """Return which comparable systems are compared in a single cluster; none without clusters."""
    alone = np.zeros(len(judged.systems), dtype=bool)
    if cluster is None:
        return alone
    kept = comparable[judged.a] & comparable[judged.b]
    one = np.ones(int(kept.sum()))
    sums = cluster_sums(selected(judged, kept), codes(cluster, None, "cluster")[kept], one, one)
    return np.asarray((sums > 0).sum(axis=0) == 1)


def _estimate(
    value: float, low: float, high: float, reason: str | None, settings: tuple[float, int, int, str]
) -> Estimate:
    if high - low < 1e-12:
        low, high, reason = np.nan, np.nan, NO_VARIATION.format(unit="cluster")
    return Estimate(float(value), float(low), float(high), *settings, reason)


def strength_covariance(influence: FloatArray) -> FloatArray:
    """Return the covariance of strengths from the influence of two or more clusters."""
    n_clusters = len(influence)
    return np.asarray(n_clusters / (n_clusters - 1) * (influence.T @ influence))


def sandwich_limits(
    fit: FittedStrengths,
    confidence_level: float,
    n_resamples: int,
    rng: np.random.Generator | None,
) -> Limits:
    """Return strengths ± t · SE from the influence of clusters."""
    if fit.over is not None:
        if fit.over.reason:
            return _unknown(fit, fit.over.reason)
        half = t_half(*fit.over.of_strengths(), confidence_level)
        return Limits(fit.strengths - half, fit.strengths + half)
    n_clusters = len(fit.influence)
    if n_clusters < 2:
        return _no_limits(fit, n_clusters)
    error = np.sqrt(np.diag(strength_covariance(fit.influence)))
    half = t_quantile(confidence_level, n_clusters - 1) * error
    return Limits(fit.strengths - half, fit.strengths + half)


def score_bootstrap_moves(
    influence: FloatArray, n_resamples: int, rng: np.random.Generator | None
) -> FloatArray:
    """Return the changes of strengths when clusters are resampled, shape (n_resamples, n_systems)."""
    chunks = bootstrap_weights(whole_clusters(influence, "cluster"), n_resamples, rng)
    return np.concatenate([weights @ influence for weights in chunks])


def moves_of(fit: FittedStrengths, n_resamples: int, rng: np.random.Generator | None) -> FloatArray:
    """Return the changes of strengths when clusters or units are resampled, shape (n_resamples, n_systems)."""
    if fit.over is not None:
        return fit.over.resampled(n_resamples, rng)
    return score_bootstrap_moves(fit.influence, n_resamples, rng)


def score_bootstrap_limits(
    fit: FittedStrengths,
    confidence_level: float,
    n_resamples: int,
    rng: np.random.Generator | None,
) -> Limits:
    """Return percentile limits of strengths plus the resampled influence of clusters."""
    if fit.over is not None and fit.over.reason:
        return _unknown(fit, fit.over.reason)
    if fit.over is None and len(fit.influence) < 2:
        return _no_limits(fit, len(fit.influence))
    moved = moves_of(fit, n_resamples, rng)
    tail = (1 - confidence_level) / 2
    low, high = np.quantile(fit.strengths + moved, [tail, 1 - tail], axis=0)
    return Limits(low, high)


def model_limits(
    fit: FittedStrengths,
    confidence_level: float,
    n_resamples: int,
    rng: np.random.Generator | None,
) -> Limits:
    """Return strengths ± z · model-based SE."""
    half = normal_quantile(confidence_level) * np.sqrt(np.diag(fit.covariance))
    return Limits(fit.strengths - half, fit.strengths + half)


def _no_limits(fit: FittedStrengths, n_clusters: int) -> Limits:
    return _unknown(fit, f"{counted(n_clusters, 'cluster')}: a clustered interval needs at least 2")


def _unknown(fit: FittedStrengths, reason: str) -> Limits:
    unknown = np.full_like(fit.strengths, np.nan)
    return Limits(unknown, unknown, reason)


def _sandwich_over(units: Units) -> str:
    return f"sandwich, {method_of(units)}"


def _bootstrap_over(units: Units) -> str:
    drawn = "each drawn on its own (pigeonhole)" if len(units.kinds) > 1 else "drawn anew"
    return f"score bootstrap, {units.label} {drawn}"


def _without_units(units: Units) -> str:
    return INDEPENDENT_LABEL


@dataclass(frozen=True, slots=True)
class IntervalMethod(Statistic[Callable[..., Limits]]):
    """A method for intervals of strengths.

    Attributes
    ----------
    over : callable
        From units to a description of the intervals over them, for users.
    is_resampled : bool
        Whether it draws resamples.
    """

    over: Callable[[Units], str] = field(kw_only=True)
    is_resampled: bool = field(default=False, kw_only=True)


INDEPENDENT_LABEL = "model-based, judgments independent"

LIMITS: dict[str, IntervalMethod] = {
    "sandwich": IntervalMethod(
        sandwich_limits, "sandwich over clusters, t interval", "Liang and Zeger 1986", over=_sandwich_over
    ),
    "score_bootstrap": IntervalMethod(
        score_bootstrap_limits,
        "score bootstrap over clusters",
        "Kline and Santos 2012",
        over=_bootstrap_over,
        is_resampled=True,
    ),
    "model": IntervalMethod(model_limits, INDEPENDENT_LABEL, "Bradley and Terry 1952", over=_without_units),
}
