"""Position bias: how often the output on the left is preferred, observed and beside the systems' strengths."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from study.stats.arrays import BoolArray, FloatArray, IntArray, check_equal_lengths, codes, signs
from study.stats.multiplicity import holm
from study.stats.ranking.covariates import covariate_fit
from study.stats.ranking.preferences import Preferences, preferences, selected
from study.stats.ranking.regressors import covariate, left_side
from study.stats.ranking.sign_test import sign_test
from study.stats.ranking.win_rates import wilson_interval, win_rates
from study.stats.resampling import Estimate


@dataclass(frozen=True, slots=True)
class PositionBias:
    """Preference for the left, of all raters or of one.

    Attributes
    ----------
    left_win_rate : Estimate
        Share of untied judgments that prefer the left, from 0 to 1.
    n_left, n_right, n_ties : int
        Judgments with sides that prefer the left, the right, neither.
    p_value : float
        Exact test of n_left against n_right, judgments independent.
    adjusted_p : float
        Holm's over the raters; for all raters together it is ``p_value``.
    effect : Estimate
        Log odds of the left beside the systems' strengths, ties as half.
    adjusted_rate : Estimate
        The effect as the win rate of the left between equal systems.
    """

    left_win_rate: Estimate
    n_left: int
    n_right: int
    n_ties: int
    p_value: float
    adjusted_p: float
    effect: Estimate
    adjusted_rate: Estimate


def position_bias(
    judged: Preferences, side: ArrayLike, cluster: ArrayLike | None = None, *, confidence_level: float = 0.95
) -> PositionBias:
    """Estimate the preference for the left over all judgments.

    Parameters
    ----------
    judged : Preferences
    side : array_like of int, shape (n_judgments,)
        1 where a was on the left, -1 where b was, 0 where there were no sides: such judgments are left out.
    cluster : array_like of int, shape (n_judgments,), optional
        Raters or items: both intervals are clustered by them.
    confidence_level : float

    Returns
    -------
    PositionBias
        Undefined rates and effects are nan with a reason.

    References
    ----------
    Wilson 1927; Davidson and Beaver 1977 (order effect in Bradley-Terry).
    """
    data, sides, kept = _with_sides(judged, side)
    groups = None if cluster is None else _kept_codes(cluster, None, "cluster", kept)
    leaning = data.preference * sides
    untied = leaning != 0
    shown = _left_against_right(leaning[untied])
    rate = win_rates(shown, None if groups is None else groups[untied], confidence_level=confidence_level)[0]
    fit = covariate_fit(data, [left_side(sides)], groups, confidence_level=confidence_level)
    return _bias(rate, leaning, fit.effects["left"])


def rater_position_bias(
    judged: Preferences,
    side: ArrayLike,
    rater: ArrayLike,
    raters: Sequence[str],
    *,
    most_adjusted: int = 250,
    confidence_level: float = 0.95,
) -> tuple[PositionBias, ...]:
    """Estimate each rater's preference for the left: Wilson's interval, and an effect of each in one regression.

    Parameters
    ----------
    judged, side, confidence_level
        As in :func:`position_bias`.
    rater : array_like of int, shape (n_judgments,)
        Positions in ``raters``.
    raters : sequence of str
    most_adjusted : int
        With more raters there is no regression: its time grows with the cube of their number.

    Returns
    -------
    tuple of PositionBias
        One per rater, judgments independent within a rater; ``adjusted_p`` is Holm's over raters.
    """
    data, sides, kept = _with_sides(judged, side)
    groups = _kept_codes(rater, len(raters), "rater", kept)
    own = covariate("left", sides, groups, raters)
    if len(raters) <= most_adjusted:
        effects = covariate_fit(data, [own], confidence_level=confidence_level).effects
    else:
        said = f"not fitted: {len(raters):,} raters are more than {most_adjusted:,}"
        nothing = Estimate(np.nan, np.nan, np.nan, confidence_level, 0, 0, "none", said)
        effects = dict.fromkeys(own.effect_names, nothing)
    leaning = data.preference * sides
    table = np.bincount(groups * 3 + leaning + 1, minlength=3 * len(raters)).reshape(-1, 3)
    rows = []
    for (n_right, n_ties, n_left), name in zip(table.tolist(), own.effect_names, strict=True):
        n = n_left + n_right
        low, high = wilson_interval(n_left, n, confidence_level)
        value, reason = (n_left / n, None) if n else (np.nan, "no untied judgment")
        method = "Wilson, judgments independent"
        rate = Estimate(value, low, high, confidence_level, n, 0, method, reason)
        p = sign_test(n_left, n_right) if n else np.nan
        effect = effects[name]
        rows.append(PositionBias(rate, n_left, n_right, n_ties, p, p, effect, _as_rate(effect)))
    adjusted = holm([row.p_value for row in rows])
    return tuple(replace(row, adjusted_p=float(p)) for row, p in zip(rows, adjusted, strict=True))


def _with_sides(judged: Preferences, side: ArrayLike) -> tuple[Preferences, IntArray, BoolArray]:
    """Return the judgments that have sides, their sides, and which they are."""
    sides = signs(side)
    check_equal_lengths(judgments=len(judged.a), side=len(sides))
    kept = sides != 0
    return selected(judged, kept), sides[kept], kept


def _kept_codes(group: ArrayLike, n_codes: int | None, what: str, kept: BoolArray) -> IntArray:
    given = codes(group, n_codes, what)
    check_equal_lengths(**{"judgments": len(kept), what: len(given)})
    return given[kept]


def _left_against_right(leaning: IntArray) -> Preferences:
    zeros = np.zeros_like(leaning)
    return preferences(zeros, zeros + 1, leaning, ["left", "right"])


def _bias(rate: Estimate, leaning: IntArray, effect: Estimate) -> PositionBias:
    n_left, n_right = int((leaning == 1).sum()), int((leaning == -1).sum())
    p = sign_test(n_left, n_right) if n_left + n_right else np.nan
    n_ties = len(leaning) - n_left - n_right
    return PositionBias(rate, n_left, n_right, n_ties, p, p, effect, _as_rate(effect))


def _as_rate(effect: Estimate) -> Estimate:
    bounds: FloatArray = expit(np.array([effect.value, effect.low, effect.high]))
    value, low, high = bounds.tolist()
    return replace(effect, value=value, low=low, high=high)
