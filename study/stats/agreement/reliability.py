"""Reliability data: how many ratings of each value each unit has."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, IntArray, check_equal_lengths, codes, distinct_rows, numbers

MOST_CATEGORIES = 101


@dataclass(frozen=True, slots=True)
class ValueCounts:
    """How many ratings of each value a unit has; units with equal counts form one pattern.

    Attributes
    ----------
    counts : ndarray of shape (n_patterns, n_categories)
        Ratings of each value; only for units with at least two ratings.
    multiplicity : ndarray of shape (n_patterns,)
        Number of units with each pattern.
    values : ndarray of shape (n_categories,)
        The values of the scale, ascending.
    n_unpaired : int
        Units left out because fewer than two raters rated them.
    singles : ndarray of shape (n_categories,)
        Among these, the units rated once, by value: some coefficients use them for the shares of categories.
    exchangeable : tuple of int, optional
        Consecutive pairs of categories whose names are arbitrary in each unit, such as "output a" and "output b" of a
        comparison; all pairs are exchanged at once.
        Chance is then counted as if each unit occurred under both namings, so that agreement does not depend on which
        output is called a.
    """

    counts: IntArray
    multiplicity: IntArray
    values: FloatArray
    n_unpaired: int
    singles: IntArray
    exchangeable: tuple[int, ...] | None = None

    @property
    def n_units(self) -> int:
        """The number of units rated at least twice."""
        return int(self.multiplicity.sum())


def value_counts(ratings: ArrayLike, values: ArrayLike | None = None) -> ValueCounts:
    """Count the values of each unit in reliability data.

    Parameters
    ----------
    ratings : array_like of shape (n_raters, n_units)
        Ratings as numbers, nan where not rated.
    values : array_like of shape (n_categories,), optional
        The values of the scale, in any order; by default those that occur.

    Raises
    ------
    InvalidInput
        If a rating is infinite or not on the scale, or the scale has more than 101 values.
    """
    unit, _, category, scale = coded_ratings(ratings, values)
    return value_counts_of_codes(unit, category, np.shape(ratings)[1], scale)


def coded_ratings(
    ratings: ArrayLike, values: ArrayLike | None = None
) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Return unit, rater and category of each rating in reliability data, in the order of units, and the scale.

    Parameters and errors as in :func:`value_counts`.

    >>> coded_ratings([[1.0, np.nan], [5.0, 1.0]])
    (array([0, 0, 1]), array([0, 1, 1]), array([0, 1, 0]), array([1., 5.]))
    """
    data = numbers(ratings, "ratings", n_dimensions=2)
    unit, rater = np.nonzero(~np.isnan(data).T)
    given = data[rater, unit]
    scale = np.unique(given if values is None else numbers(values, "values"))
    category = np.searchsorted(scale, given)
    off_scale = given != scale[np.minimum(category, len(scale) - 1)] if len(scale) else given == given
    if off_scale.any():
        raise InvalidInput(f"rating {given[off_scale][0]:g}; allowed: {', '.join(f'{v:g}' for v in scale)}")
    return unit.astype(np.int64), rater.astype(np.int64), category.astype(np.int64), scale


def value_counts_of_codes(
    unit: ArrayLike,
    category: ArrayLike,
    n_units: int,
    values: ArrayLike,
    *,
    exchangeable: tuple[int, ...] | None = None,
) -> ValueCounts:
    """Count the values of each unit from one (unit, category) pair of codes per rating.

    Parameters
    ----------
    unit : array_like of int, shape (n_ratings,)
        Codes 0 to n_units - 1.
    category : array_like of int, shape (n_ratings,)
        Codes 0 to n_categories - 1, positions in ``values``.
    n_units : int
    values : array_like of shape (n_categories,)
        The values of the scale, ascending; ``range(n_categories)`` where only the order matters, or nothing.
    exchangeable : tuple of int, optional
        Positions in ``values`` of categories whose names are arbitrary in each unit, as consecutive pairs.

    Raises
    ------
    InvalidInput
        If a code is out of range, the values do not ascend, or there are more than 101.
    """
    scale = checked_scale(values)
    units, categories = codes(unit, n_units, "unit"), codes(category, len(scale), "category")
    check_equal_lengths(unit=len(units), category=len(categories))
    counts = np.bincount(units * len(scale) + categories, minlength=n_units * len(scale))
    counts = counts.reshape(n_units, len(scale))
    n_ratings = counts.sum(axis=1)
    paired = n_ratings >= 2
    patterns, multiplicity = distinct_rows(counts[paired])
    singles = counts[n_ratings == 1].sum(axis=0)
    return ValueCounts(patterns, multiplicity, scale, int(n_units - paired.sum()), singles, exchangeable)


def checked_scale(values: ArrayLike) -> FloatArray:
    """Return the values of a scale; raise InvalidInput unless they ascend and are at most 101."""
    scale = numbers(values, "values")
    if len(scale) > MOST_CATEGORIES or not np.all(np.diff(scale) > 0):
        raise InvalidInput(
            f"a scale of {len(scale)} values, {scale[:3]} ...; allowed: at most {MOST_CATEGORIES}, ascending"
        )
    return scale


def exchanged(n_categories: int, pairs: tuple[int, ...]) -> list[int]:
    """Return the categories in order, with the two of each consecutive pair exchanged.

    >>> exchanged(3, (0, 2))
    [2, 1, 0]
    >>> exchanged(5, (0, 4, 1, 3))
    [4, 3, 2, 1, 0]
    """
    renamed = list(range(n_categories))
    for one, other in zip(pairs[::2], pairs[1::2], strict=True):
        renamed[one], renamed[other] = other, one
    return renamed
