"""Intervals over items for how well score differences predict preferences."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from study.stats.arrays import FloatArray, IntArray, codes, numbers, signs
from study.stats.correlation.prediction import calibration_bins, logistic_slope, oriented_auc
from study.stats.many import Spreads, ratio_spreads
from study.stats.resampling import Estimate

N_BINS = 5


def prediction_estimates(
    difference: ArrayLike,
    preference: ArrayLike,
    item: ArrayLike,
    *,
    confidence_level: float = 0.95,
    n_folds: int = 5,
    rng: np.random.Generator,
) -> dict[str, Estimate]:
    """Estimate accuracy, AUC, log-loss and calibration error of predicted preferences, with intervals over items.

    Values are those of :func:`study.stats.correlation.prediction.choice_prediction` under the same generator. The
    intervals take the slopes of the folds as given; that of the AUC sums the first-order influence of each item.

    Parameters
    ----------
    difference, preference, item : array_like of shape (n_judgments,)
        As of ``choice_prediction``: nan differences and ties are left out.
    confidence_level : float
    n_folds : int
    rng : numpy.random.Generator

    Returns
    -------
    dict of Estimate
        nan with a reason without a preference; log-loss and calibration error with fewer items than folds, too.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson 1988 (influence on the AUC); Obuchowski 1997 (summed over clusters).
    """
    gap, answer, items = numbers(difference, "metric"), signs(preference), codes(item, None, "item")
    used = ~np.isnan(gap) & (answer != 0)
    toward = (gap * answer)[used]
    group = np.unique(items[used], return_inverse=True)[1].astype(np.int64)
    n_items = int(group.max(initial=-1)) + 1
    if not len(toward):
        reason = "no judgment has a preference and a difference"
        nothing = Estimate(np.nan, np.nan, np.nan, confidence_level, 0, 0, "none", reason)
        return dict.fromkeys(("accuracy", "auc", "log_loss", "calibration_error"), nothing)
    count = np.bincount(group, minlength=n_items).astype(np.float64)
    right = (toward > 0) + 0.5 * (toward == 0)
    found = {
        "accuracy": _ratio(right, group, count, (0, 1), confidence_level),
        "auc": _auc(toward, group, count, confidence_level),
    }
    if n_items < n_folds:
        reason = f"{n_items} item(s) with a preference for {n_folds} folds: nothing is held out"
        nothing = Estimate(np.nan, np.nan, np.nan, confidence_level, n_items, 0, "none", reason)
        return found | {"log_loss": nothing, "calibration_error": nothing}
    fold = (rng.permutation(n_items) % n_folds)[group]
    slopes = np.array([logistic_slope(toward[fold != k]) for k in range(n_folds)])
    log_odds = slopes[fold] * toward
    loss = np.logaddexp(0, -log_odds)
    return found | {
        "log_loss": _ratio(loss, group, count, (0, np.inf), confidence_level),
        "calibration_error": _calibration(log_odds, group, count, confidence_level),
    }


def _ratio(
    value: FloatArray, group: IntArray, count: FloatArray, bounds: tuple[float, float], level: float
) -> Estimate:
    sums = np.bincount(group, value, len(count))
    return ratio_spreads(sums[:, None], count[:, None], count[:, None], "item").estimates(bounds, level)[0]


def _auc(toward: FloatArray, group: IntArray, count: FloatArray, level: float) -> Estimate:
    value, n = oriented_auc(toward), len(toward)
    ordered = np.sort(toward)
    below = np.searchsorted(ordered, -toward, side="left")
    not_above = np.searchsorted(ordered, -toward, side="right")
    beaten = 1 - (below + not_above) / (2 * n)
    influence = np.bincount(group, 2 * (beaten - value) / n, len(count))
    n_items = len(count)
    variance = n_items / max(1, n_items - 1) * (influence**2).sum() if n_items > 1 else np.nan
    sizes = np.array([n_items])
    method = "influence summed over items, t interval"
    return Spreads(np.array([value]), np.array([variance]), sizes, sizes, "item", method).estimates(
        (0, 1), level
    )[0]


def _calibration(log_odds: FloatArray, group: IntArray, count: FloatArray, level: float) -> Estimate:
    """Return the calibration error; leaving an item out moves the sums of its bins, which the jackknife needs only."""
    bins = calibration_bins(log_odds, N_BINS)
    favourite = special.expit(np.abs(log_odds))
    gap = favourite - (np.sign(log_odds) + 1) / 2
    edges = np.linspace(0.5, 1, N_BINS + 1)
    place = np.clip(np.searchsorted(edges, favourite, side="right") - 1, 0, N_BINS - 1)
    n_items = len(count)
    cells = np.bincount(group * N_BINS + place, gap, n_items * N_BINS).reshape(n_items, N_BINS)
    total, n = cells.sum(axis=0), count.sum()
    value = sum(part.n * abs(part.predicted - part.observed) for part in bins) / n
    left_out = np.abs(total - cells).sum(axis=1) / np.where(n > count, n - count, np.nan)
    centre = left_out.mean()
    variance = (n_items - 1) / n_items * ((left_out - centre) ** 2).sum()
    sizes = np.array([n_items])
    method = "delete-one-item jackknife, t interval"
    spreads = Spreads(np.array([value]), np.array([variance]), sizes, sizes, "item", method)
    return spreads.estimates((0, 1), level)[0]
