"""Mean ratings of systems and all their differences, as given and adjusted for items, over the units of the ratings."""

from dataclasses import dataclass

import numpy as np

from study.stats.arrays import FloatArray
from study.stats.claims import Claim
from study.stats.multiplicity import holm
from study.stats.ranking.critical_values import CRITICAL, JointErrors
from study.stats.ratings.adjusted_for_items import ItemAdjusted, item_adjusted, unlinked
from study.stats.ratings.cells import Rated, pairs_of, systems_met
from study.stats.resampling import check_confidence_level
from study.stats.unit_products import (
    Sums,
    claimed_contrasts,
    column_sums,
    contrast_spread,
    joint_contrasts,
)
from study.tables import lookup

SAME_DIFFERENCE = 1e-9
"""Raw and adjusted differences closer than this, relative to the larger one, are the same."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean of the first system minus that of the second.

    Attributes
    ----------
    first, second : int
        Codes of the systems.
    raw : Claim
        The difference of the means of all ratings. Where systems were rated on different items it also holds how
        difficult these are.
    adjusted : Claim
        The difference between outputs for the same item, by least squares with item effects.
    raw_p_holm, adjusted_p_holm : float
        P by Holm over all pairs.
    """

    first: int
    second: int
    raw: Claim
    adjusted: Claim
    raw_p_holm: float
    adjusted_p_holm: float

    @property
    def shift(self) -> float:
        """What the choice of items adds to the raw difference; 0 where every item was rated for both systems alike."""
        raw, adjusted = self.raw.estimate.value, self.adjusted.estimate.value
        same = abs(raw - adjusted) <= SAME_DIFFERENCE * max(abs(raw), abs(adjusted), 1.0)
        return 0.0 if same else raw - adjusted


def system_means(ratings: Rated, *, confidence_level: float = 0.95) -> tuple[Claim, ...]:
    """Return the mean rating of each system with a t interval over its units.

    The variance is that of :func:`study.stats.multiway.spread` without its floor: for raters and items the largest of
    the two-way variance and of each kind's own.

    Parameters
    ----------
    ratings : Rated
    confidence_level : float

    Returns
    -------
    tuple of Claim
        One per system, P against 0; nan with a reason for a system without ratings.

    References
    ----------
    Cameron, Gelbach and Miller 2011; MacKinnon, Nielsen and Webb 2024 (the largest variance).
    """
    means, sums = _means(ratings)
    own = systems_met(ratings)
    return claimed_contrasts(
        means,
        np.eye(ratings.n_systems),
        sums,
        own.of_systems(ratings.units),
        confidence_level=confidence_level,
        method="mean rating",
    )


def system_differences(ratings: Rated, *, confidence_level: float = 0.95) -> tuple[Difference, ...]:
    """Return the differences of all pairs of systems, raw and adjusted for items, with P over the same units.

    Parameters
    ----------
    ratings : Rated
    confidence_level : float

    Returns
    -------
    tuple of Difference
        In the order (0, 1), (0, 2), ...; undefined where a system has no rating, or no chain of items links the two.

    Examples
    --------
    The last item is easy, and only the first system has it:

    >>> from study.stats.ratings.cells import rated
    >>> ratings = rated([5, 4, 2, 1, 5], [0, 1, 0, 1, 0], [0] * 5, [0, 0, 1, 1, 2], systems=["A", "B"])
    >>> (gap,) = system_differences(ratings)
    >>> round(gap.raw.estimate.value, 4), round(gap.adjusted.estimate.value, 4), round(gap.shift, 4)
    (1.5, 1.0, 0.5)
    """
    raw = _pair_claims(ratings, *_means(ratings), "difference of mean ratings", confidence_level)
    fitted = item_adjusted(ratings)
    adjusted = _adjusted_claims(ratings, fitted, confidence_level)
    first, second = pairs_of(ratings.n_systems)
    adjusted_p, raw_p = (holm([claim.p_value for claim in claims]).tolist() for claims in (adjusted, raw))
    return tuple(
        Difference(*row)
        for row in zip(first.tolist(), second.tolist(), raw, adjusted, raw_p, adjusted_p, strict=True)
    )


@dataclass(frozen=True, slots=True)
class SimultaneousLimits:
    """Limits of all raw differences that hold together; arrays of shape (n_pairs,), nan where undefined.

    Attributes
    ----------
    low, high : ndarray
    critical : float
        The number of standard errors on either side.
    method : str
    """

    low: FloatArray
    high: FloatArray
    critical: float
    method: str


def simultaneous_limits(
    ratings: Rated,
    *,
    method: str = "max_t",
    confidence_level: float = 0.95,
    n_resamples: int = 10_000,
    rng: np.random.Generator | None = None,
) -> SimultaneousLimits:
    """Return limits of all raw differences at once: with the given probability every one of them holds.

    Parameters
    ----------
    ratings : Rated
    method : str
        Key of :data:`study.stats.ranking.critical_values.CRITICAL`; "max_t" needs a generator.
    confidence_level : float
    n_resamples : int
    rng : numpy.random.Generator, optional
    """
    check_confidence_level(confidence_level)
    entry = lookup(CRITICAL, method, "simultaneous method")
    means, sums = _means(ratings)
    first, second = pairs_of(ratings.n_systems)
    resting, behind = systems_met(ratings).of_pairs(ratings.units, first, second)
    found = contrast_spread(_contrasts(ratings.n_systems), sums, resting, behind)
    joint = joint_contrasts(np.eye(ratings.n_systems), sums, ratings.units)
    errors = np.full((ratings.n_systems, ratings.n_systems), np.nan)
    errors[first, second] = errors[second, first] = found.standard_error
    freedom = float(np.nanmax(found.degrees_of_freedom, initial=1.0))
    spread = JointErrors(joint.covariance, freedom, errors, found.degrees_of_freedom)
    critical = np.nan
    if not np.isnan(joint.covariance).any():
        critical = entry.function(spread, errors, confidence_level, n_resamples, rng)
    gaps, half = means[first] - means[second], critical * found.standard_error
    return SimultaneousLimits(gaps - half, gaps + half, critical, entry.label)


def _means(ratings: Rated) -> tuple[FloatArray, Sums]:
    """Return the mean of each system, nan without ratings, and the sums of the influences of its ratings."""
    n = np.bincount(ratings.system, minlength=ratings.n_systems)
    total = np.bincount(ratings.system, ratings.value, ratings.n_systems)
    means = np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0)
    influence = (ratings.value - means[ratings.system]) / n[ratings.system]
    return means, column_sums(ratings.system, ratings.n_systems, influence)


def _contrasts(n_systems: int) -> FloatArray:
    """Return the differences of all pairs as columns, shape (n_systems, n_pairs)."""
    first, second = pairs_of(n_systems)
    unit = np.eye(n_systems)
    return np.asarray(unit[:, first] - unit[:, second])


def _pair_claims(
    ratings: Rated,
    means: FloatArray,
    sums: Sums,
    method: str,
    confidence_level: float,
    contrasts: FloatArray | None = None,
) -> tuple[Claim, ...]:
    first, second = pairs_of(ratings.n_systems)
    resting, behind = systems_met(ratings).of_pairs(ratings.units, first, second)
    return claimed_contrasts(
        means[first] - means[second],
        _contrasts(ratings.n_systems) if contrasts is None else contrasts,
        sums,
        resting,
        behind,
        confidence_level=confidence_level,
        method=method,
    )


def _adjusted_claims(ratings: Rated, fitted: ItemAdjusted, confidence_level: float) -> tuple[Claim, ...]:
    """Return the differences adjusted for items; undefined between systems that no chain of items links."""
    contrasts = fitted.inverse @ _contrasts(ratings.n_systems)
    method = "difference adjusted for items (least squares with item effects)"
    claims = _pair_claims(ratings, fitted.effects, fitted.sums, method, confidence_level, contrasts)
    first, second = pairs_of(ratings.n_systems)
    linked = fitted.component[first] == fitted.component[second]
    return tuple(
        claim if one else unlinked(claim) for claim, one in zip(claims, linked.tolist(), strict=True)
    )
