"""The tables of metrics: does a metric prefer what people prefer?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from study import frames
from study.records import stable_id
from study.stats.arrays import FloatArray, IntArray
from study.stats.correlation.accuracy import ACCURACY, accuracy, outcome_counts
from study.stats.correlation.of_systems import CORRELATION, SystemCells, system_cells, system_correlation
from study.stats.ranking.preferences import Preferences
from study.stats.ranking.win_rates import win_rates
from study.stats.resampling import Estimate, jackknife, whole_clusters

COLUMNS = (
    *("metric", "level", "statistic", "label", "value", "low", "high", "confidence_level"),
    *("n_systems", "n_pairs", "n_judgments", "n_items", "method", "reason", "signature"),
)
POINT_COLUMNS = (
    *(
        "system",
        "metric_mean",
        "metric_mean_low",
        "metric_mean_high",
        "win_rate",
        "win_rate_low",
        "win_rate_high",
    ),
    *("confidence_level", "n_outputs", "n_judgments", "n_items", "method", "reason"),
)


@dataclass(frozen=True, slots=True)
class _Scored:
    """A metric beside the judgments: what the statistics of one metric need."""

    judged: Preferences
    item: IntArray
    outputs: pd.DataFrame
    difference: FloatArray
    cells: SystemCells


def correlation_table(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
) -> pd.DataFrame:
    """Return how well each metric agrees with human preference, a row per metric and statistic.

    At the level of comparisons: does the difference of the metric point the way of the preference? At the level of
    systems: does the mean metric over the judged outputs order systems like the win rate? Both bad counts as a tie.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    scores : DataFrame
        From ``store.metric_scores``.
    criterion : str
    subset : Subset
        Whose judgments count, and on what.
    seed : int
        The study's; each number has its own stream, so that one more metric changes no other number.
    confidence_level : float
    n_resamples : int
        Of items, for the statistics of systems.

    Returns
    -------
    DataFrame
        Of the columns :data:`COLUMNS`. ``n_pairs`` counts comparisons with a score on both sides, ``n_judgments`` their
        judgments.
    """
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    rows = []
    for metric in sorted(set(scores["metric"])):
        of_metric, scored = scores[scores["metric"] == metric], _scored(selection, scores, metric)
        sizes = _sizes(selection, scored)
        lacking = None if sizes[1] else _lacking_reason(of_metric, selection)
        signature = "; ".join(sorted(set(of_metric["signature"])))
        for level, name, label, estimate in _estimates(scored, metric, seed, confidence_level, n_resamples):
            rows.append((metric, level, name, label, *_cells(estimate, sizes, lacking), signature))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"reason": "str"})


def metric_points(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    metric: str,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return each system's mean metric and win rate, a row per system, the most preferred first.

    Parameters as in :func:`correlation_table`.

    Returns
    -------
    DataFrame
        Of the columns :data:`POINT_COLUMNS`. The mean is over judged outputs with a score; its interval treats outputs
        as independent, that of the win rate clusters by item.
    """
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    scored = _scored(selection, scores, metric)
    rates = win_rates(scored.judged, scored.item, confidence_level=confidence_level)
    judged_often = scored.outputs.groupby("system")["n_judgments"].sum()
    rows = []
    for system, rate in zip(scored.judged.systems, rates, strict=True):
        mean = _mean(scored.outputs.loc[scored.outputs["system"] == system, "value"], confidence_level)
        spread = (mean.value, mean.low, mean.high, rate.value, rate.low, rate.high, confidence_level)
        sizes = (mean.n_units, int(judged_often[system]), rate.n_units)
        rows.append(
            (
                system,
                *spread,
                *sizes,
                f"mean: {mean.method}; win rate: {rate.method}",
                mean.reason or rate.reason,
            )
        )
    table = pd.DataFrame(rows, columns=list(POINT_COLUMNS)).astype({"reason": "str"})
    return table.sort_values(["win_rate", "system"], ascending=[False, True], ignore_index=True)


def _scored(selection: frames.Selection, scores: pd.DataFrame, metric: str) -> _Scored:
    outputs = frames.scored_outputs(selection, scores, metric)
    judged = frames.system_preferences(selection)
    items = frames.used(selection.judgments["item_id"])
    item, output_item = frames.positions(items, selection.judgments["item_id"], outputs["item_id"])
    (system,) = frames.positions(judged.systems, outputs["system"])
    cells = system_cells(judged, item, output_item, system, outputs["value"].to_numpy(), len(items))
    return _Scored(judged, item, outputs, frames.differences(selection, outputs), cells)


def _estimates(
    scored: _Scored, metric: str, seed: int, confidence_level: float, n_resamples: int
) -> Iterator[tuple[str, str, str, Estimate]]:
    """Yield level, key, label and estimate of every statistic of a metric."""
    outcomes = outcome_counts(scored.difference, scored.judged.preference, scored.item)
    for name, statistic in ACCURACY.items():
        yield "comparison", name, statistic.label, accuracy(outcomes, name, confidence_level=confidence_level)
    for name, ranked in CORRELATION.items():
        estimate = system_correlation(
            scored.cells,
            name,
            confidence_level=confidence_level,
            n_resamples=n_resamples,
            rng=np.random.default_rng([abs(seed), int(stable_id(metric, name), 16)]),
        )
        yield "system", name, ranked.label, estimate


def _sizes(selection: frames.Selection, scored: _Scored) -> tuple[int, int, int]:
    """Return the systems with a score, the comparisons with a score on both sides, and their judgments."""
    n_systems = scored.outputs.loc[scored.outputs["value"].notna(), "system"].nunique()
    known = ~np.isnan(scored.difference)
    return int(n_systems), len(frames.used(selection.judgments["comparison_id"][known])), int(known.sum())


def _lacking_reason(scores: pd.DataFrame, selection: frames.Selection) -> str:
    """Return why no judged comparison has a score on both sides, with the most common reason of the metric."""
    if selection.judgments.empty:
        return "no judgment"
    reasons = scores["reason"].dropna()
    why = f": {reasons.mode().iloc[0]}" if len(reasons) else ""
    return f"no judged comparison has a score on both sides{why}"


def _cells(estimate: Estimate, sizes: tuple[int, int, int], lacking: str | None) -> tuple[object, ...]:
    low, high, reason = estimate.low, estimate.high, lacking or estimate.reason
    if low == high:
        low, high, reason = np.nan, np.nan, "no interval: nearly all resamples give the same value"
    spread = (estimate.value, low, high, estimate.confidence_level)
    return (*spread, *sizes, estimate.n_units, estimate.method, reason)


def _mean(values: pd.Series, confidence_level: float) -> Estimate:
    known = values.dropna().to_numpy(dtype=np.float64)
    if not len(known):
        return Estimate(np.nan, np.nan, np.nan, confidence_level, 0, 0, "none", "no output with a score")
    sums = whole_clusters(np.column_stack([known, np.ones_like(known)]), "output")
    return jackknife(lambda totals: totals[:, 0] / totals[:, 1], sums, confidence_level=confidence_level)
