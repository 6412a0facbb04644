"""Mean ranks of systems, with intervals over the units of the rankings."""

import numpy as np

from study.errors import InvalidInput
from study.stats.arrays import check_equal_lengths
from study.stats.claims import Claim, claimed_average
from study.stats.orders.rankings import Rankings, mean_places
from study.stats.units import Units

NEVER_RANKED = "in no ranking of at least 2 systems"


def mean_ranks(
    ranked: Rankings, units: Units, *, relative: bool = False, confidence_level: float = 0.95
) -> tuple[Claim, ...]:
    """Return the mean rank of each system, 1 being the best, with an interval and a test against the middle.

    Ties, and systems of the rest, have the mean of their places. Ranks of a system depend on which others it was
    ranked with: strengths do not (:mod:`study.stats.orders.plackett_luce`).

    Parameters
    ----------
    ranked : Rankings
        Of the same number of systems each, unless ``relative``.
    units : Units
        Each system uses the units of its own rankings.
    relative : bool
        Whether ranks run from 0, the best, to 1, the worst of those ranked.
    confidence_level : float

    Returns
    -------
    tuple of Claim
        One per system; nan with a reason for a system that no ranking names.

    Raises
    ------
    InvalidInput
        If rankings differ in their numbers of systems and ranks are not relative.
    """
    check_equal_lengths(rankings=len(ranked), units=len(units))
    places = mean_places(ranked)
    k = (ranked.system >= 0).sum(axis=1)
    used = np.unique(k[k >= 2])
    if len(used) > 1 and not relative:
        raise InvalidInput(
            f"rankings of {used[0]} and of {used[-1]} systems; allowed: one number of systems, or relative ranks"
        )
    places[k < 2] = np.nan
    if relative:
        places = (places - 1) / np.maximum(k - 1, 1)[:, None]
    middle = 0.5 if relative else (float(used.max(initial=0)) + 1) / 2
    return tuple(
        claimed_average(
            column,
            units,
            null=middle,
            confidence_level=confidence_level,
            method="mean rank",
            lacking=NEVER_RANKED,
        )
        for column in places.T
    )
