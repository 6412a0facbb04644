"""Covariates of judgments, and the design of a regression on strengths and covariates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array

from study.errors import InvalidInput
from study.stats.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    check_equal_lengths,
    codes,
    compact,
    numbers,
    signs,
)
from study.stats.ranking.comparability import Comparability
from study.stats.ranking.logistic import DesignCells, aliased_columns, gram
from study.stats.ranking.preferences import Preferences

ALIASED = "a combination of the systems and of the effects before it: it has no effect that can be estimated"

NO_SYSTEMS = "no systems on one scale"


@dataclass(frozen=True, slots=True)
class Covariate:
    """A column of the regression, or one per group; made by :func:`covariate`."""

    name: str
    values: FloatArray
    group: IntArray | None = None
    groups: tuple[str, ...] = ()

    @property
    def effect_names(self) -> tuple[str, ...]:
        """The names of its effects: its own name, or one per group."""
        return tuple(f"{self.name}: {group}" for group in self.groups) if self.groups else (self.name,)


@dataclass(frozen=True, slots=True)
class RegressionDesign:
    """The regression design as fitted.

    Attributes
    ----------
    cells : DesignCells
    cell, kept : ndarray of int64
        The cell of each fitted judgment; the positions of the fitted judgments.
    score : ndarray of shape (n_fitted,)
    transform : ndarray of shape (n_systems + n_effects, n_columns)
        From coefficients to strengths and effects; rows of zeros where there is no estimate.
    penalty : ndarray of shape (n_columns, n_columns)
    names : tuple of str
        Names of the effects.
    reasons : tuple of (str or None)
        Why a strength or an effect has no estimate.
    """

    cells: DesignCells
    cell: IntArray
    kept: IntArray
    score: FloatArray
    transform: FloatArray
    penalty: FloatArray
    names: tuple[str, ...]
    reasons: tuple[str | None, ...]


def covariate(
    name: str, values: ArrayLike, group: ArrayLike | None = None, groups: Sequence[str] = ()
) -> Covariate:
    """Return a checked covariate.

    Parameters
    ----------
    name : str
    values : array_like of shape (n_judgments,)
        For a against b: 1 where a was on the left and -1 where b was, or a's length minus b's.
    group : array_like of int, shape (n_judgments,), optional
        Positions in ``groups``, such as raters: each has its own effect where it can be estimated.
    groups : sequence of str

    Raises
    ------
    InvalidInput
        If a value is missing or a code is not allowed.
    """
    column = numbers(values, name)
    missing = np.flatnonzero(np.isnan(column))
    if missing.size:
        raise InvalidInput(
            f"{name} is missing at position {missing[0]}; allowed: a number for every judgment"
        )
    if group is None:
        return Covariate(name, column)
    members = codes(group, len(groups), "group")
    check_equal_lengths(values=len(column), group=len(members))
    return Covariate(name, column, members, tuple(groups))


def left_side(side: ArrayLike) -> Covariate:
    """Return the covariate of position: 1 where a was on the left, -1 where b was, 0 without sides."""
    return covariate("left", signs(side))


def standardised_difference(name: str, value_a: ArrayLike, value_b: ArrayLike) -> Covariate:
    """Return a's value minus b's, such as lengths, in root mean squares of that difference.

    The mean is not subtracted, since swapping a and b must negate the covariate. All zero if the values never differ.

    >>> standardised_difference("length", [3, 1], [1, 3]).values
    array([ 1., -1.])
    """
    first, second = numbers(value_a, name), numbers(value_b, name)
    check_equal_lengths(a=len(first), b=len(second))
    difference = first - second
    size = float(np.sqrt(np.mean(difference**2))) if len(difference) else 0.0
    return covariate(name, difference / size if size else difference)


def regression_design(
    judged: Preferences, covariates: Sequence[Covariate], linked: Comparability, *, keep_all: bool
) -> RegressionDesign:
    """Return the design of a regression: strengths against the first system's, then the effects.

    Parameters
    ----------
    judged : Preferences
    covariates : sequence of Covariate
    linked : Comparability
    keep_all : bool
        Whether to keep systems that are not comparable and effects that are aliased, for a penalty to determine.
    """
    fitted = np.ones_like(linked.comparable) if keep_all else linked.comparable
    kept = np.flatnonzero(fitted[judged.a] & fitted[judged.b])
    score = (1 + judged.preference[kept]) / 2
    first, cell = _equal_rows(judged, covariates, kept)
    n_systems = max(0, int(fitted.sum()) - 1)
    columns, scales = _columns(judged, covariates, kept[first], fitted)
    n = np.bincount(cell, minlength=len(first)).astype(np.float64)
    wins = np.bincount(cell, score, len(first)).astype(np.float64)
    cells = DesignCells(columns.tocsr(), wins, n)
    aliased = np.zeros(len(scales), dtype=bool)
    if not keep_all:
        aliased = aliased_columns(gram(cells), n_systems) if n_systems else np.ones_like(aliased)
        chosen = np.flatnonzero(np.r_[np.ones(n_systems, dtype=bool), ~aliased])
        cells = DesignCells(cells.design[:, chosen], cells.wins, n)
    transform, penalty = _transform(fitted, aliased, scales)
    names = tuple(name for covariate in covariates for name in covariate.effect_names)
    reason = ALIASED if n_systems else NO_SYSTEMS
    own = (None,) * len(fitted) if keep_all else linked.reasons
    reasons = (*own, *(reason if a else None for a in aliased.tolist()))
    return RegressionDesign(cells, cell, kept, score, transform, penalty, names, reasons)


def _equal_rows(
    judged: Preferences, covariates: Sequence[Covariate], kept: IntArray
) -> tuple[IntArray, IntArray]:
    """Return the first position of each distinct row among the kept judgments, and the row of each judgment."""
    n_systems = len(judged.systems)
    first, cell = compact(judged.a[kept] * n_systems + judged.b[kept], n_systems**2)
    for covariate in covariates:
        distinct, code = np.unique(covariate.values[kept], return_inverse=True)
        first, cell = compact(cell * len(distinct) + code, len(first) * len(distinct))
        if covariate.group is not None:
            n_groups = len(covariate.groups)
            first, cell = compact(cell * n_groups + covariate.group[kept], len(first) * n_groups)
    return first, cell


def _columns(
    judged: Preferences, covariates: Sequence[Covariate], rows: IntArray, fitted: BoolArray
) -> tuple[coo_array, FloatArray]:
    """Return the columns of systems but the first, then of effects divided by their root mean square, and those scales."""
    place = np.cumsum(fitted) - 2
    row, one = np.arange(len(rows)), np.ones(len(rows))
    parts = [(row, place[judged.a[rows]], one), (row, place[judged.b[rows]], -one)]
    width = max(0, int(fitted.sum()) - 1)
    scales: list[float] = []
    for covariate in covariates:
        members = np.zeros(len(rows), np.int64) if covariate.group is None else covariate.group[rows]
        values, n_effects = covariate.values[rows], len(covariate.effect_names)
        squares = np.bincount(members, values**2, n_effects)
        present = np.bincount(members, values != 0, n_effects)
        scale = np.sqrt(np.divide(squares, present, out=np.ones(n_effects), where=present > 0))
        parts.append((row, width + len(scales) + members, values / scale[members]))
        scales.extend(scale.tolist())
    row, column, value = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    used = (column >= 0) & (value != 0)
    shape = (len(rows), width + len(scales))
    return coo_array((value[used], (row[used], column[used])), shape=shape), np.array(scales)


def _transform(fitted: BoolArray, aliased: BoolArray, scales: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the map from coefficients to strengths and effects, and the penalty of sums of squares."""
    n, n_systems, estimated = len(fitted), int(fitted.sum()), np.flatnonzero(~aliased)
    width = max(0, n_systems - 1)
    transform = np.zeros((n + len(scales), width + len(estimated)))
    centred = (np.eye(n_systems) - 1 / max(1, n_systems))[:, 1:]
    transform[:n, :width][fitted] = centred
    transform[n + estimated, width + np.arange(len(estimated))] = 1 / scales[estimated]
    penalty = np.eye(width + len(estimated))
    penalty[:width, :width] = centred.T @ centred
    return transform, penalty
