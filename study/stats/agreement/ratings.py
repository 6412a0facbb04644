"""Ratings with their raters, for comparisons between raters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.agreement.reliability import checked_scale, coded_ratings
from study.stats.arrays import FloatArray, IntArray, check_equal_lengths, codes


@dataclass(frozen=True, slots=True)
class Ratings:
    """Each rater's category for each unit, from :func:`ratings_of_codes`; one element per rating, in the order of units.

    Attributes
    ----------
    unit, rater, category : ndarray of int64, shape (n_ratings,)
        Codes; a rater rates a unit at most once.
    n_units, n_raters : int
        Including units and raters without a rating.
    values : ndarray of shape (n_categories,)
        The values of the scale, ascending.
    exchangeable : tuple of int, optional
        Categories whose names are arbitrary in each unit, as consecutive pairs; see
        :class:`study.stats.agreement.reliability.ValueCounts`.
    """

    unit: IntArray
    rater: IntArray
    category: IntArray
    n_units: int
    n_raters: int
    values: FloatArray
    exchangeable: tuple[int, ...] | None = None

    @property
    def n_categories(self) -> int:
        """The number of values of the scale."""
        return len(self.values)


def ratings_of_codes(
    unit: ArrayLike,
    rater: ArrayLike,
    category: ArrayLike,
    n_units: int,
    n_raters: int,
    values: ArrayLike,
    *,
    exchangeable: tuple[int, ...] | None = None,
) -> Ratings:
    """Return checked ratings from codes, one of each per rating.

    Parameters
    ----------
    unit, rater, category : array_like of int, shape (n_ratings,)
        Codes from 0; categories are positions in ``values``.
    n_units, n_raters : int
    values : array_like of shape (n_categories,)
        The values of the scale, ascending; ``range(n_categories)`` where only the order matters, or nothing.
    exchangeable : tuple of int, optional

    Raises
    ------
    InvalidInput
        If a code is out of range, lengths differ, or a rater rated a unit twice.

    Examples
    --------
    >>> ratings_of_codes([0, 0], [1, 1], [0, 2], 1, 2, range(3))
    Traceback (most recent call last):
    study.errors.InvalidInput: rater 1 rated unit 0 twice; allowed: once (repeats are for consistency)
    """
    scale = checked_scale(values)
    units, raters = codes(unit, n_units, "unit"), codes(rater, n_raters, "rater")
    categories = codes(category, len(scale), "category")
    check_equal_lengths(unit=len(units), rater=len(raters), category=len(categories))
    cell = units * n_raters + raters
    order = np.argsort(cell, kind="stable")
    twice = np.flatnonzero(np.diff(cell[order]) == 0)
    if twice.size:
        position = order[twice[0]]
        raise InvalidInput(
            f"rater {raters[position]} rated unit {units[position]} twice; "
            "allowed: once (repeats are for consistency)"
        )
    return Ratings(units[order], raters[order], categories[order], n_units, n_raters, scale, exchangeable)


def ratings_of_matrix(
    ratings: ArrayLike, values: ArrayLike | None = None, *, exchangeable: tuple[int, ...] | None = None
) -> Ratings:
    """Return ratings from reliability data.

    Parameters
    ----------
    ratings : array_like of shape (n_raters, n_units)
        Ratings as numbers, nan where not rated.
    values : array_like of shape (n_categories,), optional
        The values of the scale; by default those that occur.
    exchangeable : tuple of int, optional
        Positions in ``values``.
    """
    unit, rater, category, scale = coded_ratings(ratings, values)
    n_raters, n_units = np.shape(ratings)
    return ratings_of_codes(unit, rater, category, n_units, n_raters, scale, exchangeable=exchangeable)


def unit_counts(ratings: Ratings) -> IntArray:
    """Return how many ratings of each category each unit got, shape (n_units, n_categories)."""
    q = ratings.n_categories
    counts = np.bincount(ratings.unit * q + ratings.category, minlength=ratings.n_units * q)
    return counts.reshape(ratings.n_units, q)
