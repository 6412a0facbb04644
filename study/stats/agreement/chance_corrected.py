"""Agreement corrected for chance, (p_a - p_e) / (1 - p_e): Scott, Fleiss, Brennan and Prediger, Gwet."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from study.stats.agreement.totals import AgreementTotals, ratio
from study.stats.agreement.weights import Weights, identity_weights
from study.stats.arrays import FloatArray

Chance = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]
"""Agreement by chance, from shares of categories, shape (..., n_categories), twice, and weights."""

LEAST_DISAGREEMENT = 1e-12
"""Below this, the disagreement possible beyond chance is rounding error: the coefficient is undefined."""


@dataclass(frozen=True, slots=True)
class Coefficient:
    """What defines a coefficient: its chance and its weights.

    ``chance(shares, shares, weights)`` is p_e; it is linear in its first argument, so that
    ``chance(shares_of_a_unit, shares, weights)`` is the unit's contribution.
    """

    chance: Chance
    weights: Weights


def fleiss_chance(own: FloatArray, shares: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the agreement of two ratings drawn by the shares of the categories (Scott 1955; Fleiss 1971)."""
    return np.asarray(np.einsum("...k,kl,...l->...", own, weights, shares, optimize=True))


def uniform_chance(own: FloatArray, shares: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the agreement of two ratings drawn evenly from the scale (Bennett et al. 1954)."""
    n_categories = len(weights)
    return np.full(own.shape[:-1], weights.sum() / n_categories**2 if n_categories else np.nan)


def gwet_chance(own: FloatArray, shares: FloatArray, weights: FloatArray) -> FloatArray:
    """Return Gwet's propensity to agree by chance: high only where no category prevails (Gwet 2008)."""
    n_categories = len(weights)
    if n_categories < 2:
        return np.full(own.shape[:-1], np.nan)
    scale = weights.sum() / (n_categories * (n_categories - 1))
    return np.asarray(scale * (own * (1 - shares)).sum(axis=-1))


def chance_corrected(totals: AgreementTotals, coefficient: Coefficient) -> FloatArray:
    """Return observed agreement beyond chance, as a share of the possible agreement beyond chance.

    Observed agreement is the mean over units rated at least twice of the (weighted) share of pairs that agree. The
    shares of categories are means over all rated units, including those rated once, each unit counting once. At most
    1, which is perfect agreement; 0 is chance. nan without a unit rated twice, and where chance always agrees: a
    scale of one value, and for Fleiss all ratings equal. With ``exchangeable`` categories everything is the mean over
    both namings; weights that differ between them are averaged too.

    The number of categories is that of the whole scale, used or not: it matters for Brennan-Prediger and Gwet.

    References
    ----------
    Gwet 2014, chapters 2 to 5 (missing ratings, weights); Fleiss 1971; Randolph 2005; Gwet 2008.

    Examples
    --------
    Gwet 2014, table 2.11 (four raters, twelve units, missing ratings):

    >>> from study.stats.agreement.coefficients import agreement_value
    >>> from study.stats.agreement.reliability import value_counts
    >>> x = np.nan
    >>> ratings = [
    ...     [1, 2, 3, 3, 2, 1, 4, 1, 2, x, x, x],
    ...     [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, x, 3],
    ...     [x, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, x],
    ...     [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, x],
    ... ]
    >>> names = ("fleiss_kappa", "brennan_prediger", "gwet_ac1", "gwet_ac2_quadratic")
    >>> [round(agreement_value(value_counts(ratings), name), 4) for name in names]
    [0.7612, 0.7727, 0.7754, 0.914]
    """
    weights = coefficient.weights(totals.values)
    observed = ratio((totals.pair_shares * weights).sum(axis=(-1, -2)), totals.n_units)
    shares = ratio(totals.rating_shares, totals.n_rated[..., None])
    return beyond_chance(observed, coefficient.chance(shares, shares, weights))


def beyond_chance(observed: FloatArray, chance: FloatArray) -> FloatArray:
    """Return (observed - chance) / (1 - chance); nan where chance always agrees.

    >>> beyond_chance(np.array([0.75, 1.0]), np.array([0.5, 1.0]))
    array([0.5, nan])
    """
    room = np.where(1 - chance > LEAST_DISAGREEMENT, 1 - chance, np.nan)
    return np.asarray((observed - chance) / room)


FLEISS = Coefficient(fleiss_chance, identity_weights)
BRENNAN_PREDIGER = Coefficient(uniform_chance, identity_weights)
AC1 = Coefficient(gwet_chance, identity_weights)
