"""Simultaneous pairwise differences of Bradley-Terry strengths, and the possible ranks that follow."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, stdtr, stdtrit

from study.stats.arrays import BoolArray, FloatArray
from study.stats.multiplicity import holm
from study.stats.ranking.comparability import Comparability
from study.stats.ranking.critical_values import CRITICAL, JointErrors
from study.stats.ranking.fitted import FittedStrengths, n_units
from study.stats.ranking.strengths import (
    LIMITS,
    interval_label,
    moves_of,
    strength_covariance,
)
from study.stats.resampling import NO_VARIATION, check_confidence_level
from study.tables import lookup
from study.wording import counted

NO_ERROR = 1e-12
"""Standard errors below this come from clusters that do not vary, which is not evidence of differences between systems."""


@dataclass(frozen=True, slots=True)
class RankIntervals:
    """Simultaneous intervals of ranks, and the differences behind them.

    At the stated confidence all intervals hold together: those of all differences, and so of all ranks.

    Attributes
    ----------
    rank, rank_low, rank_high : ndarray of shape (n_systems,)
        1 is best; equal strengths share the better rank. nan for systems that are not comparable; ``rank_low`` and
        ``rank_high`` also where there is no interval.
    difference : ndarray of shape (n_systems, n_systems)
        Strength of the row minus that of the column, in logits; nan where not comparable.
    low, high : ndarray of shape (n_systems, n_systems)
        Simultaneous limits; nan on the diagonal, and for a system judged in one cluster only, whose rank relative to
        the others is then unknown.
    p_value, adjusted_p : ndarray of shape (n_systems, n_systems)
        Two-sided, of no difference: of one pair, and Holm's over all pairs. nan on the diagonal.
    critical_value : float
        Multiplied by the standard error, it gives half the width of a simultaneous interval; over units of several
        kinds, at the largest degrees of freedom of any difference.
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


def rank_intervals_of(
    fit: FittedStrengths,
    method: str,
    *,
    simultaneous: str = "max_t",
    confidence_level: float = 0.95,
    n_resamples: int = 5000,
    rng: np.random.Generator | None = None,
) -> RankIntervals:
    """Return the rank intervals of any preference model; options as in :func:`rank_intervals`."""
    check_confidence_level(confidence_level)
    lookup(LIMITS, method, "interval method")
    label = f"{fit.label}, {interval_label(fit, method)}; {lookup(CRITICAL, simultaneous, 'rule').label}"
    inside = ~np.isnan(fit.strengths)
    n_draws = n_resamples if simultaneous == "max_t" else 0
    unknown = np.full((len(inside), len(inside)), np.nan)
    errors, p_value, critical = unknown.copy(), unknown.copy(), np.nan
    times = np.asarray(critical)
    reason = fit.reason or _no_interval_reason(fit, method)
    if reason is None:
        spread, block = _spread(fit, method, inside), np.ix_(inside, inside)
        errors[block] = spread.errors
        errors[fit.alone], errors[:, fit.alone] = np.nan, np.nan
        reason = None if np.isfinite(errors).any() else NO_VARIATION.format(unit="cluster")
    if reason is None:
        drawn = np.where(np.isfinite(errors[block]), _difference_errors(spread.covariance), np.nan)
        critical = CRITICAL[simultaneous].function(spread, drawn, confidence_level, n_draws, rng)
        times = _critical_values(critical, spread, inside)
        gaps = np.subtract.outer(fit.strengths[inside], fit.strengths[inside])
        p_value[block] = _p_values(gaps / errors[block], spread.of_differences)
    difference = np.subtract.outer(fit.strengths, fit.strengths)
    limits = difference - times * errors, difference + times * errors
    ranks = _ranks(fit.strengths, *limits, np.isfinite(critical) & inside)
    return RankIntervals(
        *ranks,
        difference,
        *limits,
        p_value,
        _holm_matrix(p_value),
        float(critical),
        confidence_level,
        n_units(fit),
        n_draws,
        label,
        fit.comparability,
        reason,
    )


def _no_interval_reason(fit: FittedStrengths, method: str) -> str | None:
    if int((~np.isnan(fit.strengths)).sum()) < 2:
        return "fewer than two systems on one scale"
    if method == "model":
        return None
    if fit.over is not None:
        return fit.over.reason
    if len(fit.influence) < 2:
        return f"{counted(len(fit.influence), 'cluster')}: a clustered interval needs at least 2"
    return None


def _spread(fit: FittedStrengths, method: str, inside: BoolArray) -> JointErrors:
    block = np.ix_(inside, inside)
    if method == "model":
        covariance = fit.covariance[block]
        return JointErrors(covariance, np.inf, _difference_errors(covariance), np.asarray(np.inf))
    if fit.over is None:
        covariance, freedom = strength_covariance(fit.influence[:, inside]), len(fit.influence) - 1.0
        errors, of_differences = _difference_errors(covariance), np.asarray(freedom)
    else:
        covariance = fit.over.joint().covariance[block]
        squared, of_differences = (part[block] for part in fit.over.of_differences())
        freedom = float(np.nanmax(of_differences, initial=1.0))
        errors = np.sqrt(np.where(squared > NO_ERROR**2, squared, np.nan))
    if method != "score_bootstrap":
        return JointErrors(covariance, freedom, errors, of_differences)

    def moves(n_resamples: int, rng: np.random.Generator | None) -> FloatArray:
        return moves_of(fit, n_resamples, rng)[:, inside]

    return JointErrors(covariance, freedom, errors, of_differences, moves)


def _critical_values(critical: float, spread: JointErrors, inside: BoolArray) -> FloatArray:
    """Return the critical value of each difference: the same tail at that difference's degrees of freedom."""
    if not spread.of_differences.ndim:
        return np.asarray(critical)
    tail = stdtr(spread.degrees_of_freedom, -critical)
    times = np.full((len(inside), len(inside)), np.nan)
    times[np.ix_(inside, inside)] = -stdtrit(spread.of_differences, tail)
    return times


def _difference_errors(covariance: FloatArray) -> FloatArray:
    """Return standard errors of all differences; nan if there is none."""
    variance = np.diag(covariance)
    squared = variance[:, None] + variance[None, :] - 2 * covariance
    return np.sqrt(np.where(squared > NO_ERROR**2, squared, np.nan))


def _p_values(statistic: FloatArray, degrees_of_freedom: FloatArray) -> FloatArray:
    size = -np.abs(statistic)
    known = np.isfinite(degrees_of_freedom)
    return np.asarray(2 * np.where(known, stdtr(np.where(known, degrees_of_freedom, 1.0), size), ndtr(size)))


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
