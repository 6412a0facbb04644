"""A metric's score difference predicts which output a person prefers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, IntArray, check_equal_lengths, codes, numbers, signs
from study.wording import counted

RIDGE = 1.0
"""Penalty on half the squared slope of standardised differences: about the weight of four undecided judgments."""

MOST_STEPS = 100


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Judgments whose predicted favourite has a probability in [low, high)."""

    low: float
    high: float
    n: int
    predicted: float
    observed: float


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


def oriented_auc(toward: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the area under the ROC curve over both orientations of every comparison.

    With each comparison counted as (a, b) and as (b, a), the area is the chance that two differences towards the
    preferred output have a positive sum, ties half, so that it cannot depend on which output is called a.

    Parameters
    ----------
    toward : ndarray of shape (n,)
        Score of the preferred output less that of the other.
    weight : ndarray of shape (n,), optional
        How many judgments show each difference; by default one.

    Returns
    -------
    float
        From 0 to 1, 1/2 is chance; nan without a comparison.

    References
    ----------
    Hanley and McNeil 1982.

    Examples
    --------
    >>> oriented_auc(np.array([2.0, 1.0, -1.5]))
    0.6666666666666666
    """
    if not len(toward):
        return np.nan
    times = np.ones(len(toward)) if weight is None else weight
    return float(times @ chance_to_exceed(toward, times) / times.sum())


def chance_to_exceed(toward: FloatArray, weight: FloatArray) -> FloatArray:
    """Return for each difference the share of all others, by weight, with which it has a positive sum, ties half."""
    order = np.argsort(toward, kind="stable")
    ordered = toward[order]
    total = np.append(0.0, np.cumsum(weight[order]))
    below = total[np.searchsorted(ordered, -toward, side="left")]
    not_above = total[np.searchsorted(ordered, -toward, side="right")]
    return np.asarray(1 - (below + not_above) / (2 * total[-1]))


def logistic_slope(toward: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the slope of log odds on differences, by Newton's method with the ridge :data:`RIDGE`.

    Parameters
    ----------
    toward : ndarray of shape (n,)
        Score of the preferred output less that of the other.
    weight : ndarray of shape (n,), optional
        How many judgments show each difference; by default one.

    Returns
    -------
    float
        Per unit of the metric; 0 where all differences are 0 or there is none.
    """
    largest = np.abs(toward).max(initial=0)
    if largest == 0:
        return 0.0
    times = np.ones(len(toward)) if weight is None else weight
    if not times[toward != 0].sum():
        return 0.0
    scale = largest * np.sqrt(np.average((toward / largest) ** 2, weights=times))
    z = toward / scale
    slope = 0.0
    for _ in range(MOST_STEPS):
        miss = special.expit(-slope * z)
        gradient = (times * z * miss).sum() - RIDGE * slope
        # The log-posterior is concave; short steps keep Newton from overshooting far from its top.
        step = gradient / ((times * z**2 * miss * (1 - miss)).sum() + RIDGE)
        step = float(np.clip(step, -1, 1))
        slope += step
        if abs(step) < 1e-12:
            break
    return float(slope / scale)


def calibration_bins(
    log_odds: FloatArray, n_bins: int, weight: FloatArray | None = None
) -> tuple[CalibrationBin, ...]:
    """Return predicted and observed shares by probability of the predicted favourite.

    Parameters
    ----------
    log_odds : ndarray of shape (n,)
        Of the preferred output: negative where the other was the favourite. At 0 it counts as half right.
    n_bins : int
        Of equal width from 1/2 to 1.
    weight : ndarray of shape (n,), optional
        How many judgments show each; by default one.
    """
    times = np.ones(len(log_odds)) if weight is None else weight
    favourite = special.expit(np.abs(log_odds))
    right = (np.sign(log_odds) + 1) / 2
    edges = np.linspace(0.5, 1, n_bins + 1)
    position = np.clip(np.searchsorted(edges, favourite, side="right") - 1, 0, n_bins - 1)
    counts = np.bincount(position, times, n_bins)
    predicted = np.bincount(position, times * favourite, n_bins)
    observed = np.bincount(position, times * right, n_bins)
    return tuple(
        CalibrationBin(
            float(edges[k]), float(edges[k + 1]), int(n), float(predicted[k] / n), float(observed[k] / n)
        )
        for k, n in enumerate(counts)
        if n
    )


def _held_out_log_odds(
    toward: FloatArray, groups: IntArray, n_folds: int, rng: np.random.Generator
) -> FloatArray:
    n_items = int(groups.max()) + 1
    fold = (rng.permutation(n_items) % n_folds)[groups]
    slopes = np.array([logistic_slope(toward[fold != k]) for k in range(n_folds)])
    return slopes[fold] * toward
