"""Cumulative models with a level of each rater: adaptive Gauss-Hermite quadrature over counts per rater, system and level."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import FloatArray
from study.stats.ranking.newton import maximum
from study.stats.ratings.cells import Rated
from study.stats.ratings.cumulative import fit_cumulative, points
from study.stats.ratings.links import LINKS, LevelChances, Link, level_chances
from study.stats.ratings.ordinal_model import (
    MOST_DEVIATION,
    NO_BOUND,
    NO_OVERLAP,
    OrdinalData,
    OrdinalModel,
    ordinal_data,
    undefined_model,
)
from study.tables import lookup

PER_RATER = "per rater: how ratings of one and the same rater differ between systems"
NO_SPREAD = "raters do not differ in level beyond chance: the standard deviation is at its limit of 0"
STEPS, ENOUGH = 30, 1e-9
MOST_CALLS = 300
"""A search ends in 5 to 20 evaluations; one that goes on and on has no maximum to find."""


def rater_model(
    ratings: Rated,
    scale: ArrayLike,
    *,
    link: str = "logit",
    design: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    n_nodes: int = 10,
) -> OrdinalModel:
    """Fit a cumulative model in which each rater has a level of their own, normally distributed.

    The likelihood depends on how often each rater gave each level to each system. Errors are those of the model: they
    are right if raters differ in level only, and not in how they rate one system or item.

    Parameters
    ----------
    ratings : Rated
    scale, link, design, names
        As in :func:`study.stats.ratings.marginal.marginal_model`.
    n_nodes : int
        Nodes of the quadrature, 3 or more. For a single one, Laplace's approximation, see
        :func:`study.stats.ratings.crossed_effects.crossed_model`.

    Returns
    -------
    OrdinalModel
        With ``deviations["rater"]``. nan with a reason as in the marginal model, or with fewer than 2 raters.

    References
    ----------
    Pinheiro and Bates 1995 (quadrature); Hedeker and Gibbons 1994; Louis 1982 (information).
    """
    if n_nodes < 3:
        raise InvalidInput(f"n_nodes {n_nodes}; allowed: 3 or more")
    chosen, data = lookup(LINKS, link, "link"), ordinal_data(ratings, scale, design, names)
    reason = data.reason or _too_few(data)
    if reason:
        return undefined_model(data, chosen, PER_RATER, reason)
    plain = fit_cumulative(data, chosen)
    if not plain.finite:
        return undefined_model(data, chosen, PER_RATER, NO_OVERLAP)
    likelihood = _Likelihood(data, chosen, n_nodes)
    found = maximum(likelihood, np.append(plain.parameters, 0.5))
    k, deviation = data.n_thresholds, abs(float(found.parameters[-1]))
    none = deviation < 1e-3
    if none:
        found = plain
    elif not found.finite or deviation > MOST_DEVIATION:
        return undefined_model(data, chosen, PER_RATER, NO_BOUND)
    return OrdinalModel(
        chosen,
        PER_RATER,
        found.parameters[:k],
        found.parameters[k : k + data.design.shape[1]],
        data.names,
        found.covariance,
        {"rater": 0.0 if none else deviation},
        found.value,
        data,
        NO_SPREAD if none else None,
        f"{chosen.label} with a level per rater, quadrature with {n_nodes} nodes",
    )


def _too_few(data: OrdinalData) -> str | None:
    n = len(np.unique(data.ratings.rater))
    return None if n >= 2 else "1 rater: how raters differ cannot be told"


@dataclass(slots=True)
class _Nodes:
    """Nodes of each rater, shape (n_raters, n_nodes), with their shares of the rater's likelihood."""

    at: FloatArray
    share: FloatArray
    log_likelihood: float


class _Likelihood:
    """The log-likelihood with gradient and Hessian; nodes follow each rater's most likely level, found from the last one.

    Gradient and Hessian hold the nodes fixed, which differs from the quadrature's own by less than its error.
    """

    def __init__(self, data: OrdinalData, link: Link, n_nodes: int) -> None:
        place = np.unique(data.ratings.rater, return_inverse=True)[1]
        n, (g, k) = int(place.max()) + 1, data.counts.shape
        flat = np.bincount((place * g + data.ratings.system) * k + data.code, minlength=n * g * k)
        self.counts = flat.reshape(n, g, k).astype(np.float64)
        self.data, self.link = data, link
        self.nodes, self.weights = np.polynomial.hermite.hermgauss(n_nodes)
        self.modes = np.zeros(n)
        self.calls = 0

    def __call__(self, parameters: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return value, gradient and Hessian."""
        size, k = len(parameters), self.data.n_thresholds
        self.calls += 1
        if (np.diff(parameters[:k]) <= 0).any() or self.calls > MOST_CALLS:
            return -np.inf, np.zeros(size), np.zeros((size, size))
        base, deviation = points(parameters, self.data), float(parameters[-1])
        found = self._adapted(base, deviation)
        shifted = base - deviation * found.at[:, :, None, None]
        chances = level_chances(shifted, self.link, 2)
        score = self._scores(chances, found)
        weighted = (found.share[..., None] * score).reshape(-1, size)
        mean = (found.share[..., None] * score).sum(axis=1)
        hessian = weighted.T @ score.reshape(-1, size) - mean.T @ mean + self._curvature(chances, found)
        return found.log_likelihood, mean.sum(axis=0), hessian

    def _adapted(self, base: FloatArray, deviation: float) -> _Nodes:
        """Return nodes about each rater's most likely level, spread as its curvature says."""
        curvature = np.ones(len(self.modes))
        for _ in range(STEPS):
            chances = level_chances(base - deviation * self.modes[:, None, None], self.link, 2)
            by_level = (self.counts * chances.by_shift).sum(axis=(1, 2))
            curvature = 1 - deviation**2 * (self.counts * chances.by_shift_twice).sum(axis=(1, 2))
            step = (-deviation * by_level - self.modes) / curvature
            self.modes = self.modes + np.clip(step, -2, 2)
            if np.abs(step).max() < ENOUGH:
                break
        width = np.sqrt(2 / curvature)
        at = self.modes[:, None] + width[:, None] * self.nodes
        chances = level_chances(base - deviation * at[:, :, None, None], self.link, 0)
        log = (self.counts[:, None] * chances.log).sum(axis=(2, 3)) - at**2 / 2
        log += np.log(self.weights) + self.nodes**2 + np.log(width)[:, None]
        top = log.max(axis=1, keepdims=True)
        share = np.exp(log - top)
        total = share.sum(axis=1, keepdims=True)
        value = float((top + np.log(total)).sum() - len(at) * np.log(2 * np.pi) / 2)
        return _Nodes(at, share / total, value)

    def _scores(self, chances: LevelChances, found: _Nodes) -> FloatArray:
        """Return the gradient of each rater's log-likelihood at each node, shape (n_raters, n_nodes, n_parameters)."""
        n = self.counts[:, None]
        slope = n[..., :-1] * chances.upper[0][..., :-1] + n[..., 1:] * chances.lower[0][..., 1:]
        by_system = slope.sum(axis=3)
        total = by_system.sum(axis=2)
        parts = slope.sum(axis=2), -by_system @ self.data.design, -(found.at * total)[..., None]
        return np.concatenate(parts, axis=2)

    def _curvature(self, chances: LevelChances, found: _Nodes) -> FloatArray:
        """Return the expected second derivatives of the raters' log-likelihoods given their nodes."""
        n, u, v = self.counts[:, None], chances.upper, chances.lower
        upper, lower = n * (u[1] - u[0] ** 2), n * (v[1] - v[0] ** 2)
        own, next_ = upper[..., :-1] + lower[..., 1:], -(n * u[0] * v[0])[..., 1:-1]
        k, design = self.data.n_thresholds, self.data.design
        blocks = []
        for power in range(3):
            share = found.share * found.at**power
            diagonal = np.einsum("rq,rqgk->gk", share, own)
            beside = np.einsum("rq,rqgk->gk", share, next_)
            tables = np.zeros((len(diagonal), k, k))
            steps = np.arange(k)
            tables[:, steps, steps] = diagonal
            tables[:, steps[:-1], steps[1:]] = tables[:, steps[1:], steps[:-1]] = beside
            blocks.append(tables)
        return _assembled(blocks, design)


def _assembled(blocks: list[FloatArray], design: FloatArray) -> FloatArray:
    """Return the matrix by thresholds, slopes and deviation from matrices by threshold, (n_systems, k, k), per power of the level."""
    k, p = blocks[0].shape[1], design.shape[1]
    matrix = np.zeros((k + p + 1, k + p + 1))
    rows = [block.sum(axis=2) for block in blocks]
    totals = [row.sum(axis=1) for row in rows]
    matrix[:k, :k] = blocks[0].sum(axis=0)
    matrix[:k, k:-1] = -rows[0].T @ design
    matrix[k:-1, k:-1] = design.T @ (totals[0][:, None] * design)
    matrix[:k, -1] = -rows[1].sum(axis=0)
    matrix[k:-1, -1] = design.T @ totals[1]
    matrix[-1, -1] = totals[2].sum()
    upper = np.triu(matrix, 1)
    return np.asarray(matrix + upper.T - np.tril(matrix, -1))
