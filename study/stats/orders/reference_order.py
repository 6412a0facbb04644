"""Agreement of rankings with a reference order, item by item."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.agreement.totals import ratio
from study.stats.arrays import FloatArray, check_equal_lengths, codes, numbers
from study.stats.correlation.coefficients import COEFFICIENTS
from study.stats.resampling import Estimate, jackknife, whole_clusters
from study.tables import lookup


@dataclass(frozen=True, slots=True)
class ReferenceAgreement:
    """Agreement with a reference order, averaged over items.

    Attributes
    ----------
    estimate : Estimate
        The mean over items, with an interval over items by the jackknife.
    per_item : ndarray of shape (n_items,)
        The mean over an item's rankings; nan where undefined.
    per_ranking : ndarray of shape (n_rankings,)
        nan where undefined: fewer than two systems in common, or a side ties them all.
    """

    estimate: Estimate
    per_item: FloatArray
    per_ranking: FloatArray


def reference_agreement(
    ranks: ArrayLike,
    reference: ArrayLike,
    item: ArrayLike | None = None,
    name: str = "kendall_b",
    *,
    confidence_level: float = 0.95,
) -> ReferenceAgreement:
    """Return the correlation of rankings with a reference order: its mean over the rankings of an item, then over items.

    Parameters
    ----------
    ranks : array_like of shape (n_rankings, n_systems)
        nan where not ranked.
    reference : array_like of shape (n_systems,) or (n_rankings, n_systems)
        The right order, in the same direction as ``ranks``: for all rankings, or for each.
    item : array_like of int, shape (n_rankings,), optional
        Codes from 0; by default each ranking is an item.
    name : str
        Key of :data:`study.stats.correlation.coefficients.COEFFICIENTS`; by default Kendall's tau-b.
    confidence_level : float

    References
    ----------
    Kendall 1945; Tukey 1958 (jackknife).

    Examples
    --------
    >>> found = reference_agreement([[2, 1, 3], [1, 2, 3]], [1, 2, 3])
    >>> found.per_item.round(4), round(found.estimate.value, 4)
    (array([0.3333, 1.    ]), 0.6667)
    """
    coefficient = lookup(COEFFICIENTS, name, "correlation coefficient").function
    data = numbers(ranks, "ranks", n_dimensions=2)
    target = numbers(reference, "reference", n_dimensions=np.ndim(reference))
    if target.shape not in (data.shape, data.shape[1:]):
        raise InvalidInput(
            f"reference of shape {target.shape}; allowed: {data.shape[1:]} or {data.shape}, as the ranks"
        )
    of_item = np.arange(len(data)) if item is None else codes(item, None, "item")
    check_equal_lengths(ranks=len(data), item=len(of_item))
    values = coefficient(data, np.broadcast_to(target, data.shape))
    known, n_items = ~np.isnan(values), int(of_item.max(initial=-1)) + 1
    n = np.bincount(of_item[known], minlength=n_items).astype(np.float64)
    per_item = ratio(np.bincount(of_item[known], values[known], n_items).astype(np.float64), n)
    defined = per_item[n > 0]
    cells = whole_clusters(np.column_stack([defined, np.ones(len(defined))]), "item")
    estimate = jackknife(lambda sums: ratio(sums[:, 0], sums[:, 1]), cells, confidence_level=confidence_level)
    return ReferenceAgreement(estimate, per_item, values)
