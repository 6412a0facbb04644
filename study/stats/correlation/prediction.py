"""Predict which output a person prefers from a metric's score difference."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from study.stats.arrays import FloatArray

RIDGE = 1.0
"""Penalty on half the squared slope of standardised differences, worth about four undecided judgments."""

MOST_STEPS = 100


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Judgments whose predicted favourite has a probability in [low, high)."""

    low: float
    high: float
    n: int
    predicted: float
    observed: float


def oriented_auc(toward: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the area under the ROC curve over both orientations of every comparison.

    With each comparison counted as (a, b) and as (b, a), the area is the probability that two differences towards the
    preferred output have a positive sum, ties half, so it does not depend on which output is called a.

    Parameters
    ----------
    toward : ndarray of shape (n,)
        Score of the preferred output minus that of the other.
    weight : ndarray of shape (n,), optional
        Number of judgments with each difference; by default one.

    Returns
    -------
    float
        From 0 to 1, with chance at 1/2; nan without a comparison.

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
        Score of the preferred output minus that of the other.
    weight : ndarray of shape (n,), optional
        Number of judgments with each difference; by default one.

    Returns
    -------
    float
        Per unit of the metric; 0 if all differences are 0 or there are none.
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
        # The log-posterior is concave; short steps keep Newton from overshooting far from its maximum.
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
        Log odds of the preferred output, negative where the other was the favourite. 0 counts as half right.
    n_bins : int
        Number of bins of equal width from 1/2 to 1.
    weight : ndarray of shape (n,), optional
        Number of judgments with each value; by default one.
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
