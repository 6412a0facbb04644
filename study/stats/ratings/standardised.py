"""Ratings relative to each rater's own mean and spread."""

from dataclasses import dataclass, replace

import numpy as np

from study.stats.arrays import BoolArray, FloatArray
from study.stats.ratings.cells import Rated


@dataclass(frozen=True, slots=True)
class Standardised:
    """Ratings as z scores, made by :func:`standardised_ratings`.

    Attributes
    ----------
    ratings : Rated
        The ratings of raters who can be standardised; codes as before.
    n_single : int
        Raters left out because they rated once.
    n_constant : int
        Raters left out because all their ratings are equal.
    n_one_system : int
        Other raters left out because they saw one system only.
    reason : str, optional
        Why nothing is left.
    """

    ratings: Rated
    n_single: int
    n_constant: int
    n_one_system: int
    reason: str | None = None


def standardised_ratings(ratings: Rated) -> Standardised:
    """Return ratings less their rater's mean, in the rater's standard deviations (n - 1), over all of the rater's ratings.

    A rater who saw one system only has a mean of 0 for it whatever its quality: between raters who saw different systems
    the difference would vanish, so that these raters are left out. Means and deviations are taken as known. Not for
    agreement: levels and spreads of raters are part of what coefficients of absolute agreement measure.

    Parameters
    ----------
    ratings : Rated

    Returns
    -------
    Standardised

    Examples
    --------
    >>> from study.stats.ratings.cells import rated
    >>> between = rated([4, 5, 5, 1, 2, 2], [0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1], [0, 1, 2, 0, 1, 2], systems=["A", "B"])
    >>> found = standardised_ratings(between)
    >>> len(found.ratings.value), found.n_one_system
    (0, 2)
    """
    n_raters = int(ratings.rater.max(initial=-1)) + 1
    n = np.bincount(ratings.rater, minlength=n_raters)
    mean = np.bincount(ratings.rater, ratings.value, n_raters) / np.maximum(n, 1)
    centred = ratings.value - mean[ratings.rater]
    squares = np.bincount(ratings.rater, centred**2, n_raters)
    level = np.bincount(ratings.rater, np.abs(ratings.value), n_raters) / np.maximum(n, 1)
    deviation = np.sqrt(squares / np.maximum(n - 1, 1))
    single, constant = n == 1, (n > 1) & (deviation <= 1e-12 * np.maximum(level, 1))
    alone = _one_system(ratings, n_raters) & (n > 1) & ~constant
    kept = ~(single | constant | alone)
    there = kept[ratings.rater]
    scores = centred[there] / deviation[ratings.rater[there]]
    reason = None if there.any() else "no rater saw two systems and rated with any variation"
    return Standardised(
        _with_values(ratings, there, scores), int(single.sum()), int(constant.sum()), int(alone.sum()), reason
    )


def _with_values(ratings: Rated, there: BoolArray, values: FloatArray) -> Rated:
    return replace(
        ratings,
        value=values,
        system=ratings.system[there],
        rater=ratings.rater[there],
        item=ratings.item[there],
        units=ratings.units.of(there),
    )


def _one_system(ratings: Rated, n_raters: int) -> BoolArray:
    """Return whether each rater saw exactly one system."""
    seen = np.zeros((n_raters, ratings.n_systems), dtype=bool)
    seen[ratings.rater, ratings.system] = True
    return np.asarray(seen.sum(axis=1) == 1)
