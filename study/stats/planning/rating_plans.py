"""Planning of ratings: precision, power and sizes from the spread of differences between raters, items and single ratings."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from study.errors import InvalidInput
from study.stats.arrays import numbers
from study.stats.effect_intervals import noncentral_t
from study.stats.resampling import check_confidence_level, normal_quantile, t_quantile


@dataclass(frozen=True, slots=True)
class RatingPlan:
    """A study in which every rating is paired: outputs of two systems for one item, rated by the same raters.

    Attributes
    ----------
    n_raters, n_items, raters_per_item : int
    rater_sd, item_sd, rating_sd : float
        Standard deviations of *differences* of the two systems: between raters, between items, and of a single pair of
        ratings beyond both.
    """

    n_raters: int
    n_items: int
    raters_per_item: int
    rater_sd: float
    item_sd: float
    rating_sd: float

    def __post_init__(self) -> None:
        for name, least in (("n_raters", 2), ("n_items", 2), ("raters_per_item", 1)):
            if getattr(self, name) < least:
                raise InvalidInput(f"{name} {getattr(self, name)}; allowed: {least} or more")
        if self.raters_per_item > self.n_raters:
            allowed = f"at most the {self.n_raters} raters"
            raise InvalidInput(f"raters_per_item {self.raters_per_item}; allowed: {allowed}")
        for name in ("rater_sd", "item_sd", "rating_sd"):
            if not 0 <= getattr(self, name) < np.inf:
                raise InvalidInput(f"{name} {getattr(self, name)}; allowed: 0 or more")

    @property
    def degrees_of_freedom(self) -> int:
        """One less than the fewer of raters and items, which is cautious."""
        return min(self.n_raters, self.n_items) - 1


def difference_error(plan: RatingPlan) -> float:
    """Return the standard error of the difference of two systems' means.

    References
    ----------
    Brennan 2001 (raters crossed with items).

    Examples
    --------
    >>> round(difference_error(RatingPlan(30, 100, 3, 0.4, 0.3, 1.0)), 5)
    0.09781
    """
    single = plan.rating_sd**2 / (plan.n_items * plan.raters_per_item)
    return float(np.sqrt(plan.rater_sd**2 / plan.n_raters + plan.item_sd**2 / plan.n_items + single))


def least_error(plan: RatingPlan) -> float:
    """Return the standard error that no number of items gets below: that of the raters alone.

    >>> round(least_error(RatingPlan(30, 100, 3, 0.4, 0.3, 1.0)), 4)
    0.073
    """
    return float(plan.rater_sd / np.sqrt(plan.n_raters))


def difference_power(plan: RatingPlan, difference: float, *, confidence_level: float = 0.95) -> float:
    """Return the probability that the interval of a true difference excludes 0, by the noncentral t distribution.

    nan without any spread.

    >>> round(difference_power(RatingPlan(30, 100, 3, 0.4, 0.3, 1.0), 0.3), 3)
    0.842
    """
    check_confidence_level(confidence_level)
    error, freedom = difference_error(plan), plan.degrees_of_freedom
    if not error > 0:
        return np.nan
    critical, centre = t_quantile(confidence_level, freedom), difference / error
    return 1 - noncentral_t(critical, freedom, centre) + noncentral_t(-critical, freedom, centre)


def detectable_difference(plan: RatingPlan, *, power: float = 0.8, confidence_level: float = 0.95) -> float:
    """Return the smallest true difference whose interval excludes 0 with a given probability.

    The sum of the two quantiles of Student's t, times the standard error.

    >>> round(detectable_difference(RatingPlan(30, 100, 3, 0.4, 0.3, 1.0)), 4)
    0.2836
    """
    check_confidence_level(confidence_level)
    _check_power(power)
    freedom = plan.degrees_of_freedom
    quantiles = t_quantile(confidence_level, freedom) + float(special.stdtrit(freedom, power))
    return difference_error(plan) * quantiles


def equivalence_power(
    plan: RatingPlan, margin: float, *, difference: float = 0.0, alpha: float = 0.05
) -> float:
    """Return the probability that two one-sided tests show a true difference to be within the margin; nan without spread.

    The standard error is taken as known, the quantiles are Student's.

    References
    ----------
    Schuirmann 1987.

    Examples
    --------
    >>> round(equivalence_power(RatingPlan(30, 100, 3, 0.4, 0.3, 1.0), 0.3), 3)
    0.818
    """
    if not 0 < margin < np.inf:
        raise InvalidInput(f"margin {margin}; allowed: a finite number above 0")
    if not 0 < alpha < 0.5:
        raise InvalidInput(f"alpha {alpha}; allowed: between 0 and 0.5, such as 0.05")
    error, freedom = difference_error(plan), plan.degrees_of_freedom
    if not error > 0:
        return np.nan
    critical = float(special.stdtrit(freedom, 1 - alpha))
    ends = [special.stdtr(freedom, (margin + side * difference) / error - critical) for side in (-1, 1)]
    return float(max(ends[0] + ends[1] - 1, 0.0))


def ordinal_arm_size(
    odds_ratio: float,
    shares: ArrayLike,
    *,
    power: float = 0.8,
    confidence_level: float = 0.95,
    ratings_per_rater: float = 1.0,
    icc: float = 0.0,
) -> int:
    """Return the number of ratings per arm that shows an odds ratio of a cumulative logit model, two independent arms.

    Parameters
    ----------
    odds_ratio : float
        Above 0, not 1.
    shares : array_like of shape (n_levels,)
        Shares of the levels, averaged over the two arms; sum 1.
    power, confidence_level : float
    ratings_per_rater, icc : float
        How many ratings a rater gives, and how alike they are: the number is multiplied by 1 + (ratings - 1) icc.

    References
    ----------
    Whitehead 1993; Kish 1965 (the factor for clusters).

    Examples
    --------
    >>> ordinal_arm_size(1.8, [0.2] * 5)
    142
    """
    check_confidence_level(confidence_level)
    _check_power(power)
    if not 0 < odds_ratio < np.inf or odds_ratio == 1:
        raise InvalidInput(f"odds ratio {odds_ratio}; allowed: above 0, not 1")
    levels = numbers(shares, "shares")
    if len(levels) < 2 or not np.isclose(levels.sum(), 1) or (levels < 0).any() or (levels == 1).any():
        raise InvalidInput(f"shares {levels.tolist()}; allowed: 0 or more, sum 1, at least two levels in use")
    if ratings_per_rater < 1 or not 0 <= icc <= 1:
        raise InvalidInput(
            f"{ratings_per_rater} ratings per rater, icc {icc}; allowed: 1 or more, from 0 to 1"
        )
    quantiles = normal_quantile(confidence_level) + float(special.ndtri(power))
    independent = 6 * quantiles**2 / (np.log(odds_ratio) ** 2 * (1 - (levels**3).sum()))
    return int(np.ceil(independent * (1 + (ratings_per_rater - 1) * icc)))


def _check_power(power: float) -> None:
    if not 0 < power < 1:
        raise InvalidInput(f"power {power}; allowed: between 0 and 1")
