"""Pairwise differences of Bradley-Terry strengths, all at once, and the ranks they leave possible."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, stdtr

from study.errors import InvalidInput
from study.stats.arrays import BoolArray, FloatArray
from study.stats.multiplicity import holm
from study.stats.ranking.comparability import Comparability
from study.stats.ranking.preferences import Preferences
from study.stats.ranking.strengths import (
    LIMITS,
    FittedStrengths,
    bradley_terry_strengths,
    clustered_covariance,
    score_bootstrap_moves,
)
from study.stats.resampling import NO_VARIATION, check_confidence_level, normal_quantile, t_quantile
from study.stats.statistic import Statistic
from study.tables import lookup
from study.wording import counted

NO_ERROR = 1e-12
"""Standard errors below this come from clusters that do not vary: they tell systems apart by no evidence."""


@dataclass(frozen=True, slots=True)
class RankIntervals:
    """Ranks that are possible at once, and the differences behind them.

    With the stated confidence all intervals hold together: all differences, and so all ranks.

    Attributes
    ----------
    rank, rank_low, rank_high : ndarray of shape (n_systems,)
        1 is best; equal strengths share the better rank. nan for systems that are not comparable, and ``rank_low``
        and ``rank_high`` also where there is no interval.
    difference : ndarray of shape (n_systems, n_systems)
        Strength of the row less that of the column, in logits; nan where not comparable.
    low, high : ndarray of shape (n_systems, n_systems)
        Simultaneous limits; nan on the diagonal, and for a system judged in one cluster only: any rank beside it is
        then possible.
    p_value, adjusted_p : ndarray of shape (n_systems, n_systems)
        Two-sided, of no difference: of one pair, and Holm's over all pairs. nan on the diagonal.
    critical_value : float
        Times the standard error it is half the width of a simultaneous interval.
    confidence_level : float
    n_units, n_resamples : int
    method : str
    comparability : Comparability
    reason : str or None
        Why there are no intervals.
    """

    rank: FloatArray
    rank_low: FloatArray
    rank_high: FloatArray
    difference: FloatArray
    low: FloatArray
    high: FloatArray
    p_value: FloatArray
    adjusted_p: FloatArray
    critical_value: float
    confidence_level: float
    n_units: int
    n_resamples: int
    method: str
    comparability: Comparability
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """What is known of the comparable systems' strengths: covariance, degrees of freedom, influence of clusters."""

    covariance: FloatArray
    degrees_of_freedom: float
    influence: FloatArray
    resampled: bool


def rank_intervals(
    judged: Preferences,
    cluster: ArrayLike | None = None,
    *,
    method: str | None = None,
    simultaneous: str = "max_t",
    confidence_level: float = 0.95,
    n_resamples: int = 5000,
    rng: np.random.Generator | None = None,
) -> RankIntervals:
    """Estimate the ranks of systems, with intervals that hold for all systems together.

    A system's best possible rank is one more than the number of systems whose difference from it lies wholly above 0.

    Parameters
    ----------
    judged : Preferences
    cluster : array_like of int, shape (n_judgments,), optional
        Raters, or items.
    method : {"sandwich", "score_bootstrap", "model"}, optional
        As in :func:`study.stats.strengths.strengths`.
    simultaneous : {"max_t", "bonferroni"}
        "max_t" draws the largest difference, in standard errors, from the joint distribution: normal ("model"), t
        ("sandwich") or the resampled clusters ("score_bootstrap"). It is narrower than "bonferroni", which needs no
        draws.
    confidence_level : float
    n_resamples : int
    rng : numpy.random.Generator, optional
        Required by "max_t".

    Raises
    ------
    InvalidInput
        If a name is unknown, the method needs clusters and there are none, or there is no generator.

    References
    ----------
    Klein, Wright and Wieczorek 2020; Mogstad, Romano, Shaikh and Wilhelm 2024; Holm 1979; Kline and Santos 2012.
    """
    name = method or ("model" if cluster is None else "sandwich")
    lookup(LIMITS, name, "interval method")
    return rank_intervals_of(
        bradley_terry_strengths(judged, cluster, name),
        name,
        simultaneous=simultaneous,
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        rng=rng,
    )


def rank_intervals_of(
    fit: FittedStrengths,
    method: str,
    *,
    simultaneous: str = "max_t",
    confidence_level: float = 0.95,
    n_resamples: int = 5000,
    rng: np.random.Generator | None = None,
) -> RankIntervals:
    """Return the rank intervals of any preference model; options as of :func:`rank_intervals`."""
    check_confidence_level(confidence_level)
    entry = lookup(LIMITS, method, "interval method")
    label = f"{fit.label}, {entry.label}; {lookup(CRITICAL, simultaneous, 'rule').label}"
    influence = fit.influence
    inside = ~np.isnan(fit.strengths)
    n_draws = n_resamples if simultaneous == "max_t" else 0
    unknown = np.full((len(inside), len(inside)), np.nan)
    errors, p_value, critical = unknown.copy(), unknown.copy(), np.nan
    reason = fit.reason or _no_interval_reason(int(inside.sum()), len(influence), method)
    if reason is None:
        spread, block = _spread(fit.covariance, influence, method, inside), np.ix_(inside, inside)
        errors[block] = _difference_errors(spread.covariance)
        errors[fit.alone], errors[:, fit.alone] = np.nan, np.nan
        reason = None if np.isfinite(errors).any() else NO_VARIATION.format(unit="cluster")
    if reason is None:
        critical = CRITICAL[simultaneous].function(spread, errors[block], confidence_level, n_draws, rng)
        gaps = np.subtract.outer(fit.strengths[inside], fit.strengths[inside])
        p_value[block] = _p_values(gaps / errors[block], spread.degrees_of_freedom)
    difference = np.subtract.outer(fit.strengths, fit.strengths)
    limits = difference - critical * errors, difference + critical * errors
    ranks = _ranks(fit.strengths, *limits, np.isfinite(critical) & inside)
    return RankIntervals(
        *ranks,
        difference,
        *limits,
        p_value,
        _holm_matrix(p_value),
        float(critical),
        confidence_level,
        len(influence),
        n_draws,
        label,
        fit.comparability,
        reason,
    )


def _no_interval_reason(n_systems: int, n_clusters: int, method: str) -> str | None:
    if n_systems < 2:
        return "fewer than two systems on one scale"
    if method != "model" and n_clusters < 2:
        return f"{counted(n_clusters, 'cluster')}: a clustered interval needs at least 2"
    return None


def _spread(covariance: FloatArray, influence: FloatArray, method: str, inside: BoolArray) -> Spread:
    if method == "model":
        return Spread(covariance[np.ix_(inside, inside)], np.inf, influence, False)
    own = influence[:, inside]
    return Spread(clustered_covariance(own), len(own) - 1, own, method == "score_bootstrap")


def _difference_errors(covariance: FloatArray) -> FloatArray:
    """Return standard errors of all differences; nan where there is none."""
    variance = np.diag(covariance)
    squared = variance[:, None] + variance[None, :] - 2 * covariance
    return np.sqrt(np.where(squared > NO_ERROR**2, squared, np.nan))


def _p_values(statistic: FloatArray, degrees_of_freedom: float) -> FloatArray:
    size = -np.abs(statistic)
    tail = stdtr(degrees_of_freedom, size) if np.isfinite(degrees_of_freedom) else ndtr(size)
    return np.asarray(2 * tail)


def _holm_matrix(p_value: FloatArray) -> FloatArray:
    rows, columns = np.triu_indices(len(p_value), 1)
    adjusted = np.full_like(p_value, np.nan)
    adjusted[rows, columns] = adjusted[columns, rows] = holm(p_value[rows, columns])
    return adjusted


def _ranks(
    strengths: FloatArray, low: FloatArray, high: FloatArray, bounded: BoolArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    known = ~np.isnan(strengths)
    above = (strengths[None, :] > strengths[:, None]).sum(axis=1)
    rank = np.where(known, 1.0 + above, np.nan)
    best = np.where(bounded, 1.0 + (high < 0).sum(axis=1), np.nan)
    worst = np.where(bounded, float(known.sum()) - (low > 0).sum(axis=1), np.nan)
    return rank, best, worst


def bonferroni_critical(
    spread: Spread,
    errors: FloatArray,
    confidence_level: float,
    n_resamples: int,
    rng: np.random.Generator | None,
) -> float:
    """Return the quantile at the error rate divided by the number of pairs."""
    n = len(errors)
    level = 1 - (1 - confidence_level) / (n * (n - 1) / 2)
    if np.isinf(spread.degrees_of_freedom):
        return normal_quantile(level)
    return t_quantile(level, int(spread.degrees_of_freedom))


def max_t_critical(
    spread: Spread,
    errors: FloatArray,
    confidence_level: float,
    n_resamples: int,
    rng: np.random.Generator | None,
) -> float:
    """Return the quantile of the largest difference among all pairs, in standard errors, over random draws."""
    if rng is None or n_resamples < 1:
        raise InvalidInput(f"n_resamples {n_resamples}, rng {rng!r}; allowed: 1 or more, a numpy Generator")
    if spread.resampled:
        draws = score_bootstrap_moves(spread.influence, n_resamples, rng)
    else:
        sizes, directions = np.linalg.eigh(spread.covariance)
        factor = directions * np.sqrt(np.maximum(sizes, 0))
        draws = rng.standard_normal((n_resamples, len(sizes))) @ factor.T
        if np.isfinite(spread.degrees_of_freedom):
            df = spread.degrees_of_freedom
            draws /= np.sqrt(rng.chisquare(df, (n_resamples, 1)) / df)
    largest = np.zeros(n_resamples)
    for system in range(1, draws.shape[1]):
        gaps = np.abs(draws[:, :system] - draws[:, system, None]) / errors[system, :system]
        largest = np.fmax(largest, np.fmax.reduce(gaps, axis=1))
    return float(np.quantile(largest, confidence_level))


CRITICAL: dict[str, Statistic[Callable[..., float]]] = {
    "max_t": Statistic(max_t_critical, "simultaneous by the largest difference", "Klein et al. 2020"),
    "bonferroni": Statistic(bonferroni_critical, "simultaneous by Bonferroni", "Klein et al. 2020"),
}
