"""PerSEval: responsiveness discounted by inaccuracy; its penalties; P-Accuracy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import FloatArray
from study.stats.personalization.responsiveness import (
    Distances,
    checked_distances,
    degress,
    mean_of_known,
)


@dataclass(frozen=True, slots=True)
class Sigmoid:
    """The parameters of ``1 / (1 + 10^alpha exp(-10^beta x))``."""

    alpha: float
    beta: float

    def __call__(self, x: FloatArray) -> FloatArray:
        """Return the sigmoid of each value.

        >>> round(float(Sigmoid(4, 1)(np.array(0.921))), 2)
        0.5
        """
        exponent = np.minimum(10**self.beta * x, 700.0)  # beyond this the sigmoid is 1 to the last digit
        return np.asarray(1 / (1 + 10**self.alpha * np.exp(-exponent)))


ADP, ACP, EDP = Sigmoid(4, 1), Sigmoid(4, 1), Sigmoid(3, 1)
EPSILON = 1e-7


def accuracy_drop_penalty(accuracy: ArrayLike, *, sigmoid: Sigmoid = ADP) -> FloatArray:
    """Return each document's penalty for the distance of even its best output from the expected text (ADP).

    Parameters
    ----------
    accuracy : array_like of shape (..., n_documents, n_readers)
        Distances from 0 to 1 of outputs to expected texts, nan where missing.
    sigmoid : Sigmoid

    Returns
    -------
    ndarray of shape (..., n_documents)
        From 0 to 1, one half where the smallest distance is 0.48; nan where no distance is known.

    References
    ----------
    Dasgupta et al. 2024 (PerSEval), section 4; constants of the authors' code.
    """
    best, _ = _best_and_mean(checked_distances(accuracy, "accuracy", 2))
    return sigmoid(best / (1 - best + EPSILON))


def accuracy_inconsistency_penalty(accuracy: ArrayLike, *, sigmoid: Sigmoid = ACP) -> FloatArray:
    """Return each reader's penalty for an output less accurate than the document's others (ACP).

    Parameters
    ----------
    accuracy, sigmoid
        As in :func:`accuracy_drop_penalty`.

    Returns
    -------
    ndarray of shape (..., n_documents, n_readers)
        From 0 to 1; nan where the distance is missing.

    References
    ----------
    Dasgupta et al. 2024.
    """
    known = checked_distances(accuracy, "accuracy", 2)
    best, mean = _best_and_mean(known)
    return sigmoid((known - best[..., None]) / ((mean - best)[..., None] + EPSILON))


def effective_penalty(accuracy: ArrayLike, *, sigmoid: Sigmoid = EDP) -> FloatArray:
    """Return the factor that discounts each reader's DEGRESS for inaccuracy (EDP): near 1 if accurate, near 0 if not.

    Parameters
    ----------
    accuracy : array_like
        As in :func:`accuracy_drop_penalty`.
    sigmoid : Sigmoid
        Applied to the sum of both penalties; the published ablation raises ``beta`` from 1 to 2.

    Returns
    -------
    ndarray of shape (..., n_documents, n_readers)

    References
    ----------
    Dasgupta et al. 2024; the 1e-7 added is the authors' code's.
    """
    penalty = accuracy_inconsistency_penalty(accuracy) + accuracy_drop_penalty(accuracy)[..., None]
    return 1 - sigmoid(penalty) + EPSILON


def perseval(distances: Distances, *, sigmoid: Sigmoid = EDP, missing_accuracy: float = np.nan) -> FloatArray:
    """Return how well each document's outputs are personalized: 0 worst, 1 best.

    Parameters
    ----------
    distances : Distances
    sigmoid : Sigmoid
        As in :func:`effective_penalty`.
    missing_accuracy : float
        Replaces a missing accuracy distance; nan leaves the reader out. The authors' code uses 1.

    Returns
    -------
    ndarray of shape (..., n_documents)
        The mean over the document's readers of DEGRESS times EDP; nan for a document with one reader. A system's
        PerSEval is the mean over its documents.

    References
    ----------
    Dasgupta et al. 2024.
    """
    accuracy = checked_distances(distances.accuracy, "accuracy", 2)
    accuracy = np.where(np.isnan(accuracy), missing_accuracy, accuracy)
    return mean_of_known(degress(distances) * effective_penalty(accuracy, sigmoid=sigmoid))


def p_accuracy(
    accuracy: ArrayLike, unresponsiveness: ArrayLike, *, alpha: float = 0.5, beta: float = 1.0
) -> FloatArray:
    """Return accuracy minus a penalty for not responding to the reader (P-Accuracy).

    ``A (1 - alpha sigmoid(beta E / A))``, with the logistic sigmoid; 0 where the accuracy A is 0.

    Parameters
    ----------
    accuracy : array_like
        A similarity such as ROUGE-L F1, from 0 to 1, nan where missing.
    unresponsiveness : array_like of the same shape
        EGISES, from 0 to 1.
    alpha : float
        The largest penalty, as a fraction from 0 to 1.
    beta : float
        The steepness, 0 or more.

    Raises
    ------
    InvalidInput
        If alpha or beta are out of range.

    References
    ----------
    Vansh, Dasgupta, Chowdhury et al. 2023, thesis notebook (alpha 0.5, beta 1).

    Examples
    --------
    >>> p_accuracy([0.0, 1.0], [0.5, 0.0]).tolist()
    [0.0, 0.75]
    """
    if not (0 <= alpha <= 1 and beta >= 0):
        raise InvalidInput(f"alpha {alpha:g}, beta {beta:g}; allowed: alpha from 0 to 1, beta 0 or more")
    right = checked_distances(accuracy, "accuracy", 0)
    wrong = checked_distances(unresponsiveness, "EGISES", 0)
    ratio = np.divide(wrong, right, out=np.zeros(np.broadcast(right, wrong).shape), where=right > 0)
    share = 1 / (1 + np.exp(-np.minimum(beta * ratio, 700.0)))
    return np.asarray(np.where(right == 0, 0.0, right * (1 - alpha * share)) + 0 * wrong)


def _best_and_mean(accuracy: FloatArray) -> tuple[FloatArray, FloatArray]:
    known = ~np.isnan(accuracy)
    smallest = np.where(known, accuracy, np.inf).min(axis=-1, initial=np.inf)
    best = np.where(known.any(axis=-1), smallest, np.nan)
    return best, mean_of_known(accuracy)
