"""Damped Newton's method for log-likelihoods of a few hundred parameters."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from study.stats.arrays import FloatArray
from study.stats.threads import on_one_thread

MOST_STEPS = 200

LONGEST_STEP = 2.0
"""The most that a parameter moves in one step; parameters are logits."""

LARGEST_ERROR = 1e3
"""A standard error above this, in logits, means that the parameter has no finite estimate."""

Objective = Callable[[FloatArray], tuple[float, FloatArray, FloatArray]]
"""From parameters to the log-likelihood (-inf outside its domain), its gradient and its Hessian."""


@dataclass(frozen=True, slots=True)
class Maximum:
    """The maximum of a log-likelihood.

    Attributes
    ----------
    parameters : ndarray of shape (n_parameters,)
    covariance : ndarray of shape (n_parameters, n_parameters)
        Inverse of the observed information.
    value : float
    finite : bool
        False if the likelihood rises without bound, or is flat, in some direction.
    """

    parameters: FloatArray
    covariance: FloatArray
    value: float
    finite: bool


@on_one_thread
def maximum(objective: Objective, start: FloatArray) -> Maximum:
    """Return the maximum of a log-likelihood by Newton's method with step halving.

    Where the Hessian is not negative definite, a multiple of the identity is subtracted (Levenberg).

    Parameters
    ----------
    objective : callable
    start : ndarray of shape (n_parameters,)
        Inside the domain.

    References
    ----------
    Nocedal and Wright 2006, algorithm 3.2.
    """
    x = start
    value, gradient, hessian = objective(x)
    for _ in range(MOST_STEPS):
        step = _ascent(gradient, -hessian)
        gain = float(gradient @ step)
        step = step * min(1.0, LONGEST_STEP / max(np.abs(step).max(initial=0.0), 1e-300))
        tried, result = _line_search(objective, x, step, value)
        if result is None:
            break
        x, (value, gradient, hessian) = tried, result
        if gain <= 1e-10:
            break
    covariance, finite = _covariance(-hessian)
    return Maximum(x, covariance, value, finite and gain <= 1e-6)


def _line_search(
    objective: Objective, x: FloatArray, step: FloatArray, value: float
) -> tuple[FloatArray, tuple[float, FloatArray, FloatArray] | None]:
    """Halve the step until it does not lower the value by more than rounding; return None if there is no such step."""
    share = 1.0
    while share > 1e-10:
        tried = x + share * step
        result = objective(tried)
        if result[0] >= value - 1e-12 * abs(value):
            return tried, result
        share /= 2
    return x, None


def _ascent(gradient: FloatArray, information: FloatArray) -> FloatArray:
    scale = max(float(np.abs(np.diag(information)).max(initial=0.0)), 1e-12)
    for damping in (0.0, *(10.0**power for power in range(-10, 3))):
        damped = information + damping * scale * np.eye(len(gradient))
        try:
            np.linalg.cholesky(damped)
        except np.linalg.LinAlgError:
            continue
        return np.asarray(np.linalg.solve(damped, gradient))
    return gradient / scale


def _covariance(information: FloatArray) -> tuple[FloatArray, bool]:
    """Return the inverse of the information, and whether all estimates are finite."""
    try:
        np.linalg.cholesky(information)
    except np.linalg.LinAlgError:
        return np.full_like(information, np.nan), False
    covariance = np.asarray(np.linalg.inv(information), dtype=np.float64)
    return covariance, bool(np.diag(covariance).max(initial=0.0) < LARGEST_ERROR**2)
