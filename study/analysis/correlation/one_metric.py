"""One metric: does its difference predict the choice, does it find good outputs, what is length's part, what the ceiling?"""

from collections.abc import Callable
from dataclasses import asdict, replace

import numpy as np
import pandas as pd

from study import frames
from study.analysis.correlation.values import N_FOLDS
from study.stats.agreement.reliability import value_counts_of_codes
from study.stats.arrays import BoolArray, FloatArray, IntArray
from study.stats.correlation.attenuation import corrected_correlation, correlation_ceiling, spearman_brown
from study.stats.correlation.coefficients import midranks, paired_pearson
from study.stats.correlation.detection import PRECISION_TWICE, best_threshold, reranking_precision
from study.stats.correlation.grouped import simpson_check
from study.stats.correlation.many_metrics import held_out_epsilon, kept_outputs
from study.stats.correlation.noise_ceiling import CEILINGS, noise_ceiling
from study.stats.correlation.prediction import CalibrationBin
from study.stats.correlation.prediction_intervals import prediction_estimates
from study.stats.correlation.ties import share
from study.stats.many import Spreads, group_spreads, mean_spreads, ratio_spreads
from study.stats.resampling import Estimate
from study.tables import lookup

COLUMNS = (
    *("metric", "statistic", "label", "value", "low", "high", "confidence_level", "n", "counted", "n_units"),
    *("n_resamples", "method", "reason"),
)
GOOD_FROM = 0.5
N_SPLITS = 10
N_GROUPS = 20
MOST_POINTS = 200


def prediction_table(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    criterion: str,
    metric: str,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return how well the metric's difference predicts the choice: accuracy, AUC, log-loss, calibration error.

    Probabilities are logistic in the difference, fitted on the other folds of items. Ties are left out.

    Parameters
    ----------
    judgments, scores, criterion, subset, seed, confidence_level
        As of :func:`correlation_table`.
    metric : str

    Returns
    -------
    DataFrame
        Of the columns :data:`COLUMNS`; intervals are over items.
    """
    found = _evidence(judgments, scores, metric, criterion, subset)
    estimates, _ = _predicted(found, seed, confidence_level)
    labels = {
        "accuracy": "Accuracy (metric ties half)",
        "auc": "AUC",
        "log_loss": "Log-loss, held out (a coin has 0.693)",
        "calibration_error": "Calibration error, held out",
    }
    n = int((found.won + found.lost)[~np.isnan(found.differences()[:, 0])].sum())
    return _table(metric, [(key, labels[key], one, n, "untied judgments") for key, one in estimates.items()])


def calibration_table(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    criterion: str,
    metric: str,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
) -> pd.DataFrame:
    """Return predicted and observed shares by the probability of the predicted favourite, a row per bin."""
    found = _evidence(judgments, scores, metric, criterion, subset)
    _, bins = _predicted(found, seed, 0.95)
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
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return precision, recall and F of "score at least the threshold", and re-ranking precision.

    An output is good if its human score is at least ``good_from``. The threshold is the one with the best F on a random
    half of the items; numbers are for the other half.

    References
    ----------
    Perrella et al. 2024, section 3.
    """
    found = _evidence(judgments, scores, metric, criterion, subset)
    values, human, item = found.values[:, 0], found.human, found.output_item
    n_items = len(found.items)
    is_dev = (np.random.default_rng([abs(seed), 2]).permutation(n_items) < n_items // 2)[item]
    known = ~np.isnan(values)
    threshold = best_threshold(values[is_dev & known], human[is_dev & known], good_from=good_from)
    held_out = ~is_dev & known
    chosen = held_out & (values >= threshold)
    good = held_out & (human >= good_from)
    sums = [_summed(item, part, n_items) for part in (chosen & good, chosen, good)]
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
    rows: list[tuple[str, str, Estimate, int, str]] = []
    for key, (label, numerator, denominator, n) in parts.items():
        [estimate] = ratio_spreads(numerator, denominator, used, "item").estimates((0, 1), confidence_level)
        rows.append((key, label, _undefined_for(estimate, reason), n, "outputs"))
    reranked = reranking_precision(found.matrix(human), found.matrix(values)) if n_items else None
    per_item = reranked.per_item if reranked else np.zeros(0)
    [best] = mean_spreads(per_item[None, :], "item").estimates((0, 1), confidence_level)
    n = int((~np.isnan(per_item)).sum())
    chance = "" if reranked is None or np.isnan(reranked.chance) else f" (at random {reranked.chance:.3f})"
    why = reranked.reason if reranked else "no judgment"
    rows.append(
        ("reranking_precision", f"Re-ranking precision{chance}", _undefined_for(best, why), n, "items")
    )
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
    rows.append(("threshold", "Threshold of the metric", threshold_label, int(is_dev.sum()), "outputs"))
    return _table(metric, rows)


def tie_curve_table(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    criterion: str,
    metric: str,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
) -> pd.DataFrame:
    """Return accuracy with ties by the difference up to which the metric ties; at most :data:`MOST_POINTS` rows.

    Returns
    -------
    DataFrame
        ``epsilon``, ``accuracy``, and ``chosen``: the median over folds of the threshold that is best for the others.

    References
    ----------
    Deutsch, Foster and Freitag 2023, section 6.
    """
    found = _evidence(judgments, scores, metric, criterion, subset)
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


def association_table(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    criterion: str,
    metric: str,
    held: str | None = None,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return how far noise and length go: partial and corrected correlation, reliability, ceilings, within and between.

    Parameters
    ----------
    held : str, optional
        A metric that is held constant, such as the length.

    Returns
    -------
    DataFrame
        Of the columns :data:`COLUMNS`. Correlations are over outputs, pooled; intervals leave out groups of items.
    """
    found = _evidence(judgments, scores, metric, criterion, subset)
    human, values, item = found.human, found.values[:, 0], found.output_item
    n_items, n = len(found.items), int((~np.isnan(values)).sum())
    rng = np.random.default_rng([abs(seed), 3])
    rows: list[tuple[str, str, Estimate, int, str]] = []

    def over_items(statistic: Callable[[IntArray], float], bounds: tuple[float, float]) -> Estimate:
        return _left_out(statistic, item, n_items, bounds, confidence_level, seed)

    def pooled(kept: IntArray) -> float:
        return float(paired_pearson(human[kept], values[kept]))

    observed = over_items(pooled, (-1, 1))
    rows.append(("pearson", "Pearson's r over outputs", observed, n, "outputs"))
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
            rows.append((key, label, _undefined_for(over_items(partial, (-1, 1)), why), n, "outputs"))
    halves = _half_scores(found, rng)

    def reliability(kept: IntArray) -> float:
        r = paired_pearson(halves[:, 0, kept], halves[:, 1, kept])
        return spearman_brown(float(np.nanmean(r)), 2) if (~np.isnan(r)).any() else np.nan

    reliable = over_items(reliability, (-1, 1))
    rows.append(("reliability", "Reliability of the human scores", reliable, len(human), "outputs"))
    error = (reliable.high - reliable.low) / 4 if not np.isnan(reliable.low) else 0.0
    corrected = corrected_correlation(observed, min(reliable.value, 1.0), reliability_error=error)
    rows.append(("corrected", "Pearson's r corrected for attenuation", corrected, n, "outputs"))
    ceiling = replace(
        reliable,
        value=correlation_ceiling(reliable.value),
        low=correlation_ceiling(max(0.0, reliable.low)),
        high=correlation_ceiling(reliable.high),
        reason="the reliability is negative" if reliable.value < 0 else reliable.reason,
    )
    rows.append(("correlation_ceiling", "The highest r that noise allows", ceiling, len(human), "outputs"))
    untied = found.sign != 0
    counts = value_counts_of_codes(
        found.comparison[untied],
        (found.sign[untied] < 0).astype(np.int64),
        len(found.a),
        range(2),
        exchangeable=(0, 1),
    )
    for name, entry in CEILINGS.items():
        estimate = noise_ceiling(counts, name, confidence_level=confidence_level)
        rows.append((name, entry.label, estimate, int(untied.sum()), "untied judgments"))
    return _table(metric, rows)


def simpson_table(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    criterion: str,
    metric: str,
    subset: frames.Subset = frames.HUMAN,
) -> pd.DataFrame:
    """Return Pearson's r pooled, within groups and between group means, with items and with systems as groups.

    A row per grouping; ``reverses`` where within and between point in opposite directions (Simpson's paradox).
    """
    found = _evidence(judgments, scores, metric, criterion, subset)
    columns = ["groups", "pooled", "within", "between", "reverses", "reason"]
    if not len(found.human):
        return pd.DataFrame(columns=columns)
    human, values = found.matrix(found.human), found.matrix(found.values[:, 0])
    rows = []
    for level, groups in (("by_item", "items"), ("by_system", "systems")):
        check = simpson_check(human, values, "pearson", level)
        rows.append((groups, check.pooled, check.within, check.between, check.reverses, check.reason))
    return pd.DataFrame(rows, columns=columns).astype({"reason": "str"})


def _evidence(
    judgments: pd.DataFrame, scores: pd.DataFrame, metric: str, criterion: str, subset: frames.Subset
) -> frames.Evidence:
    lookup(dict.fromkeys(scores.columns), metric, "metric")
    return frames.evidence(frames.select(judgments, criterion=criterion, subset=subset), scores[[metric]])


def _predicted(
    found: frames.Evidence, seed: int, confidence_level: float
) -> tuple[dict[str, Estimate], tuple[CalibrationBin, ...]]:
    return prediction_estimates(
        found.differences()[:, 0],
        found.won,
        found.lost,
        found.item,
        confidence_level=confidence_level,
        n_folds=N_FOLDS,
        rng=np.random.default_rng(abs(seed)),
    )


def _left_out(
    statistic: Callable[[IntArray], float],
    item: IntArray,
    n_items: int,
    bounds: tuple[float, float],
    confidence_level: float,
    seed: int,
) -> Estimate:
    """Return an estimate whose interval leaves out groups of items; ``statistic`` takes the positions that stay."""
    everything = np.arange(len(item))
    value = np.array([statistic(everything)]) if len(item) else np.array([np.nan])

    def without(away: IntArray) -> FloatArray:
        return np.array([statistic(np.flatnonzero(kept_outputs(item, away, n_items)))])

    spreads: Spreads = group_spreads(
        value, without, n_items, "item", np.random.default_rng([abs(seed), 4]), most_groups=N_GROUPS
    )
    return spreads.estimates(bounds, confidence_level)[0]


def _partial(x: FloatArray, y: FloatArray, given: FloatArray, *, rank: bool) -> float:
    """Return the correlation of x and y with the third held (Yule 1907); nan where one determines another."""
    stacked = np.stack([x, y, given])
    stacked = stacked[:, ~np.isnan(stacked).any(axis=0)]
    if rank:
        stacked = midranks(stacked)
    r_xy, r_xz, r_yz = (float(paired_pearson(stacked[i], stacked[j])) for i, j in ((0, 1), (0, 2), (1, 2)))
    left = (1 - r_xz**2) * (1 - r_yz**2)
    return float(np.clip((r_xy - r_xz * r_yz) / np.sqrt(left), -1, 1)) if left > 1e-12 else np.nan


def _half_scores(found: frames.Evidence, rng: np.random.Generator) -> FloatArray:
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


def _summed(item: IntArray, part: BoolArray, n_items: int) -> FloatArray:
    return np.bincount(item, part, n_items).astype(np.float64)[:, None]


def _undefined_for(estimate: Estimate, reason: str | None) -> Estimate:
    if reason is None or not np.isnan(estimate.value):
        return estimate
    return Estimate(np.nan, np.nan, np.nan, estimate.confidence_level, 0, 0, estimate.method, reason)


def _table(metric: str, rows: list[tuple[str, str, Estimate, int, str]]) -> pd.DataFrame:
    cells = [
        (
            *(metric, key, label, one.value, one.low, one.high, one.confidence_level, n, counted),
            *(one.n_units, one.n_resamples, one.method, one.reason),
        )
        for key, label, one, n, counted in rows
    ]
    return pd.DataFrame(cells, columns=list(COLUMNS)).astype({"reason": "str"})
