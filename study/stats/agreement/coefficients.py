"""The table of raters' agreement coefficients, with intervals over units."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from study.stats.agreement.alpha import DISTANCES, Distances, krippendorff_alpha
from study.stats.agreement.chance_corrected import (
    AC1,
    BRENNAN_PREDIGER,
    FLEISS,
    Coefficient,
    chance_corrected,
    gwet_chance,
)
from study.stats.agreement.reliability import ValueCounts
from study.stats.agreement.totals import (
    AgreementFunction,
    AgreementTotals,
    ratio,
    totals,
    unit_clusters,
)
from study.stats.agreement.weights import WEIGHTS, Weights, identity_weights, quadratic_weights, ratio_weights
from study.stats.arrays import FloatArray
from study.stats.resampling import Clusters, Estimate, interval, point_value
from study.stats.statistic import Scale, Scaled
from study.tables import lookup


def percent_agreement(totals: AgreementTotals) -> FloatArray:
    """Return the mean over units of the share of rater pairs that agree.

    Each unit counts once, however many raters it has. From 0 to 1; nan without a unit rated twice.

    References
    ----------
    Fleiss 1971, eq. 2 and 3; Gwet 2014, chapter 2 (missing ratings).

    Examples
    --------
    Three raters of one unit, with one pair in three agreeing:

    >>> from study.stats.agreement.reliability import value_counts
    >>> agreement_value(value_counts([[1.0], [1.0], [2.0]]), "percent_agreement")
    0.3333333333333333
    """
    return ratio(np.trace(totals.pair_shares, axis1=-2, axis2=-1), totals.n_units)


@dataclass(frozen=True, slots=True)
class Alpha:
    """How alpha corrects for chance: distances, also as weights where they do not depend on the ratings."""

    distances: Distances
    weights: Weights | None = None


@dataclass(frozen=True, slots=True)
class AgreementStatistic(Scaled[AgreementFunction]):
    """A coefficient of agreement and its correction for chance.

    Attributes
    ----------
    chance : Coefficient, Alpha or None
        None: not corrected for chance. Then there is neither agreement beyond the rates of strata nor a linearised
        error.
    counts_singles : bool
        Whether its shares of categories include units rated by one rater, as published (Gwet 2014).
    """

    chance: Coefficient | Alpha | None = field(default=None, kw_only=True)
    counts_singles: bool = field(default=False, kw_only=True)


def _alpha(level: str, scale: Scale, weights: Weights | None) -> AgreementStatistic:
    distances = DISTANCES[level]
    function = partial(krippendorff_alpha, distances=distances)
    label, chance = f"Krippendorff's α ({level})", Alpha(distances, weights)
    return AgreementStatistic(function, label, "Krippendorff 2011", (-1, 1), scale=scale, chance=chance)


def _corrected(
    coefficient: Coefficient,
    label: str,
    source: str,
    bounds: tuple[float, float] = (-np.inf, 1),
    *,
    scale: Scale = "nominal",
    counts_singles: bool = True,
) -> AgreementStatistic:
    """Return the entry of a coefficient (p_a - p_e) / (1 - p_e)."""
    return AgreementStatistic(
        partial(chance_corrected, coefficient=coefficient),
        label,
        source,
        bounds,
        scale=scale,
        chance=coefficient,
        counts_singles=counts_singles,
    )


def _ac2(kind: str, scale: Scale) -> AgreementStatistic:
    coefficient = Coefficient(gwet_chance, WEIGHTS[kind])
    return _corrected(coefficient, f"Gwet's AC2 ({kind} weights)", "Gwet 2014", scale=scale)


AGREEMENT: dict[str, AgreementStatistic] = {
    "percent_agreement": AgreementStatistic(
        percent_agreement, "Percent agreement", "Gwet 2014", (0, 1), scale="nominal"
    ),
    "krippendorff_alpha_nominal": _alpha("nominal", "nominal", identity_weights),
    "krippendorff_alpha_ordinal": _alpha("ordinal", "ordered", None),
    "krippendorff_alpha_interval": _alpha("interval", "ordered", quadratic_weights),
    "krippendorff_alpha_ratio": _alpha("ratio", "other", ratio_weights),
    "fleiss_kappa": _corrected(FLEISS, "Fleiss' κ (two raters: Scott's π)", "Fleiss 1971; Gwet 2014"),
    "brennan_prediger": _corrected(
        BRENNAN_PREDIGER,
        "Brennan-Prediger (Randolph's free-marginal κ)",
        "Brennan and Prediger 1981; Randolph 2005",
        (-1, 1),
        counts_singles=False,
    ),
    "gwet_ac1": _corrected(AC1, "Gwet's AC1", "Gwet 2008", (-1, 1)),
    "gwet_ac2_quadratic": _ac2("quadratic", "ordered"),
    "gwet_ac2_linear": _ac2("linear", "ordered"),
    "gwet_ac2_ordinal": _ac2("ordinal", "ordered"),
    "gwet_ac2_radical": _ac2("radical", "ordered"),
    "gwet_ac2_ratio": _ac2("ratio", "other"),
    "gwet_ac2_circular": _ac2("circular", "other"),
    "gwet_ac2_bipolar": _ac2("bipolar", "other"),
}
"""Coefficients that are functions of how often each unit got each rating."""

COEFFICIENTS: dict[str, Coefficient] = {
    name: entry.chance for name, entry in AGREEMENT.items() if isinstance(entry.chance, Coefficient)
}
"""Coefficients of the form (p_a - p_e) / (1 - p_e)."""


def agreement_value(counts: ValueCounts, name: str) -> float:
    """Return an entry of :data:`AGREEMENT` for value counts; nan where undefined."""
    return point_value(_cell_statistic(counts, name), _clusters(counts, name))


def agreement(
    counts: ValueCounts,
    name: str,
    *,
    method: str = "jackknife",
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
    rng: np.random.Generator | None = None,
    clusters: Clusters | None = None,
) -> Estimate:
    """Estimate an entry of :data:`AGREEMENT` with an interval over units, or over groups of units.

    Parameters
    ----------
    counts : ValueCounts
    name : str
        Key of :data:`AGREEMENT`.
    method : {"jackknife", "bootstrap"}
        The jackknife with t reaches its nominal coverage with few units, also with many raters; a bootstrap that
        keeps expected disagreement fixed does not (Hughes 2022). Units are treated as independent, raters as fixed.
        Published linearised standard errors: :mod:`study.stats.agreement.standard_errors`.
    confidence_level : float
    n_resamples : int
        For the bootstrap.
    rng : numpy.random.Generator, optional
        Required by the bootstrap.
    clusters : Clusters, optional
        The same units grouped, from :func:`study.stats.agreement.totals.grouped_units`, with ``singles`` where the
        coefficient counts them.

    Returns
    -------
    Estimate
        ``n_units`` counts groups if there are any, else units rated at least twice, or at least once where the
        coefficient counts those. Low and high are clipped to the bounds of the statistic.

    Raises
    ------
    InvalidInput
        If the name or the method is unknown.
    """
    bounds = lookup(AGREEMENT, name, "agreement statistic").bounds
    estimate = interval(
        _cell_statistic(counts, name),
        clusters or _clusters(counts, name),
        method,
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        rng=rng,
    )
    low, high = np.clip([estimate.low, estimate.high], *bounds)
    reason = undefined_reason(counts) if np.isnan(estimate.value) else estimate.reason
    return replace(estimate, low=float(low), high=float(high), reason=reason)


def undefined_reason(counts: ValueCounts) -> str:
    """Return why a coefficient is undefined."""
    if counts.n_units == 0:
        return "no unit was rated by two raters"
    return "all ratings are equal: without variation there is nothing that chance could disagree on"


def _clusters(counts: ValueCounts, name: str) -> Clusters:
    singles = lookup(AGREEMENT, name, "agreement statistic").counts_singles
    return unit_clusters(counts, singles=singles)


def _cell_statistic(counts: ValueCounts, name: str) -> Callable[[FloatArray], FloatArray]:
    function = lookup(AGREEMENT, name, "agreement statistic").function
    return lambda cells: function(totals(cells, counts))
