"""Consistency of raters with themselves on repeated comparisons: share, kappa, and rate of reversed preferences."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.agreement.kappa_over_units import kappa_over_units
from study.stats.arrays import check_equal_lengths, codes
from study.stats.claims import Claim, claimed_share
from study.stats.units import Units

NO_REPEAT = "no repeat"


@dataclass(frozen=True, slots=True)
class Consistency:
    """How consistent first and second answers are.

    Attributes
    ----------
    share : Claim
        Share of repeats with the same answer, from 0 to 1.
    kappa : Claim
        The same agreement beyond chance (Cohen 1960), at most 1.
    flip_rate : Claim
        Among repeats where both answers prefer an output, the share that prefer the other one the second time; 0.5
        for a coin toss.
    """

    share: Claim
    kappa: Claim
    flip_rate: Claim


def consistency(
    first: ArrayLike,
    second: ArrayLike,
    n_categories: int,
    opposite: tuple[int, int],
    units: Units,
    *,
    confidence_level: float = 0.95,
    floor: bool | None = None,
) -> Consistency:
    """Estimate the consistency of one rater, or of several together; each repeat counts once.

    Parameters
    ----------
    first, second : array_like of int, shape (n_repeats,)
        Categories as codes from 0, in terms of outputs, not of screen sides.
    n_categories : int
    opposite : pair of int
        The categories "prefers a" and "prefers b". Which output is called a is arbitrary in each comparison, so kappa
        is that of the mean table of both namings.
    units : Units
        Units of the repeats: items or profiles for one rater; also raters for several.
    confidence_level : float
    floor : bool, optional
        As in :func:`study.stats.claims.claimed_values`.

    Returns
    -------
    Consistency
        Score tests and Wilson's intervals of share and flip rate, t interval of kappa, all over the units.

    Raises
    ------
    InvalidInput
        If a code is out of range, lengths differ, or the opposite categories are not two valid ones.

    References
    ----------
    Wilson 1927; Dean and Pagano 2015; Cohen 1960; Fleiss, Cohen and Everitt 1969.

    Examples
    --------
    Of 22 repeats, 14 with the same answer, and 4 of 16 preferences reversed:

    >>> from study.stats.units import units_of
    >>> table = np.array([[7, 1, 1], [1, 2, 1], [3, 1, 5]])
    >>> before, after = (axis.ravel().repeat(table.ravel()) for axis in np.indices((3, 3)))
    >>> found = consistency(before, after, 3, (0, 2), units_of({"item": np.arange(22)}))
    >>> [round(claim.estimate.value, 3) for claim in (found.share, found.kappa, found.flip_rate)]
    [0.636, 0.425, 0.25]
    """
    before, after = codes(first, n_categories, "category"), codes(second, n_categories, "category")
    check_equal_lengths(first=len(before), second=len(after), units=len(units))
    if len(set(opposite)) != 2 or not all(0 <= code < n_categories for code in opposite):
        raise InvalidInput(
            f"opposite categories {opposite}; allowed: two different codes, 0 to {n_categories - 1}"
        )
    preferred = np.isin(before, opposite) & np.isin(after, opposite)
    options = {"confidence_level": confidence_level, "floor": floor}
    return Consistency(
        claimed_share(before == after, None, units, lacking=NO_REPEAT, **options),  # type: ignore[arg-type]
        kappa_over_units(
            before,
            after,
            n_categories,
            units,
            exchangeable=opposite,
            lacking=NO_REPEAT,
            **options,  # type: ignore[arg-type]
        ),
        claimed_share(
            preferred & (before != after),
            preferred,
            units,
            lacking="no repeat with a preference twice",
            **options,  # type: ignore[arg-type]
        ),
    )
