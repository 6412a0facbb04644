"""Labels of items by raters, as codes, and the symmetry of pairwise labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import BoolArray, FloatArray, IntArray, check_equal_lengths, codes, listing

PAIRWISE = ("a", "tie", "b", "both bad")
"""The labels of a pairwise judgment. Swapping the names of the outputs swaps a and b only."""

_EXCHANGED = {"a": "b", "b": "a"}


@dataclass(frozen=True, slots=True)
class Labels:
    """One label per entry, made by :func:`labels` or :func:`pairwise_labels`.

    Attributes
    ----------
    item, rater, label : ndarray of int64, shape (n_labels,)
        A rater may label an item more than once; each label counts.
    n_items, n_raters : int
    categories : tuple of str
        The names of the labels.
    mirror : ndarray of int64, shape (n_categories,), optional
        What each label becomes when the names of the two outputs are swapped; None if labels have no sides.
    a_left : ndarray of bool, shape (n_labels,), optional
        Whether output a was on the left; only with a mirror.
    """

    item: IntArray
    rater: IntArray
    label: IntArray
    n_items: int
    n_raters: int
    categories: tuple[str, ...]
    mirror: IntArray | None = None
    a_left: BoolArray | None = None

    @property
    def n_categories(self) -> int:
        """The number of possible labels."""
        return len(self.categories)


def labels(
    item: ArrayLike,
    rater: ArrayLike,
    label: ArrayLike,
    *,
    n_items: int,
    n_raters: int,
    categories: Sequence[str],
) -> Labels:
    """Return checked labels without sides.

    Parameters
    ----------
    item, rater, label : array_like of int, shape (n_labels,)
        Codes from 0; the label is a position in ``categories``.
    n_items, n_raters : int
    categories : sequence of str
        At least two names, each once.

    Raises
    ------
    InvalidInput
        If lengths differ, a code is out of range, or the categories are fewer than two or not distinct.

    Examples
    --------
    >>> labels([0], [0], [2], n_items=1, n_raters=1, categories=("good", "bad"))
    Traceback (most recent call last):
    study.errors.InvalidInput: label code 2 at position 0; allowed: 0 to 1
    """
    names = tuple(categories)
    if len(names) < 2 or len(set(names)) < len(names):
        raise InvalidInput(f"categories {names}; allowed: at least two, each name once")
    items, raters = codes(item, n_items, "item"), codes(rater, n_raters, "rater")
    given = codes(label, len(names), "label")
    check_equal_lengths(item=len(items), rater=len(raters), label=len(given))
    return Labels(items, raters, given, n_items, n_raters, names)


def pairwise_labels(
    item: ArrayLike,
    rater: ArrayLike,
    label: ArrayLike,
    *,
    n_items: int,
    n_raters: int,
    categories: Sequence[str] = PAIRWISE[:3],
    a_left: ArrayLike | None = None,
) -> Labels:
    """Return checked labels of comparisons of an output a with an output b.

    Parameters
    ----------
    item, rater, label : array_like of int, shape (n_labels,)
        The item is the comparison; the label is a position in ``categories``.
    n_items, n_raters : int
    categories : sequence of str
        Those of :data:`PAIRWISE` that raters could choose; always including "a" and "b".
    a_left : array_like of bool, shape (n_labels,), optional
        Whether output a was on the left. If given, raters may prefer a side; if not, they are assumed not to.

    Raises
    ------
    InvalidInput
        As in :func:`labels`, or if a category is not one of :data:`PAIRWISE`, or a or b is not among them.
    """
    names = tuple(categories)
    if not {"a", "b"} <= set(names) <= set(PAIRWISE):
        raise InvalidInput(f"categories {names}; allowed: a and b, and of {listing(PAIRWISE, 4)}")
    plain = labels(item, rater, label, n_items=n_items, n_raters=n_raters, categories=names)
    mirror = np.array([names.index(_EXCHANGED.get(name, name)) for name in names], dtype=np.int64)
    left = None if a_left is None else _checked_sides(a_left, len(plain.item))
    return Labels(plain.item, plain.rater, plain.label, n_items, n_raters, names, mirror, left)


def vote_counts(given: Labels) -> FloatArray:
    """Return how often each item got each label, shape (n_items, n_categories)."""
    cell = given.item * given.n_categories + given.label
    counts = np.bincount(cell, minlength=given.n_items * given.n_categories)
    return counts.reshape(given.n_items, given.n_categories).astype(np.float64)


def uninformative_reason(given: Labels) -> str | None:
    """Return why these labels cannot tell raters apart, or None if they can.

    A rater model learns about raters only from items that two raters labelled.
    """
    if not len(given.item):
        return "no label"
    if (given.rater == given.rater[0]).all():
        return "1 rater: nobody to compare with"
    some_rater = np.zeros(given.n_items, dtype=np.int64)
    some_rater[given.item] = given.rater
    if (some_rater[given.item] == given.rater).all():
        return "no item was labelled by two raters"
    if (given.label == given.label[0]).all():
        return "all labels are equal: without variation right and wrong cannot be told apart"
    return None


def _checked_sides(a_left: ArrayLike, n_labels: int) -> BoolArray:
    sides = np.asarray(a_left)
    if sides.dtype != np.bool_ or sides.ndim != 1:
        raise InvalidInput(
            f"a_left is {sides.dtype} of shape {sides.shape}; allowed: true or false per label"
        )
    check_equal_lengths(label=n_labels, a_left=len(sides))
    return sides
