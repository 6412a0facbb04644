"""Laplace's approximation of a cumulative model with crossed levels of raters and items, and its gradient."""

from dataclasses import dataclass

import numpy as np

from study.stats.arrays import FloatArray, IntArray
from study.stats.ratings.cumulative import points
from study.stats.ratings.links import LevelChances, Link, level_chances
from study.stats.ratings.ordinal_model import OrdinalData

STEPS, ENOUGH = 50, 1e-10


@dataclass(frozen=True, slots=True)
class CrossedCells:
    """Ratings counted per rater, item, system and level; arrays of shape (n_cells,), codes without gaps."""

    rater: IntArray
    item: IntArray
    system: IntArray
    level: IntArray
    count: FloatArray
    n_raters: int
    n_items: int


@dataclass(frozen=True, slots=True)
class _Curvature:
    """The inverse of the curvature of the levels of raters and items, where cells need it.

    Attributes
    ----------
    rater, item, between : ndarray of shape (n_cells,)
        Its entries for each cell's rater, item, and both.
    log_determinant : float
    blocks : tuple of ndarray
        Of the inverse: raters (R, R), raters by items (R, I). Of the curvature: items (I,), raters by items (R, I).
    """

    rater: FloatArray
    item: FloatArray
    between: FloatArray
    log_determinant: float
    blocks: tuple[FloatArray, FloatArray, FloatArray, FloatArray]

    def solved(self, by_rater: FloatArray, by_item: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the inverse times a vector, in its two parts."""
        inverse, _, own_item, cross = self.blocks
        raters = inverse @ (by_rater - cross @ (by_item / own_item))
        return raters, (by_item - raters @ cross) / own_item


def laplace(
    parameters: FloatArray, cells: CrossedCells, data: OrdinalData, link: Link, modes: FloatArray
) -> tuple[float, FloatArray]:
    """Return the approximate log-likelihood and its gradient.

    Parameters
    ----------
    parameters : ndarray
        Thresholds, slopes, then the deviation of raters, and of items if they have a level.
    cells, data, link
    modes : ndarray of shape (n_raters + n_items,)
        Where to start looking for the most likely levels, in deviations; overwritten by them.
    """
    k, p = data.n_thresholds, data.design.shape[1]
    deviations = parameters[k + p :]
    of_rater, of_item = float(deviations[0]), float(deviations[1]) if len(deviations) > 1 else 0.0
    base = points(parameters, data)[cells.system]
    log, chances, curvature = _at_modes(base, (of_rater, of_item), cells, link, modes)
    gradient = _gradient(chances, curvature, (of_rater, of_item), cells, data, modes)
    return log, gradient[: len(parameters)]


def _shift(modes: FloatArray, deviations: tuple[float, float], cells: CrossedCells) -> FloatArray:
    rater, item = modes[: cells.n_raters], modes[cells.n_raters :]
    return np.asarray(deviations[0] * rater[cells.rater] + deviations[1] * item[cells.item])


def _picked(chances: LevelChances, level: IntArray) -> LevelChances:
    """Return the chances of each cell's own level."""
    at = (np.arange(len(level)), level)
    return LevelChances(
        chances.log[at], tuple(one[at] for one in chances.upper), tuple(one[at] for one in chances.lower)
    )


def _at_modes(
    base: FloatArray, deviations: tuple[float, float], cells: CrossedCells, link: Link, modes: FloatArray
) -> tuple[float, LevelChances, _Curvature]:
    """Move the modes to the most likely levels; return the approximate log-likelihood, chances and curvature there."""

    def at(where: FloatArray, order: int) -> tuple[float, LevelChances]:
        moved = base - _shift(where, deviations, cells)[:, None]
        chances = _picked(level_chances(moved, link, order), cells.level)
        return float((cells.count * chances.log).sum() - (where**2).sum() / 2), chances

    value, chances = at(modes, 3)
    for _ in range(STEPS):
        curvature = _curvature(chances, deviations, cells)
        pull = -cells.count * chances.by_shift
        by_rater = deviations[0] * np.bincount(cells.rater, pull, cells.n_raters) - modes[: cells.n_raters]
        by_item = deviations[1] * np.bincount(cells.item, pull, cells.n_items) - modes[cells.n_raters :]
        step, share = np.concatenate(curvature.solved(np.asarray(by_rater), np.asarray(by_item))), 1.0
        if np.abs(step).max() < ENOUGH:
            break
        while share > 1e-4:
            tried, found = at(modes + share * step, 3)
            if tried >= value - 1e-9 * abs(value):
                break
            share /= 2
        modes += share * step
        value, chances = tried, found
    return value - curvature.log_determinant / 2, chances, curvature


def _curvature(chances: LevelChances, deviations: tuple[float, float], cells: CrossedCells) -> _Curvature:
    weight = -cells.count * chances.by_shift_twice
    one, other = deviations
    own_rater = 1 + one**2 * np.bincount(cells.rater, weight, cells.n_raters)
    own_item = 1 + other**2 * np.bincount(cells.item, weight, cells.n_items)
    flat = np.bincount(cells.rater * cells.n_items + cells.item, weight, cells.n_raters * cells.n_items)
    cross = one * other * flat.reshape(cells.n_raters, cells.n_items)
    left = np.diag(own_rater) - (cross / own_item) @ cross.T
    inverse = np.asarray(np.linalg.inv(left), dtype=np.float64)
    between = -inverse @ cross / own_item
    item = 1 / own_item - (between * cross).sum(axis=0) / own_item
    log = float(np.linalg.slogdet(left)[1] + np.log(own_item).sum())
    return _Curvature(
        np.diag(inverse)[cells.rater],
        item[cells.item],
        between[cells.rater, cells.item],
        log,
        (inverse, np.asarray(between), np.asarray(own_item), np.asarray(cross)),
    )


def _gradient(
    chances: LevelChances,
    curvature: _Curvature,
    deviations: tuple[float, float],
    cells: CrossedCells,
    data: OrdinalData,
    modes: FloatArray,
) -> FloatArray:
    """Return the gradient by thresholds, slopes and deviations, with the modes moving along."""
    n, (one, other) = cells.count, deviations
    first, second, third = chances.by_shift, chances.by_shift_twice, chances.by_shift_thrice
    by_rater = one * curvature.rater + other * curvature.between
    by_item = other * curvature.item + one * curvature.between
    leverage = one * by_rater + other * by_item
    pull = n * leverage * third / 2
    solved = curvature.solved(
        np.asarray(-one * np.bincount(cells.rater, pull, cells.n_raters)),
        np.asarray(-other * np.bincount(cells.item, pull, cells.n_items)),
    )
    moved_rater, moved_item = solved[0][cells.rater], solved[1][cells.item]
    moved = one * moved_rater + other * moved_item
    by_shift = n * first + pull - n * second * moved
    k = data.n_thresholds
    thresholds = np.zeros(k + 2)
    for place, parts in ((cells.level + 1, chances.upper), (cells.level, chances.lower)):
        mixed = parts[1] - parts[0] * first
        twice = parts[2] - parts[1] * first - mixed * first - parts[0] * second
        each = n * (parts[0] + leverage * twice / 2 - mixed * moved)
        thresholds += np.bincount(place, each, k + 2)
    slopes = -data.design.T @ np.bincount(cells.system, by_shift, len(data.design))
    level_rater, level_item = modes[: cells.n_raters][cells.rater], modes[cells.n_raters :][cells.item]
    of_rater = (-by_shift * level_rater + n * second * by_rater - n * first * moved_rater).sum()
    of_item = (-by_shift * level_item + n * second * by_item - n * first * moved_item).sum()
    return np.concatenate([thresholds[1:-1], slopes, [of_rater, of_item]])
