"""Bradley-Terry strengths by Newton's method on a win matrix.

The probability that system i is preferred to j is ``1 / (1 + exp(strength[j] - strength[i]))``; a tie is half a
win for each.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit, log_expit

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, IntArray
from study.stats.ranking.comparability import Comparability, comparability
from study.stats.ranking.preferences import Preferences, cluster_sums
from study.stats.threads import on_one_thread

MOST_STEPS = 500
"""Newton steps move no strength by more than 1; a few suffice except for extreme win rates."""

MOST_WINS = 1e12

TOO_UNEQUAL = (
    f"the win matrix holds too large or too unequal numbers to fit; allowed: {MOST_WINS:g} wins in all"
)


@dataclass(frozen=True, slots=True)
class BradleyTerry:
    """A maximum-likelihood fit.

    Attributes
    ----------
    strengths : ndarray of shape (n_systems,)
        In logits, mean zero over the comparable systems; nan for the others.
    covariance : ndarray of shape (n_systems, n_systems)
        Model-based, with independent judgments; 0 outside the comparable systems.
    comparability : Comparability
        Which systems are on one scale, and why the others are not.
    log_likelihood : float
        0 without comparable systems.
    """

    strengths: FloatArray
    covariance: FloatArray
    comparability: Comparability
    log_likelihood: float


@on_one_thread
def bradley_terry(wins: ArrayLike, systems: Sequence[str]) -> BradleyTerry:
    """Fit Bradley-Terry strengths to a win matrix by Newton's method.

    A finite maximum exists for systems that are linked by wins in both directions. If other systems are compared too,
    the largest such group (if one is larger than all others) is fitted on the judgments within it, and
    ``comparability.reasons`` says why each other system has no strength.

    Parameters
    ----------
    wins : array_like of shape (n_systems, n_systems)
        Wins of the row over the column, 0 or more, ties as half; the diagonal is ignored.
    systems : sequence of str
        Names used in the reasons.

    Raises
    ------
    InvalidInput
        If the matrix is not square with one row per system, has a negative or missing number, or its numbers are too
        unequal to be fitted.

    References
    ----------
    Bradley and Terry 1952; Ford 1957 (existence); Hunter 2004, section 2.

    Examples
    --------
    >>> fit = bradley_terry([[0, 8, 9], [4, 0, 7], [3, 5, 0]], ["A", "B", "C"])
    >>> fit.strengths.round(5)
    array([ 0.59596, -0.11954, -0.47642])
    """
    matrix = np.array(wins, dtype=np.float64)
    if matrix.shape != (len(systems), len(systems)) or not (np.isfinite(matrix) & (matrix >= 0)).all():
        raise InvalidInput(
            f"win matrix of shape {matrix.shape} for {len(systems)} systems; "
            "allowed: square, one row per system, finite numbers of 0 or more"
        )
    np.fill_diagonal(matrix, 0)
    if matrix.sum() > MOST_WINS:
        raise InvalidInput(TOO_UNEQUAL)
    linked = comparability(matrix, systems)
    inside = np.ix_(linked.comparable, linked.comparable)
    values, covariance = np.full(len(matrix), np.nan), np.zeros_like(matrix)
    values[linked.comparable] = fitted = _newton(matrix[inside])
    within = matrix[inside]
    covariance[inside] = _inverse(_information(within + within.T, _probabilities(fitted)))
    return BradleyTerry(values, covariance, linked, _log_likelihood(matrix[inside], fitted))


def cluster_influence(fit: BradleyTerry, judged: Preferences, cluster: IntArray) -> FloatArray:
    """Return the first-order influence of each cluster on the strengths.

    Parameters
    ----------
    fit : BradleyTerry
    judged : Preferences
        Judgments between comparable systems.
    cluster : ndarray of int64, shape (n_judgments,)

    Returns
    -------
    ndarray of shape (n_clusters, n_systems)
        Sums to zero over clusters; only clusters with a judgment.
    """
    expected = expit(fit.strengths[judged.a] - fit.strengths[judged.b])
    residual = (1 + judged.preference) / 2 - expected
    scores = cluster_sums(judged, cluster, residual, -residual)
    return scores[np.bincount(cluster, minlength=len(scores)) > 0] @ fit.covariance


def _newton(wins: FloatArray) -> FloatArray:
    """Return the strengths that maximise the likelihood of a strongly connected win matrix."""
    n, won = wins + wins.T, wins.sum(axis=1)
    values = _start(won, n.sum(axis=1))
    rounding = max(1e-8, 1e-14 * n.sum())  # of a step, in standard errors
    for _ in range(MOST_STEPS):
        probability = _probabilities(values)
        gradient = won - (n * probability).sum(axis=1)
        factor, _ = _factor(_information(n, probability))
        step = cho_solve(factor, gradient - gradient.sum() / max(1, len(gradient)))
        if gradient @ step <= rounding**2:
            return _centred(values + step)
        step = step / max(1, np.abs(step).max(initial=0))
        values = values + step * _damping(wins, values, step)
    raise InvalidInput(TOO_UNEQUAL)


def _start(won: FloatArray, n: FloatArray) -> FloatArray:
    """Return the log odds of each system's win rate, with half a win and half a loss added."""
    return _centred(np.log((won + 0.5) / (n - won + 0.5)))


def _centred(values: FloatArray) -> FloatArray:
    return np.asarray(values - values.sum() / max(1, len(values)))


def _damping(wins: FloatArray, values: FloatArray, step: FloatArray) -> float:
    """Return 1, halved until the step does not lower the likelihood by more than rounding."""
    before, share = _log_likelihood(wins, values), 1.0
    while share > 1e-9 and _log_likelihood(wins, values + share * step) < before * (1 + 1e-12):
        share /= 2
    return share


def _probabilities(values: FloatArray) -> FloatArray:
    return np.asarray(expit(values[:, None] - values[None, :]))


def _log_likelihood(wins: FloatArray, values: FloatArray) -> float:
    return float((wins * log_expit(values[:, None] - values[None, :])).sum())


def _information(n: FloatArray, probability: FloatArray) -> FloatArray:
    weight = n * probability * (1 - probability)
    return np.diag(weight.sum(axis=1)) - weight


def _factor(information: FloatArray) -> tuple[tuple[FloatArray, bool], float]:
    """Return the Cholesky factor of an information matrix made regular on equal shifts, and the amount added for that."""
    size = max(1, len(information))
    scale = float(max(np.trace(information) / size, np.finfo(float).tiny))
    try:
        return cho_factor(information + scale / size), scale
    except np.linalg.LinAlgError as error:
        raise InvalidInput(TOO_UNEQUAL) from error


def _inverse(information: FloatArray) -> FloatArray:
    """Return the inverse of an information matrix on vectors that sum to zero."""
    size = max(1, len(information))
    factor, scale = _factor(information)
    return np.asarray(cho_solve(factor, np.eye(len(information))) - 1 / (scale * size))
