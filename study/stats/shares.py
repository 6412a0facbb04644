"""The change of a share, with interval and test over the units of the judgments."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from study.stats.arrays import numbers
from study.stats.claims import Claim, claimed_values
from study.stats.resampling import Estimate, check_confidence_level
from study.stats.units import Units, estimand, sizes


def claimed_change(
    part: ArrayLike,
    whole: ArrayLike,
    part_before: ArrayLike,
    whole_before: ArrayLike,
    units: Units,
    *,
    confidence_level: float = 0.95,
) -> Claim:
    """Return the relative difference of a share from another one: 0.23 against 0.50 is -54%.

    Interval and test are over units; judgments may be in both shares, whose dependence is accounted for. The interval
    is clipped at -1.

    Parameters
    ----------
    part, whole, part_before, whole_before : array_like of shape (n_judgments,)
        0 where a judgment is not in the share.
    units : Units
    confidence_level : float

    Examples
    --------
    >>> from study.stats.units import units_of
    >>> tie, early = np.arange(60) % 3 == 0, np.arange(60) < 30
    >>> late, units = early & (np.arange(60) > 9), units_of({"item": np.arange(60)})
    >>> found = claimed_change(tie & late, early, tie, np.ones(60), units)
    >>> round(found.estimate.value, 2), found.units
    (-0.4, '60 items')
    """
    names = ("part", "whole", "part_before", "whole_before")
    given = (part, whole, part_before, whole_before)
    one, all_, before, all_before = (
        numbers(np.asarray(column, dtype=np.float64), name) for column, name in zip(given, names, strict=True)
    )
    inside = (all_ > 0) | (all_before > 0)
    one, all_, before, all_before, units = (
        *(column[inside] for column in (one, all_, before, all_before)),
        units.of(inside),
    )
    method = "relative difference of two shares"
    if not (all_.sum() and before.sum()):
        empty = not (all_.sum() and all_before.sum())
        lacking = "no judgment of one of the two" if empty else "the second share is 0"
        nothing = Estimate(np.nan, np.nan, np.nan, confidence_level, units.fewest, 0, method, lacking)
        return Claim(nothing, np.nan, np.nan, units.label, sizes(units), estimand(units))
    now, then = one.sum() / all_.sum(), before.sum() / all_before.sum()
    moves = (one - now * all_) / all_.sum() / then - now / then**2 * (
        before - then * all_before
    ) / all_before.sum()
    claim = claimed_values(now / then - 1, moves, units, confidence_level=confidence_level, method=method)[0]
    return replace(claim, estimate=replace(claim.estimate, low=float(np.maximum(claim.estimate.low, -1.0))))


def median_interval(values: ArrayLike, confidence_level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a median between two order statistics, for independent values.

    Its coverage is at least nominal for any distribution; nan, nan if there are too few values (below 6 for 95%).

    Parameters
    ----------
    values : array_like of shape (n,)
        nan is left out.
    confidence_level : float

    References
    ----------
    Conover 1999, section 3.2.

    Examples
    --------
    >>> median_interval(range(1, 11)), median_interval(range(5))
    ((2.0, 9.0), (nan, nan))
    """
    check_confidence_level(confidence_level)
    given = numbers(values, "values")
    ordered = np.sort(given[~np.isnan(given)])
    n = len(ordered)
    below = stats.binom.cdf(np.arange(n // 2), n, 0.5) <= (1 - confidence_level) / 2
    if not below.any():
        return np.nan, np.nan
    cut = int(below.sum())
    return float(ordered[cut - 1]), float(ordered[n - cut])
