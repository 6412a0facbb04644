"""Cohen's kappa of two columns of clustered answers, with an interval and a test over the clusters."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from study.stats.agreement.chance_corrected import LEAST_DISAGREEMENT
from study.stats.agreement.reliability import exchanged
from study.stats.arrays import FloatArray, IntArray, check_equal_lengths, codes
from study.stats.claims import Claim, claimed_values
from study.stats.units import Units

ALL_ALIKE = "all answers are one category: chance agrees always"


def kappa_over_units(
    first: ArrayLike,
    second: ArrayLike,
    n_categories: int,
    units: Units,
    *,
    exchangeable: tuple[int, ...] | None = None,
    confidence_level: float = 0.95,
    floor: bool | None = None,
    lacking: str = "no unit rated by both",
) -> Claim:
    """Return Cohen's kappa with a t interval over units, from the influence of each pair of answers.

    Parameters
    ----------
    first, second : array_like of int, shape (n,)
        Categories, codes from 0.
    n_categories : int
    units : Units
        Units of the pairs of answers.
    exchangeable : tuple of int, optional
        Categories such as "prefers a" and "prefers b": kappa is that of the mean table of both namings.
    confidence_level : float
    floor : bool, optional
        As in :func:`study.stats.claims.claimed_values`.
    lacking : str
        The reason if there is no pair of answers.

    Returns
    -------
    Claim
        From -1 to 1; nan with a reason if chance always agrees.

    References
    ----------
    Cohen 1960; Fleiss, Cohen and Everitt 1969, eq. 12, whose variance this is where every pair is a separate unit, up to
    n / (n - 1).

    Examples
    --------
    >>> from study.stats.units import units_of
    >>> own, other = np.repeat([0, 0, 1, 1], [5, 2, 1, 4]), np.repeat([0, 1, 0, 1], [5, 2, 1, 4])
    >>> found = kappa_over_units(own, other, 2, units_of({"item": np.arange(12)}))
    >>> round(found.estimate.value, 3), found.units
    (0.5, '12 items')
    """
    one, other = codes(first, n_categories, "category"), codes(second, n_categories, "category")
    check_equal_lengths(first=len(one), second=len(other), units=len(units))
    value, moves = _influence(one, other, n_categories, exchangeable)
    (claim,) = claimed_values(
        [value], moves, units, confidence_level=confidence_level, floor=floor, method="Cohen's kappa"
    )
    found = claim.estimate
    if np.isnan(value):
        return replace(claim, estimate=replace(found, reason=ALL_ALIKE if len(one) else lacking))
    low, high = np.clip([found.low, found.high], -1, 1).tolist()
    return replace(claim, estimate=replace(found, low=low, high=high))


def _influence(
    one: IntArray, other: IntArray, q: int, exchangeable: tuple[int, ...] | None
) -> tuple[float, FloatArray]:
    """Return kappa and the influence of each pair of answers; nan and zeros where chance always agrees."""
    table = np.bincount(one * q + other, minlength=q * q).reshape(q, q) / max(1, len(one))
    if exchangeable is not None:
        renamed = exchanged(q, exchangeable)
        table = (table + table[renamed][:, renamed]) / 2
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    observed, chance = float(np.trace(table)), float(rows @ columns)
    room = 1 - chance
    if not len(one) or room <= LEAST_DISAGREEMENT:
        return np.nan, np.zeros(len(one))
    gap = (np.eye(q) - observed) * room - (1 - observed) * (columns[:, None] + rows[None, :] - 2 * chance)
    return (observed - chance) / room, gap[one, other] / (room**2 * len(one))
