"""Position bias: how often the output on the left is preferred, observed and adjusted for the systems' strengths."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from study.stats.arrays import BoolArray, FloatArray, IntArray, check_equal_lengths, codes, signs
from study.stats.claims import Claim, claimed_share
from study.stats.multiplicity import holm
from study.stats.ranking.covariates import covariate_fit
from study.stats.ranking.preferences import Preferences, selected
from study.stats.ranking.regressors import covariate, left_side
from study.stats.ranking.win_rates import independent_share
from study.stats.resampling import Estimate
from study.stats.units import Units, units_of


@dataclass(frozen=True, slots=True)
class PositionBias:
    """Preference for the left, over all raters or for one.

    Attributes
    ----------
    left_win_rate : Estimate
        Share of untied judgments that prefer the left, from 0 to 1.
    n_left, n_right, n_ties : int
        Number of judgments with sides that prefer the left, the right, neither.
    p_value : float
        P of the left win rate against a half, over the units of its interval; without units, and for single raters,
        an exact test of n_left against n_right.
    adjusted_p : float
        Holm's over the raters; for all raters together it equals ``p_value``.
    effect : Estimate
        Log odds of the left adjusted for the systems' strengths, ties as half.
    adjusted_rate : Estimate
        The effect as the win rate of the left between equal systems.
    claim : Claim
        The left win rate with its units.
    """

    left_win_rate: Estimate
    n_left: int
    n_right: int
    n_ties: int
    p_value: float
    adjusted_p: float
    effect: Estimate
    adjusted_rate: Estimate
    claim: Claim


def position_bias(
    judged: Preferences,
    side: ArrayLike,
    cluster: ArrayLike | Units | None = None,
    *,
    confidence_level: float = 0.95,
) -> PositionBias:
    """Estimate the preference for the left over all judgments.

    Parameters
    ----------
    judged : Preferences
    side : array_like of int, shape (n_judgments,)
        1 where a was on the left, -1 where b was, 0 without sides: such judgments are left out.
    cluster : Units, or array_like of int, shape (n_judgments,), optional
        The units of both intervals and the test.
    confidence_level : float

    Returns
    -------
    PositionBias
        Undefined rates and effects are nan with a reason.

    References
    ----------
    Davidson and Beaver 1977 (order effect in Bradley-Terry).
    """
    data, sides, kept = _with_sides(judged, side)
    units = None
    if cluster is not None:
        units = cluster if isinstance(cluster, Units) else units_of({"cluster": cluster}, asked=True)
        check_equal_lengths(judgments=len(judged.a), cluster=len(units))
        units = units.of(kept)
    leaning = data.preference * sides
    fit = covariate_fit(data, [left_side(sides)], units, confidence_level=confidence_level)
    return _bias(leaning, units, fit.effects["left"], confidence_level)


def rater_position_bias(
    judged: Preferences,
    side: ArrayLike,
    rater: ArrayLike,
    raters: Sequence[str],
    item: ArrayLike | None = None,
    *,
    most_adjusted: int = 250,
    confidence_level: float = 0.95,
) -> tuple[PositionBias, ...]:
    """Estimate each rater's preference for the left, and an effect of each in one regression.

    Parameters
    ----------
    judged, side, confidence_level
        As in :func:`position_bias`.
    rater : array_like of int, shape (n_judgments,)
        Positions in ``raters``.
    raters : sequence of str
    item : array_like of int, shape (n_judgments,), optional
        Interval and test of a rater who judged an item more than once are over items. For all other raters they treat
        judgments as independent: these are of different items, and without a side preference each is a fair coin
        toss, because sides are drawn at random for every judgment.
    most_adjusted : int
        With more raters there is no regression: its time grows with the cube of their number.

    Returns
    -------
    tuple of PositionBias
        One per rater; ``adjusted_p`` is Holm's over raters.
    """
    data, sides, kept = _with_sides(judged, side)
    groups = _kept_codes(rater, len(raters), "rater", kept)
    items = np.arange(len(groups)) if item is None else _kept_codes(item, None, "item", kept)
    own = covariate("left", sides, groups, raters)
    leaning = data.preference * sides
    if len(raters) <= most_adjusted:
        effects = covariate_fit(data, [own], confidence_level=confidence_level).effects
    else:
        said = f"not fitted: {len(raters):,} raters are more than {most_adjusted:,}"
        nothing = Estimate(np.nan, np.nan, np.nan, confidence_level, 0, 0, "none", said)
        effects = dict.fromkeys(own.effect_names, nothing)
    order = np.argsort(groups, kind="stable")
    parts = np.split(order, np.searchsorted(groups[order], np.arange(1, len(raters))))
    rows = []
    for inside, name in zip(parts, own.effect_names, strict=True):
        shown = items[inside][leaning[inside] != 0]
        repeated = len(np.unique(shown)) < len(shown)
        units = units_of({"item": items[inside]}, asked=True) if repeated else None
        rows.append(_bias(leaning[inside], units, effects[name], confidence_level))
    adjusted = holm([row.p_value for row in rows])
    return tuple(replace(row, adjusted_p=float(p)) for row, p in zip(rows, adjusted, strict=True))


def _with_sides(judged: Preferences, side: ArrayLike) -> tuple[Preferences, IntArray, BoolArray]:
    """Return the judgments that have sides, their sides, and their positions."""
    sides = signs(side)
    check_equal_lengths(judgments=len(judged.a), side=len(sides))
    kept = sides != 0
    return selected(judged, kept), sides[kept], kept


def _kept_codes(group: ArrayLike, n_codes: int | None, what: str, kept: BoolArray) -> IntArray:
    given = codes(group, n_codes, what)
    check_equal_lengths(**{"judgments": len(kept), what: len(given)})
    return given[kept]


def _bias(leaning: IntArray, units: Units | None, effect: Estimate, level: float) -> PositionBias:
    n_left, n_right = int((leaning == 1).sum()), int((leaning == -1).sum())
    untied = leaning != 0
    lacking = "no untied judgment"
    claim = (
        independent_share(n_left, n_left + n_right, confidence_level=level, lacking=lacking)
        if units is None
        else claimed_share(
            leaning[untied] > 0, None, units.of(untied), confidence_level=level, lacking=lacking
        )
    )
    n_ties = len(leaning) - n_left - n_right
    p = claim.p_value
    return PositionBias(claim.estimate, n_left, n_right, n_ties, p, p, effect, _as_rate(effect), claim)


def _as_rate(effect: Estimate) -> Estimate:
    bounds: FloatArray = expit(np.array([effect.value, effect.low, effect.high]))
    value, low, high = bounds.tolist()
    return replace(effect, value=value, low=low, high=high)
