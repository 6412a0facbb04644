"""The table of coefficients of agreement of raters, with intervals over units."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from study.stats.agreement.alpha import DISTANCES, krippendorff_alpha
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
from study.stats.agreement.weights import WEIGHTS
from study.stats.arrays import FloatArray
from study.stats.resampling import Clusters, Estimate, interval, point_value
from study.stats.statistic import Statistic
from study.tables import lookup


def percent_agreement(totals: AgreementTotals) -> FloatArray:
    """Return the mean over units of the share of rater pairs that agree.

    Each unit counts once, however many raters it has. From 0 to 1; nan without a unit rated twice.

    References
    ----------
    Fleiss 1971, eq. 2 and 3; Gwet 2014, chapter 2 (missing ratings).

    Examples
    --------
    Three raters of one unit, of whom one pair in three agrees:

    >>> from study.stats.agreement.reliability import value_counts
    >>> agreement_value(value_counts([[1.0], [1.0], [2.0]]), "percent_agreement")
    0.3333333333333333
    """
    return ratio(np.trace(totals.pair_shares, axis1=-2, axis2=-1), totals.n_units)


COEFFICIENTS: dict[str, Coefficient] = {
    "fleiss_kappa": FLEISS,
    "brennan_prediger": BRENNAN_PREDIGER,
    "gwet_ac1": AC1,
    **{
        f"gwet_ac2_{kind}": Coefficient(gwet_chance, weights)
        for kind, weights in WEIGHTS.items()
        if kind != "identity"
    },
}
"""Coefficients corrected for chance, by their key in :data:`AGREEMENT`."""

AGREEMENT: dict[str, Statistic[AgreementFunction]] = {
    "percent_agreement": Statistic(percent_agreement, "Percent agreement", "Gwet 2014", (0, 1)),
    **{
        f"krippendorff_alpha_{level}": Statistic(
            partial(krippendorff_alpha, distances=distances),
            f"Krippendorff's α ({level})",
            "Krippendorff 2011",
            (-1, 1),
        )
        for level, distances in DISTANCES.items()
    },
    "fleiss_kappa": Statistic(
        partial(chance_corrected, coefficient=FLEISS),
        "Fleiss' κ (two raters: Scott's π)",
        "Fleiss 1971; Gwet 2014",
        (-np.inf, 1),
    ),
    "brennan_prediger": Statistic(
        partial(chance_corrected, coefficient=BRENNAN_PREDIGER),
        "Brennan-Prediger (Randolph's free-marginal κ)",
        "Brennan and Prediger 1981; Randolph 2005",
        (-1, 1),
    ),
    "gwet_ac1": Statistic(partial(chance_corrected, coefficient=AC1), "Gwet's AC1", "Gwet 2008", (-1, 1)),
    **{
        f"gwet_ac2_{kind}": Statistic(
            partial(chance_corrected, coefficient=COEFFICIENTS[f"gwet_ac2_{kind}"]),
            f"Gwet's AC2 ({kind} weights)",
            "Gwet 2014",
            (-np.inf, 1),
        )
        for kind in WEIGHTS
        if kind != "identity"
    },
}

COUNTS_UNITS_RATED_ONCE = frozenset(COEFFICIENTS) - {"brennan_prediger"}
"""Coefficients whose shares of categories include units that one rater rated, as published (Gwet 2014)."""


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
        The jackknife with t covers as promised from few units on, also with many raters, where a bootstrap that keeps
        expected disagreement fixed does not (Hughes 2022). Units are taken as independent, raters as fixed.
        Published linearised standard errors: :mod:`study.stats.agreement.standard_errors`.
    confidence_level : float
    n_resamples : int
        For the bootstrap.
    rng : numpy.random.Generator, optional
        Required by the bootstrap.
    clusters : Clusters, optional
        The same units in groups that belong together, from :func:`study.stats.agreement.totals.grouped_units`, with
        ``singles`` where the coefficient is one of :data:`COUNTS_UNITS_RATED_ONCE`.

    Returns
    -------
    Estimate
        ``n_units`` counts groups where there are any, else units rated at least twice, or at least once (:data:`COUNTS_UNITS_RATED_ONCE`). Low and
        high are cut at the bounds of the statistic.

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
    return unit_clusters(counts, singles=name in COUNTS_UNITS_RATED_ONCE)


def _cell_statistic(counts: ValueCounts, name: str) -> Callable[[FloatArray], FloatArray]:
    function = lookup(AGREEMENT, name, "agreement statistic").function
    return lambda cells: function(totals(cells, counts))
