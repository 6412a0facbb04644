"""The table of systems: strength under a chosen preference model, win rate, and the ranks that are possible."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from study import frames
from study.analysis.ranking.models import MODELS, fitted_strengths
from study.analysis.ranking.rows import NO_JUDGMENT, table_of
from study.errors import InvalidInput
from study.stats.arrays import FloatArray, IntArray
from study.stats.ranking.covariates import covariate_fit
from study.stats.ranking.elo import WARNING, elo
from study.stats.ranking.preferences import win_counts
from study.stats.ranking.rank_intervals import rank_intervals_of
from study.stats.ranking.sign_test import sign_test
from study.stats.ranking.strengths import LIMITS, strength_estimates
from study.stats.ranking.win_rates import win_rates
from study.stats.resampling import Estimate
from study.tables import lookup

COLUMNS = (
    *("system", "model", "rank", "rank_low", "rank_high", "strength", "strength_low", "strength_high"),
    *("win_rate", "win_rate_low", "win_rate_high", "wins", "ties", "losses", "p_value", "confidence_level"),
    *(
        "n_comparisons",
        "n_judgments",
        "n_raters",
        "clusters",
        "n_clusters",
        "n_resamples",
        "method",
        "reason",
    ),
    *("rank_method", "rank_reason", "win_rate_method", "win_rate_reason"),
)
RANK_RESAMPLES = 5000
Ranks = tuple[FloatArray, FloatArray, FloatArray, str, str | None]


def ranking_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    model: str = "bradley_terry",
    cluster: str = "rater",
    method: str = "sandwich",
    ridge: float = 0.0,
    seed: int = 0,
    confidence_level: float = 0.95,
    n_resamples: int = 1000,
) -> pd.DataFrame:
    """Return strength, rank and win rate of each system, the strongest first.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    criterion : str
    subset : Subset
        Whose judgments count, and on what.
    model : str
        Key of :data:`study.analysis.ranking.models.MODELS`.
    cluster : {"rater", "item", "source", "profile"}
        Whose judgments belong together in the intervals.
    method : {"sandwich", "score_bootstrap", "model"}
        How intervals of strengths are made; "model" takes judgments as independent, in win rates too.
    ridge : float
        Above 0 it holds systems that cannot be compared; Bradley-Terry with the sandwich or model-based only.
    seed : int
        Of the random draws behind bootstrap and ranks.
    confidence_level : float
    n_resamples : int
        Of the score bootstrap.

    Returns
    -------
    DataFrame
        Of the columns :data:`COLUMNS`. ``n_clusters`` counts the clusters (raters, items ...) that judged, or hold, the
        system; ``p_value`` is the exact sign test of its wins against its losses, judgments independent; ``strength`` is
        in logits, or a rating for Elo. ``rank_low`` and ``rank_high`` hold for all systems together.
    """
    _check(model, method, ridge)
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    judged, codes = frames.system_preferences(selection), frames.cluster_codes(selection, cluster)
    clusters = None if method == "model" else codes
    rates = win_rates(judged, clusters, confidence_level=confidence_level)
    settings = method, ridge, seed, confidence_level, n_resamples
    estimates, ranks = _strengths_and_ranks(selection, model, clusters, settings)
    counts = win_counts(judged)
    rows = []
    for i, (system, strength, rate, sizes) in enumerate(
        zip(judged.systems, estimates, rates, _sizes(selection, codes), strict=True)
    ):
        wins, ties, losses = (
            int(n) for n in (counts.wins[i].sum(), counts.ties[i].sum(), counts.wins[:, i].sum())
        )
        rank, low, high, rank_method, rank_reason = ranks
        rows.append(
            (
                *(system, model, rank[i], low[i], high[i], strength.value, strength.low, strength.high),
                *(rate.value, rate.low, rate.high, wins, ties, losses, sign_test(wins, losses)),
                *(confidence_level, *sizes[:3], cluster, sizes[3], strength.n_resamples, strength.method),
                *(strength.reason, rank_method, rank_reason, rate.method, rate.reason),
            )
        )
    table = table_of(rows, COLUMNS, NO_JUDGMENT)
    return table.sort_values(
        ["strength", "win_rate", "system"], ascending=[False, False, True], ignore_index=True
    )


def _check(model: str, method: str, ridge: float) -> None:
    lookup(MODELS, model, "model")
    lookup(LIMITS, method, "interval method")
    if ridge and (model != "bradley_terry" or method == "score_bootstrap"):
        raise InvalidInput(
            f"ridge {ridge:g} with model {model!r} and method {method!r}; allowed: bradley_terry with sandwich or model"
        )


def _strengths_and_ranks(
    selection: frames.Selection,
    model: str,
    clusters: IntArray | None,
    settings: tuple[str, float, int, float, int],
) -> tuple[Sequence[Estimate], Ranks]:
    method, ridge, seed, level, n_resamples = settings
    if not selection.systems:
        nothing = np.empty(0)
        return (), (nothing, nothing, nothing, "", None)
    if model == "elo":
        return _elo(selection, level)
    if ridge:
        judged = frames.system_preferences(selection)
        estimates = covariate_fit(judged, (), clusters, ridge=ridge, confidence_level=level).strengths
        return estimates, _points_only(estimates, "with a ridge there are no simultaneous ranks")
    fitted, note = fitted_strengths(selection, model, clusters)
    rng = np.random.default_rng([abs(seed), 1])
    estimates = strength_estimates(
        fitted, method, confidence_level=level, n_resamples=n_resamples, rng=np.random.default_rng(abs(seed))
    )
    n_draws = n_resamples if method == "score_bootstrap" else RANK_RESAMPLES
    found = rank_intervals_of(fitted, method, confidence_level=level, n_resamples=n_draws, rng=rng)
    ranks = (found.rank, found.rank_low, found.rank_high, found.method, found.reason)
    return tuple(_noted(one, note) for one in estimates), ranks


def _noted(estimate: Estimate, note: str) -> Estimate:
    return replace(estimate, method=f"{estimate.method} ({note})") if note else estimate


def _elo(selection: frames.Selection, level: float) -> tuple[Sequence[Estimate], Ranks]:
    judged = frames.system_preferences(selection)
    found = elo(judged)
    method = f"Elo in the order of the judgments, K {found.k:g}, start {found.start:g}"
    reason = f"no interval: {found.warning}"
    n = len(judged.a)
    estimates = [
        Estimate(rating, np.nan, np.nan, level, n, 0, method, reason) for rating in found.ratings.tolist()
    ]
    return estimates, _points_only(estimates, f"no interval: {WARNING}")


def _points_only(estimates: Iterable[Estimate], reason: str) -> Ranks:
    """Return ranks of point estimates, equal ones sharing the better rank, without intervals."""
    values = np.array([one.value for one in estimates])
    rank = np.where(np.isnan(values), np.nan, 1.0 + (values[None, :] > values[:, None]).sum(axis=1))
    unknown = np.full_like(rank, np.nan)
    return rank, unknown, unknown, "order of the strengths", reason


def _sizes(selection: frames.Selection, cluster: IntArray) -> list[tuple[int, int, int, int]]:
    """Return per system, in order, its comparisons, judgments, raters and clusters."""
    judged, systems = selection.judgments, selection.systems
    sides = frames.positions(systems, judged["label_a"], judged["label_b"])
    (comparison, comparisons), (rater, raters) = (
        frames.coded(judged[f"{one}_id"]) for one in ("comparison", "rater")
    )

    def distinct(codes: IntArray, n_codes: int) -> IntArray:
        there = np.zeros((len(systems), n_codes), dtype=bool)
        for side in sides:
            there[side, codes] = True
        return np.asarray(there.sum(axis=1))

    columns = (
        distinct(comparison, len(comparisons)),
        np.bincount(np.concatenate(sides), minlength=len(systems)),
        distinct(rater, len(raters)),
        distinct(cluster, int(cluster.max(initial=-1)) + 1),
    )
    return [(int(a), int(b), int(c), int(d)) for a, b, c, d in zip(*columns, strict=True)]
