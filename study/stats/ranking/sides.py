"""Whether preference and position can be separated: how the left side is distributed over the systems."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtri

from study.stats.arrays import BoolArray, FloatArray, check_equal_lengths, signs

MATERIAL = 0.01
"""R² of the left side on the systems up to which it cannot move any strength materially."""

BY_CHANCE = 0.95
"""Share of boards with coin-flip sides whose R² is smaller than that of a board called unbalanced."""

MOST_INFLATION = 5.0
"""Variance inflation of the left side's effect above which an adjusted order depends more on additivity than on data."""

ALIKE = 1e-9
"""With R² this close to 1, the systems determine the left side completely."""


@dataclass(frozen=True, slots=True)
class SideBalance:
    """How the left side is distributed over systems, made by :func:`side_balance`.

    With D the matrix of system differences, left minus right, one row per judgment, the effect of the left side is
    identified exactly if rank [D, 1] = rank D + 1.

    Attributes
    ----------
    left_share : ndarray of shape (n_systems,)
        Share of a system's judgments with the system on the left, from 0 to 1; nan where none has sides.
    r_squared : float
        The uncentred R² of the constant on D: 0 where each system was on the left as often as on the right against the
        others' mean, 1 where systems and side are the same; nan without sides.
    n_judgments : int
        Number of judgments with sides.
    n_pairs, n_both_ways : int
        Number of pairs of systems compared with sides, and of those seen in both orders.
    unbalanced : bool
        Whether R² is above :data:`MATERIAL` and above the value under coin flips in :data:`BY_CHANCE` of boards.
    one_way : bool
        Whether no pair was seen in both orders, although pairs were seen so often that coin flips would cause this in
        fewer than 1 - :data:`BY_CHANCE` of boards.
    """

    left_share: FloatArray
    r_squared: float
    n_judgments: int
    n_pairs: int
    n_both_ways: int
    unbalanced: bool
    one_way: bool

    @property
    def inflation(self) -> float:
        """Variance inflation of the left side's effect, 1 / (1 - R²); infinite if the effect is not identified."""
        return 1 / (1 - self.r_squared) if self.r_squared < 1 - ALIKE else np.inf

    @property
    def confounded(self) -> bool:
        """Whether preference and position cannot be separated.

        The effect is not identified; or no pair was seen in both orders, by more than chance or with an inflation
        above :data:`MOST_INFLATION`: then only the additivity of strengths separates them.
        """
        alone = self.one_way or (not self.n_both_ways and self.inflation > MOST_INFLATION)
        return bool(self.n_judgments and (np.isinf(self.inflation) or alone))

    @property
    def shaky(self) -> bool:
        """Whether the effect is identified, but mostly by additivity of strengths."""
        return bool(not self.confounded and self.inflation > MOST_INFLATION)


def side_balance(
    a: ArrayLike, b: ArrayLike, side: ArrayLike, n_systems: int, *, among: BoolArray | None = None
) -> SideBalance:
    """Return how the left side is distributed over the systems.

    Parameters
    ----------
    a, b : array_like of int, shape (n_judgments,)
        Systems, from 0.
    side : array_like of int, shape (n_judgments,)
        1 where a was on the left, -1 where b was, 0 without sides: such judgments are left out.
    n_systems : int
    among : ndarray of bool, shape (n_systems,), optional
        The fitted systems: R² and pairs refer to judgments between them.

    References
    ----------
    Davidson and Beaver 1977 (order effects); Belsley, Kuh and Welsch 1980 (variance inflation).

    Examples
    --------
    >>> found = side_balance([0, 1, 0], [1, 2, 2], [1, 1, 1], 3)
    >>> round(found.r_squared, 3), round(found.inflation), found.confounded
    (0.889, 9, True)
    """
    one, other, sides = np.asarray(a), np.asarray(b), signs(side)
    check_equal_lengths(a=len(one), b=len(other), side=len(sides))
    known = sides != 0
    left = np.where(sides > 0, one, other)[known]
    right = np.where(sides > 0, other, one)[known]
    on_left, on_right = (np.bincount(part, minlength=n_systems) for part in (left, right))
    seen = on_left + on_right
    share = np.divide(on_left, seen, out=np.full(n_systems, np.nan), where=seen > 0)
    if among is not None:
        kept = among[left] & among[right]
        left, right = left[kept], right[kept]
    table = np.bincount(left * n_systems + right, minlength=n_systems**2).reshape(n_systems, n_systems)
    r_squared, rank = _explained(table.astype(np.float64))
    pairs, both = np.triu(table + table.T) > 0, np.triu((table > 0) & (table.T > 0))
    n = int(table.sum())
    by_chance = float(chdtri(rank, 1 - BY_CHANCE)) if rank else np.inf
    unbalanced = bool(n) and r_squared > MATERIAL and n * r_squared > by_chance
    repeats = n - int(pairs.sum())  # each has the side of its pair's first judgment with probability one half
    one_way = bool(n) and not both.any() and 0.5**repeats <= 1 - BY_CHANCE
    return SideBalance(share, r_squared, n, int(pairs.sum()), int(both.sum()), bool(unbalanced), one_way)


def _explained(table: FloatArray) -> tuple[float, int]:
    """Return R² of the constant on the system differences, and their rank, from counts of (left, right)."""
    n = table.sum()
    if not n:
        return float("nan"), 0
    met = table + table.T
    products = np.diag(met.sum(axis=1)) - met
    lead = table.sum(axis=1) - table.sum(axis=0)
    sizes, directions = np.linalg.eigh(products)
    steep = sizes > ALIKE * sizes.max()
    along = directions[:, steep].T @ lead
    return min(1.0, float((along**2 / sizes[steep]).sum() / n)), int(steep.sum())
