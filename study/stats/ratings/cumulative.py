"""The log-likelihood of a cumulative model without random effects, from counts per system and level."""

import numpy as np

from study.stats.arrays import FloatArray
from study.stats.ranking.newton import Maximum, maximum
from study.stats.ratings.links import LevelChances, Link, level_chances
from study.stats.ratings.ordinal_model import OrdinalData


def fit_cumulative(data: OrdinalData, link: Link) -> Maximum:
    """Return the maximum of the likelihood: thresholds, then slopes.

    References
    ----------
    McCullagh 1980.
    """
    k = data.n_thresholds

    def objective(parameters: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        if (np.diff(parameters[:k]) <= 0).any():
            return -np.inf, np.zeros(len(parameters)), np.zeros((len(parameters), len(parameters)))
        chances = level_chances(points(parameters, data), link, 2)
        upper, lower = directions(data)
        score = scores(chances, upper, lower)
        twice = _second(chances, upper, lower, data.counts)
        return (
            float((data.counts * chances.log).sum()),
            np.einsum("gk,gkp->p", data.counts, score),
            twice,
        )

    return maximum(objective, start(data, link))


def start(data: OrdinalData, link: Link) -> FloatArray:
    """Return starting values: the thresholds of all systems together, and no differences."""
    total = data.counts.sum(axis=0)
    shares = np.cumsum(total)[:-1] / total.sum()
    return np.concatenate([link.quantile(shares), np.zeros(data.design.shape[1])])


def points(parameters: FloatArray, data: OrdinalData) -> FloatArray:
    """Return thresholds less the position of each system, shape (n_systems, n_levels - 1)."""
    k = data.n_thresholds
    position = data.design @ parameters[k : k + data.design.shape[1]]
    return np.asarray(parameters[:k] - position[:, None])


def directions(data: OrdinalData) -> tuple[FloatArray, FloatArray]:
    """Return how each level's upper and lower threshold move with parameters, (n_systems, n_levels, n_parameters)."""
    k, (n, p) = data.n_thresholds, data.design.shape
    place = np.zeros((n, k + 1, k + p))
    place[:, :, k:] = -data.design[:, None, :]
    upper, lower = place.copy(), place
    upper[:, :k, :k] = np.eye(k)
    lower[:, 1:, :k] = np.eye(k)
    upper[:, k] = 0
    lower[:, 0] = 0
    return upper, lower


def scores(chances: LevelChances, upper: FloatArray, lower: FloatArray) -> FloatArray:
    """Return the gradient of each level's log probability, shape (n_systems, n_levels, n_parameters)."""
    return np.asarray(chances.upper[0][..., None] * upper + chances.lower[0][..., None] * lower)


def expected_information(
    parameters: FloatArray, data: OrdinalData, link: Link
) -> tuple[FloatArray, FloatArray]:
    """Return the expected information, and the scores of each system and level."""
    chances = level_chances(points(parameters, data), link, 1)
    score = scores(chances, *directions(data))
    weight = data.counts.sum(axis=1, keepdims=True) * np.exp(chances.log)
    return np.einsum("gk,gkp,gkq->pq", weight, score, score), score


def _second(chances: LevelChances, upper: FloatArray, lower: FloatArray, counts: FloatArray) -> FloatArray:
    """Return the Hessian of the log-likelihood."""
    u, v = chances.upper, chances.lower
    weights = counts * (u[1] - u[0] ** 2), counts * (v[1] - v[0] ** 2), -counts * u[0] * v[0]
    mixed = np.einsum("gk,gkp,gkq->pq", weights[2], upper, lower)
    own = np.einsum("gk,gkp,gkq->pq", weights[0], upper, upper)
    own += np.einsum("gk,gkp,gkq->pq", weights[1], lower, lower)
    return np.asarray(own + mixed + mixed.T)
