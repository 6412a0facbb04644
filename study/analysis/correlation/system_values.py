"""Correlations over systems of all metrics at once: values, bootstrap intervals, Kendall's tests."""

from dataclasses import replace

import numpy as np

from study.analysis.correlation.levels import OF_PROFILES
from study.frames import MetricEvidence
from study.stats.arrays import FloatArray
from study.stats.correlation.kendall_test import KendallTest, kendall_test
from study.stats.correlation.many_metrics import (
    coefficient_of_systems,
    drawn_weights,
    system_means,
    weight_chunks,
)
from study.stats.correlation.ties import share
from study.stats.many import (
    percentile_estimates,
)
from study.stats.resampling import Estimate
from study.wording import counted

SYSTEMS_AND = {"both": "systems and item", "systems_and_profiles": "systems and profile"}
FEWEST_SYSTEMS = 3
FEWEST_DRAWN = 6
"""Fewest systems to resample: with fewer, too many resamples contain two systems only, which correlate by 1."""


def system_values(
    found: MetricEvidence,
    statistic: str,
    cluster: str,
    rng: np.random.Generator,
    bounds: tuple[float, float],
    confidence_level: float,
    n_resamples: int,
) -> tuple[list[Estimate], FloatArray, tuple[KendallTest, ...]]:
    """Return the correlation over systems of mean metric and win rate, with bootstrap intervals, its values, and its tests.

    The tests are Kendall's, one per metric, for statistics that are his tau; otherwise there are none.
    """
    n_systems, n_metrics = len(found.systems), len(found.metrics)
    known = ~np.isnan(found.values)
    columns = np.column_stack([np.where(known, found.values, 0), known, found.human_sum, found.human_count])

    def scores(item_weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        sums = system_means(columns, found.output_system, found.output_item, item_weights, n_systems)
        human = share(sums[..., -2], sums[..., -1])
        return human, share(sums[..., :n_metrics], sums[..., n_metrics : 2 * n_metrics])

    human, metric = scores(np.ones((1, len(found.items))))
    value = coefficient_of_systems(human, metric, statistic)[0]
    n_scored = (~np.isnan(metric[0]) & ~np.isnan(human[0])[:, None]).sum(axis=0)
    value = np.where(n_scored >= FEWEST_SYSTEMS, value, np.nan)
    parts = []
    counts = {"items": len(found.items), "profiles": found.n_profiles, "raters": found.n_raters}
    n_units = counts.get(cluster, n_systems)
    unit = SYSTEMS_AND.get(cluster, cluster.removesuffix("s"))
    of_profiles = cluster in OF_PROFILES
    n_of_items = found.n_profiles if of_profiles else len(found.items)
    unit_of_item = found.profile if of_profiles else np.arange(n_of_items)
    if n_units >= 2 and not np.isnan(value).all():
        people = _rater_sums(found) if cluster == "raters" else None
        for size in weight_chunks(n_resamples, max(len(found.items), n_systems * (2 * n_metrics + 2))):
            h, m = (
                np.broadcast_to(human, (size, n_systems)),
                np.broadcast_to(metric, (size, *metric.shape[1:])),
            )
            if OF_PROFILES.get(cluster, cluster) in ("items", "both"):
                h, m = scores(drawn_weights(n_of_items, size, rng)[:, unit_of_item])
            if people is not None:
                sums = np.tensordot(drawn_weights(found.n_raters, size, rng), people, axes=1)
                h = share(sums[..., 0], sums[..., 1])
            if cluster in ("systems", *SYSTEMS_AND):
                drawn = rng.integers(0, n_systems, (size, n_systems))
                h = np.take_along_axis(h, drawn, axis=1)
                m = np.take_along_axis(m, drawn[:, :, None], axis=1)
            parts.append(coefficient_of_systems(h, m, statistic))
    resampled = np.concatenate(parts) if parts else np.full((n_resamples, n_metrics), np.nan)
    estimates = percentile_estimates(value, resampled, n_units, unit, bounds, confidence_level)
    tests = (
        tuple(kendall_test(human[0], metric[0, :, k]) for k in range(n_metrics))
        if statistic in ("kendall_b", "kendall_c")
        else ()
    )
    told = [_told(one, int(n), cluster) for one, n in zip(estimates, n_scored, strict=True)]
    return told, value, tests


def _told(one: Estimate, n_scored: int, cluster: str) -> Estimate:
    """Return an estimate over systems with the reason if it, or its interval over systems, is undefined."""
    if np.isnan(one.value):
        return replace(one, reason=_system_reason(n_scored))
    if cluster in ("systems", *SYSTEMS_AND) and n_scored < FEWEST_DRAWN:
        reason = f"{counted(n_scored, 'system')}: an interval over systems needs at least {FEWEST_DRAWN}"
        return replace(one, low=np.nan, high=np.nan, reason=reason)
    return one


def _system_reason(n_scored: int) -> str:
    if n_scored < FEWEST_SYSTEMS:
        return f"{counted(n_scored, 'system')} with a metric score and a judgment; at least {FEWEST_SYSTEMS} are needed"
    return "all systems have the same metric score, or the same win rate"


def _rater_sums(found: MetricEvidence) -> FloatArray:
    """Return wins (or other values) and judgments of each system by each rater, shape (n_raters, n_systems, 2)."""
    if found.by_rater is not None:
        return found.by_rater
    n = len(found.systems)
    won = (1 + found.sign) / 2
    sums = np.zeros((2, found.n_raters * n))
    for side, wins in ((found.a, won), (found.b, 1 - won)):
        cell = found.rater * n + found.output_system[side][found.comparison]
        sums[0] += np.bincount(cell, wins, sums.shape[1])
        sums[1] += np.bincount(cell, minlength=sums.shape[1])
    return np.moveaxis(sums.reshape(2, found.n_raters, n), 0, -1)
