"""Links of cumulative models, and log probabilities of levels with their derivatives."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from study.stats.arrays import FloatArray

Densities = tuple[FloatArray, FloatArray, FloatArray]
"""A density and its first two derivatives."""


@dataclass(frozen=True, slots=True)
class Link:
    """A distribution symmetric about 0, and how slopes per rater relate to slopes in the population.

    Attributes
    ----------
    label, source : str
    cumulative, quantile, densities : callable
    shrinkage : float
        Slopes per rater are about √(1 + ``shrinkage`` σ²) times those in the population.
    """

    label: str
    source: str
    cumulative: Callable[[FloatArray], FloatArray]
    quantile: Callable[[FloatArray], FloatArray]
    densities: Callable[[FloatArray], Densities]
    shrinkage: float


def logistic_densities(points: FloatArray) -> Densities:
    """Return the logistic density and its first two derivatives."""
    share = special.expit(points)
    density = share * special.expit(-points)
    return density, density * (1 - 2 * share), density * (1 - 6 * density)


def normal_densities(points: FloatArray) -> Densities:
    """Return the normal density and its first two derivatives."""
    at = np.clip(points, -40, 40)
    density = np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi)
    return density, -at * density, (at**2 - 1) * density


LINKS: dict[str, Link] = {
    "logit": Link(
        "Cumulative logit", "McCullagh 1980", special.expit, special.logit, logistic_densities,
        float((16 * np.sqrt(3) / (15 * np.pi)) ** 2),
    ),
    "probit": Link(
        "Cumulative probit", "McKelvey and Zavoina 1975", special.ndtr, special.ndtri, normal_densities, 1.0
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LevelChances:
    """Log probabilities of the levels between thresholds; arrays of shape (..., n_levels), from :func:`level_chances`.

    Attributes
    ----------
    log : ndarray
    upper, lower : tuple of ndarray
        The density at a level's upper threshold, and minus that at its lower one, relative to the level's probability;
        then the same of the density's derivatives.
    """

    log: FloatArray
    upper: tuple[FloatArray, ...]
    lower: tuple[FloatArray, ...]

    @property
    def by_shift(self) -> FloatArray:
        """The derivative by a shift of both thresholds."""
        return self.upper[0] + self.lower[0]

    @property
    def by_shift_twice(self) -> FloatArray:
        """The second derivative by a shift: below 0."""
        return self.upper[1] + self.lower[1] - self.by_shift**2

    @property
    def by_shift_thrice(self) -> FloatArray:
        """The third derivative by a shift."""
        first, second = self.by_shift, self.by_shift_twice
        return self.upper[2] + self.lower[2] - 3 * first * second - first**3


def level_chances(points: FloatArray, link: Link, order: int) -> LevelChances:
    """Return log probabilities of levels, with what their derivatives up to an order are made of.

    Parameters
    ----------
    points : ndarray of shape (..., n_levels - 1)
        Thresholds less the position on the scale, ascending.
    link : Link
    order : int
        0 to 3.
    """
    lower, upper = points[..., :-1], points[..., 1:]
    # On the right side both shares are near 1, so that their difference is that of the other tails.
    sign = np.where(lower > 0, -1.0, 1.0)
    middle = sign * (link.cumulative(sign * upper) - link.cumulative(sign * lower))
    ends = link.cumulative(points[..., :1]), link.cumulative(-points[..., -1:])
    chances = np.maximum(np.concatenate([ends[0], middle, ends[1]], axis=-1), 1e-300)
    none = np.zeros((*points.shape[:-1], 1))
    above, below = [], []
    for one in link.densities(points)[:order] if order else ():
        above.append(np.concatenate([one, none], axis=-1) / chances)
        below.append(np.concatenate([none, -one], axis=-1) / chances)
    return LevelChances(np.log(chances), tuple(above), tuple(below))
