"""Standard errors as published: Gwet's linearisation of chance-corrected agreement and alpha, Fleiss' under chance."""

import numpy as np

from study.stats.agreement.coefficients import (
    AGREEMENT,
    COEFFICIENTS,
    Alpha,
    agreement_value,
    undefined_reason,
)
from study.stats.agreement.reliability import ValueCounts
from study.stats.agreement.totals import totals, unit_cells, unit_clusters
from study.stats.agreement.weights import Weights
from study.stats.resampling import NO_VARIATION, Estimate, check_confidence_level, t_quantile
from study.tables import lookup

ALPHA_WEIGHTS: dict[str, Weights] = {
    name: entry.chance.weights
    for name, entry in AGREEMENT.items()
    if isinstance(entry.chance, Alpha) and entry.chance.weights is not None
}
"""Alphas whose distances do not depend on the ratings, as weights; ordinal distances do."""

LINEARISED = frozenset(COEFFICIENTS) | frozenset(ALPHA_WEIGHTS)
"""The entries of :data:`AGREEMENT` that have a published linearised error."""


def linearised_agreement(counts: ValueCounts, name: str, *, confidence_level: float = 0.95) -> Estimate:
    """Estimate a coefficient with the interval of Gwet 2014 and irrCAC.

    The variance of chance-corrected coefficients treats the number of units rated twice as fixed: units rated once
    increase it although they cannot disagree. The jackknife of :func:`study.stats.agreement.agreement` has no such
    term and is the default elsewhere.

    Parameters
    ----------
    counts : ValueCounts
    name : str
        One of :data:`LINEARISED`.
    confidence_level : float

    Returns
    -------
    Estimate
        The t interval, clipped to the bounds. ``n_units`` counts all rated units; for alpha, those rated twice. nan
        with a reason if undefined.

    Raises
    ------
    InvalidInput
        If the coefficient has no linearised error.

    References
    ----------
    Gwet 2014, sections 5.3 to 5.5 (alpha: 5.4); Gwet 2008, eq. 32.

    Examples
    --------
    Gwet 2014, table 2.11; irrCAC prints .77544 (.461, 1):

    >>> from study.stats.agreement.reliability import value_counts
    >>> x = np.nan
    >>> ratings = [
    ...     [1, 2, 3, 3, 2, 1, 4, 1, 2, x, x, x],
    ...     [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, x, 3],
    ...     [x, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, x],
    ...     [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, x],
    ... ]
    >>> estimate = linearised_agreement(value_counts(ratings), "gwet_ac1")
    >>> [round(number, 3) for number in (estimate.value, estimate.low, estimate.high)]
    [0.775, 0.461, 1.0]
    """
    check_confidence_level(confidence_level)
    error = linearised_error(counts, name)
    value = agreement_value(counts, name)
    n_rated = counts.n_units + (0 if name in ALPHA_WEIGHTS else int(counts.singles.sum()))
    reason = None
    if np.isnan(value):
        reason = undefined_reason(counts)
    elif np.isnan(error):
        reason = f"{n_rated} unit: an interval needs at least 2"
    elif error < 1e-12:
        error, reason = np.nan, NO_VARIATION.format(unit="unit")
    half = t_quantile(confidence_level, n_rated - 1) * error if reason is None else np.nan
    low, high = np.clip([value - half, value + half], *AGREEMENT[name].bounds)
    method = "Gwet's linearised variance over units, t interval"
    return Estimate(value, float(low), float(high), confidence_level, n_rated, 0, method, reason)


def linearised_error(counts: ValueCounts, name: str) -> float:
    """Return Gwet's standard error of a coefficient; nan where undefined or with one unit.

    Parameters and references as in :func:`linearised_agreement`.
    """
    if name in ALPHA_WEIGHTS:
        return _alpha_error(counts, name)
    lookup(dict.fromkeys(sorted(LINEARISED)), name, "coefficient with a linearised error")
    coefficient = COEFFICIENTS[name]
    clusters = unit_clusters(counts, singles=True)
    n = clusters.n_clusters
    value = agreement_value(counts, name)
    if n < 2 or np.isnan(value):
        return np.nan
    units = totals(unit_cells(clusters.patterns), counts)
    weights = coefficient.weights(counts.values)
    multiplicity = clusters.multiplicity
    shares = multiplicity @ units.rating_shares / n
    chance = coefficient.chance(shares, shares, weights)
    own_chance = coefficient.chance(units.rating_shares, shares, weights)
    agreeing = (units.pair_shares * weights).sum(axis=(1, 2))
    own = n / counts.n_units * (agreeing - chance * units.n_units) / (1 - chance)
    influence = own - 2 * (1 - value) * (own_chance - chance) / (1 - chance)
    return float(np.sqrt(multiplicity @ (influence - value) ** 2 / (n * (n - 1))))


def _alpha_error(counts: ValueCounts, name: str) -> float:
    """Return Gwet's standard error of alpha; units rated once are left out.

    Influences are those of alpha without its correction for small samples, as in the R package irrCAC; irrCAC for Python
    keeps a part of the correction (.14557 where R prints .14548).
    """
    n = counts.n_units
    if n < 2 or np.isnan(agreement_value(counts, name)):
        return np.nan
    units = totals(unit_cells(counts.counts.astype(np.float64)), counts)
    weights = ALPHA_WEIGHTS[name](counts.values)
    mean = counts.multiplicity @ units.coincidences.sum(axis=(1, 2)) / n
    used = units.coincidences.sum(axis=2) / mean
    size = used.sum(axis=1)
    shares = counts.multiplicity @ used / n
    agreeing = (units.coincidences * weights).sum(axis=(1, 2)) / mean
    observed = counts.multiplicity @ agreeing / n
    expected = shares @ weights @ shares
    own = agreeing - observed * (size - 1)
    own_chance = used @ weights @ shares - expected * (size - 1)
    value = (observed - expected) / (1 - expected)
    influence = (own - expected - 2 * (1 - value) * (own_chance - expected)) / (1 - expected)
    return float(np.sqrt(counts.multiplicity @ (influence - value) ** 2 / (n * (n - 1))))
