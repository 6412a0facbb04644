"""Logistic regression on aggregated rows: fit, directions without a finite estimate, robust covariances."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.special import expit, log_expit

from study.stats.arrays import BoolArray, FloatArray, IntArray
from study.stats.ranking.newton import LARGEST_ERROR, maximum
from study.stats.threads import on_one_thread

ALIASED = 1e-9
"""Share of a column's squared length that must remain after projecting out the columns before it."""


@dataclass(frozen=True, slots=True)
class DesignCells:
    """Judgments with equal rows of the design, combined.

    Attributes
    ----------
    design : sparse array of shape (n_cells, n_columns)
    wins : ndarray of shape (n_cells,)
        Ties as half.
    n : ndarray of shape (n_cells,)
        Number of judgments.
    """

    design: csr_array
    wins: FloatArray
    n: FloatArray


@dataclass(frozen=True, slots=True)
class LogisticFit:
    """A (penalised) maximum-likelihood fit.

    Attributes
    ----------
    coefficients : ndarray of shape (n_columns,)
    covariance : ndarray of shape (n_columns, n_columns)
        Inverse information (of the penalised likelihood), within the directions that have a finite estimate.
    endless : ndarray of shape (n_columns, n_directions)
        Orthonormal directions along which the likelihood rises without end.
    log_likelihood : float
        Without the penalty.
    """

    coefficients: FloatArray
    covariance: FloatArray
    endless: FloatArray
    log_likelihood: float


@on_one_thread
def logistic_fit(cells: DesignCells, penalty: FloatArray) -> LogisticFit:
    """Fit coefficients by Newton's method.

    Parameters
    ----------
    cells : DesignCells
        Columns roughly of unit size.
    penalty : ndarray of shape (n_columns, n_columns)
        ``coefficients @ penalty @ coefficients / 2`` is subtracted from the log-likelihood.

    References
    ----------
    McCullagh and Nelder 1989, section 4.4; Albert and Anderson 1984 (separation).
    """
    design, wins, losses = cells.design, cells.wins, cells.n - cells.wins
    transposed = design.T.tocsr()

    def objective(x: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        eta = design @ x
        p = expit(eta)
        value = float(wins @ log_expit(eta) + losses @ log_expit(-eta)) - x @ penalty @ x / 2
        gradient = transposed @ (wins - cells.n * p) - penalty @ x
        return float(value), gradient, -_weighted_gram(design, cells.n * p * (1 - p), transposed) - penalty

    found = maximum(objective, np.zeros(design.shape[1]))
    x = found.parameters
    information = -objective(x)[2]
    sizes, directions = np.linalg.eigh(information)
    finite = sizes > LARGEST_ERROR**-2
    kept = directions[:, finite]
    covariance = (kept / sizes[finite]) @ kept.T
    value = found.value + float(x @ penalty @ x) / 2
    return LogisticFit(x, covariance, directions[:, ~finite], value)


def gram(cells: DesignCells) -> FloatArray:
    """Return the products of the columns, weighted by judgments; shape (n_columns, n_columns)."""
    return _weighted_gram(cells.design, cells.n)


def aliased_columns(products: FloatArray, n_before: int) -> BoolArray:
    """Return which columns after the first ``n_before`` are a combination of the kept columns before them.

    Parameters
    ----------
    products : ndarray of shape (n_columns, n_columns)
        From :func:`gram`; the first ``n_before`` columns are independent.
    n_before : int

    Returns
    -------
    ndarray of bool, shape (n_columns - n_before,)
    """
    first, cross = products[:n_before, :n_before], products[:n_before, n_before:]
    left = products[n_before:, n_before:] - cross.T @ np.linalg.solve(first, cross)
    length = np.diag(products)[n_before:]
    aliased = np.zeros(len(left), dtype=bool)
    for column in range(len(left)):
        pivot = left[column, column]
        aliased[column] = pivot <= ALIASED * max(length[column], 1e-300)
        if not aliased[column]:
            left = left - np.outer(left[:, column], left[column]) / pivot
    return aliased


def cluster_scores(
    cells: DesignCells, fit: LogisticFit, cell: IntArray, score: FloatArray, cluster: IntArray
) -> FloatArray:
    """Return the score of each cluster at the fit, shape (n_clusters, n_columns).

    Parameters
    ----------
    cells, fit
    cell : ndarray of int64, shape (n_judgments,)
        The cell of each judgment.
    score : ndarray of shape (n_judgments,)
        1 where won, one half where tied, 0 where lost.
    cluster : ndarray of int64, shape (n_judgments,)
        Codes without gaps.
    """
    residual = score - expit(cells.design @ fit.coefficients)[cell]
    shape = (int(cluster.max(initial=-1)) + 1, cells.design.shape[0])
    return np.asarray((csr_array((residual, (cluster, cell)), shape=shape) @ cells.design).toarray())


def clusters_with_column(cells: DesignCells, cell: IntArray, cluster: IntArray) -> IntArray:
    """Return the number of clusters in which each column is not 0, shape (n_columns,)."""
    shape = (int(cluster.max()) + 1, cells.design.shape[0])
    inside = csr_array((np.ones(len(cell)), (cluster, cell)), shape=shape)
    return np.asarray(((inside @ abs(cells.design)) != 0).sum(axis=0), dtype=np.int64)


def judgment_meat(cells: DesignCells, fit: LogisticFit, cell: IntArray, score: FloatArray) -> FloatArray:
    """Return the sum of outer products of the scores of single judgments."""
    residual = score - expit(cells.design @ fit.coefficients)[cell]
    squares = np.bincount(cell, residual**2, cells.design.shape[0])
    return _weighted_gram(cells.design, squares.astype(np.float64))


def _weighted_gram(design: csr_array, weight: FloatArray, transposed: csr_array | None = None) -> FloatArray:
    """Return ``design.T @ diag(weight) @ design``; passing a transpose in row order saves computing it."""
    data = design.data * np.repeat(weight, np.diff(design.indptr))
    weighted = csr_array((data, design.indices, design.indptr), shape=design.shape)
    rows = design.T.tocsr() if transposed is None else transposed
    return np.asarray((rows @ weighted).toarray())
