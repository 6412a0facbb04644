"""Agreement beyond the rates of each stratum: do raters agree on more than which system is better?"""

from dataclasses import replace

import numpy as np

from study.stats.agreement.alpha import disagreements, pairable_ratings
from study.stats.agreement.chance_corrected import LEAST_DISAGREEMENT, Coefficient
from study.stats.agreement.coefficients import AGREEMENT, Alpha
from study.stats.agreement.conger import chance_of_counts, conger_cells
from study.stats.agreement.ratings import Ratings
from study.stats.agreement.reliability import value_counts
from study.stats.agreement.strata import Parts, Strata, grouped_strata, pooled
from study.stats.agreement.totals import ratio, totals, unit_cells
from study.stats.agreement.weights import identity_weights
from study.stats.arrays import FloatArray, IntArray, distinct_rows
from study.stats.resampling import Estimate
from study.tables import lookup

FEWEST_UNITS = 5
"""Units rated at least twice that each of several strata needs; fewer cannot estimate its rates."""

TOO_FEW = (
    f"no pair of systems has {FEWEST_UNITS} comparisons that two raters judged: their rates cannot be told"
)
NO_CHANCE = "not corrected for chance"
ALWAYS = "chance agrees always: within each pair of systems all answers are equal"


def rates_agreement(
    counts: IntArray,
    stratum: IntArray,
    values: FloatArray,
    name: str,
    group: IntArray | None = None,
    unit: str = "unit",
    method: str = "jackknife",
    *,
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
    rng: np.random.Generator | None = None,
) -> Estimate:
    """Estimate a coefficient of agreement with the chance of each stratum, pooled over strata.

    Units of a stratum are comparisons of one pair of systems, with outputs named by their systems. A coefficient (p_a
    - p_e) / (1 - p_e) becomes the sum over strata of n (p_a - p_e) divided by that of n (1 - p_e), where n is the
    stratum's units rated twice; Krippendorff's alpha becomes 1 minus the sum of observed divided by that of expected
    disagreement. With one stratum both are the published coefficient. Raters who answer independently, with rates
    that depend only on the stratum, have an alpha of 0. Fleiss' kappa, as published, is lower by about one over the
    ratings of a stratum. Brennan-Prediger and Gwet's coefficients do not correct for such rates: for them only the
    naming differs.

    Parameters
    ----------
    counts : ndarray of int, shape (n_units, n_categories)
    stratum : ndarray of int, shape (n_units,)
        Codes from 0. Where there are several, those with fewer than :data:`FEWEST_UNITS` units rated twice are left out.
    values : ndarray of shape (n_categories,)
        The values of the scale, ascending. Ordinal distances are those of all strata together.
    name : str
        Key of :data:`study.stats.agreement.coefficients.AGREEMENT`.
    group : ndarray of int, shape (n_units,), optional
        Units that belong together in the interval; by default each unit is its own group.
    unit : str
        Name of a group, or of a unit.
    method : {"jackknife", "bootstrap"}
    confidence_level : float
    n_resamples : int
    rng : numpy.random.Generator, optional

    Returns
    -------
    Estimate
        nan with a reason if undefined, and for coefficients that are not corrected for chance.

    References
    ----------
    Barlow, Lai and Azen 1991 (stratified kappa, here weighted by n (1 - p_e)); Krippendorff 2011.

    Examples
    --------
    Two raters of 50 pairs, 20 and 15 on the diagonal:

    >>> counts = np.repeat([[2, 0], [1, 1], [0, 2]], [20, 15, 15], axis=0)
    >>> values, stratum = np.arange(2.0), np.zeros(50, dtype=np.int64)
    >>> [round(rates_agreement(counts, stratum, values, name).value, 3) for name in ("gwet_ac1", "brennan_prediger")]
    [0.406, 0.4]
    """
    entry = lookup(AGREEMENT, name, "agreement statistic")
    if entry.chance is None:
        return Estimate(np.nan, np.nan, np.nan, confidence_level, 0, 0, "none", NO_CHANCE)
    kept = known_strata(counts, stratum) & (counts.sum(axis=1) >= (1 if entry.counts_singles else 2))
    counts, stratum = counts[kept], stratum[kept]
    if group is None:
        patterns, multiplicity = distinct_rows(np.column_stack([stratum, counts]))
        order = np.arange(len(patterns))
        cells = unit_cells(patterns[:, 1:].astype(np.float64))
        strata = Strata(cells, patterns[:, 0], order, multiplicity, unit)
    else:
        strata = grouped_strata(unit_cells(counts.astype(np.float64)), stratum, group[kept], unit)
    found = pooled(
        _parts(entry.chance, counts, values),
        over,
        strata,
        method,
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        rng=rng,
    )
    return described(found, entry.bounds, any_paired=bool(len(counts)))


def conger_beyond_rates(
    ratings: Ratings,
    stratum: IntArray,
    group: IntArray | None = None,
    unit: str = "unit",
    method: str = "jackknife",
    *,
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
    rng: np.random.Generator | None = None,
) -> Estimate:
    """Estimate Conger's kappa with the chance of each stratum: the rates of each rater within it, pooled over strata.

    Parameters, returns and references as :func:`rates_agreement`; Conger 1980.
    """
    identity = identity_weights(ratings.values)
    q = ratings.n_categories
    answered, cells = conger_cells(ratings, identity)
    counts = np.zeros((ratings.n_units, q), dtype=np.int64)
    np.add.at(counts, (ratings.unit, ratings.category), 1)
    kept = known_strata(counts, stratum)[answered]
    cells, answered = cells[kept], answered[kept]

    def parts(sums: FloatArray) -> FloatArray:
        n = np.rint(sums[:, 1])
        chance = chance_of_counts(sums[:, 2:].reshape(len(sums), -1, q), identity)
        return corrected(n, ratio(sums[:, 0], n, 0.0), chance)

    groups = np.arange(ratings.n_units, dtype=np.int64) if group is None else group
    strata = grouped_strata(cells, stratum[answered], groups[answered], unit)
    found = pooled(
        parts, over, strata, method, confidence_level=confidence_level, n_resamples=n_resamples, rng=rng
    )
    return described(found, (-np.inf, 1), any_paired=bool(len(answered)))


def known_strata(counts: IntArray, stratum: IntArray) -> np.ndarray:
    """Return which units lie in strata with enough units to estimate their rates: all units if there is one stratum."""
    if not len(stratum):
        return np.zeros(0, dtype=bool)
    paired = np.bincount(stratum, counts.sum(axis=1) >= 2)
    several = (np.bincount(stratum) > 0).sum() > 1
    return np.asarray((paired >= (FEWEST_UNITS if several else 1))[stratum])


def over(sums: FloatArray) -> FloatArray:
    """Return the first part divided by the second, nan where that is 0."""
    room = np.where(sums[:, 1] > LEAST_DISAGREEMENT, sums[:, 1], np.nan)
    return np.asarray(sums[:, 0] / room)


def corrected(n: FloatArray, observed: FloatArray, chance: FloatArray) -> FloatArray:
    """Return n (p_a - p_e) and n (1 - p_e), shape (..., 2); 0 without a unit."""
    parts = np.column_stack([n * (observed - chance), n * (1 - chance)])
    return np.where((n > 0)[:, None], np.nan_to_num(parts), 0.0)


def described(found: Estimate, bounds: tuple[float, float], *, any_paired: bool) -> Estimate:
    """Return an estimate within its bounds, with the reason if it is undefined."""
    low, high = np.clip([found.low, found.high], *bounds)
    reason = (ALWAYS if any_paired else TOO_FEW) if np.isnan(found.value) else found.reason
    return replace(found, low=float(low), high=float(high), reason=reason)


def _parts(chance: Coefficient | Alpha, counts: IntArray, values: FloatArray) -> Parts:
    scale = replace(value_counts(np.empty((0, 0))), values=values)
    if isinstance(chance, Alpha):
        everything = totals(unit_cells(counts.astype(np.float64)).sum(axis=0)[None], scale)
        squared = chance.distances(values, pairable_ratings(everything)[0])

        def disagreeing(sums: FloatArray) -> FloatArray:
            observed, expected = disagreements(totals(sums, scale), squared)
            return np.column_stack([expected - observed, expected])

        return disagreeing
    weights = chance.weights(values)

    def agreeing(sums: FloatArray) -> FloatArray:
        found = totals(sums, scale)
        shares = ratio(found.rating_shares, found.n_rated[:, None], 0.0)
        observed = ratio((found.pair_shares * weights).sum(axis=(-1, -2)), found.n_units, 0.0)
        return corrected(found.n_units, observed, chance.chance(shares, shares, weights))

    return agreeing
