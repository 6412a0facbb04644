"""Cumulative models of ordered levels: what is fitted, what cannot be, and the result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, IntArray, numbers
from study.stats.ratings.cells import Levels, Rated, rating_levels
from study.stats.ratings.links import Link
from study.stats.resampling import Estimate, check_confidence_level, normal_quantile

ONE_LEVEL = "all ratings are of one level"
ONE_SYSTEM = "fewer than two systems with ratings away from one end of the scale"
SAME_COLUMNS = "the columns of the design matrix are linearly dependent, so the slopes cannot be estimated"
NO_OVERLAP = "ratings of some groups do not overlap: the slope has no finite estimate"

NO_BOUND = "no finite maximum: levels differ so much that ratings hardly vary beside them"
MOST_DEVIATION = 20.0
"""A standard deviation of levels above this, in logits, means that it has no finite estimate."""


@dataclass(frozen=True, slots=True)
class OrdinalData:
    """Ratings as they are fitted, made by :func:`ordinal_data`.

    Attributes
    ----------
    ratings : Rated
        Without systems that have no finite position.
    code : ndarray of int64, shape (n_ratings,)
        The level of each rating, unused levels left out.
    counts : ndarray of shape (n_systems, n_levels)
    scale : ndarray of shape (n_levels,)
        The levels in use.
    unused : tuple of float
        Levels of the scale that nobody used.
    design : ndarray of shape (n_systems, n_slopes)
    names : tuple of str
        The name of each slope.
    left_out : dict of str to str
        Systems without a finite position, and why.
    reason : str, optional
        Why nothing can be fitted.
    """

    ratings: Rated
    code: IntArray
    counts: FloatArray
    scale: FloatArray
    unused: tuple[float, ...]
    design: FloatArray
    names: tuple[str, ...]
    left_out: Mapping[str, str]
    reason: str | None

    @property
    def n_thresholds(self) -> int:
        """One less than the levels in use."""
        return max(len(self.scale) - 1, 0)


@dataclass(frozen=True, slots=True)
class OrdinalModel:
    """A fitted cumulative model: P(rating at or below level k) = F(threshold_k - position).

    Attributes
    ----------
    link : Link
    question : str
        Which question the slopes answer.
    thresholds : ndarray of shape (n_levels - 1,)
    slopes : ndarray of shape (n_slopes,)
        A higher slope means higher ratings.
    names : tuple of str
    covariance : ndarray of shape (n_parameters, n_parameters)
        Of thresholds, then slopes, then standard deviations; from the model.
    deviations : dict of str to float
        The standard deviation of raters, or of raters and items.
    log_likelihood : float
    data : OrdinalData
    reason : str, optional
        Why values are nan, or what to know about the fit.
    """

    link: Link
    question: str
    thresholds: FloatArray
    slopes: FloatArray
    names: tuple[str, ...]
    covariance: FloatArray
    deviations: Mapping[str, float]
    log_likelihood: float
    data: OrdinalData
    reason: str | None = None
    method: str = field(default="")

    def errors(self) -> FloatArray:
        """Return the standard errors of the slopes from the model."""
        n = len(self.thresholds)
        return np.asarray(np.sqrt(np.diag(self.covariance)[n : n + len(self.slopes)]))

    def estimates(self, confidence_level: float = 0.95) -> tuple[Estimate, ...]:
        """Return the slopes with normal intervals from the model."""
        return self.contrasts(np.eye(len(self.slopes)), confidence_level)

    def contrasts(self, weights: FloatArray, confidence_level: float = 0.95) -> tuple[Estimate, ...]:
        """Return weighted sums of the slopes, weights of shape (n_contrasts, n_slopes), with normal intervals."""
        check_confidence_level(confidence_level)
        n, k = len(self.thresholds), len(self.slopes)
        values = weights @ self.slopes
        variance = ((weights @ self.covariance[n : n + k, n : n + k]) * weights).sum(axis=1)
        half = normal_quantile(confidence_level) * np.sqrt(variance)
        units = self.data.ratings.units.fewest
        return tuple(
            Estimate(
                value, value - width, value + width, confidence_level, units, 0, self.method, self.reason
            )
            for value, width in zip(values.tolist(), half.tolist(), strict=True)
        )

    def p_values(self) -> FloatArray:
        """Return the two-sided P of the slopes against 0, by the normal distribution."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(2 * special.ndtr(-np.abs(self.slopes / self.errors())))


def ordinal_data(
    ratings: Rated, scale: ArrayLike, design: ArrayLike | None = None, names: Sequence[str] | None = None
) -> OrdinalData:
    """Return ratings as a cumulative model fits them.

    Levels that nobody used are left out, since their threshold has no finite estimate, and so are systems that were
    always rated at one end of the scale.

    Parameters
    ----------
    ratings : Rated
    scale : array_like of shape (n_levels,)
        Ascending.
    design : array_like of shape (n_systems, n_slopes), optional
        The regressors of each system; by default each system against the first one that is fitted.
    names : sequence of str, optional
        One per regressor; required with a design.

    Raises
    ------
    InvalidInput
        If a rating is not on the scale, or the design does not have a row per system and a name per column.
    """
    levels = rating_levels(ratings, scale)
    kept, left_out = np.arange(ratings.n_systems), dict[str, str]()
    if design is None:
        kept, left_out = _with_finite_position(levels, ratings.systems)
    own = ratings if len(kept) == ratings.n_systems else ratings.of_systems(kept)
    counts = levels.counts[kept]
    used = np.flatnonzero(counts.sum(axis=0))
    place = np.zeros(len(levels.scale), dtype=np.int64)
    place[used] = np.arange(len(used))
    code = place[rating_levels(own, scale).code]
    columns, labels = _design(own, design, names)
    unused = tuple(np.delete(levels.scale, np.flatnonzero(levels.counts.sum(axis=0))).tolist())
    fitted = counts[:, used].astype(np.float64)
    reason = ONE_SYSTEM if len(kept) < 2 <= len(left_out) + len(kept) else _why_not(fitted, columns)
    return OrdinalData(own, code, fitted, levels.scale[used], unused, columns, labels, left_out, reason)


def undefined_model(data: OrdinalData, link: Link, question: str, reason: str) -> OrdinalModel:
    """Return a model without values, and why."""
    k, p = data.n_thresholds, data.design.shape[1]
    return OrdinalModel(
        link,
        question,
        np.full(k, np.nan),
        np.full(p, np.nan),
        data.names,
        np.full((k + p, k + p), np.nan),
        {},
        np.nan,
        data,
        reason,
    )


def _with_finite_position(levels: Levels, systems: Sequence[str]) -> tuple[IntArray, dict[str, str]]:
    """Return the systems with a finite position, and why the others have none."""
    kept, left_out = np.arange(len(systems)), dict[str, str]()
    while len(kept):
        counts = levels.counts[kept]
        used = np.flatnonzero(counts.sum(axis=0))
        if len(used) < 2:
            break
        n = counts.sum(axis=1)
        at_end = {"lowest": counts[:, used[0]] == n, "highest": counts[:, used[-1]] == n}
        for end, there in at_end.items():
            for system in kept[there & (n > 0)]:
                left_out[systems[system]] = (
                    f"always rated at the {end} level in use: its position has no finite estimate"
                )
        for system in kept[n == 0]:
            left_out[systems[system]] = "no rating"
        inside = ~(at_end["lowest"] | at_end["highest"])
        if inside.all():
            break
        kept = kept[inside]
    return kept, left_out


def _design(
    ratings: Rated, design: ArrayLike | None, names: Sequence[str] | None
) -> tuple[FloatArray, tuple[str, ...]]:
    if design is None:
        return np.eye(ratings.n_systems)[:, 1:], ratings.systems[1:]
    columns = numbers(design, "design", n_dimensions=2)
    if len(columns) != ratings.n_systems or names is None or len(names) != columns.shape[1]:
        allowed = f"{ratings.n_systems} rows, one per system, and a name per column"
        raise InvalidInput(f"design of shape {columns.shape} with names {names}; allowed: {allowed}")
    return columns, tuple(names)


def _why_not(counts: FloatArray, design: FloatArray) -> str | None:
    if counts.shape[1] < 2:
        return ONE_LEVEL if counts.sum() else "no rating"
    if (counts.sum(axis=1) > 0).sum() < 2:
        return ONE_SYSTEM
    there = design[counts.sum(axis=1) > 0]
    full = np.column_stack([np.ones(len(there)), there])
    return SAME_COLUMNS if np.linalg.matrix_rank(full) < full.shape[1] else None
