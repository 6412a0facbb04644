"""Estimates with a test over the same units: means, shares and any contrast with an influence per judgment."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from study.stats.arrays import FloatArray, check_equal_lengths, numbers
from study.stats.multiway import Spread, spread
from study.stats.resampling import NO_VARIATION, Estimate, check_confidence_level
from study.stats.score_tests import NO_VARIANCE, logit_intervals, logit_tests, share_intervals, share_tests
from study.stats.units import Units, estimand, sizes
from study.wording import counted

TOO_FEW = "too few units of every kind to generalise: an interval needs 5 of one kind"

SHARE_LIMITS = {
    "score": (
        share_tests,
        share_intervals,
        "score test and Wilson's interval at the effective number of judgments",
    ),
    "logit": (logit_tests, logit_intervals, "t test and interval of the log odds"),
}
"""The test and the interval of a share, and what they are called."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An estimate and its P value over the same units.

    Attributes
    ----------
    estimate : Estimate
        ``n_units`` counts the units of the kind with the fewest.
    p_value : float
        Two-sided; nan with the reason of the estimate.
    degrees_of_freedom : float
        Degrees of freedom of the test.
    kinds : str
        The kinds of units: "rater x profile".
    units : str
        The kinds with the number of their units: "12 raters x 20 profiles".
    estimand : str
        The population that the number generalises to.
    """

    estimate: Estimate
    p_value: float
    degrees_of_freedom: float
    kinds: str
    units: str
    estimand: str


def method_of(units: Units) -> str:
    """Return in words the method of intervals and tests over units.

    >>> from study.stats.units import units_of
    >>> method_of(units_of({"rater": np.arange(9) % 5, "item": np.arange(9) % 7}))
    'clustered by rater x item (largest of the two-way and one-way variances), t'
    """
    if not units.kinds:
        return "no interval"
    if len(units.kinds) == 1:
        return f"clustered by {units.label}, t"
    ways = {2: "two", 3: "three"}.get(len(units.kinds), str(len(units.kinds)))
    return f"clustered by {units.label} (largest of the {ways}-way and one-way variances), t"


def p_values(values: ArrayLike, found: Spread, null: float = 0.0) -> FloatArray:
    """Return the two-sided P of each value against a null by Student's t; nan where the variance is 0 or undefined."""
    distance = np.abs(np.atleast_1d(np.asarray(values, dtype=np.float64)) - null)
    known = found.variance > NO_VARIANCE
    ratio = np.divide(distance, found.standard_error, out=np.full(len(distance), np.nan), where=known)
    return np.asarray(2 * special.stdtr(found.degrees_of_freedom, -ratio))


def claimed_values(
    values: ArrayLike,
    influence: FloatArray,
    units: Units,
    *,
    null: float = 0.0,
    confidence_level: float = 0.95,
    floor: bool | None = None,
    method: str = "",
) -> tuple[Claim, ...]:
    """Return estimates with symmetric t intervals and tests over units, one per value.

    Parameters
    ----------
    values : array_like of shape (n_contrasts,)
    influence : ndarray of shape (n_judgments, n_contrasts)
        As in :func:`study.stats.multiway.spread`.
    units : Units
    null : float
        The null value of the test.
    confidence_level : float
    floor : bool, optional
        Whether every interval is at least as wide as from s² / n over judgments; by default unless the user named the
        units.
    method : str
        Method of the estimate, which comes before that of the interval.
    """
    found = spread(influence, units, floor=floor)
    return claims_of(values, found, units, null=null, confidence_level=confidence_level, method=method)


def claims_of(
    values: ArrayLike,
    found: Spread,
    units: Units,
    *,
    null: float = 0.0,
    confidence_level: float = 0.95,
    method: str = "",
) -> tuple[Claim, ...]:
    """Return estimates with symmetric t intervals and tests from variances over units; like :func:`claimed_values`."""
    check_confidence_level(confidence_level)
    given = np.atleast_1d(np.asarray(values, dtype=np.float64))
    half = special.stdtrit(found.degrees_of_freedom, (1 + confidence_level) / 2) * found.standard_error
    how = ", ".join(part for part in (method, method_of(units)) if part)
    rows = []
    for value, width, p, freedom, variance in zip(
        *(given.tolist(), half.tolist(), p_values(given, found, null).tolist()),
        *(found.degrees_of_freedom.tolist(), found.variance.tolist()),
        strict=True,
    ):
        reason = _why_none(variance, units) if not np.isnan(value) else "undefined"
        low, high = (np.nan, np.nan) if reason else (value - width, value + width)
        estimate = Estimate(value, low, high, confidence_level, units.fewest, 0, how, reason)
        rows.append(
            Claim(estimate, np.nan if reason else p, freedom, units.label, sizes(units), estimand(units))
        )
    return tuple(rows)


def why_few(units: Units) -> str | None:
    """Return why there are too few units for an interval; None if there are enough."""
    if not units.kinds:
        return TOO_FEW
    if units.fewest < 2:
        kind = units.kinds[units.counts.index(units.fewest)]
        return f"{counted(units.fewest, kind)}: an interval needs at least 2"
    return None


def _why_none(variance: float, units: Units) -> str | None:
    if few := why_few(units):
        return few
    if not variance > NO_VARIANCE:
        return NO_VARIATION.format(unit=units.kinds[0])
    return None


def claimed_share(
    part: ArrayLike,
    whole: ArrayLike | None,
    units: Units,
    *,
    null: float = 0.5,
    confidence_level: float = 0.95,
    floor: bool | None = None,
    limits: Literal["score", "logit"] = "score",
    lacking: str = "nothing to take a share of",
) -> Claim:
    """Return a share, the sum of parts over that of wholes, with an interval within 0 and 1 and a test over units.

    Interval and test come from one score test, see :func:`study.stats.score_tests.share_tests`: P is below one minus
    the level exactly where the interval excludes the null. If all answers are the same there is no variance: both are
    the exact binomial ones, with each unit of the kind with the fewest units counted once.

    Parameters
    ----------
    part, whole : array_like of shape (n_judgments,)
        From 0 up, the part at most the whole; a whole of None means 1 each.
    units : Units
        Rows without a whole are left out, and the units are counted over the rest.
    null : float
        The null share of the test, between 0 and 1.
    confidence_level : float
    floor : bool, optional
        Whether every interval is at least as wide as from s² / n over judgments; by default unless the user named the
        units.
    limits : {"score", "logit"}
        By the score test, or by Student's t of the log odds.
    lacking : str
        The reason if all wholes are 0.

    References
    ----------
    Wilson 1927; Dean and Pagano 2015 (an effective number); Clopper and Pearson 1934.

    Examples
    --------
    >>> from study.stats.units import units_of
    >>> found = claimed_share([1, 0, 1, 1, 1, 1], None, units_of({"rater": [0, 0, 1, 1, 2, 2]}, asked=True))
    >>> round(found.estimate.value, 3), found.units, round(found.p_value, 3)
    (0.833, '3 raters', 0.275)
    """
    check_confidence_level(confidence_level)
    parts = numbers(part, "part")
    wholes = np.ones_like(parts) if whole is None else numbers(whole, "whole")
    check_equal_lengths(part=len(parts), whole=len(wholes), units=len(units))
    there = wholes > 0
    if not there.all():
        parts, wholes, units = parts[there], wholes[there], units.of(there)
    said = units.label, sizes(units), estimand(units)
    if not len(parts):
        nothing = Estimate(np.nan, np.nan, np.nan, confidence_level, 0, 0, method_of(units), lacking)
        return Claim(nothing, np.nan, np.nan, *said)
    value = float(parts.sum() / wholes.sum())
    found = spread((parts - value * wholes) / wholes.sum(), units, floor=floor)
    reason = TOO_FEW if not units.kinds else _why_none(1.0, units)
    if reason:
        nothing = Estimate(value, np.nan, np.nan, confidence_level, units.fewest, 0, method_of(units), reason)
        return Claim(nothing, np.nan, np.nan, *said)
    share, freedom = np.array([value]), float(found.share_freedom[0])
    test, interval, name = SHARE_LIMITS[limits]
    how = f"{name}, {method_of(units)}"
    if not found.variance[0] > NO_VARIANCE:
        freedom, each = units.fewest - 1.0, units.kinds[units.counts.index(units.fewest)]
        exact = "exact binomial" if value in (0.0, 1.0) else "score test and Wilson's interval"
        how = f"{exact}, each {each} counted once"
    (p,) = test(share, found, units.fewest, null).tolist()
    low, high = (float(end[0]) for end in interval(share, found, units.fewest, confidence_level))
    estimate = Estimate(value, low, high, confidence_level, units.fewest, 0, how)
    return Claim(estimate, p, freedom, *said)


def claimed_average(
    values: ArrayLike,
    units: Units,
    *,
    null: float = 0.0,
    confidence_level: float = 0.95,
    floor: bool | None = None,
    method: str = "",
    lacking: str = "no value",
) -> Claim:
    """Return the mean of values, each counted once, with a t interval and a test over units.

    Parameters
    ----------
    values : array_like of shape (n_judgments,)
        nan where undefined: left out, and the units are counted over the rest.
    units : Units
    null, confidence_level, floor, method
        As in :func:`claimed_values`.
    lacking : str
        The reason if there is no value.

    Examples
    --------
    >>> from study.stats.units import units_of
    >>> units = units_of({"rater": [0, 0, 1, 1, 2]}, asked=True)
    >>> found = claimed_average([1, 2, 3, 4, np.nan], units)
    >>> found.estimate.value, found.units
    (2.5, '2 raters')
    """
    check_confidence_level(confidence_level)
    given = numbers(values, "values")
    check_equal_lengths(values=len(given), units=len(units))
    there = ~np.isnan(given)
    if not there.all():
        given, units = given[there], units.of(there)
    if not len(given):
        nothing = Estimate(np.nan, np.nan, np.nan, confidence_level, 0, 0, method_of(units), lacking)
        return Claim(nothing, np.nan, np.nan, units.label, sizes(units), estimand(units))
    value = float(given.mean())
    moves = (given - value) / len(given)
    (claim,) = claimed_values(
        [value], moves, units, null=null, confidence_level=confidence_level, floor=floor, method=method
    )
    return claim
