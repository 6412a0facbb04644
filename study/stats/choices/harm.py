"""Groups that outputs made for them serve worse than generic ones, or worse than outputs made for others."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import BoolArray, FloatArray, IntArray, check_equal_lengths, codes, numbers
from study.stats.claims import Claim, claimed_values
from study.stats.multiplicity import holm
from study.stats.units import Units

GENERIC = -1
"""The code of outputs made for nobody in particular."""


@dataclass(frozen=True, slots=True)
class GroupFlags:
    """Which groups are harmed or envious; arrays of shape (n_groups,).

    Attributes
    ----------
    harmed : ndarray of bool
        Own outputs are rated below generic ones.
    envious : ndarray of bool
        Some other group's outputs are rated above own ones.
    envied : ndarray of int64
        The group whose outputs are rated highest among the others; -1 without any.
    """

    harmed: BoolArray
    envious: BoolArray
    envied: IntArray


def group_flags(means: ArrayLike, generic: ArrayLike) -> GroupFlags:
    """Return which groups are harmed or envious by mean ratings.

    Parameters
    ----------
    means : array_like of shape (n_groups, n_groups)
        Rows are the groups that rate, columns the groups that outputs were made for; nan where not rated.
    generic : array_like of shape (n_groups,)
        Mean ratings of generic outputs by each group.

    Examples
    --------
    >>> found = group_flags([[4.0, 3.2], [3.6, 3.1]], [3.5, 3.4])
    >>> found.harmed.tolist(), found.envious.tolist()
    ([False, True], [False, True])
    """
    table, plain = numbers(means, "means", n_dimensions=2), numbers(generic, "generic")
    if table.shape != (len(plain), len(plain)):
        raise InvalidInput(
            f"means of shape {table.shape}; allowed: a row and a column per group, {len(plain)}"
        )
    own = np.diag(table)
    others = np.where(np.eye(len(table), dtype=bool) | np.isnan(table), -np.inf, table)
    best = others.max(axis=1, initial=-np.inf)
    envied = np.where(np.isfinite(best), others.argmax(axis=1), -1)
    with np.errstate(invalid="ignore"):
        return GroupFlags(own < plain, best > own, envied.astype(np.int64))


@dataclass(frozen=True, slots=True)
class GroupHarm:
    """How much better own outputs are than generic ones for one group; ``p_holm`` is adjusted over all groups."""

    group: int
    gain: Claim
    p_holm: float


def group_harm(
    value: ArrayLike,
    group: ArrayLike,
    made_for: ArrayLike,
    units: Units,
    *,
    n_groups: int,
    confidence_level: float = 0.95,
) -> tuple[GroupHarm, ...]:
    """Return for each group the mean rating of own outputs less that of generic ones, over the units of its ratings.

    Parameters
    ----------
    value : array_like of shape (n_ratings,)
        nan is left out.
    group : array_like of int, shape (n_ratings,)
        The group of the rater, or of the person who is rated for.
    made_for : array_like of int, shape (n_ratings,)
        The group that the output was made for; :data:`GENERIC` for nobody in particular.
    units : Units
    n_groups : int
    confidence_level : float

    Returns
    -------
    tuple of GroupHarm
        A group is harmed if its gain is below 0; nan with a reason without ratings of both.
    """
    values, place = numbers(value, "value"), codes(group, n_groups, "group")
    target = codes(np.asarray(made_for) + 1, n_groups + 1, "made_for") - 1
    check_equal_lengths(value=len(values), group=len(place), made_for=len(target), units=len(units))
    claims = []
    for one in range(n_groups):
        own = ~np.isnan(values) & (place == one) & ((target == one) | (target == GENERIC))
        claims.append(_gain(values[own], target[own] == one, units.of(own), confidence_level))
    adjusted = holm([claim.p_value for claim in claims]).tolist()
    return tuple(GroupHarm(at, claim, p) for at, (claim, p) in enumerate(zip(claims, adjusted, strict=True)))


def _gain(values: FloatArray, own: BoolArray, units: Units, confidence_level: float) -> Claim:
    n, m = int(own.sum()), int((~own).sum())
    gap, moves = np.nan, np.zeros(len(values))
    if n and m:
        means = values[own].mean(), values[~own].mean()
        gap = float(means[0] - means[1])
        moves = np.where(own, (values - means[0]) / n, -(values - means[1]) / m)
    method = "mean rating of own outputs less that of generic ones"
    return claimed_values([gap], moves, units, confidence_level=confidence_level, floor=False, method=method)[
        0
    ]
