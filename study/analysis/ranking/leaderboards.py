"""Strengths and ranks of all systems under one preference model, including systems with an open end."""

from dataclasses import dataclass, replace

import numpy as np

from study import frames
from study.analysis.ranking.models import MODELS, RatingModel, bounds_open_ends
from study.stats.arrays import BoolArray, FloatArray, IntArray
from study.stats.ranking.covariates import covariate_fit
from study.stats.ranking.fitted import FittedStrengths
from study.stats.ranking.open_ends import open_bounds, placed
from study.stats.ranking.over_units import distinct_units
from study.stats.ranking.preferences import Preferences, win_matrix
from study.stats.ranking.rank_intervals import rank_intervals_of
from study.stats.ranking.regressors import left_side
from study.stats.ranking.strengths import strength_estimates
from study.stats.resampling import Estimate
from study.stats.units import Units, units_of

RANK_RESAMPLES = 5000


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings for strengths and ranks; ``ranked`` says whether ranks get intervals."""

    model: str
    method: str
    ridge: float
    seed: int
    confidence_level: float
    n_resamples: int
    ranked: bool = True


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """Strengths and ranks of all systems.

    Attributes
    ----------
    strengths : tuple of Estimate
    rank, rank_low, rank_high : ndarray of shape (n_systems,)
    rank_method : str
    rank_reason : str or None
    open_ends : tuple of (str or None)
    freedom : ndarray of shape (n_systems,)
        Degrees of freedom of the intervals of strengths; nan if they are not by Student's t.
    """

    strengths: tuple[Estimate, ...]
    rank: FloatArray
    rank_low: FloatArray
    rank_high: FloatArray
    rank_method: str
    rank_reason: str | None
    open_ends: tuple[str | None, ...]
    freedom: FloatArray


def board_as_judged(
    selection: frames.Selection,
    judged: Preferences,
    cluster: Units | None,
    settings: Settings,
) -> tuple[Leaderboard, BoolArray]:
    """Return the board as judged, and which systems are on its scale."""
    model = MODELS[settings.model]
    if isinstance(model, RatingModel):
        return _rated(model, judged, settings.confidence_level), np.ones(len(judged.systems), dtype=bool)
    if settings.ridge:
        return held_board(judged, None, cluster, settings), np.ones(len(judged.systems), dtype=bool)
    fitted, note = model.strengths(selection, cluster)
    return ranked_board(fitted, judged, cluster, settings, note), ~np.isnan(fitted.strengths)


def ranked_board(
    fitted: FittedStrengths,
    judged: Preferences,
    cluster: Units | None,
    settings: Settings,
    note: str,
) -> Leaderboard:
    """Return estimates with their ranks, including systems with an open end."""
    level, method, seed = settings.confidence_level, settings.method, abs(settings.seed)
    estimates = strength_estimates(
        fitted,
        method,
        confidence_level=level,
        n_resamples=settings.n_resamples,
        rng=np.random.default_rng(seed),
    )
    if not settings.ranked:
        board = _points_only(estimates, "not asked for")
        ends = fitted.comparability.open_ends if fitted.reason is None else board.open_ends
        if bounds_open_ends(settings.model) and any(ends):
            estimates = _with_bounds(estimates, fitted, judged, _counted_units(judged, cluster), level)
        return replace(board, strengths=estimates, open_ends=ends)
    n_draws = settings.n_resamples if method == "score_bootstrap" else RANK_RESAMPLES
    ranks = rank_intervals_of(
        fitted,
        method,
        confidence_level=level,
        n_resamples=n_draws,
        rng=np.random.default_rng([seed, 1]),
    )
    if note:
        estimates = tuple(replace(one, method=f"{one.method} ({note})") for one in estimates)
    freedom = np.full(len(estimates), np.nan)
    if method == "sandwich":
        freedom[:] = fitted.over.of_strengths()[1] if fitted.over is not None else len(fitted.influence) - 1
        freedom[~np.isfinite([one.low for one in estimates])] = np.nan
    linked, ends = fitted.comparability, fitted.comparability.open_ends
    points = ranks.rank, ranks.rank_low, ranks.rank_high
    if fitted.reason is not None or not any(ends):
        return Leaderboard(estimates, *points, ranks.method, ranks.reason, (None,) * len(estimates), freedom)
    units = _counted_units(judged, cluster)
    if bounds_open_ends(settings.model):
        estimates = _with_bounds(estimates, fitted, judged, units, level)
    separated = None if ranks.reason else np.nan_to_num(ranks.low) > 0
    found = placed(fitted.strengths, linked, separated, _met(judged, units), confidence_level=level)
    known = np.isfinite(found.rank_low).any()
    how = f"{ranks.method}; systems with an open end by the exact test of their own comparisons, Bonferroni"
    reason = None if known else ranks.reason
    return Leaderboard(estimates, found.rank, found.rank_low, found.rank_high, how, reason, ends, freedom)


def _counted_units(judged: Preferences, cluster: Units | None) -> Units:
    return units_of({"judgment": np.arange(len(judged.a))}, asked=True) if cluster is None else cluster


def _with_bounds(
    estimates: tuple[Estimate, ...],
    fitted: FittedStrengths,
    judged: Preferences,
    units: Units,
    level: float,
) -> tuple[Estimate, ...]:
    """Return estimates with one-sided bounds where an end is open."""
    on_scale = fitted.comparability.comparable
    with_scale = on_scale[judged.a] | on_scale[judged.b]
    inside = units.of(with_scale)
    meets = judged.a[with_scale], judged.b[with_scale]
    n_units = distinct_units(inside, meets, len(judged.systems)).astype(np.int64)
    bounds = open_bounds(
        win_matrix(judged), fitted.strengths, fitted.comparability, n_units, confidence_level=level
    )
    return tuple(
        replace(one, low=low, high=high) if np.isfinite([low, high]).any() else one
        for one, low, high in zip(estimates, *(bound.tolist() for bound in bounds), strict=True)
    )


def _met(judged: Preferences, units: Units) -> IntArray:
    """Return how many units, of the kind with the fewest, compared two systems, shape (n_systems, n_systems)."""
    n = len(judged.systems)
    pair = np.minimum(judged.a, judged.b) * n + np.maximum(judged.a, judged.b)
    fewest = np.full(n * n, len(judged.a) if units.kinds else 0)
    for code, n_codes in zip(units.codes, units.counts, strict=True):
        there = np.unique(pair * n_codes + code) // n_codes
        fewest = np.minimum(fewest, np.bincount(there, minlength=n * n))
    table = fewest.reshape(n, n)
    return np.asarray(table + table.T - np.diag(np.diag(table)), dtype=np.int64)


def held_board(
    judged: Preferences, side: IntArray | None, cluster: Units | None, settings: Settings
) -> Leaderboard:
    """Return the board of all systems, held on one scale by a ridge."""
    covariates = () if side is None else (left_side(side),)
    level = settings.confidence_level
    estimates = covariate_fit(
        judged, covariates, cluster, ridge=settings.ridge, confidence_level=level
    ).strengths
    return _points_only(estimates, "with a ridge there are no simultaneous ranks")


def _rated(model: RatingModel, judged: Preferences, level: float) -> Leaderboard:
    found = model.function(judged)
    method = f"{model.label} in the order of the judgments, K {found.k:g}, start {found.start:g}"
    reason, n = f"no interval: {found.warning}", len(judged.a)
    estimates = [
        Estimate(rating, np.nan, np.nan, level, n, 0, method, reason) for rating in found.ratings.tolist()
    ]
    return _points_only(tuple(estimates), reason)


def _points_only(estimates: tuple[Estimate, ...], reason: str) -> Leaderboard:
    """Return ranks of point estimates, with equal ones sharing the better rank, without intervals."""
    values = np.array([one.value for one in estimates])
    rank = np.where(np.isnan(values), np.nan, 1.0 + (values[None, :] > values[:, None]).sum(axis=1))
    unknown = np.full_like(rank, np.nan)
    ends = (None,) * len(estimates)
    return Leaderboard(estimates, rank, unknown, unknown, "order of the strengths", reason, ends, unknown)
