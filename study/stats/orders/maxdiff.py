"""The MaxDiff logit: strengths from best-worst choices."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.stats.arrays import FloatArray, IntArray, row_codes
from study.stats.orders.best_worst import BestWorst, pairs_of_best_worst
from study.stats.orders.order_strengths import N_RESAMPLES, interval_method, with_influence
from study.stats.orders.plackett_luce import NO_END, NO_SCALE, contrasts
from study.stats.orders.rankings import rankings
from study.stats.ranking.comparability import Comparability, comparability
from study.stats.ranking.fitted import FittedStrengths
from study.stats.ranking.newton import maximum
from study.stats.ranking.preferences import win_matrix
from study.stats.ranking.strengths import strength_estimates
from study.stats.resampling import Estimate
from study.stats.units import Units


@dataclass(frozen=True, slots=True)
class MaxDiff:
    """A maximum-likelihood fit.

    Attributes
    ----------
    strengths : ndarray of shape (n_systems,)
        In logits, mean zero over the comparable systems; nan for the others.
    covariance : ndarray of shape (n_systems, n_systems)
        Model-based; 0 outside the comparable systems.
    comparability : Comparability
    log_likelihood : float
    influence : ndarray of shape (n_distinct, n_systems)
        First-order influence of one choice of each distinct kind.
    code : ndarray of int64, shape (n_choices,)
        The kind of each choice.
    reason : str or None
        Why there is no fit.
    """

    strengths: FloatArray
    covariance: FloatArray
    comparability: Comparability
    log_likelihood: float
    influence: FloatArray
    code: IntArray
    reason: str | None = None


def maxdiff(chosen: BestWorst) -> MaxDiff:
    """Fit the MaxDiff logit: best b and worst w are chosen with probability proportional to exp(s_b - s_w).

    All systems must be linked in both directions by the 2k - 3 pairs that a choice among k implies; unlike a ranking,
    a choice cannot be restricted to some of its systems.

    Parameters
    ----------
    chosen : BestWorst

    Returns
    -------
    MaxDiff
        nan with a reason if no finite estimate exists.

    References
    ----------
    Finn and Louviere 1992; Marley and Louviere 2005.

    Examples
    --------
    >>> from study.stats.orders.best_worst import best_worst
    >>> offered = np.ones((5, 4), dtype=bool)
    >>> fit = maxdiff(best_worst(offered, [0, 0, 1, 0, 2], [3, 2, 3, 3, 3], list("abcd")))
    >>> fit.strengths.round(4), round(fit.log_likelihood, 4)
    (array([ 1.3853,  0.5528, -0.0958, -1.8424]), -7.6805)
    """
    n = len(chosen.systems)
    linked = comparability(win_matrix(pairs_of_best_worst(chosen).judged), chosen.systems)
    first, code = row_codes(np.column_stack([chosen.offered, chosen.best, chosen.worst]))
    counts = np.bincount(code, minlength=len(first)).astype(np.float64)
    nothing = np.full(n, np.nan), np.zeros((n, n)), linked, np.nan, np.zeros((len(first), n)), code
    offered_at_all = chosen.offered.any(axis=0)
    if not linked.comparable.any() or not linked.comparable[offered_at_all].all():
        return MaxDiff(*nothing, NO_SCALE)
    inside = np.flatnonzero(linked.comparable)
    member = chosen.offered[first][:, inside].astype(np.float64)
    balance = (inside == chosen.best[first][:, None]) * 1.0 - (inside == chosen.worst[first][:, None])
    basis = contrasts(len(inside))

    def objective(x: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        strengths = basis @ x
        log_sum, slope, information = _pair_sums(member, counts, strengths)
        gradient = counts @ (balance - slope)
        value = float(counts @ (balance @ strengths - log_sum))
        return value, basis.T @ gradient, -basis.T @ information @ basis

    found = maximum(objective, np.zeros(basis.shape[1]))
    if not found.finite:
        return MaxDiff(*nothing, NO_END)
    fitted, inner = basis @ found.parameters, basis @ found.covariance @ basis.T
    strengths, covariance, moves = nothing[0], nothing[1], nothing[4]
    strengths[inside], covariance[np.ix_(inside, inside)] = fitted, inner
    moves[:, inside] = (balance - _pair_sums(member, counts, fitted)[1]) @ inner
    return MaxDiff(strengths, covariance, linked, found.value, moves, code)


def _pair_sums(
    member: FloatArray, counts: FloatArray, strengths: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the log of the sum over ordered pairs of each set, its slopes, and its curvature summed over sets."""
    up, down = member * np.exp(strengths), member * np.exp(-strengths)
    ups, downs = up.sum(axis=1, keepdims=True), down.sum(axis=1, keepdims=True)
    total = ups * downs - member.sum(axis=1, keepdims=True)
    rise, fall = up * downs / total, ups * down / total
    slope = rise - fall
    crossed = (up * (counts[:, None] / total)).T @ down
    information = np.diag(counts @ (rise + fall)) - crossed - crossed.T - slope.T @ (counts[:, None] * slope)
    return np.log(total[:, 0]), slope, information


def maxdiff_strengths(
    chosen: BestWorst,
    cluster: ArrayLike | Units | None = None,
    *,
    method: str | None = None,
    confidence_level: float = 0.95,
    n_resamples: int = N_RESAMPLES,
    rng: np.random.Generator | None = None,
) -> tuple[Estimate, ...]:
    """Estimate the MaxDiff strength of each system; parameters as in :func:`study.stats.orders.order_strengths.order_strengths`."""
    name = interval_method(cluster, method)
    fitted = fitted_maxdiff(chosen, cluster, name)
    return strength_estimates(
        fitted, name, confidence_level=confidence_level, n_resamples=n_resamples, rng=rng
    )


def fitted_maxdiff(chosen: BestWorst, cluster: ArrayLike | Units | None, method: str) -> FittedStrengths:
    """Return MaxDiff strengths with the influence of clusters or units on them."""
    fit = maxdiff(chosen)
    system = rankings(np.where(chosen.offered, 1.0, np.nan), chosen.systems).system
    every = np.ones(len(fit.code), dtype=bool)
    parts = (fit.strengths, fit.covariance, fit.comparability), (fit.influence, fit.code, every)
    return with_influence(*parts, system, cluster, method, "MaxDiff logit", fit.reason)
