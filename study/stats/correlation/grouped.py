"""Correlation of score matrices at every level: of system means, pooled, within items, within systems."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, numbers
from study.stats.correlation.coefficients import COEFFICIENTS
from study.stats.correlation.ties import share
from study.tables import lookup

Cell = TypeVar("Cell", bound=np.generic)
GroupsFunction = Callable[[FloatArray], FloatArray]


class Layout(Protocol):
    """Puts cells into groups, whatever their content."""

    def __call__(self, scores: NDArray[Cell], /) -> NDArray[Cell]:
        """Return cells in groups, shape (..., n_groups, n)."""
        ...


@dataclass(frozen=True, slots=True)
class GroupedCorrelation:
    """A correlation at a level, and the number of its groups.

    Attributes
    ----------
    value : float
        The mean over defined groups, each counted once; nan with a reason if none is defined.
    per_group : ndarray of shape (n_groups,)
        nan where undefined: fewer than two pairs, or a constant side.
    n_groups, n_undefined : int
    coefficient, level : str
        Keys of ``COEFFICIENTS`` and :data:`LEVELS`.
    reason : str or None
    """

    value: float
    per_group: FloatArray
    n_groups: int
    n_undefined: int
    coefficient: str
    level: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SimpsonCheck:
    """Association within groups compared with that between groups.

    Attributes
    ----------
    pooled, within, between : float
        Over all cells; mean over groups; of group means. nan where undefined.
    level : str
        Name of the groups.
    coefficient : str
    reverses : bool
        Whether within and between have opposite signs, so that the pooled value describes neither.
    reason : str or None
        Which value is undefined.
    """

    pooled: float
    within: float
    between: float
    level: str
    coefficient: str
    reverses: bool
    reason: str | None = None


def system_level(scores: FloatArray) -> FloatArray:
    """Return the mean of each system over its known items as one group, shape (..., 1, n_systems)."""
    known = ~np.isnan(scores)
    sums = np.where(known, scores, 0).sum(axis=-1)
    return share(sums, known.sum(axis=-1).astype(np.float64))[..., None, :]


def as_one_group(scores: NDArray[Cell]) -> NDArray[Cell]:
    """Return all cells as one group, shape (..., 1, n_systems * n_items)."""
    return scores.reshape(*scores.shape[:-2], 1, -1)


def by_item(scores: NDArray[Cell]) -> NDArray[Cell]:
    """Return a group per item, shape (..., n_items, n_systems)."""
    return np.swapaxes(scores, -1, -2)


def by_system(scores: NDArray[Cell]) -> NDArray[Cell]:
    """Return a group per system, shape (..., n_systems, n_items)."""
    return scores


LAYOUTS: dict[str, Layout] = {"pooled": as_one_group, "by_item": by_item, "by_system": by_system}
LEVELS: dict[str, GroupsFunction] = {"system_level": system_level, **LAYOUTS}
"""How scores of shape (..., n_systems, n_items) are split into groups of shape (..., n_groups, n)."""


def score_matrices(**matrices: ArrayLike) -> tuple[FloatArray, ...]:
    """Return score matrices of one shape (n_systems, n_items); a cell missing in one becomes missing in all.

    Raises
    ------
    InvalidInput
        If shapes differ, or a score is not a number or infinite.
    """
    arrays = {name: numbers(values, name, n_dimensions=2) for name, values in matrices.items()}
    if len({array.shape for array in arrays.values()}) > 1:
        listed = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise InvalidInput(f"shapes differ: {listed}; allowed: equal shapes (n_systems, n_items)")
    missing = np.any([np.isnan(array) for array in arrays.values()], axis=0)
    return tuple(np.where(missing, np.nan, array) for array in arrays.values())


def group_values(human: FloatArray, metric: FloatArray, coefficient: str, level: str) -> FloatArray:
    """Return the coefficient of every group.

    Parameters
    ----------
    human, metric : ndarray of shape (..., n_systems, n_items)
        nan in both where a cell is missing. Leading dimensions are resamples.
    coefficient, level : str
        Keys of ``COEFFICIENTS`` and :data:`LEVELS`.

    Returns
    -------
    ndarray of shape (..., n_groups)
    """
    function = lookup(COEFFICIENTS, coefficient, "coefficient").function
    groups = lookup(LEVELS, level, "level")
    return function(groups(human), groups(metric))


def macro_mean(values: FloatArray) -> FloatArray:
    """Return the mean over defined groups along the last axis; nan where none is defined."""
    defined = ~np.isnan(values)
    return share(np.where(defined, values, 0).sum(axis=-1), defined.sum(axis=-1).astype(np.float64))


def grouped_correlation(
    human: ArrayLike, metric: ArrayLike, coefficient: str, level: str
) -> GroupedCorrelation:
    """Correlate a metric with human scores at a level.

    Parameters
    ----------
    human, metric : array_like of shape (n_systems, n_items)
        nan where missing; only cells with both scores count, also in system means.
    coefficient : {"pearson", "spearman", "kendall_b", "kendall_c", "tau_eq", "acc_eq"}
    level : {"system_level", "pooled", "by_item", "by_system"}

    Raises
    ------
    InvalidInput
        If shapes differ, a score is infinite, or a name is unknown.

    References
    ----------
    Deutsch, Dror and Roth 2021, section 2; Freitag et al. 2023, section 8 (groupings).

    Examples
    --------
    >>> human, metric = [[1, 2, 3], [4, 5, 6]], [[2, 1, 4], [3, 3, 7]]
    >>> [round(grouped_correlation(human, metric, "pearson", level).value, 3) for level in LEVELS]
    [1.0, 0.776, 1.0, 0.76]
    """
    h, m = score_matrices(human=human, metric=metric)
    values = group_values(h, m, coefficient, level)
    n_undefined = int(np.isnan(values).sum())
    reason = None if n_undefined < values.size else _undefined_reason(h, level)
    return GroupedCorrelation(
        float(macro_mean(values)), values, values.size, n_undefined, coefficient, level, reason
    )


def simpson_check(
    human: ArrayLike, metric: ArrayLike, coefficient: str = "pearson", level: str = "by_item"
) -> SimpsonCheck:
    """Compare the association within groups with that between group means.

    Parameters
    ----------
    human, metric : array_like of shape (n_systems, n_items)
        nan where missing.
    coefficient : str
        A key of ``COEFFICIENTS``. Directions are relative to its centre, which is 1/2 for acc_eq.
    level : {"by_item", "by_system"}

    References
    ----------
    Simpson 1951; Robinson 1950 (within and between groups).

    Examples
    --------
    >>> check = simpson_check([[1, 5, 9], [2, 6, 10]], [[9, 5, 1], [10, 6, 2]])
    >>> check.within, check.between, check.reverses
    (1.0, -1.0, True)
    """
    if level not in ("by_item", "by_system"):
        raise InvalidInput(f"level {level!r} has no groups to look within; allowed: by_item, by_system")
    h, m = score_matrices(human=human, metric=metric)
    within = float(macro_mean(group_values(h, m, coefficient, level)))
    over_all = float(macro_mean(group_values(h, m, coefficient, "pooled")))
    oriented = (h.T, m.T) if level == "by_item" else (h, m)
    between = float(macro_mean(group_values(*oriented, coefficient, "system_level")))
    centre = COEFFICIENTS[coefficient].centre
    named = {"pooled": over_all, "within groups": within, "between groups": between}
    undefined = [name for name, value in named.items() if np.isnan(value)]
    reason = f"undefined: {', '.join(undefined)}" if undefined else None
    reverses = (within - centre) * (between - centre) < 0
    return SimpsonCheck(over_all, within, between, level, coefficient, bool(reverses), reason)


def _undefined_reason(human: FloatArray, level: str) -> str:
    if np.isnan(human).all():
        return "no cell has both a human score and a metric score"
    groups = "the group" if level in ("system_level", "pooled") else "every group"
    return f"{groups} has fewer than two pairs of scores, or a side on which all are equal"
