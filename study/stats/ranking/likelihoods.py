"""Preference models as likelihoods of outcomes: the basis of fits with an effect of the left side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit

from study.stats.arrays import BoolArray, FloatArray, IntArray
from study.stats.ranking.answers import BOTH_BAD, TIED, Answers
from study.stats.ranking.curves import Curve, scaled, total

Curves = Callable[[FloatArray], Sequence[Curve]]


@dataclass(frozen=True, slots=True)
class Likelihood:
    """A preference model fitted without an effect of the left side.

    Attributes
    ----------
    curves : callable
        From points (strength, strength, shared parameters) to the log-probabilities of the outcomes.
    outcome : ndarray of int64, shape (n_judgments,)
    scores : ndarray of shape (n_outcomes,)
        The score of each outcome for the first system: 1, one half or 0.
    chances : ndarray of shape (n_outcomes,)
        Weights of the outcomes' probabilities in the expected score: like ``scores``, but 0 for the tie if it is not
        a separate outcome.
    strengths : ndarray of shape (n_systems,)
        nan for systems that are not fitted; on the model's own level.
    shared, shared_free : ndarray of shape (n_shared,)
        Parameters shared by all pairs, such as the log odds of a tie, and which of them are not on their boundary.
    level_free : bool
        Whether a common shift of all strengths changes the likelihood.
    ascending : bool
        Whether the shared parameters are cut points, ascending and above 0.
    """

    curves: Curves
    outcome: IntArray
    scores: FloatArray
    chances: FloatArray
    strengths: FloatArray
    shared: FloatArray
    shared_free: BoolArray
    level_free: bool = False
    ascending: bool = False


def half_win_curves(points: FloatArray) -> tuple[Curve, ...]:
    """Return the log-probabilities of first, second and tie at points (strength, strength), with a tie as half of each."""
    gap, form = points[:, 0] - points[:, 1], np.array([1.0, -1.0])
    p = expit(gap)
    bend = -(p * (1 - p))[:, None, None] * np.outer(form, form)
    won = Curve(log_expit(gap), (1 - p)[:, None] * form, bend)
    lost = Curve(log_expit(-gap), -p[:, None] * form, bend)
    return won, lost, scaled(total([won, lost]), 0.5)


def half_win_likelihood(given: Answers, strengths: FloatArray) -> Likelihood:
    """Return Bradley-Terry with a tie, or both bad, as half a win for each."""
    outcome = np.where(given.answer == BOTH_BAD, TIED, given.answer)
    scores, chances, nothing = np.array([1.0, 0.0, 0.5]), np.array([1.0, 0.0, 0.0]), np.empty(0)
    return Likelihood(half_win_curves, outcome, scores, chances, strengths, nothing, nothing.astype(bool))
