"""One metric and people over outputs: effects of length and noise, the ceiling, association within and between groups."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from study import frames
from study.analysis.correlation.estimands import units_over
from study.analysis.correlation.one_metric import (
    Row,
    cluster_over,
    metric_evidence,
    table_of_metric,
    undefined_for,
)
from study.analysis.correlation.values import item_units
from study.stats.arrays import FloatArray, IntArray
from study.stats.correlation.attenuation import corrected_correlation, correlation_ceiling, spearman_brown
from study.stats.correlation.coefficients import midranks, paired_pearson
from study.stats.correlation.grouped import simpson_check
from study.stats.correlation.many_metrics import kept_outputs, summed_by
from study.stats.correlation.noise_ceiling import CEILINGS
from study.stats.correlation.ties import share
from study.stats.many import Spreads, group_spreads, ratio_spreads
from study.stats.resampling import Estimate
from study.stats.units import Units
from study.tables import lookup

N_SPLITS = 10
N_GROUPS = 20


def association_table(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    criterion: str,
    metric: str,
    held: str | None = None,
    cluster: str | None = None,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return the effects of noise and length: partial and corrected correlation, reliability, ceilings, within and between.

    Parameters
    ----------
    held : str, optional
        A metric held constant, such as the length.
    cluster : {"items", "profiles"}, optional
        The units left out together: by default profiles if items belong to 5 or more, else items.

    Returns
    -------
    DataFrame
        With the columns :data:`COLUMNS`. Correlations are over outputs, pooled; intervals leave out groups of units.
        Ceilings are means over comparisons judged by two raters without a tie, with all those of a unit left out
        together. All numbers hold for these raters.
    """
    found = metric_evidence(judgments, scores, metric, criterion, subset)
    human, values = found.human, found.values[:, 0]
    n = int((~np.isnan(values)).sum())
    over = cluster_over(found, cluster)
    unit, n_units, name = item_units(found, over)
    asked = bool(cluster)
    scored = units_over(found, over, ~np.isnan(values), asked=asked)
    every = units_over(found, over, asked=asked)
    rows: list[Row] = []

    def over_units(statistic: Callable[[IntArray], float], bounds: tuple[float, float]) -> Estimate:
        return _left_out(statistic, unit[found.output_item], (n_units, name), bounds, confidence_level, seed)

    def pooled(kept: IntArray) -> float:
        return float(paired_pearson(human[kept], values[kept]))

    observed = over_units(pooled, (-1, 1))
    rows.append(("pearson", "Pearson's r over outputs", observed, n, "outputs", scored))
    if held is not None and held != metric:
        lookup(dict.fromkeys(scores.columns), held, "metric")
        third = frames.evidence(
            frames.select(judgments, criterion=criterion, subset=subset), scores[[held]]
        ).values[:, 0]
        for key, label, rank in (
            ("partial_pearson", f"Pearson's r given {held}", False),
            ("partial_spearman", f"Spearman's ρ given {held}", True),
        ):

            def partial(kept: IntArray, rank: bool = rank) -> float:
                return _partial(human[kept], values[kept], third[kept], rank=rank)

            why = f"a score is missing or does not vary, or {held} determines it"
            both = units_over(found, over, ~np.isnan(values) & ~np.isnan(third), asked=asked)
            rows.append((key, label, undefined_for(over_units(partial, (-1, 1)), why), n, "outputs", both))
    halves = _half_scores(found, np.random.default_rng([abs(seed), 3]))
    rows += _reliability_rows(halves, observed, (n, scored), (len(human), every), over_units)
    rows += _ceilings(found, over, asked, confidence_level)
    return table_of_metric(metric, rows)


def _reliability_rows(
    halves: FloatArray,
    observed: Estimate,
    of_scores: tuple[int, Units],
    of_people: tuple[int, Units],
    over_units: Callable[[Callable[[IntArray], float], tuple[float, float]], Estimate],
) -> list[Row]:
    """Return the reliability of the human scores, and its effect on a correlation.

    ``of_scores`` and ``of_people`` are how many outputs the metric and people scored, with their units.
    """

    def reliability(kept: IntArray) -> float:
        r = paired_pearson(halves[:, 0, kept], halves[:, 1, kept])
        return spearman_brown(float(np.nanmean(r)), 2) if (~np.isnan(r)).any() else np.nan

    reliable = over_units(reliability, (-1, 1))
    error = (reliable.high - reliable.low) / 4 if not np.isnan(reliable.low) else 0.0
    corrected = corrected_correlation(observed, min(reliable.value, 1.0), reliability_error=error)
    ceiling = replace(
        reliable,
        value=correlation_ceiling(reliable.value),
        low=correlation_ceiling(max(0.0, reliable.low)),
        high=correlation_ceiling(reliable.high),
        reason="the reliability is negative" if reliable.value < 0 else reliable.reason,
    )
    (n, scored), (n_people, every) = of_scores, of_people
    return [
        ("reliability", "Reliability of the human scores", reliable, n_people, "outputs", every),
        ("corrected", "Pearson's r corrected for attenuation", corrected, n, "outputs", scored),
        ("correlation_ceiling", "The highest r that noise allows", ceiling, n_people, "outputs", every),
    ]


def simpson_table(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    criterion: str,
    metric: str,
    subset: frames.Subset = frames.HUMAN,
) -> pd.DataFrame:
    """Return Pearson's r pooled, within groups and between group means, with items and with systems as groups.

    A row per grouping; ``reverses`` if within and between have opposite signs (Simpson's paradox).
    """
    found = metric_evidence(judgments, scores, metric, criterion, subset)
    columns = ["groups", "pooled", "within", "between", "reverses", "reason"]
    if not len(found.human):
        return pd.DataFrame(columns=columns)
    human, values = found.matrix(found.human), found.matrix(found.values[:, 0])
    rows = []
    for level, groups in (("by_item", "items"), ("by_system", "systems")):
        check = simpson_check(human, values, "pearson", level)
        rows.append((groups, check.pooled, check.within, check.between, check.reverses, check.reason))
    return pd.DataFrame(rows, columns=columns).astype({"reason": "str"})


def _ceilings(found: frames.MetricEvidence, over: str, asked: bool, confidence_level: float) -> list[Row]:
    """Return the noise ceilings, whose intervals leave out all comparisons of an item or of a profile together."""
    untied = found.won + found.lost
    twice = untied >= 2
    counts = np.column_stack([found.won, found.lost])[twice]
    unit, n_units, name = item_units(found, over)
    gathered = summed_by(unit[found.item[twice]], n_units)
    once = gathered(np.ones((len(counts), 1)))
    paired = np.zeros(len(found.human), dtype=bool)
    paired[found.a[twice]] = paired[found.b[twice]] = True
    units = units_over(found, over, paired, asked=asked)
    rows: list[Row] = []
    for key, entry in CEILINGS.items():
        hit = gathered(entry.function(counts)[:, None])
        [estimate] = ratio_spreads(hit, once, once, name).estimates(entry.bounds, confidence_level)
        told = undefined_for(estimate, "no comparison has two judgments without a tie")
        rows.append((key, entry.label, told, int(untied.sum()), "untied judgments", units))
    return rows


def _left_out(
    statistic: Callable[[IntArray], float],
    unit: IntArray,
    units: tuple[int, str],
    bounds: tuple[float, float],
    confidence_level: float,
    seed: int,
) -> Estimate:
    """Return an estimate whose interval leaves out groups of units; ``statistic`` takes the remaining positions.

    ``unit`` is the unit of each output; ``units`` are the number of units and the name of one.
    """
    everything = np.arange(len(unit))
    value = np.array([statistic(everything)]) if len(unit) else np.array([np.nan])
    n_units, name = units

    def without(away: IntArray) -> FloatArray:
        return np.array([statistic(np.flatnonzero(kept_outputs(unit, away, n_units)))])

    spreads: Spreads = group_spreads(
        value, without, n_units, name, np.random.default_rng([abs(seed), 4]), most_groups=N_GROUPS
    )
    return spreads.estimates(bounds, confidence_level)[0]


def _partial(x: FloatArray, y: FloatArray, given: FloatArray, *, rank: bool) -> float:
    """Return the correlation of x and y with the third held constant (Yule 1907); nan if one determines another."""
    stacked = np.stack([x, y, given])
    stacked = stacked[:, ~np.isnan(stacked).any(axis=0)]
    if rank:
        stacked = midranks(stacked)
    r_xy, r_xz, r_yz = (float(paired_pearson(stacked[i], stacked[j])) for i, j in ((0, 1), (0, 2), (1, 2)))
    left = (1 - r_xz**2) * (1 - r_yz**2)
    return float(np.clip((r_xy - r_xz * r_yz) / np.sqrt(left), -1, 1)) if left > 1e-12 else np.nan


def _half_scores(found: frames.MetricEvidence, rng: np.random.Generator) -> FloatArray:
    """Return the human scores of outputs by two random halves of the raters, shape (n_splits, 2, n_outputs)."""
    n = len(found.output_item)
    first, second = found.a[found.comparison], found.b[found.comparison]
    won = (1 + found.sign) / 2
    scores = np.full((N_SPLITS, 2, n), np.nan)
    for split in range(N_SPLITS):
        half = rng.permutation(found.n_raters) < found.n_raters // 2
        for side, chosen in enumerate((half[found.rater], ~half[found.rater])):
            count = np.bincount(first[chosen], minlength=n) + np.bincount(second[chosen], minlength=n)
            total = np.bincount(first[chosen], won[chosen], n) + np.bincount(
                second[chosen], 1 - won[chosen], n
            )
            scores[split, side] = share(total.astype(np.float64), count.astype(np.float64))
    return scores
