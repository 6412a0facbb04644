"""Intervals over items for how well score differences predict preferences."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from study.stats.arrays import FloatArray, IntArray, codes, numbers
from study.stats.correlation.prediction import (
    CalibrationBin,
    calibration_bins,
    chance_to_exceed,
    logistic_slope,
    oriented_auc,
)
from study.stats.many import Spreads, ratio_spreads
from study.stats.resampling import Estimate
from study.wording import counted

N_BINS = 5


def prediction_estimates(
    difference: ArrayLike,
    won: ArrayLike,
    lost: ArrayLike,
    item: ArrayLike,
    *,
    unit: str = "item",
    confidence_level: float = 0.95,
    n_folds: int = 5,
    rng: np.random.Generator,
) -> tuple[dict[str, Estimate], tuple[CalibrationBin, ...]]:
    """Estimate accuracy, AUC, log-loss and calibration error of predicted preferences, with intervals over items.

    Values are those of :func:`study.stats.correlation.prediction.choice_prediction` under the same generator, from
    counts per comparison. The intervals treat the slopes of the folds as fixed; that of the AUC sums the first-order
    influence of each item.

    Parameters
    ----------
    difference : array_like of shape (n_comparisons,)
        The metric of output a minus that of output b; nan where undefined (left out).
    won, lost : array_like of shape (n_comparisons,)
        Number of judgments for a and for b; ties are in neither.
    item : array_like of int, shape (n_comparisons,)
        Codes from 0 of the units left out and held out together.
    unit : str
        Name of such a unit.
    confidence_level : float
    n_folds : int
    rng : numpy.random.Generator

    Returns
    -------
    estimates : dict of Estimate
        nan with a reason without a preference; log-loss and calibration error also with fewer items than folds.
    bins : tuple of CalibrationBin
        Empty if nothing is held out.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson 1988 (influence on the AUC); Obuchowski 1997 (summed over clusters).
    """
    gap = np.tile(numbers(difference, "metric"), 2)
    weight = np.concatenate([numbers(won, "won"), numbers(lost, "lost")])
    toward = gap * np.repeat([1.0, -1.0], len(gap) // 2)
    used = ~np.isnan(gap) & (weight > 0)
    toward, weight = toward[used], weight[used]
    group = np.unique(np.tile(codes(item, None, "item"), 2)[used], return_inverse=True)[1].astype(np.int64)
    n_items = int(group.max(initial=-1)) + 1
    if not len(toward):
        reason = "no judgment has a preference and a difference"
        nothing = Estimate(np.nan, np.nan, np.nan, confidence_level, 0, 0, "none", reason)
        return dict.fromkeys(("accuracy", "auc", "log_loss", "calibration_error"), nothing), ()
    count = np.bincount(group, weight, n_items).astype(np.float64)
    right = (toward > 0) + 0.5 * (toward == 0)
    found = {
        "accuracy": _ratio(weight * right, group, count, (0, 1), confidence_level, unit),
        "auc": _auc(toward, weight, group, count, confidence_level, unit),
    }
    if n_items < n_folds:
        reason = f"{counted(n_items, unit)} with a preference for {n_folds} folds: nothing is held out"
        nothing = Estimate(np.nan, np.nan, np.nan, confidence_level, n_items, 0, "none", reason)
        return found | {"log_loss": nothing, "calibration_error": nothing}, ()
    fold = (rng.permutation(n_items) % n_folds)[group]
    slopes = np.array([logistic_slope(toward[fold != k], weight[fold != k]) for k in range(n_folds)])
    log_odds = slopes[fold] * toward
    loss = weight * np.logaddexp(0, -log_odds)
    bins = calibration_bins(log_odds, N_BINS, weight)
    found["log_loss"] = _ratio(loss, group, count, (0, np.inf), confidence_level, unit)
    found["calibration_error"] = _calibration(bins, log_odds, weight, group, count, confidence_level, unit)
    return found, bins


def _ratio(
    value: FloatArray,
    group: IntArray,
    count: FloatArray,
    bounds: tuple[float, float],
    level: float,
    unit: str,
) -> Estimate:
    sums = np.bincount(group, value, len(count)).astype(np.float64)
    return ratio_spreads(sums[:, None], count[:, None], count[:, None], unit).estimates(bounds, level)[0]


def _auc(
    toward: FloatArray, weight: FloatArray, group: IntArray, count: FloatArray, level: float, unit: str
) -> Estimate:
    value, n = oriented_auc(toward, weight), weight.sum()
    moved = weight * 2 * (chance_to_exceed(toward, weight) - value) / n
    influence = np.bincount(group, moved, len(count))
    n_items = len(count)
    variance = n_items / (n_items - 1) * float((influence**2).sum()) if n_items > 1 else np.nan
    return _one(value, variance, n_items, f"influence summed over {unit}s, t interval", level, unit)


def _calibration(
    bins: tuple[CalibrationBin, ...],
    log_odds: FloatArray,
    weight: FloatArray,
    group: IntArray,
    count: FloatArray,
    level: float,
    unit: str,
) -> Estimate:
    """Return the calibration error; the jackknife leaves items out by adjusting the sums of their bins."""
    favourite = special.expit(np.abs(log_odds))
    gap = weight * (favourite - (np.sign(log_odds) + 1) / 2)
    edges = np.linspace(0.5, 1, N_BINS + 1)
    place = np.clip(np.searchsorted(edges, favourite, side="right") - 1, 0, N_BINS - 1)
    n_items, n = len(count), float(count.sum())
    cells = np.bincount(group * N_BINS + place, gap, n_items * N_BINS).reshape(n_items, N_BINS)
    value = sum(part.n * abs(part.predicted - part.observed) for part in bins) / n
    left_out = np.abs(cells.sum(axis=0) - cells).sum(axis=1) / (n - count)
    variance = (n_items - 1) / n_items * float(((left_out - left_out.mean()) ** 2).sum())
    return _one(value, variance, n_items, f"delete-one-{unit} jackknife, t interval", level, unit)


def _one(value: float, variance: float, n_items: int, method: str, level: float, unit: str) -> Estimate:
    sizes = np.array([n_items])
    spreads = Spreads(np.array([value]), np.array([variance]), sizes, sizes, unit, method)
    return spreads.estimates((0, 1), level)[0]
