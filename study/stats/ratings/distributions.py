"""How ratings are distributed: shares at each level, and the share of acceptable ones."""

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, numbers
from study.stats.claims import Claim, claimed_share
from study.stats.ratings.cells import Levels, Rated


def level_shares(levels: Levels) -> FloatArray:
    """Return the share of each level among a system's ratings, shape (n_systems, n_levels); nan without ratings.

    >>> from study.stats.ratings.cells import rated, rating_levels
    >>> found = rated([1, 2, 2, 3], [0, 0, 0, 0], [0, 1, 2, 3], [0, 0, 0, 0], systems=["A"])
    >>> level_shares(rating_levels(found, [1, 2, 3])).tolist()
    [[0.25, 0.5, 0.25]]
    """
    n = levels.counts.sum(axis=1, keepdims=True)
    shares = np.full(levels.counts.shape, np.nan)
    np.divide(levels.counts, n, out=shares, where=n > 0)
    return shares


def cumulative_shares(levels: Levels) -> FloatArray:
    """Return the share of ratings at or below each level, shape (n_systems, n_levels); nan without ratings."""
    return np.asarray(np.cumsum(level_shares(levels), axis=1))


def shares_at(ratings: Rated, points: ArrayLike) -> FloatArray:
    """Return the share of each system's ratings that are exactly at given points, shape (n_systems, n_points).

    Many ratings at 0, 50 or 100 of a slider are answers of raters who use it as buttons.

    Parameters
    ----------
    ratings : Rated
    points : array_like of shape (n_points,)
    """
    at = numbers(points, "points")
    n = np.bincount(ratings.system, minlength=ratings.n_systems)
    there = [np.bincount(ratings.system[ratings.value == one], minlength=ratings.n_systems) for one in at]
    counts = np.array(there, dtype=np.float64).reshape(len(at), ratings.n_systems).T
    shares = np.full(counts.shape, np.nan)
    np.divide(counts, n[:, None], out=shares, where=n[:, None] > 0)
    return shares


def acceptable_shares(
    ratings: Rated, threshold: float, *, null: float = 0.5, confidence_level: float = 0.95
) -> tuple[Claim, ...]:
    """Return the share of each system's ratings at or above a threshold, with a logit interval over its units.

    Where all ratings are on one side there is no variance, and the limits are the exact ones, each unit counted once.

    Parameters
    ----------
    ratings : Rated
    threshold : float
    null : float
        The null share of the test.
    confidence_level : float

    Returns
    -------
    tuple of Claim
        One per system; nan with a reason without ratings.
    """
    if not np.isfinite(threshold):
        raise InvalidInput(f"threshold {threshold}; allowed: a finite number on the scale")
    found = []
    for system in range(ratings.n_systems):
        own = ratings.system == system
        found.append(
            claimed_share(
                ratings.value[own] >= threshold,
                None,
                ratings.units.of(own),
                null=null,
                confidence_level=confidence_level,
                floor=False,
                limits="logit",
                lacking="no rating",
            )
        )
    return tuple(found)
