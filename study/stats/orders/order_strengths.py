"""Strengths from rankings or best-worst choices, with intervals over clusters or units of a claim."""

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import BoolArray, FloatArray, IntArray, check_equal_lengths, codes
from study.stats.orders.plackett_luce import MOST_TIED, plackett_luce
from study.stats.orders.rankings import Rankings
from study.stats.ranking.comparability import Comparability
from study.stats.ranking.fitted import FittedStrengths, of_units, one_kind
from study.stats.ranking.over_units import distinct_units, over_units
from study.stats.ranking.strengths import LIMITS, strength_estimates
from study.stats.resampling import Estimate
from study.stats.units import Units, units_of
from study.tables import lookup

N_RESAMPLES = 1000
"""Resamples of the score bootstrap, each one step from the fit."""


def order_strengths(
    ranked: Rankings,
    cluster: ArrayLike | Units | None = None,
    *,
    method: str | None = None,
    most_tied: int = MOST_TIED,
    confidence_level: float = 0.95,
    n_resamples: int = N_RESAMPLES,
    rng: np.random.Generator | None = None,
) -> tuple[Estimate, ...]:
    """Estimate the Plackett-Luce strength of each system.

    Parameters
    ----------
    ranked : Rankings
    cluster : array_like of int, shape (n_rankings,), or Units, optional
        Rankings that belong together: by rater, or by item; or the units of a claim, of one kind or several.
    method : {"sandwich", "score_bootstrap", "model"}, optional
        As in :func:`study.stats.ranking.strengths.strengths`: by default the sandwich, and "model" without clusters.
    most_tied : int
        As in :func:`study.stats.orders.plackett_luce.plackett_luce`.
    confidence_level : float
    n_resamples : int
    rng : numpy.random.Generator, optional
        Required by the bootstrap.

    Returns
    -------
    tuple of Estimate
        One per system, log worths with mean zero over the comparable systems; nan with a reason where there is none.

    References
    ----------
    Turner, van Etten, Firth and Kosmidis 2020; Liang and Zeger 1986 (sandwich); Kline and Santos 2012 (scores in place of fits).
    """
    name = interval_method(cluster, method)
    fitted = plackett_luce_strengths(ranked, cluster, name, most_tied=most_tied)
    return strength_estimates(
        fitted, name, confidence_level=confidence_level, n_resamples=n_resamples, rng=rng
    )


def interval_method(cluster: ArrayLike | Units | None, method: str | None) -> str:
    """Return the name of the method for intervals; raise InvalidInput if it is unknown or needs clusters."""
    name = method or ("model" if cluster is None else "sandwich")
    lookup(LIMITS, name, "interval method")
    if cluster is None and name != "model":
        raise InvalidInput(f"method {name!r} without clusters; allowed without clusters: model")
    return name


def plackett_luce_strengths(
    ranked: Rankings, cluster: ArrayLike | Units | None, method: str, *, most_tied: int = MOST_TIED
) -> FittedStrengths:
    """Return Plackett-Luce strengths with the influence of clusters or units; parameters as in :func:`order_strengths`."""
    fit = plackett_luce(ranked, most_tied=most_tied)
    return with_influence(
        (fit.strengths, fit.covariance, fit.comparability),
        (fit.influence, fit.code, fit.telling),
        ranked.system,
        cluster,
        method,
        "Plackett-Luce",
        fit.reason,
    )


def with_influence(
    fit: tuple[FloatArray, FloatArray, Comparability],
    moves: tuple[FloatArray, IntArray, BoolArray],
    system: IntArray,
    cluster: ArrayLike | Units | None,
    method: str,
    label: str,
    reason: str | None,
) -> FittedStrengths:
    """Return fitted strengths with the influence of clusters or units on them.

    Parameters
    ----------
    fit : tuple
        Strengths, their covariance if judgments are independent, and which systems are comparable.
    moves : tuple
        Influence of one judgment of each distinct kind, shape (n_distinct, n_systems); the kind of each judgment; and
        which judgments tell something.
    system : ndarray of int64, shape (n_judgments, longest)
        The systems of each judgment, -1 beyond the last.
    cluster : array_like of int, shape (n_judgments,), Units or None
    method : str
        Key of ``LIMITS``.
    label : str
        The name of the model.
    reason : str or None
        Why there is no fit.
    """
    influence, code, telling = moves
    clusters = None if method == "model" else one_kind(cluster)
    given = clusters if clusters is None or isinstance(clusters, Units) else codes(clusters, None, "cluster")
    if given is not None:
        check_equal_lengths(judgments=len(code), cluster=len(given))
    n = fit[0].shape[0]
    of_judgment = influence[code][telling]
    if reason or given is None:
        nothing = np.empty((0 if reason else int(telling.sum()), 0 if given is None else n))
        return FittedStrengths(*fit, nothing, np.zeros(n, dtype=bool), label, reason)
    kept = system[telling]
    meets = tuple(np.where(column >= 0, column, kept[:, 0]) for column in kept.T)
    if isinstance(given, Units):
        inside = given.of(telling)
        over = over_units(lambda one: _sums(of_judgment, one), code[telling], inside, meets, n)
        return of_units(*fit, over, label)
    alone = distinct_units(units_of({"cluster": given[telling]}, asked=True), meets, n) == 1
    rows = _sums(of_judgment, np.unique(given[telling], return_inverse=True)[1])
    return FittedStrengths(*fit, rows, alone & fit[2].comparable, label)


def _sums(influence: FloatArray, cluster: IntArray) -> FloatArray:
    """Return the sums of influence per cluster, shape (n_clusters, n_systems); all clusters if codes have no gaps."""
    n_clusters = int(cluster.max(initial=-1)) + 1
    return np.column_stack([np.bincount(cluster, column, n_clusters) for column in influence.T])
