"""Functions of a pair's parameters with their derivatives, the building blocks of pairwise log-likelihoods."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from study.stats.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Curve:
    """A function at n points of k parameters each.

    Attributes
    ----------
    value : ndarray of shape (n,)
    gradient : ndarray of shape (n, k)
    hessian : ndarray of shape (n, k, k)
    """

    value: FloatArray
    gradient: FloatArray
    hessian: FloatArray


def linear(points: FloatArray, form: Sequence[float]) -> Curve:
    """Return the linear form of the points, shape (n, k)."""
    n, k = points.shape
    coefficients = np.asarray(form, dtype=np.float64)
    return Curve(points @ coefficients, np.tile(coefficients, (n, 1)), np.zeros((n, k, k)))


def log_sum(points: FloatArray, forms: Sequence[Sequence[float]]) -> Curve:
    """Return the log of the sum of exponentials of linear forms, shape (n_forms, k)."""
    coefficients = np.asarray(forms, dtype=np.float64)
    terms = points @ coefficients.T
    value = logsumexp(terms, axis=1)
    share = np.exp(terms - value[:, None])
    gradient = share @ coefficients
    second = np.einsum("nf,fi,fj->nij", share, coefficients, coefficients)
    return Curve(value, gradient, second - gradient[:, :, None] * gradient[:, None, :])


def log_sum_of(*curves: Curve) -> Curve:
    """Return the log of the sum of exponentials of curves."""
    terms = np.stack([curve.value for curve in curves], axis=1)
    value = logsumexp(terms, axis=1)
    share = np.exp(terms - value[:, None])
    gradients = np.stack([curve.gradient for curve in curves], axis=1)
    hessians = np.stack([curve.hessian for curve in curves], axis=1)
    gradient = np.einsum("nc,nci->ni", share, gradients)
    second = np.einsum("nc,ncij->nij", share, hessians)
    second += np.einsum("nc,nci,ncj->nij", share, gradients, gradients)
    return Curve(value, gradient, second - gradient[:, :, None] * gradient[:, None, :])


def scaled(curve: Curve, weight: FloatArray | float) -> Curve:
    """Return the curve times a weight per point, shape (n,), or one for all; weight 0 drops the point."""
    w = np.broadcast_to(np.asarray(weight, dtype=np.float64), curve.value.shape)
    value = np.multiply(w, curve.value, out=np.zeros_like(curve.value), where=w != 0)
    return Curve(value, w[:, None] * curve.gradient, w[:, None, None] * curve.hessian)


def total(curves: Sequence[Curve]) -> Curve:
    """Return the sum of one or more curves."""
    return Curve(
        np.sum([curve.value for curve in curves], axis=0),
        np.sum([curve.gradient for curve in curves], axis=0),
        np.sum([curve.hessian for curve in curves], axis=0),
    )


def scattered(curve: Curve, places: IntArray, n: int) -> tuple[float, FloatArray, FloatArray]:
    """Sum a curve over its points into n shared parameters.

    Parameters
    ----------
    curve : Curve
    places : ndarray of int64, shape (n_points, k)
        Position of each point's own parameters among the shared ones.
    n : int

    Returns
    -------
    value : float
    gradient : ndarray of shape (n,)
    hessian : ndarray of shape (n, n)
    """
    gradient = np.bincount(places.ravel(), curve.gradient.ravel(), n)
    cell = places[:, :, None] * n + places[:, None, :]
    hessian = np.bincount(cell.ravel(), curve.hessian.ravel(), n * n).reshape(n, n)
    return float(curve.value.sum()), gradient.astype(np.float64), hessian.astype(np.float64)
