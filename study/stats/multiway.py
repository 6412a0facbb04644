"""Variances of estimates whose judgments belong to units of one, two or three kinds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

import numpy as np
from numpy.typing import ArrayLike

from study.stats.arrays import FloatArray, IntArray, check_equal_lengths, compact
from study.stats.units import Units

SAME = 1e-9
"""Relative difference below which variances are the same: kinds with the same units differ by rounding only."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Variances of contrasts over units, made by :func:`spread`; all arrays are of shape (n_contrasts,).

    Attributes
    ----------
    variance : ndarray
        The variance for intervals and tests; nan if a kind has fewer than two units.
    degrees_of_freedom : ndarray
        Satterthwaite's, at least one less than the fewest units; a variance floor does not raise them.
    share_freedom : ndarray
        Those for Wilson's interval of a share: kinds whose own variance is below that of the cells cost none. With
        the others, intervals of shares would cover the truth in up to 98.5% of studies with 5 profiles that do not
        differ.
    combined : ndarray
        Inclusion and exclusion over the kinds (V3 for two kinds); may be negative.
    ways : dict of tuple of str to ndarray
        The variance over the units of each kind, ("rater",), and over the cells of several, ("rater", "profile").
    plain : ndarray
        s² / n over judgments: a lower bound of the variance, unless switched off.
    """

    variance: FloatArray
    degrees_of_freedom: FloatArray
    share_freedom: FloatArray
    combined: FloatArray
    ways: Mapping[tuple[str, ...], FloatArray]
    plain: FloatArray

    @property
    def standard_error(self) -> FloatArray:
        """The square root of the variance."""
        return np.asarray(np.sqrt(self.variance))

    def at(self, place: int) -> "Spread":
        """Return the variances of a single contrast."""
        return Spread(
            self.variance[[place]],
            self.degrees_of_freedom[[place]],
            self.share_freedom[[place]],
            self.combined[[place]],
            {subset: one[[place]] for subset, one in self.ways.items()},
            self.plain[[place]],
        )


def spread(
    influence: FloatArray,
    units: Units,
    *,
    floor: bool | None = None,
    counts: Mapping[str, ArrayLike] | None = None,
) -> Spread:
    """Return the variances of contrasts whose judgments belong to units of one, two or three kinds.

    The largest of the variances over every set of the kinds, contrast by contrast: for two kinds that of V3
    (inclusion and exclusion) and of each kind's own. V3 alone is too small with few units, and may be negative.
    Degrees of freedom are Satterthwaite's as in a two-way analysis of variance. With one kind it is the plain
    clustered variance and n - 1.

    Parameters
    ----------
    influence : ndarray of shape (n_judgments,) or (n_judgments, n_contrasts)
        The influence of each judgment on each estimate, summing to 0 over judgments: (y - p) / n for a mean.
    units : Units
    floor : bool, optional
        Whether every variance is at least s² / n over judgments; by default unless the user named the units.
    counts : mapping of str to array_like of int, shape (n_contrasts,), optional
        Per kind, the number of units behind each contrast, for its degrees of freedom; by default all of them.

    References
    ----------
    Cameron, Gelbach and Miller 2011 (several ways); MacKinnon, Nielsen and Webb 2024 (the largest one); Satterthwaite 1946.

    Examples
    --------
    >>> from study.stats.units import units_of
    >>> y = np.array([1, 0, 1, 1, 0, 1.0])
    >>> found = spread((y - y.mean()) / 6, units_of({"rater": [0, 0, 1, 1, 2, 2]}, asked=True), floor=True)
    >>> round(float(found.variance[0]), 5), found.degrees_of_freedom
    (0.04444, array([2.]))
    """
    moves = _columns(influence, units)
    plain = _clustered(moves**2, len(moves))
    ways = {
        subset: _clustered(_sums(moves, cell, n) ** 2, n)
        for subset, (cell, n) in cells_of_kinds(units).items()
    }
    return spread_of_ways(ways, units, plain=plain, floor=floor, counts=counts)


def spread_of_ways(
    ways: Mapping[tuple[str, ...], FloatArray],
    units: Units,
    *,
    plain: FloatArray,
    floor: bool | None = None,
    counts: Mapping[str, ArrayLike] | None = None,
) -> Spread:
    """Return the variances of contrasts from those over the units of each kind, and over the cells of several.

    Parameters
    ----------
    ways : mapping of tuple of str to ndarray of shape (n_contrasts,)
        A variance per set of the kinds of the units.
    units : Units
    plain : ndarray of shape (n_contrasts,)
        s² / n over judgments.
    floor, counts
        As in :func:`spread`.
    """
    nothing = np.full(len(plain), np.nan)
    if not ways:
        return Spread(nothing, nothing, nothing, nothing, ways, plain)
    of_kinds = {subset: _inclusion_exclusion(subset, ways) for subset in ways}
    combined, largest = of_kinds[units.kinds], np.max(list(of_kinds.values()), axis=0)
    bounded = not units.asked if floor is None else floor
    variance = np.maximum(largest, plain) if bounded else largest
    cells = ways[units.kinds]
    telling = {
        subset: np.where((one > cells * (1 + SAME)) | (subset == units.kinds), one, 0.0)
        for subset, one in ways.items()
    }
    every = dict(zip(units.kinds, units.counts, strict=True)) if counts is None else counts
    known = {kind: np.broadcast_to(np.asarray(every[kind]), len(largest)) for kind in units.kinds}
    freedom, share_freedom = (_satterthwaite(largest, parts, known) for parts in (ways, telling))
    return Spread(variance, freedom, share_freedom, combined, ways, plain)


def _inclusion_exclusion(kinds: tuple[str, ...], ways: Mapping[tuple[str, ...], FloatArray]) -> FloatArray:
    """Return the alternating sum of variances over every subset of some kinds, even subsets negative."""
    inside = [subset for subset in ways if set(subset) <= set(kinds)]
    return np.asarray(np.sum([ways[one] if len(one) % 2 else -ways[one] for one in inside], axis=0))


def _satterthwaite(
    variance: FloatArray, ways: Mapping[tuple[str, ...], FloatArray], count: Mapping[str, IntArray]
) -> FloatArray:
    """Return degrees of freedom of variances from their parts, at least one less than the fewest units."""
    fewest = np.min(list(count.values()), axis=0)
    parts = [one**2 / np.maximum(prod(count[kind] - 1 for kind in subset), 1) for subset, one in ways.items()]
    least, total = fewest - 1.0, np.sum(parts, axis=0)
    found = np.maximum(np.divide(variance**2, total, out=least.copy(), where=total > 0), least)
    return np.where(fewest < 2, np.nan, found)


def own_spread(influence: FloatArray, units: Units, own: Sequence[Units]) -> Spread:
    """Return the variances of contrasts with different units each, such as those of one system's judgments.

    Each contrast uses the kinds that its own units keep, with degrees of freedom from their numbers; all judgments
    count for the variance, because a fitted effect affects them all.

    Parameters
    ----------
    influence : ndarray of shape (n_judgments, n_contrasts)
    units : Units
        The units of all judgments.
    own : sequence of Units
        One per contrast.
    """
    moves = _columns(influence, units)
    nothing = np.full(moves.shape[1], np.nan)
    variance, freedom, share_freedom = nothing.copy(), nothing.copy(), nothing.copy()
    for kinds in dict.fromkeys(one.kinds for one in own):
        place = np.array([at for at, one in enumerate(own) if one.kinds == kinds])
        counts = {
            kind: np.array([own[at].counts[number] for at in place]) for number, kind in enumerate(kinds)
        }
        found = spread(moves[:, place], units.only(kinds), counts=counts)
        variance[place], freedom[place] = found.variance, found.degrees_of_freedom
        share_freedom[place] = found.share_freedom
    return Spread(variance, freedom, share_freedom, nothing, {}, _clustered(moves**2, len(moves)))


@dataclass(frozen=True, slots=True)
class JointSpread:
    """A covariance matrix of several contrasts, for joint tests; made by :func:`joint_spread`.

    Attributes
    ----------
    covariance : ndarray of shape (n_contrasts, n_contrasts)
        Positive semidefinite.
    degrees_of_freedom : float
        Those of the matrix as a whole, at least 1.
    summed : bool
        Whether the matrices of the kinds were added because inclusion and exclusion was not positive semidefinite.
    """

    covariance: FloatArray
    degrees_of_freedom: float
    summed: bool


def joint_spread(influence: FloatArray, units: Units) -> JointSpread:
    """Return a covariance matrix of contrasts that can be inverted, or drawn from, for joint tests.

    Inclusion and exclusion over the kinds if that is positive semidefinite; otherwise the sum of the matrices of the
    kinds, which always is, and which is never too small: it counts shared variance twice.

    Parameters
    ----------
    influence : ndarray of shape (n_judgments, n_contrasts)
    units : Units

    References
    ----------
    Cameron, Gelbach and Miller 2011; Pan and Wall 2002 (degrees of freedom of a matrix, by moments).
    """
    moves = _columns(influence, units)
    ways = {}
    for subset, (cell, n) in cells_of_kinds(units).items():
        sums = _sums(moves, cell, n)
        ways[subset] = sums.T @ sums * (n / (n - 1) if n > 1 else np.nan)
    return joint_of_ways(ways, units, moves.shape[1])


def joint_of_ways(ways: Mapping[tuple[str, ...], FloatArray], units: Units, k: int) -> JointSpread:
    """Return the covariance matrix of ``k`` contrasts from those over the units of each kind, and over the cells of several."""
    if not ways or np.isnan(list(ways.values())).any():
        return JointSpread(np.full((k, k), np.nan), np.nan, False)
    matrix = _inclusion_exclusion(units.kinds, ways)
    values = np.linalg.eigvalsh(matrix)
    summed = bool(values.min(initial=0.0) < -1e-9 * max(values.max(initial=0.0), 0.0))
    if summed:
        matrix = np.sum([one for subset, one in ways.items() if len(subset) == 1], axis=0)
    count = dict(zip(units.kinds, units.counts, strict=True))
    parts = [_moments(one) / prod(count[kind] - 1 for kind in subset) for subset, one in ways.items()]
    total = sum(parts)
    freedom = max(1.0, _moments(matrix) / total) if total > 0 else float(max(units.fewest - 1, 1))
    return JointSpread(np.asarray(matrix), freedom, summed)


def _moments(matrix: FloatArray) -> float:
    """Return the sum of squared entries of a covariance matrix and its squared trace: variance of a Wishart's."""
    return float((matrix**2).sum() + np.trace(matrix) ** 2)


def _columns(influence: FloatArray, units: Units) -> FloatArray:
    moves = np.asarray(influence, dtype=np.float64)
    moves = moves[:, None] if moves.ndim == 1 else moves
    check_equal_lengths(influence=len(moves), units=len(units))
    return moves


def cells_of_kinds(units: Units) -> dict[tuple[str, ...], tuple[IntArray, int]]:
    """Return, for each kind and each set of kinds, the cell of each judgment and the number of cells."""
    found: dict[tuple[str, ...], tuple[IntArray, int]] = {}
    of_kind = dict(zip(units.kinds, zip(units.codes, units.counts, strict=True), strict=True))
    for size in range(1, len(units.kinds) + 1):
        for subset in combinations(units.kinds, size):
            cell, n = found[subset[:-1]] if size > 1 else of_kind[subset[0]]
            if size > 1:
                code, n_codes = of_kind[subset[-1]]
                first, cell = compact(cell * n_codes + code, n * n_codes)
                n = len(first)
            found[subset] = cell, n
    return found


def _sums(moves: FloatArray, cell: IntArray, n_cells: int) -> FloatArray:
    """Return the sums of columns per cell, shape (n_cells, n_contrasts). Every clustered P value uses this function."""
    return np.column_stack([np.bincount(cell, column, n_cells) for column in moves.T])


def _clustered(squares: FloatArray, n: int) -> FloatArray:
    """Return the variance over n units from the squares of their sums; nan with fewer than two."""
    if n < 2:
        return np.full(squares.shape[1], np.nan)
    return np.asarray(n / (n - 1) * squares.sum(axis=0))
