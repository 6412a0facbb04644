"""Strengths of preference models with the influence of each cluster, for clustered intervals and ranks.

A judgment's score is the gradient of the log-probability of its answer at the fit. Judgments with the same pair and
answer share it, so clusters are counted into cells of pair and answer, and a sparse product gives their scores.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array, csr_array, eye_array

from study.errors import InvalidInput
from study.stats.arrays import BoolArray, FloatArray, IntArray, check_equal_lengths, codes, compact
from study.stats.ranking.answers import BOTH_BAD, TIED, Answers, answer_counts
from study.stats.ranking.bradley_terry import bradley_terry
from study.stats.ranking.curves import Curve, scaled, scattered, total
from study.stats.ranking.fitted import FittedStrengths, of_units, one_kind
from study.stats.ranking.graded import GradedStrengths, answer_curves, graded_counts, graded_strengths
from study.stats.ranking.likelihoods import Curves, Likelihood, half_win_likelihood
from study.stats.ranking.over_units import over_units
from study.stats.ranking.tie_likelihoods import TIE_MODELS
from study.stats.ranking.tie_models import FAR, TieModel, tie_model
from study.stats.units import Units
from study.tables import lookup

FLAT = 1e-10
"""Directions of the information below this share of the largest are those on which no answer depends."""


@dataclass(frozen=True, slots=True)
class AnswerCells:
    """Answers counted by pair and outcome, with the parameters of a fit.

    Attributes
    ----------
    cell : ndarray of int64, shape (n_kept,)
        Pair times number of outcomes plus outcome, for each judgment between fitted systems.
    kept : ndarray of bool, shape (n_judgments,)
    counts : ndarray of shape (n_pairs, n_outcomes)
    places : ndarray of int64, shape (n_pairs, k)
        The parameters of the pair's answers: two strengths, then those shared by all pairs.
    """

    cell: IntArray
    kept: BoolArray
    counts: FloatArray
    places: IntArray


def tie_model_strengths(given: Answers, cluster: ArrayLike | Units | None, model: str) -> FittedStrengths:
    """Fit a model of ties and return its strengths with the influence of clusters.

    Parameters
    ----------
    given : Answers
        Both bad counts as a tie unless the model is grounded.
    cluster : array_like of int, shape (n_judgments,), or Units, optional
        None for model-based intervals.
    model : str
        Key of :data:`study.stats.ranking.tie_likelihoods.TIE_MODELS`; it must be a likelihood.

    Raises
    ------
    InvalidInput
        If the model is unknown, or is not a likelihood of ties.

    References
    ----------
    Liang and Zeger 1986; Davidson 1970; Rao and Kupper 1967; Frick et al. 2025.
    """
    return _clustered(_of_ties(given, model), given, cluster)


def graded_model_strengths(
    given: Answers, cluster: ArrayLike | Units | None
) -> tuple[FittedStrengths, tuple[int, ...]]:
    """Fit the cumulative link model and return its strengths with the influence of clusters, and the steps used.

    Steps of the scale that no rater used are left out; both bad counts as a tie.

    Parameters as in :func:`tie_model_strengths`.

    References
    ----------
    McCullagh 1980; Agresti 1992; Liang and Zeger 1986.
    """
    model, used = _of_grades(given)
    return _clustered(model, given, cluster), used


def model_likelihood(given: Answers, model: str) -> tuple[Likelihood, FittedStrengths]:
    """Return a model's likelihood, for fits with an effect of the left side, and its model-based strengths.

    Parameters
    ----------
    given : Answers
    model : str
        "bradley_terry", "graded", or a key of :data:`study.stats.ranking.tie_likelihoods.TIE_MODELS` that is a
        likelihood.
    """
    return lookup(_LIKELIHOODS, model, "model")(given)


def _half_wins(given: Answers) -> tuple[Likelihood, FittedStrengths]:
    counts, _ = answer_counts(given, both_bad=False)
    half = bradley_terry(counts.wins + counts.ties / 2, given.systems)
    none = np.empty((len(given.answer), 0)), np.zeros(len(given.systems), dtype=bool)
    fitted = FittedStrengths(half.strengths, half.covariance, half.comparability, *none)
    return half_win_likelihood(given, half.strengths), fitted


def _graded(given: Answers) -> tuple[Likelihood, FittedStrengths]:
    found = _of_grades(given)[0]
    return found.likelihood, _clustered(found, given, None)


def _with_ties(given: Answers, model: str) -> tuple[Likelihood, FittedStrengths]:
    found = _of_ties(given, model)
    return found.likelihood, _clustered(found, given, None)


_LIKELIHOODS: dict[str, Callable[[Answers], tuple[Likelihood, FittedStrengths]]] = {
    "bradley_terry": _half_wins,
    "graded": _graded,
    **{name: partial(_with_ties, model=name) for name, entry in TIE_MODELS.items() if entry.is_likelihood},
}


@dataclass(frozen=True, slots=True)
class _Fit:
    """A fit of a model with its likelihood, and which of its parameters are free: strengths, then shared ones."""

    fit: TieModel | GradedStrengths
    likelihood: Likelihood
    label: str

    @property
    def known(self) -> BoolArray:
        return ~np.isnan(self.likelihood.strengths)

    @property
    def parameters(self) -> FloatArray:
        own = self.likelihood.strengths
        return np.append(np.where(np.isnan(own), self._level, own), self.likelihood.shared)

    @property
    def _level(self) -> float:
        level = getattr(self.fit, "level", 0.0)
        grounded = isinstance(self.fit, TieModel) and TIE_MODELS[self.fit.model].both_bad
        return (float(level) if np.isfinite(level) else FAR) if grounded else 0.0


def _of_ties(given: Answers, model: str) -> _Fit:
    entry = lookup(TIE_MODELS, model, "model")
    if not entry.is_likelihood:
        allowed = ", ".join(name for name, one in TIE_MODELS.items() if one.is_likelihood)
        raise InvalidInput(f"model {model!r}; allowed: {allowed}")
    label, grounded = entry.label, entry.both_bad
    counts, bad = answer_counts(given, both_bad=grounded)
    fit = tie_model(counts, given.systems, model, both_bad=bad)
    level = (fit.level if np.isfinite(fit.level) else FAR) if grounded else 0.0
    scores = np.array([1.0, 0.0, 0.5, 0.5])[: len(fit.outcomes)]
    outcome = given.answer if grounded else np.where(given.answer == BOTH_BAD, TIED, given.answer)
    shared, shared_free = np.array([_log_tie(fit)]), np.array([np.isfinite(fit.tie_error)])
    likelihood = Likelihood(
        TIE_MODELS[model].function,
        outcome,
        scores,
        scores,
        fit.strengths + level,
        shared,
        shared_free,
        level_free=grounded and bool(np.isfinite(fit.level)),
    )
    return _Fit(fit, likelihood, label)


def _of_grades(given: Answers) -> tuple[_Fit, tuple[int, ...]]:
    size = np.abs(given.grade)
    steps = np.flatnonzero(np.bincount(size, minlength=1)[1:]) + 1
    n_steps, tie = max(1, len(steps)), bool((size == 0).any())
    grade = np.sign(given.grade) * (np.searchsorted(steps, size) + 1) * (size > 0)
    graded = graded_counts(given.first, given.second, grade, given.systems, most=n_steps, tie=tie)
    fit = graded_strengths(graded)
    n_answers = len(graded.grades)

    def curves(points: FloatArray) -> Sequence[Curve]:
        return answer_curves(points, n_answers)

    outcome, scores = np.searchsorted(graded.grades, grade), (1.0 + np.sign(graded.grades)) / 2
    likelihood = Likelihood(
        curves,
        outcome,
        scores,
        scores,
        fit.strengths,
        fit.cut_points,
        np.isfinite(fit.cut_errors),
        ascending=True,
    )
    used = tuple(int(step) for step in steps)
    return _Fit(fit, likelihood, f"Cumulative link, {n_answers} steps"), used


def _clustered(model: _Fit, given: Answers, cluster: ArrayLike | Units | None) -> FittedStrengths:
    """Return the strengths of a model with the influence of clusters."""
    likelihood, clusters = model.likelihood, one_kind(cluster)
    if not model.known.any():
        return _unfitted(model.fit, given, clusters, model.label)
    free = np.append(model.known, likelihood.shared_free)
    n_outcomes, n_shared = len(likelihood.scores), len(likelihood.shared)
    cells = _cells(given, model.known, likelihood.outcome, n_outcomes, n_shared)
    fitted = likelihood.curves, model.parameters, free
    return _fitted(model.fit, given, cells, fitted, clusters, model.label)


def _log_tie(fit: TieModel) -> float:
    odds = fit.tie_parameter - TIE_MODELS[fit.model].lowest
    return float(np.log(odds)) if odds > 0 else -FAR


def _unfitted(
    fit: TieModel | GradedStrengths, given: Answers, cluster: ArrayLike | Units | None, label: str
) -> FittedStrengths:
    n = len(given.systems)
    if cluster is None:
        none = np.empty((len(given.answer), 0))
    else:
        size = cluster.fewest if isinstance(cluster, Units) else len(np.unique(cluster))
        none = np.zeros((size, n))
    return FittedStrengths(
        fit.strengths, fit.covariance, fit.comparability, none, np.zeros(n, dtype=bool), label, fit.reason
    )


def _cells(
    given: Answers, known: BoolArray, outcome: IntArray, n_outcomes: int, n_shared: int
) -> AnswerCells:
    n = len(given.systems)
    kept = known[given.first] & known[given.second]
    key = given.first[kept] * n + given.second[kept]
    pairs = np.flatnonzero(np.bincount(key, minlength=n * n))
    place = np.zeros(n * n, dtype=np.int64)
    place[pairs] = np.arange(len(pairs))
    cell = place[key] * n_outcomes + outcome[kept]
    counts = np.bincount(cell, minlength=len(pairs) * n_outcomes).reshape(-1, n_outcomes)
    shared = np.tile(n + np.arange(n_shared), (len(pairs), 1))
    places = np.column_stack([pairs // n, pairs % n, shared])
    return AnswerCells(cell, kept, counts.astype(np.float64), places)


def _fitted(
    fit: TieModel | GradedStrengths,
    given: Answers,
    cells: AnswerCells,
    fitted: tuple[Curves, FloatArray, BoolArray],
    cluster: ArrayLike | Units | None,
    label: str,
) -> FittedStrengths:
    n, known = len(given.systems), ~np.isnan(fit.strengths)
    if isinstance(cluster, Units):
        of_cells = _influence(eye_array(cells.counts.size, format="csr"), cells, known, *fitted)
        meets = given.first[cells.kept], given.second[cells.kept]
        place = compact(cells.cell, cells.counts.size)[1]
        units = cluster.of(cells.kept)
        over = over_units(lambda one: _cluster_table(one, cells) @ of_cells, place, units, meets, n)
        return of_units(fit.strengths, fit.covariance, fit.comparability, over, label)
    if cluster is None:
        influence, alone = np.empty((len(cells.cell), 0)), np.zeros(n, dtype=bool)
    else:
        clusters = codes(cluster, None, "cluster")
        check_equal_lengths(judgments=len(given.answer), cluster=len(clusters))
        table = _cluster_table(clusters[cells.kept], cells)
        influence = _influence(table, cells, known, *fitted)
        alone = _alone(table, cells, n)
    return FittedStrengths(fit.strengths, fit.covariance, fit.comparability, influence, alone, label)


def _cluster_table(cluster: IntArray, cells: AnswerCells) -> csr_array:
    """Return how often each cluster gave each answer, shape (n_clusters, n_cells); only clusters that answered."""
    there = np.bincount(cluster) > 0
    row = (np.cumsum(there) - 1)[cluster]
    shape = (int(there.sum()), cells.counts.size)
    return coo_array((np.ones(len(cluster)), (row, cells.cell)), shape=shape).tocsr()


def _influence(
    table: csr_array,
    cells: AnswerCells,
    known: BoolArray,
    curves: Curves,
    parameters: FloatArray,
    free: BoolArray,
) -> FloatArray:
    n, size = len(known), len(parameters)
    of_outcomes = curves(parameters[cells.places])
    parts = [scaled(curve, count) for curve, count in zip(of_outcomes, cells.counts.T, strict=True)]
    information = -scattered(total(parts), cells.places, size)[2]
    sizes, directions = np.linalg.eigh(information[np.ix_(free, free)])
    steep = sizes > FLAT * sizes.max()
    inverse = np.zeros((size, size))
    inverse[np.ix_(free, free)] = (directions[:, steep] / sizes[steep]) @ directions[:, steep].T
    centring = np.diag(known.astype(np.float64)) - np.outer(known, known) / known.sum()
    gradients = np.stack([curve.gradient for curve in of_outcomes], axis=1)
    row = np.repeat(np.arange(cells.counts.size), gradients.shape[2])
    column = np.repeat(cells.places, len(of_outcomes), axis=0).ravel()
    scores = coo_array((gradients.ravel(), (row, column)), shape=(cells.counts.size, size)).tocsr()
    return np.asarray((table @ scores).toarray() @ inverse[:, :n] @ centring)


def _alone(table: csr_array, cells: AnswerCells, n: int) -> BoolArray:
    """Return which systems are compared in a single cluster."""
    pair = np.repeat(np.arange(len(cells.counts)), cells.counts.shape[1])
    ends = cells.places[pair, :2]
    row = np.repeat(np.arange(len(pair)), 2)
    meets = coo_array((np.ones(ends.size), (row, ends.ravel())), shape=(len(pair), n)).tocsr()
    return np.asarray(((table @ meets).toarray() > 0).sum(axis=0) == 1)
