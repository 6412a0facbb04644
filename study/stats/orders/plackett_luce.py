"""The Plackett-Luce model with ties, fitted to distinct rankings with their counts."""

from dataclasses import dataclass

import numpy as np

from study.stats.arrays import BoolArray, FloatArray, IntArray
from study.stats.orders.choice_sums import choice_sums
from study.stats.orders.derived_pairs import pairs_of_rankings
from study.stats.orders.rankings import Rankings, distinct_rankings, restricted
from study.stats.orders.stages import Stages, stages
from study.stats.ranking.comparability import Comparability, comparability
from study.stats.ranking.newton import Maximum, maximum
from study.stats.ranking.preferences import win_matrix

MOST_TIED = 3
"""The most systems that may share a place by default."""

NO_SCALE = "the rankings put no group of systems on one scale"
NO_END = "the likelihood rises without end: too few choices, or nearly all of them are ties"


@dataclass(frozen=True, slots=True)
class PlackettLuce:
    """A maximum-likelihood fit.

    Attributes
    ----------
    strengths : ndarray of shape (n_systems,)
        Log worths, mean zero over the comparable systems; nan for the others.
    orders : tuple of int
        Numbers of systems that share a place somewhere.
    ties : ndarray of shape (n_orders,)
        Logs of the tie parameters of ``orders``; those of other numbers are minus infinity.
    covariance : ndarray of shape (n_systems, n_systems)
        Model-based, with independent rankings; 0 outside the comparable systems.
    tie_errors : ndarray of shape (n_orders,)
        Model-based standard errors of ``ties``.
    comparability : Comparability
    log_likelihood : float
        Of the comparable systems; 0 without any.
    influence : ndarray of shape (n_distinct, n_systems)
        First-order influence of one ranking on the strengths, for each distinct ranking.
    code : ndarray of int64, shape (n_rankings,)
        The distinct ranking that each ranking is.
    telling : ndarray of bool, shape (n_rankings,)
        Which rankings order, or tie, at least two comparable systems.
    reason : str or None
        Why there is no fit.
    """

    strengths: FloatArray
    orders: tuple[int, ...]
    ties: FloatArray
    covariance: FloatArray
    tie_errors: FloatArray
    comparability: Comparability
    log_likelihood: float
    influence: FloatArray
    code: IntArray
    telling: BoolArray
    reason: str | None = None


def plackett_luce(ranked: Rankings, *, most_tied: int = MOST_TIED) -> PlackettLuce:
    """Fit the Plackett-Luce model with ties by Newton's method.

    From the systems left, those of T are chosen next with probability proportional to
    ``delta_t prod(worth_i, i in T) ^ (1 / t)``, t being their number. A finite maximum exists for systems linked by
    places above and below, ties counting as both; if other systems are ranked too, the largest such group is fitted
    on the rankings within it, which is the limit of the likelihood. No pseudo-rankings are added, unlike R's
    PlackettLuce by default.

    Parameters
    ----------
    ranked : Rankings
        Systems that a ranking leaves out were absent; those of the rest are below all ranked ones.
    most_tied : int
        With more systems in one place there is no fit.

    Returns
    -------
    PlackettLuce
        nan with a reason if no finite estimate exists.

    References
    ----------
    Plackett 1975; Luce 1959; Turner, van Etten, Firth and Kosmidis 2020; Hunter 2004, assumption 1.

    Examples
    --------
    >>> from study.stats.orders.rankings import rankings
    >>> orders = [[0, 1, 2], [1, 0, 2], [0, 2, 1], [2, 0, 1]]
    >>> fit = plackett_luce(rankings(np.argsort(orders), ["A", "B", "C"]))
    >>> fit.strengths.round(4), round(fit.log_likelihood, 4)
    (array([ 0.7829, -0.3915, -0.3915]), -6.1984)
    """
    distinct, code = distinct_rankings(ranked)
    counts = np.bincount(code, minlength=len(distinct)).astype(np.float64)
    linked = comparability(win_matrix(pairs_of_rankings(distinct).judged), ranked.systems)
    made = stages(restricted(distinct, linked.comparable))
    telling = (made.chosen.sum(axis=1) > 0)[code] if len(code) else np.zeros(0, dtype=bool)
    if reason := _no_fit_reason(made, linked, most_tied):
        return _unfitted(linked, made, code, telling, reason)
    inside = np.flatnonzero(linked.comparable)
    found = _fit(made, counts, inside)
    if not found.finite:
        return _unfitted(linked, made, code, telling, NO_END)
    n = len(inside)
    scores = _scores(made, inside, found.parameters)
    strengths, covariance = np.full(len(ranked.systems), np.nan), np.zeros((len(ranked.systems),) * 2)
    influence = np.zeros((len(distinct), len(ranked.systems)))
    strengths[inside], covariance[np.ix_(inside, inside)] = found.parameters[:n], found.covariance[:n, :n]
    influence[:, inside] = scores @ found.covariance[:, :n]
    ties, errors = found.parameters[n:], np.sqrt(np.diag(found.covariance)[n:])
    described = made.orders, ties, covariance, errors, linked, found.value
    return PlackettLuce(strengths, *described, influence, code, telling)


def _no_fit_reason(made: Stages, linked: Comparability, most_tied: int) -> str | None:
    if not linked.comparable.any():
        return NO_SCALE
    if made.orders and made.orders[-1] > most_tied:
        return f"{made.orders[-1]} systems share a place; the model is fitted with at most {most_tied}"
    return None


def _unfitted(
    linked: Comparability, made: Stages, code: IntArray, telling: BoolArray, reason: str
) -> PlackettLuce:
    n, unknown = len(linked.comparable), np.full(len(made.orders), np.nan)
    nothing = np.zeros((made.chosen.shape[0], n))
    rest = unknown, linked, np.nan, nothing, code, telling, reason
    return PlackettLuce(np.full(n, np.nan), made.orders, unknown, np.zeros((n, n)), *rest)


def _fit(made: Stages, counts: FloatArray, inside: IntArray) -> Maximum:
    """Return the maximum over the strengths of comparable systems, mean zero, and the tie parameters."""
    n, n_ties = len(inside), len(made.orders)
    basis = contrasts(n, n_ties)
    member, weight = made.member[:, inside], counts @ made.of_ranking
    chosen = np.concatenate([counts @ made.chosen[:, inside], counts @ made.tied])

    def objective(x: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        full = basis @ x
        sums = choice_sums(member, weight, full[:n], made.orders, full[n:])
        expected = np.concatenate([weight @ sums.share, weight @ sums.tied])
        value = float(chosen @ full - weight @ sums.log_sum)
        return value, basis.T @ (chosen - expected), -basis.T @ sums.information @ basis

    found = maximum(objective, np.zeros(basis.shape[1]))
    covariance = basis @ found.covariance @ basis.T
    return Maximum(basis @ found.parameters, covariance, found.value, found.finite)


def contrasts(n: int, n_others: int = 0) -> FloatArray:
    """Return a basis of ``n`` strengths that sum to zero, followed by other parameters, one column per free parameter.

    >>> contrasts(2, 1)
    array([[-0.5,  0. ],
           [ 0.5,  0. ],
           [ 0. ,  1. ]])
    """
    basis = np.zeros((n + n_others, n - 1 + n_others))
    basis[:n, : n - 1] = np.eye(n)[:, 1:] - 1 / n
    basis[n:, n - 1 :] = np.eye(n_others)
    return basis


def _scores(made: Stages, inside: IntArray, parameters: FloatArray) -> FloatArray:
    """Return the derivatives of the log-likelihood of each distinct ranking, shape (n_distinct, n_parameters)."""
    n, weight = len(inside), np.zeros(made.member.shape[0])
    sums = choice_sums(made.member[:, inside], weight, parameters[:n], made.orders, parameters[n:])
    of_systems = made.chosen[:, inside] - (made.of_ranking @ sums.share).toarray()
    return np.hstack([of_systems, made.tied - made.of_ranking @ sums.tied])
