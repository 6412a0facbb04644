"""Detection at a threshold that a part of the outputs chose, one metric at a time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import check_equal_lengths, numbers
from study.stats.correlation.detection import PRECISION_TWICE, _check_beta, _f_beta, _scored, best_threshold


@dataclass(frozen=True, slots=True)
class Detection:
    """How well "score at least the threshold" finds good outputs.

    Attributes
    ----------
    precision, recall, f_beta : float
        From 0 to 1. Precision is nan where nothing is found, recall where nothing is good, F where either is nan.
    beta, threshold : float
    n_found, n_good, n_right, n : int
        Outputs at or above the threshold, good ones, both, and all with a score and a human score.
    reason : str or None
    """

    precision: float
    recall: float
    f_beta: float
    beta: float
    threshold: float
    n_found: int
    n_good: int
    n_right: int
    n: int
    reason: str | None = None


def detection(
    score: ArrayLike,
    human: ArrayLike,
    *,
    good_from: float,
    threshold: float,
    beta: float = PRECISION_TWICE,
) -> Detection:
    """Return precision, recall and F of "score >= threshold" against "human >= good_from".

    Parameters
    ----------
    score, human : array_like of shape (n,)
        nan where missing (left out).
    good_from, threshold : float
    beta : float
        F = (1 + beta²) P R / (beta² P + R); below 1 precision counts more. 0 where nothing found is good.

    References
    ----------
    van Rijsbergen 1979; Perrella et al. 2024, section 3.

    Examples
    --------
    >>> metric, human = [0.97, 0.85, 0.83, 0.35, 0.2, 0.6], [5, 4, 4, 2, 1, 3]
    >>> found = detection(metric, human, good_from=3, threshold=0.82)
    >>> found.precision, found.recall, round(found.f_beta, 5)
    (1.0, 0.75, 0.9)
    """
    values, good = _scored(score, human, good_from)
    _check_beta(beta)
    found = values >= threshold
    n_found, n_good, n_right = int(found.sum()), int(good.sum()), int((found & good).sum())
    precision = n_right / n_found if n_found else np.nan
    recall = n_right / n_good if n_good else np.nan
    f_beta = float(_f_beta(n_found, n_good, n_right, beta))
    reason = None if n_found and n_good else "no output is good" if not n_good else "no output is found"
    if reason:
        f_beta = np.nan
    counts = (n_found, n_good, n_right, len(values))
    return Detection(precision, recall, f_beta, beta, threshold, *counts, reason)


def tuned_detection(
    score: ArrayLike,
    human: ArrayLike,
    dev: ArrayLike,
    *,
    good_from: float,
    beta: float = PRECISION_TWICE,
) -> Detection:
    """Return detection on the test part at the threshold that is best on the dev part.

    Parameters
    ----------
    score, human : array_like of shape (n,)
    dev : array_like of bool, shape (n,)
        The outputs that choose the threshold; all outputs of an item belong on one side.
    good_from, beta
        As in :func:`detection`.

    Returns
    -------
    Detection
        Of the outputs that are not in ``dev``; nan with a reason where the dev part has no good output.
    """
    values, answers = numbers(score, "metric"), numbers(human, "human")
    is_dev = np.asarray(dev)
    check_equal_lengths(metric=len(values), human=len(answers), dev=len(is_dev))
    if is_dev.dtype != np.bool_:
        raise InvalidInput(f"dev holds {is_dev.dtype} values; allowed: True or False")
    threshold = best_threshold(values[is_dev], answers[is_dev], good_from=good_from, beta=beta)
    if np.isnan(threshold):
        n = int((~np.isnan(values + answers) & ~is_dev).sum())
        reason = "no output of the dev part is good: there is no threshold"
        return Detection(np.nan, np.nan, np.nan, beta, np.nan, 0, 0, 0, n, reason)
    held_out = values[~is_dev], answers[~is_dev]
    return detection(*held_out, good_from=good_from, threshold=threshold, beta=beta)
