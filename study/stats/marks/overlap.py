"""Overlap of what two sides name: precision, recall, F1 and IoU of tokens, spans, sets or attributes, from additive counts."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.agreement.totals import ratio
from study.stats.arrays import BoolArray, FloatArray, IntArray, check_equal_lengths, codes, numbers
from study.stats.claims import Claim, claimed_share
from study.stats.statistic import Statistic
from study.stats.units import Units
from study.tables import lookup

NOTHING_NAMED = "neither side names anything that the measure counts"

PartAndWhole = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
"""From counts of shape (..., 3) - named by both, by the first only, by the second only - to a part and its whole."""


def precision_parts(counts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what both name, and what the first names."""
    return counts[..., 0], counts[..., 0] + counts[..., 1]


def recall_parts(counts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what both name, and what the second names."""
    return counts[..., 0], counts[..., 0] + counts[..., 2]


def f1_parts(counts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return twice what both name, and the sum of what each names."""
    return 2 * counts[..., 0], 2 * counts[..., 0] + counts[..., 1] + counts[..., 2]


def iou_parts(counts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what both name, and what at least one names."""
    return counts[..., 0], np.asarray(counts.sum(axis=-1))


OVERLAP: dict[str, Statistic[PartAndWhole]] = {
    "precision": Statistic(precision_parts, "Precision", "van Rijsbergen 1979", (0, 1)),
    "recall": Statistic(recall_parts, "Recall", "van Rijsbergen 1979", (0, 1)),
    "f1": Statistic(f1_parts, "F1", "van Rijsbergen 1979; Dice 1945", (0, 1)),
    "iou": Statistic(iou_parts, "Intersection over union (IoU)", "Jaccard 1912", (0, 1)),
}
"""Measures of overlap; none is corrected for chance. F1 and IoU are the same when the sides are exchanged."""


def overlap_values(counts: ArrayLike, name: str) -> FloatArray:
    """Return a measure of overlap of each row of counts.

    Parameters
    ----------
    counts : array_like of shape (..., 3)
        Named by both, by the first only, by the second only: TP, FP, FN; or right, wrong, missing attributes.
    name : str
        Key of :data:`OVERLAP`.

    Returns
    -------
    ndarray of shape (...)
        From 0 to 1; nan where nothing is counted, such as the precision of a side that names nothing.

    Examples
    --------
    Keyphrases {a, b, c} against {b, c, d}; 8 attributes right, 2 wrong, 2 missing:

    >>> overlap_values([[2, 1, 1], [8, 2, 2]], "f1").round(3)
    array([0.667, 0.8  ])
    """
    return ratio(*lookup(OVERLAP, name, "measure of overlap").function(_checked(counts)))


def claimed_overlap(
    counts: ArrayLike, units: Units, name: str = "f1", *, confidence_level: float = 0.95
) -> Claim:
    """Return a measure of overlap of summed counts, with an interval over texts, raters or both.

    Parameters
    ----------
    counts : array_like of shape (n_rows, 3)
        As in :func:`overlap_values`; one row per text and pair of sides. Never one row per token: the tokens of a
        text depend on each other.
    units : Units
        Of the rows.
    name : str
        Key of :data:`OVERLAP`.
    confidence_level : float

    Returns
    -------
    Claim
        The interval is Wilson's at the effective number of rows. There is no P: the value by chance is not known.
    """
    part, whole = lookup(OVERLAP, name, "measure of overlap").function(_checked(counts))
    claim = claimed_share(part, whole, units, confidence_level=confidence_level, lacking=NOTHING_NAMED)
    return replace(claim, p_value=np.nan)


def _checked(counts: ArrayLike) -> FloatArray:
    given = numbers(counts, "counts", n_dimensions=np.ndim(counts))
    if given.ndim < 1 or given.shape[-1] != 3 or not (given >= 0).all():
        raise InvalidInput(f"counts of shape {given.shape}; allowed: (..., 3), numbers of 0 or more")
    return given


def member_counts(first: ArrayLike, second: ArrayLike, group: ArrayLike, n_groups: int) -> FloatArray:
    """Count what both sides name, the first only and the second only, by group.

    Parameters
    ----------
    first, second : array_like of bool, shape (n,)
        Whether each side names each thing: marks a token, chooses an option.
    group : array_like of int, shape (n,)
        The text, or the answer, of each thing; codes 0 to ``n_groups - 1``.
    n_groups : int

    Returns
    -------
    ndarray of shape (n_groups, 3)

    Examples
    --------
    >>> member_counts([True, True, False], [False, True, False], [0, 0, 0], 1)
    array([[1., 1., 0.]])
    """
    one, other = _marked(first, "first"), _marked(second, "second")
    place = codes(group, n_groups, "group")
    check_equal_lengths(first=len(one), second=len(other), group=len(place))
    return np.column_stack(
        [_count(place, named, n_groups) for named in (one & other, one & ~other, ~one & other)]
    )


def _marked(values: ArrayLike, what: str) -> BoolArray:
    given = np.asarray(values)
    if given.ndim != 1 or (given.size and given.dtype != np.bool_):
        raise InvalidInput(f"{what} is {given.dtype} of shape {given.shape}; allowed: bool in one dimension")
    return given.astype(bool)


def _count(group: IntArray, named: BoolArray, n_groups: int) -> FloatArray:
    return np.bincount(group[named], minlength=n_groups).astype(np.float64)
