"""Cumulative models with a level of each rater and of each item, by Laplace's approximation; takes seconds, not milliseconds."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from study.stats.arrays import FloatArray, IntArray, compact
from study.stats.ratings.cells import Rated
from study.stats.ratings.cumulative import fit_cumulative
from study.stats.ratings.laplace import CrossedCells, laplace
from study.stats.ratings.links import LINKS, Link
from study.stats.ratings.ordinal_model import (
    MOST_DEVIATION,
    NO_BOUND,
    NO_OVERLAP,
    OrdinalData,
    OrdinalModel,
    ordinal_data,
    undefined_model,
)
from study.stats.ratings.rater_effects import PER_RATER
from study.stats.threads import on_one_thread
from study.tables import lookup

PER_RATER_AND_ITEM = "per rater and item: how ratings of one item by one rater differ between systems"
STEP = 1e-4


@on_one_thread
def crossed_model(
    ratings: Rated,
    scale: ArrayLike,
    *,
    link: str = "logit",
    design: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    items: bool = True,
) -> OrdinalModel:
    """Fit a cumulative model in which each rater and each item has a level, normally distributed, by Laplace's approximation.

    Errors are those of the model: they are right if raters and items differ in level only.

    Parameters
    ----------
    ratings : Rated
    scale, link, design, names
        As in :func:`study.stats.ratings.marginal.marginal_model`.
    items : bool
        Whether items have a level; without, only raters have one.

    Returns
    -------
    OrdinalModel
        With ``deviations`` of raters and items; 0, with a reason, where they do not differ beyond chance. nan with a
        reason as in the marginal model, or with fewer than 2 raters or items.

    References
    ----------
    Tierney and Kadane 1986; Skaug and Fournier 2006 (the gradient).
    """
    chosen, data = lookup(LINKS, link, "link"), ordinal_data(ratings, scale, design, names)
    question = PER_RATER_AND_ITEM if items else PER_RATER
    cells = crossed_cells(data, items)
    reason = data.reason or _too_few(cells, items)
    if reason:
        return undefined_model(data, chosen, question, reason)
    plain = fit_cumulative(data, chosen)
    if not plain.finite:
        return undefined_model(data, chosen, question, NO_OVERLAP)
    first = np.concatenate([plain.parameters, np.full(2 if items else 1, 0.5)])
    parameters, value, covariance = _maximum(cells, data, chosen, first)
    if np.abs(parameters[len(plain.parameters) :]).max() > MOST_DEVIATION:
        return undefined_model(data, chosen, question, NO_BOUND)
    return _result(parameters, value, covariance, data, chosen, question)


def crossed_cells(data: OrdinalData, items: bool = True) -> CrossedCells:
    """Return the ratings counted per rater, item, system and level."""
    own = data.ratings
    n_systems, n_levels = max(own.n_systems, 1), max(len(data.scale), 1)
    rater, n_raters = _dense(own.rater)
    item, n_items = _dense(own.item if items else np.zeros_like(own.rater))
    key = ((rater * n_items + item) * n_systems + own.system) * n_levels + data.code
    first, place = compact(key, n_raters * n_items * n_systems * n_levels)
    count = np.bincount(place, minlength=len(first)).astype(np.float64)
    return CrossedCells(
        rater[first], item[first], own.system[first], data.code[first], count, n_raters, n_items
    )


def _dense(code: IntArray) -> tuple[IntArray, int]:
    found, place = np.unique(code, return_inverse=True)
    return place.astype(np.int64), max(len(found), 1)


def _too_few(cells: CrossedCells, items: bool) -> str | None:
    if cells.n_raters < 2:
        return "1 rater: how raters differ cannot be told"
    return "1 item: how items differ cannot be told" if items and cells.n_items < 2 else None


def _maximum(
    cells: CrossedCells, data: OrdinalData, link: Link, first: FloatArray
) -> tuple[FloatArray, float, FloatArray]:
    """Return the maximum, its value and the inverse of the observed information, which differs gradients numerically."""
    k = data.n_thresholds
    modes = np.zeros(cells.n_raters + cells.n_items)

    def free(parameters: FloatArray) -> FloatArray:
        return np.concatenate([parameters[:1], np.log(np.diff(parameters[:k])), parameters[k:]])

    def bound(loose: FloatArray) -> FloatArray:
        return np.concatenate([np.cumsum(np.r_[loose[:1], np.exp(loose[1:k])]), loose[k:]])

    def loss(loose: FloatArray) -> tuple[float, FloatArray]:
        parameters = bound(loose)
        value, gradient = laplace(parameters, cells, data, link, modes)
        chained = gradient.copy()
        behind = np.cumsum(gradient[:k][::-1])[::-1]
        chained[0] = behind[0]
        chained[1:k] = behind[1:] * np.exp(loose[1:k])
        return -value, -chained

    found = optimize.minimize(
        loss, free(first), args=(), jac=True, method="BFGS", options={"gtol": 1e-6, "maxiter": 500}
    )
    parameters = bound(found.x)
    parameters, information = _polished(parameters, cells, data, link, modes)
    value = laplace(parameters, cells, data, link, modes)[0]
    kept = np.ones(len(parameters), dtype=bool)
    n_fixed = k + data.design.shape[1]
    kept[n_fixed:] = np.abs(parameters[n_fixed:]) > 1e-3
    covariance = np.full_like(information, np.nan)
    covariance[np.ix_(kept, kept)] = np.linalg.inv(information[np.ix_(kept, kept)])
    return parameters, value, covariance


def _polished(
    parameters: FloatArray, cells: CrossedCells, data: OrdinalData, link: Link, modes: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the parameters after one Newton step, and the observed information there."""

    def gradient(at: FloatArray) -> FloatArray:
        return laplace(at, cells, data, link, modes)[1]

    def information(at: FloatArray) -> FloatArray:
        rows = [(gradient(at + move) - gradient(at - move)) / (2 * STEP) for move in STEP * np.eye(len(at))]
        return np.asarray(-(np.array(rows) + np.array(rows).T) / 2)

    matrix = information(parameters)
    if np.linalg.eigvalsh(matrix).min() > 1e-8:
        step = np.linalg.solve(matrix, gradient(parameters))
        if np.abs(step).max() < 0.1:
            parameters = parameters + step
    return parameters, matrix


def _result(
    parameters: FloatArray,
    value: float,
    covariance: FloatArray,
    data: OrdinalData,
    link: Link,
    question: str,
) -> OrdinalModel:
    k, p = data.n_thresholds, data.design.shape[1]
    kinds = ("rater", "item")[: len(parameters) - k - p]
    found = np.abs(parameters[k + p :])
    deviations = {kind: float(one) if one > 1e-3 else 0.0 for kind, one in zip(kinds, found, strict=True)}
    alike = [f"{kind}s" for kind, one in deviations.items() if one == 0]
    reason = f"{' and '.join(alike)} do not differ in level beyond chance" if alike else None
    method = f"{link.label} with a level per {' and '.join(kinds)}, Laplace's approximation"
    return OrdinalModel(
        link, question, parameters[:k], parameters[k : k + p], data.names,
        covariance, deviations, value, data, reason, method,
    )  # fmt: skip
