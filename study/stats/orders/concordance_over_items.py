"""Agreement of the rankings of each item, averaged over items, with intervals over raters and items."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from study.stats.arrays import BoolArray, FloatArray, IntArray, check_equal_lengths, codes, numbers
from study.stats.claims import Claim, claimed_values, method_of
from study.stats.orders.concordance import CONCORDANCE, Agreed, centred_places
from study.stats.resampling import Estimate, check_confidence_level
from study.stats.units import Units, estimand, sizes
from study.tables import lookup

NO_ITEM = "no item was ranked by two raters with an order among its systems"


@dataclass(frozen=True, slots=True)
class ItemConcordance:
    """Agreement averaged over items.

    Attributes
    ----------
    claim : Claim
        The mean over items where it is defined, each counted once. P tests a mean of 0, and is nan for W, which is
        1/n by chance.
    per_item : ndarray of shape (n_items,)
        nan where undefined: fewer than two complete rankings, or no order in them.
    by_chance : float
        The mean value if rankings were random: that of 1/n for W, 0 for rho.
    n_incomplete : int
        Rankings left out because they lack a system that others of the item ranked.
    """

    claim: Claim
    per_item: FloatArray
    by_chance: float
    n_incomplete: int


def concordance_over_items(
    ranks: ArrayLike,
    item: ArrayLike,
    units: Units,
    name: str = "kendall_w",
    *,
    confidence_level: float = 0.95,
) -> ItemConcordance:
    """Return a measure of agreement averaged over items, with an interval over the units of the rankings.

    Each item is ranked by several raters. The systems of an item are those that any of them ranked. In simulated
    studies 95% intervals over raters and items hold the truth in 93 to 94% with 30 raters or more, and in 91% with 10.

    Parameters
    ----------
    ranks : array_like of shape (n_rankings, n_systems)
        Equal where tied, nan where not ranked.
    item : array_like of int, shape (n_rankings,)
        Codes from 0.
    units : Units
        The raters and items of the rankings: the interval uses the influence of each ranking on the mean.
    name : str
        Key of :data:`study.stats.orders.concordance.CONCORDANCE`.
    confidence_level : float

    References
    ----------
    Kendall and Babington Smith 1939; Hampel 1974 (influence).
    """
    entry = lookup(CONCORDANCE, name, "measure of concordance")
    check_confidence_level(confidence_level)
    data, of_item = numbers(ranks, "ranks", n_dimensions=2), codes(item, None, "item")
    check_equal_lengths(ranks=len(data), item=len(of_item), units=len(units))
    n_items = int(of_item.max(initial=-1)) + 1
    complete = _complete(data, of_item, n_items)
    found = entry.function(centred_places(data[complete]), of_item[complete], n_items)
    n_incomplete = int((~complete).sum())
    rows = np.flatnonzero(complete)[~np.isnan(found.value)[of_item[complete]]]
    if not len(rows):
        nothing = Estimate(np.nan, np.nan, np.nan, confidence_level, 0, 0, method_of(units), NO_ITEM)
        claim = Claim(nothing, np.nan, np.nan, units.label, sizes(units), estimand(units))
        return ItemConcordance(claim, found.value, np.nan, n_incomplete)
    slope = found.slope[np.isin(np.flatnonzero(complete), rows)]
    moves = _moves(Agreed(found.value, slope), of_item[rows])
    (claim,) = claimed_values(
        [np.nanmean(found.value)],
        moves,
        units.of(rows),
        confidence_level=confidence_level,
        method=entry.label,
    )
    size = np.bincount(of_item[rows])
    chance = float(np.mean(1 / size[size > 0])) if name == "kendall_w" else 0.0
    claim = replace(claim, p_value=np.nan) if chance else claim
    return ItemConcordance(claim, found.value, chance, n_incomplete)


def _complete(ranks: FloatArray, item: IntArray, n_items: int) -> BoolArray:
    """Return which rankings name every system that any ranking of their item names."""
    there = ~np.isnan(ranks)
    of_item = np.zeros((n_items, ranks.shape[1]), dtype=bool)
    row, column = np.nonzero(there)
    of_item[item[row], column] = True
    return np.asarray((there == of_item[item]).all(axis=1))


def _moves(found: Agreed, item: IntArray) -> FloatArray:
    """Return the influence of each ranking on the mean over items: its own on its item, and its share of the item's."""
    n_items = int((~np.isnan(found.value)).sum())
    size = np.bincount(item)
    return np.asarray((found.slope + (found.value[item] - np.nanmean(found.value)) / size[item]) / n_items)
