"""Strengths and win rates with an effect of the left side, under any preference model.

Every model is a function of two worths. The left side multiplies the worth of the left system by ``exp(effect / 2)``
and that of the right one by ``exp(-effect / 2)``: under Bradley-Terry the log odds of the left are
``strength[left] - strength[right] + effect``, and Davidson's model becomes that of Davidson and Beaver.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array

from study.stats.arrays import BoolArray, FloatArray, IntArray
from study.stats.ranking.answers import Answers
from study.stats.ranking.curves import scaled, scattered, total
from study.stats.ranking.likelihoods import Likelihood
from study.stats.ranking.newton import Maximum, maximum

ONE_SIDED = "the answers follow the left side without exception, so that its effect has no finite estimate"


@dataclass(frozen=True, slots=True)
class SideFit:
    """Strengths with the effect of the left side.

    Attributes
    ----------
    strengths : ndarray of shape (n_systems,)
        In logits, mean zero over the fitted systems; nan for the others.
    effect, effect_error : float
        Log odds of the left between equal systems (for a decided answer, if ties are modelled), and its model-based
        standard error.
    shared : ndarray of shape (n_shared,)
    covariance : ndarray of shape (n_systems, n_systems)
        Model-based, with independent judgments; 0 outside the fitted systems.
    log_likelihood : float
    win_rates : ndarray of shape (n_systems,)
        Over all judgments of a system, ties as half, minus the side's contribution to each under the model.
    cell : ndarray of int64, shape (n_judgments,)
        Pair, side and outcome of each judgment.
    of_strengths, of_effect, of_win_rates : ndarray of shape (n_cells, ...)
        First-order influence of a judgment of each cell on the strengths, the effect and the win rates.
    added, of_added : ndarray of shape (n_cells,), (n_cells, n_free)
        The side's contribution to the first system's score in a judgment of each cell, and its gradient in the free
        parameters.
    moves : ndarray of shape (n_cells, n_free)
        Influence of a judgment of each cell on the free parameters.
    reason : str or None
        Why there is no fit; then everything is nan.
    """

    strengths: FloatArray
    effect: float
    effect_error: float
    shared: FloatArray
    covariance: FloatArray
    log_likelihood: float
    win_rates: FloatArray
    cell: IntArray
    of_strengths: FloatArray
    of_effect: FloatArray
    of_win_rates: FloatArray
    added: FloatArray
    of_added: FloatArray
    moves: FloatArray
    reason: str | None = None

    def sums(self, of_cells: FloatArray, cluster: IntArray, cell: IntArray) -> FloatArray:
        """Return the influence of judgments, given by their cells, summed over clusters; shape (n_clusters, ...)."""
        shape = (int(cluster.max(initial=-1)) + 1, len(of_cells))
        table = coo_array((np.ones(len(cluster)), (cluster, cell)), shape=shape).tocsr()
        return np.asarray(table @ of_cells)


@dataclass(frozen=True, slots=True)
class _Cells:
    """Distinct (first, second, side, outcome) with their counts, and the positions of a point's parameters."""

    first: IntArray
    second: IntArray
    side: IntArray
    outcome: IntArray
    count: FloatArray
    cell: IntArray


def side_fit(given: Answers, model: Likelihood, *, adjusted: bool = True) -> SideFit:
    """Fit strengths with an effect of the left side, by maximum likelihood.

    Parameters
    ----------
    given : Answers
        Answers with sides; if there are none, the left side has no effect.
    model : Likelihood
        Fitted without the effect: it gives the fitted systems and the start of the search.
    adjusted : bool
        False fixes the effect at 0.

    Returns
    -------
    SideFit
        nan with a reason if no finite estimate exists. This does not check whether the effect is identified: see
        :func:`study.stats.ranking.sides.side_balance`.

    References
    ----------
    Davidson and Beaver 1977; Bradley and Terry 1952; Davidson 1970; Rao and Kupper 1967; Agresti 1992.
    """
    known, cells = ~np.isnan(model.strengths), _cells(given, model)
    basis = _basis(model, adjusted)
    start = np.concatenate([np.tile(np.where(known, model.strengths, 0.0), 3), model.shared])
    if not known.any():
        return _unfitted(model, cells, "the comparisons put no group of systems on one scale")
    found = _fit(model, cells, known, basis, start)
    if not found.finite:
        return _unfitted(model, cells, ONE_SIDED)
    return _described(model, cells, known, basis, start + basis @ found.parameters, found)


def _cells(given: Answers, model: Likelihood) -> _Cells:
    n, n_outcomes = len(given.systems), len(model.scores)
    key = ((given.first * n + given.second) * 3 + given.side + 1) * n_outcomes + model.outcome
    there, cell, count = np.unique(key, return_inverse=True, return_counts=True)
    pair, outcome = there // n_outcomes, there % n_outcomes
    first, second = pair // 3 // n, pair // 3 % n
    return _Cells(
        first, second, pair % 3 - 1, outcome, count.astype(np.float64), cell.reshape(-1).astype(np.int64)
    )


def _basis(model: Likelihood, adjusted: bool) -> FloatArray:
    """Return the map from free parameters to strengths on the right, without sides and on the left, then shared ones.

    The free parameters are strengths against the first fitted system, the level, the shared ones, the effect.
    """
    known = ~np.isnan(model.strengths)
    n, m, n_shared = len(known), int(known.sum()), len(model.shared)
    own = np.zeros((n, max(0, m - 1) + model.level_free))
    if m:
        own[np.ix_(known, np.arange(m - 1))] = (np.eye(m) - 1 / m)[:, 1:]
    if model.level_free:
        own[known, -1] = 1
    free = np.eye(n_shared)[:, model.shared_free]
    strengths = np.hstack([np.tile(own, (3, 1)), np.zeros((3 * n, free.shape[1]))])
    shared = np.hstack([np.zeros((n_shared, own.shape[1])), free])
    basis = np.vstack([strengths, shared])
    if not adjusted:
        return basis
    effect = np.concatenate([np.repeat([-0.5, 0.0, 0.5], n), np.zeros(n_shared)])
    return np.column_stack([basis, effect])


def _places(model: Likelihood, first: IntArray, second: IntArray, side: IntArray) -> IntArray:
    """Return the parameters of the answers to pairs; shape (n, 2 + n_shared)."""
    n = len(model.strengths)
    shared = np.tile(3 * n + np.arange(len(model.shared)), (len(first), 1))
    return np.column_stack([first + n * (1 + side), second + n * (1 - side), shared]).astype(np.int64)


def _fit(model: Likelihood, cells: _Cells, known: BoolArray, basis: FloatArray, start: FloatArray) -> Maximum:
    kept = known[cells.first] & known[cells.second]
    places = _places(model, cells.first[kept], cells.second[kept], cells.side[kept])
    outcome, count, n_shared = cells.outcome[kept], cells.count[kept], len(model.shared)
    floor = 0.0 if model.shared_free[:1].all() else -1.0  # without ties on the scale the first cut point is 0

    def objective(x: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        full = start + basis @ x
        if model.ascending and (np.diff(full[len(full) - n_shared :], prepend=floor) <= 0).any():
            return -np.inf, np.zeros_like(x), np.zeros((len(x), len(x)))
        parts = [
            scaled(curve, count * (outcome == place))
            for place, curve in enumerate(model.curves(full[places]))
        ]
        value, gradient, hessian = scattered(total(parts), places, len(full))
        return value, basis.T @ gradient, basis.T @ hessian @ basis

    return maximum(objective, np.zeros(basis.shape[1]))


def _unfitted(model: Likelihood, cells: _Cells, reason: str) -> SideFit:
    n, nan = len(model.strengths), np.nan
    unknown, zeros = np.full(n, nan), np.zeros((len(cells.count), n))
    return SideFit(
        unknown,
        nan,
        nan,
        np.full(len(model.shared), nan),
        np.zeros((n, n)),
        nan,
        unknown,
        cells.cell,
        zeros,
        zeros[:, 0],
        zeros,
        zeros[:, 0],
        zeros[:, :1],
        zeros[:, :1],
        reason,
    )


def _described(
    model: Likelihood,
    cells: _Cells,
    known: BoolArray,
    basis: FloatArray,
    full: FloatArray,
    found: Maximum,
) -> SideFit:
    n, weight = len(known), known.astype(np.float64)
    centring = np.diag(weight) - np.outer(weight, weight) / weight.sum()
    middle = slice(n, 2 * n)
    to_strengths = centring @ basis[middle]
    to_effect = basis[2 * n] - basis[0] if n else basis[:0]
    moves = _scores(model, cells, known, full) @ basis @ found.covariance
    added, slope = _added(model, cells, known, basis, full)
    rates, of_rates = _side_free_rates(model, cells, n, added, slope, moves)
    return SideFit(
        np.where(known, centring @ full[middle], np.nan),
        float(full[2 * n] - full[0]),
        float(np.sqrt(to_effect @ found.covariance @ to_effect)),
        full[3 * n :],
        to_strengths @ found.covariance @ to_strengths.T,
        found.value,
        rates,
        cells.cell,
        moves @ to_strengths.T,
        moves @ to_effect,
        of_rates,
        added,
        slope,
        moves,
    )


def _scores(model: Likelihood, cells: _Cells, known: BoolArray, full: FloatArray) -> FloatArray:
    """Return the gradient of each cell's log-probability, 0 outside the fitted systems; shape (n_cells, n_parameters)."""
    places = _places(model, cells.first, cells.second, cells.side)
    inside = known[cells.first] & known[cells.second]
    gradients = np.stack([curve.gradient for curve in model.curves(full[places])], axis=1)
    own = gradients[np.arange(len(places)), cells.outcome] * inside[:, None]
    scores = np.zeros((len(places), len(full)))
    np.add.at(scores, (np.arange(len(places))[:, None], places), own)
    return scores


def _expected(model: Likelihood, places: IntArray, full: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the expected score of the first system at points, and its gradient, shape (n, n_parameters)."""
    value, slope = np.zeros(len(places)), np.zeros((len(places), places.shape[1]))
    for chance, curve in zip(model.chances, model.curves(full[places]), strict=True):
        weight = chance * np.exp(curve.value)
        value, slope = value + weight, slope + weight[:, None] * curve.gradient
    gradient = np.zeros((len(places), len(full)))
    np.add.at(gradient, (np.arange(len(places))[:, None], places), slope)
    return value, gradient


def _added(
    model: Likelihood, cells: _Cells, known: BoolArray, basis: FloatArray, full: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the side's contribution to the first system's score, and its gradient in the free parameters."""
    inside = (known[cells.first] & known[cells.second]).astype(np.float64)
    seen = _expected(model, _places(model, cells.first, cells.second, cells.side), full)
    sides = np.abs(cells.side)
    ways = [_expected(model, _places(model, cells.first, cells.second, one * sides), full) for one in (1, -1)]
    added = inside * (seen[0] - (ways[0][0] + ways[1][0]) / 2)
    slope = inside[:, None] * (seen[1] - (ways[0][1] + ways[1][1]) / 2) @ basis
    return added, slope


def _side_free_rates(
    model: Likelihood, cells: _Cells, n: int, added: FloatArray, slope: FloatArray, moves: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return win rates minus the side's contribution, and the influence of a judgment of each cell on them."""
    won = model.scores[cells.outcome] - added
    scores = np.zeros((len(won), n))
    places = np.arange(len(won))
    scores[places, cells.first], scores[places, cells.second] = won, 1 - won
    plays = np.zeros_like(scores)
    plays[places, cells.first] = plays[places, cells.second] = 1
    sign = np.zeros_like(scores)
    sign[places, cells.first], sign[places, cells.second] = 1, -1
    n_each = cells.count @ plays
    rates = np.divide(cells.count @ scores, n_each, out=np.full(n, np.nan), where=n_each > 0)
    each = np.maximum(n_each, 1)
    own = (scores - np.where(np.isnan(rates), 0, rates) * plays) / each
    bent = (sign * cells.count[:, None]).T @ slope / each[:, None]
    return rates, own - moves @ bent.T
