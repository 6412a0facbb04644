"""What a metric says of choices, from its differences and preferences: what many metrics at once are held against."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, IntArray, check_equal_lengths, codes, numbers, signs
from study.stats.correlation.prediction import CalibrationBin, calibration_bins, logistic_slope, oriented_auc
from study.wording import counted


@dataclass(frozen=True, slots=True)
class ChoicePrediction:
    """How well score differences predict preferences; no number depends on which output is called a.

    Attributes
    ----------
    accuracy : float
        Share of preferences the sign of the difference predicts, metric ties half.
    auc : float
        Chance that a difference towards the preferred output exceeds one away from it.
    log_loss : float
        Mean of -log probability of the preferred output, cross-fitted; log 2 = .6931 is a coin.
    calibration_error : float
        Mean distance of predicted from observed over bins, weighted by judgments.
    bins : tuple of CalibrationBin
        By probability of the predicted favourite, from 1/2 to 1; empty bins are left out.
    slope : float
        Log odds per unit of the metric, fitted on all judgments.
    n, n_ties, n_missing : int
        Preferences used, human ties left out, judgments without a difference left out.
    n_items, n_folds : int
    reason : str or None
    """

    accuracy: float
    auc: float
    log_loss: float
    calibration_error: float
    bins: tuple[CalibrationBin, ...]
    slope: float
    n: int
    n_ties: int
    n_missing: int
    n_items: int
    n_folds: int
    reason: str | None = None


def _held_out_log_odds(
    toward: FloatArray, groups: IntArray, n_folds: int, rng: np.random.Generator
) -> FloatArray:
    n_items = int(groups.max()) + 1
    fold = (rng.permutation(n_items) % n_folds)[groups]
    slopes = np.array([logistic_slope(toward[fold != k]) for k in range(n_folds)])
    return slopes[fold] * toward


def choice_prediction(
    difference: ArrayLike,
    preference: ArrayLike,
    item: ArrayLike,
    *,
    n_folds: int = 5,
    n_bins: int = 5,
    rng: np.random.Generator,
) -> ChoicePrediction:
    """Measure how well a metric's difference predicts human preferences.

    Probabilities are logistic in the difference, without intercept, with ridge :data:`RIDGE` on differences divided
    by their root mean square; the slope for an item comes from the other folds of items.

    Parameters
    ----------
    difference : array_like of shape (n_judgments,)
        The metric of output a less that of output b; nan where undefined (left out).
    preference : array_like of int, shape (n_judgments,)
        1 if the human prefers a, -1 for b, 0 for a tie (left out).
    item : array_like of int, shape (n_judgments,)
        Codes from 0; judgments of one item share a fold.
    n_folds, n_bins : int
    rng : numpy.random.Generator
        Deals items to folds.

    Returns
    -------
    ChoicePrediction
        All nan with a reason without a preference; log-loss and bins nan with a reason with fewer items than folds.

    References
    ----------
    Kocmi et al. 2021 (accuracy); Hanley and McNeil 1982 (AUC); Platt 1999 (logistic calibration);
    Naeini, Cooper and Hauskrecht 2015 (calibration error).
    """
    gap, answer, items = numbers(difference, "metric"), signs(preference), codes(item, None, "item")
    check_equal_lengths(difference=len(gap), preference=len(answer), item=len(items))
    if n_folds < 2 or n_bins < 1:
        raise InvalidInput(f"n_folds {n_folds}, n_bins {n_bins}; allowed: 2 or more, 1 or more")
    missing = np.isnan(gap)
    used = ~missing & (answer != 0)
    toward = (gap * answer)[used]
    groups = np.unique(items[used], return_inverse=True)[1].astype(np.int64)
    n_items = int(groups.max(initial=-1)) + 1
    sizes = (len(toward), int((~missing & (answer == 0)).sum()), int(missing.sum()), n_items, n_folds)
    if not len(toward):
        reason = "no judgment has a preference and a difference"
        return ChoicePrediction(np.nan, np.nan, np.nan, np.nan, (), np.nan, *sizes, reason)
    accuracy = float(((toward > 0) + 0.5 * (toward == 0)).mean())
    auc, slope = oriented_auc(toward), logistic_slope(toward)
    if n_items < n_folds:
        reason = f"{counted(n_items, 'item')} with a preference for {n_folds} folds: nothing is held out"
        return ChoicePrediction(accuracy, auc, np.nan, np.nan, (), slope, *sizes, reason)
    log_odds = _held_out_log_odds(toward, groups, n_folds, rng)
    log_loss = float(np.logaddexp(0, -log_odds).mean())
    bins = calibration_bins(log_odds, n_bins)
    error = sum(part.n * abs(part.predicted - part.observed) for part in bins) / len(toward)
    return ChoicePrediction(accuracy, auc, log_loss, float(error), bins, slope, *sizes)
