"""One metric: prediction of choices, detection of good outputs, the effect of length, and the ceiling."""

from dataclasses import asdict

import numpy as np
import pandas as pd

from study import frames
from study.analysis.correlation.estimands import claimed, units_over
from study.analysis.correlation.levels import default_cluster
from study.analysis.correlation.values import N_FOLDS, item_units, mean_over_profiles
from study.frames import MetricEvidence
from study.stats.arrays import BoolArray, FloatArray, IntArray
from study.stats.correlation.detection import PRECISION_TWICE, best_threshold, reranking_precision
from study.stats.correlation.many_metrics import held_out_epsilon
from study.stats.correlation.prediction import CalibrationBin
from study.stats.correlation.prediction_intervals import prediction_estimates
from study.stats.many import mean_spreads, ratio_spreads
from study.stats.resampling import Estimate
from study.stats.units import Units, estimand, sizes
from study.tables import lookup

COLUMNS = (
    *("metric", "statistic", "label", "value", "low", "high", "confidence_level", "n", "counted", "n_units"),
    *("n_resamples", "method", "reason", "units", "estimand"),
)
UNITS = ("items", "profiles")
"""The possible units of intervals of one metric: keys of ``levels.CLUSTERS``."""

Row = tuple[str, str, Estimate, int, str, Units]
"""Key, label, estimate, n, the name of the counted things, and the units."""

GOOD_FROM = 0.5
MOST_POINTS = 200


def prediction_table(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    criterion: str,
    metric: str,
    cluster: str | None = None,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return how well the metric's difference predicts the choice: accuracy, AUC, log-loss, calibration error.

    Probabilities are logistic in the difference, fitted on the other folds of items. Ties are left out.

    Parameters
    ----------
    judgments, scores, criterion, subset, seed, confidence_level
        As in :func:`correlation_table`.
    metric : str
    cluster : {"items", "profiles"}, optional
        The units of intervals and folds: by default profiles if items belong to 5 or more, else items.

    Returns
    -------
    DataFrame
        With the columns :data:`COLUMNS`; ``units`` and ``estimand`` describe the intervals and the population of the
        numbers.
    """
    found = metric_evidence(judgments, scores, metric, criterion, subset)
    over = cluster_over(found, cluster)
    estimates, _ = _predicted(found, over, seed, confidence_level)
    labels = {
        "accuracy": "Accuracy (metric ties half)",
        "auc": "AUC",
        "log_loss": "Log-loss, held out (a coin has 0.693)",
        "calibration_error": "Calibration error, held out",
    }
    n = int((found.won + found.lost)[~np.isnan(found.differences()[:, 0])].sum())
    units = units_over(found, over, ~np.isnan(found.values[:, 0]), asked=bool(cluster))
    return table_of_metric(
        metric, [(key, labels[key], one, n, "untied judgments", units) for key, one in estimates.items()]
    )


def calibration_table(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    criterion: str,
    metric: str,
    cluster: str | None = None,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
) -> pd.DataFrame:
    """Return predicted and observed shares by the probability of the predicted favourite, one row per bin."""
    found = metric_evidence(judgments, scores, metric, criterion, subset)
    _, bins = _predicted(found, cluster_over(found, cluster), seed, 0.95)
    return pd.DataFrame(
        [asdict(part) for part in bins], columns=["low", "high", "n", "predicted", "observed"]
    )


def detection_table(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    criterion: str,
    metric: str,
    good_from: float = GOOD_FROM,
    cluster: str | None = None,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return precision, recall and F1 of the rule "score at least the threshold", and re-ranking precision.

    An output is good if its human score is at least ``good_from``. The threshold is the one with the best F on a
    random half of the items; numbers are for the other half. ``cluster`` is as in :func:`prediction_table`.

    References
    ----------
    Perrella et al. 2024, section 3.
    """
    found = metric_evidence(judgments, scores, metric, criterion, subset)
    values, human, item = found.values[:, 0], found.human, found.output_item
    n_items = len(found.items)
    is_dev = (np.random.default_rng([abs(seed), 2]).permutation(n_items) < n_items // 2)[item]
    known = ~np.isnan(values)
    threshold = best_threshold(values[is_dev & known], human[is_dev & known], good_from=good_from)
    held_out = ~is_dev & known
    chosen = held_out & (values >= threshold)
    good = held_out & (human >= good_from)
    over = cluster_over(found, cluster)
    unit, n_units, name = item_units(found, over)
    units = units_over(found, over, held_out, asked=bool(cluster))
    sums = [_summed(unit[item], part, n_units) for part in (chosen & good, chosen, good)]
    right, n_found, n_good = sums
    beta = PRECISION_TWICE**2
    reason = None
    if np.isnan(threshold):
        reason = "no output of the half that chooses the threshold is good"
    elif not good.any():
        reason = "no output of the half that is reported is good"
    elif not chosen.any():
        reason = "no output of the half that is reported reaches the threshold"
    used = n_found + n_good
    parts = {
        "precision": ("Precision", right, n_found, int(chosen.sum())),
        "recall": ("Recall", right, n_good, int(good.sum())),
        "f_beta": (
            "F, precision counts twice",
            (1 + beta) * right,
            beta * n_good + n_found,
            int(held_out.sum()),
        ),
    }
    rows: list[Row] = []
    for key, (label, numerator, denominator, n) in parts.items():
        [estimate] = ratio_spreads(numerator, denominator, used, name).estimates((0, 1), confidence_level)
        rows.append((key, label, undefined_for(estimate, reason), n, "outputs", units))
    rows.append(_reranking_row(found, over, confidence_level, asked=bool(cluster)))
    threshold_label = Estimate(
        threshold,
        np.nan,
        np.nan,
        confidence_level,
        int(is_dev.sum()),
        0,
        "best F on half of the items",
        reason,
    )
    dev = units_over(found, over, is_dev & known, asked=bool(cluster))
    rows.append(("threshold", "Threshold of the metric", threshold_label, int(is_dev.sum()), "outputs", dev))
    return table_of_metric(metric, rows)


def _reranking_row(found: MetricEvidence, over: str, confidence_level: float, *, asked: bool) -> Row:
    """Return how often the metric's choice among the outputs of an item is a human best."""
    unit, n_units, name = item_units(found, over)
    human, values = found.human, found.values[:, 0]
    reranked = reranking_precision(found.matrix(human), found.matrix(values)) if len(found.items) else None
    per_item = reranked.per_item if reranked else np.zeros(0)
    over_items = mean_spreads(per_item[None, :], "item")
    if name == "profile" and reranked:
        over_items = mean_over_profiles(per_item[None, :], unit, n_units)
    [best] = over_items.estimates((0, 1), confidence_level)
    n = int((~np.isnan(per_item)).sum())
    chance = "" if reranked is None or np.isnan(reranked.chance) else f" (at random {reranked.chance:.3f})"
    why = reranked.reason if reranked else "no judgment"
    label = f"Re-ranking precision{chance}"
    every = units_over(found, over, ~np.isnan(values), asked=asked)
    return ("reranking_precision", label, undefined_for(best, why), n, "items", every)


def tie_curve_table(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    criterion: str,
    metric: str,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
) -> pd.DataFrame:
    """Return accuracy by the largest difference that counts as a tie; at most :data:`MOST_POINTS` rows.

    Returns
    -------
    DataFrame
        ``epsilon``, ``accuracy``, and ``chosen``: the median over folds of the threshold that is best for the other
        folds.

    References
    ----------
    Deutsch, Foster and Freitag 2023, section 6.
    """
    found = metric_evidence(judgments, scores, metric, criterion, subset)
    gap = found.differences()
    known = np.flatnonzero(~np.isnan(gap[:, 0]))
    if not len(known):
        return pd.DataFrame({"epsilon": [], "accuracy": [], "chosen": []}, dtype=float)
    fold = (np.random.default_rng(abs(seed)).permutation(len(found.items)) % N_FOLDS)[found.item]
    chosen = held_out_epsilon(gap, found.won, found.tied, found.lost, fold)[known, 0]
    difference = gap[known, 0]
    right = np.where(
        difference > 0, found.won[known], np.where(difference < 0, found.lost[known], found.tied[known])
    )
    order = np.argsort(np.abs(difference), kind="stable")
    size = np.abs(difference)[order]
    total = (found.won + found.tied + found.lost)[known].sum()
    gain = np.cumsum((found.tied[known] - right)[order])
    last = np.flatnonzero(np.append(size[1:] != size[:-1], True))
    epsilon = np.append(0.0, size[last])
    accuracy = (right.sum() + np.append(0.0, gain[last])) / total
    places = np.unique(np.linspace(0, len(epsilon) - 1, MOST_POINTS).astype(int))
    return pd.DataFrame(
        {"epsilon": epsilon[places], "accuracy": accuracy[places], "chosen": float(np.median(chosen))}
    )


def metric_evidence(
    judgments: pd.DataFrame, scores: pd.DataFrame, metric: str, criterion: str, subset: frames.Subset
) -> frames.MetricEvidence:
    """Return the human judgments and one metric's scores of the outputs."""
    lookup(dict.fromkeys(scores.columns), metric, "metric")
    return frames.evidence(frames.select(judgments, criterion=criterion, subset=subset), scores[[metric]])


def _predicted(
    found: frames.MetricEvidence, over: str, seed: int, confidence_level: float
) -> tuple[dict[str, Estimate], tuple[CalibrationBin, ...]]:
    unit, _, name = item_units(found, over)
    return prediction_estimates(
        found.differences()[:, 0],
        found.won,
        found.lost,
        unit[found.item],
        unit=name,
        confidence_level=confidence_level,
        n_folds=N_FOLDS,
        rng=np.random.default_rng(abs(seed)),
    )


def cluster_over(found: frames.MetricEvidence, cluster: str | None) -> str:
    """Return the units of a metric's intervals: as named, else profiles if items belong to 5 or more, else items.

    Raises
    ------
    InvalidInput
        If the named cluster is not one of :data:`UNITS`.
    """
    if cluster is not None:
        return lookup({name: name for name in UNITS}, cluster, "cluster of a metric")
    return default_cluster("comparison", "pairwise_accuracy", found.n_profiles, len(found.items))


def _summed(item: IntArray, part: BoolArray, n_items: int) -> FloatArray:
    return np.bincount(item, part, n_items).astype(np.float64)[:, None]


def undefined_for(estimate: Estimate, reason: str | None) -> Estimate:
    """Return an undefined estimate with another reason; any other estimate unchanged."""
    if reason is None or not np.isnan(estimate.value):
        return estimate
    return Estimate(np.nan, np.nan, np.nan, estimate.confidence_level, 0, 0, estimate.method, reason)


def table_of_metric(metric: str, rows: list[Row]) -> pd.DataFrame:
    """Return rows of key, label, estimate, n, counted things and units as a table of the columns :data:`COLUMNS`."""
    cells = [
        (
            *(metric, key, label, one.value, one.low, one.high, one.confidence_level, n, counted),
            *(one.n_units, one.n_resamples, one.method, one.reason, sizes(units), estimand(units)),
        )
        for key, label, one, n, counted, units in (
            (key, label, claimed(one, units), n, counted, units)
            for key, label, one, n, counted, units in rows
        )
    ]
    return pd.DataFrame(cells, columns=list(COLUMNS)).astype({"reason": "str"})
