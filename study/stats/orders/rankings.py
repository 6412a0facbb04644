"""Rankings of several systems, with ties and systems that were left below all ranked ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import BoolArray, FloatArray, IntArray, check_equal_lengths, codes, numbers, row_codes

REST = 0
"""The group of systems that were offered and left below all ranked ones, without an order among them."""


@dataclass(frozen=True, slots=True)
class Rankings:
    """Rankings, made by :func:`rankings` or :func:`rankings_of_codes`; equal rankings have equal rows.

    Attributes
    ----------
    system : ndarray of int64, shape (n_rankings, longest)
        The systems of each ranking, best first, then those of the rest; -1 beyond the last.
    group : ndarray of int64, shape (n_rankings, longest)
        Tie groups from 1, best first; :data:`REST` for the rest; -1 beyond the last.
    systems : tuple of str
    """

    system: IntArray
    group: IntArray
    systems: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of rankings."""
        return len(self.system)

    def entries(self) -> tuple[IntArray, IntArray, IntArray]:
        """Return ranking, system and group of each place, in the order of rankings."""
        ranking, place = np.nonzero(self.system >= 0)
        return ranking.astype(np.int64), self.system[ranking, place], self.group[ranking, place]


def rankings(ranks: ArrayLike, systems: Sequence[str], *, offered: ArrayLike | None = None) -> Rankings:
    """Return checked rankings from a matrix of ranks.

    Parameters
    ----------
    ranks : array_like of shape (n_rankings, n_systems)
        The lower the better, equal where tied, nan where not ranked. Only the order counts.
    systems : sequence of str
        Names, each once.
    offered : array_like of bool, shape (n_rankings, n_systems), optional
        Systems without a rank that were offered: they are below all ranked ones. By default a system without a rank
        was absent.

    Raises
    ------
    InvalidInput
        If a shape does not fit or a rank is infinite.

    Examples
    --------
    >>> ranked = rankings([[2, 1, 3], [1, 1, np.nan]], ["A", "B", "C"])
    >>> ranked.system.tolist(), ranked.group.tolist()
    ([[1, 0, 2], [0, 1, -1]], [[1, 2, 3], [1, 1, -1]])
    """
    data = numbers(ranks, "ranks", n_dimensions=2)
    shown = ~np.isnan(data)
    if offered is not None:
        also = np.asarray(offered)
        if also.shape != data.shape or also.dtype != np.bool_:
            raise InvalidInput(
                f"offered is {also.dtype} of shape {also.shape}; allowed: bool of {data.shape}"
            )
        shown |= also
    if data.shape[1] != len(systems):
        raise InvalidInput(
            f"ranks of {data.shape[1]} systems; allowed: one column for each of {len(systems)}"
        )
    ranking, system = np.nonzero(shown)
    return rankings_of_codes(ranking, system, data[ranking, system], systems, n_rankings=len(data))


def rankings_of_codes(
    ranking: ArrayLike, system: ArrayLike, rank: ArrayLike, systems: Sequence[str], *, n_rankings: int
) -> Rankings:
    """Return checked rankings from one row per ranked system.

    Parameters
    ----------
    ranking, system : array_like of int, shape (n_rows,)
        Codes from 0; a ranking names a system at most once.
    rank : array_like of shape (n_rows,)
        The lower the better, equal where tied, nan if offered and left below all ranked ones.
    systems : sequence of str
    n_rankings : int

    Raises
    ------
    InvalidInput
        If a code is out of range, lengths differ, or a ranking names a system twice.

    Examples
    --------
    >>> rankings_of_codes([0, 0], [1, 1], [1, 2], ["A", "B"], n_rankings=1)
    Traceback (most recent call last):
    study.errors.InvalidInput: ranking 0 names 'B' twice; allowed: once
    """
    if len(set(systems)) < len(systems):
        raise InvalidInput(f"systems {list(systems)}; allowed: each name once")
    one, which = codes(ranking, n_rankings, "ranking"), codes(system, len(systems), "system")
    value = numbers(rank, "rank")
    check_equal_lengths(ranking=len(one), system=len(which), rank=len(value))
    _check_once(one, which, systems)
    order = np.lexsort((which, value, one))
    one, which, value = one[order], which[order], value[order]
    size = np.bincount(one, minlength=n_rankings)
    start = (np.cumsum(size) - size)[one]
    place = np.arange(len(one)) - start
    new = np.ones(len(one), dtype=np.int64)
    new[1:] = (value[1:] != value[:-1]) | (one[1:] != one[:-1])
    step = np.cumsum(new)
    table = np.full((2, n_rankings, int(size.max(initial=0))), -1, dtype=np.int64)
    table[0, one, place] = which
    table[1, one, place] = np.where(np.isnan(value), REST, step - step[start] + 1 if len(one) else step)
    return Rankings(table[0], table[1], tuple(systems))


def _check_once(ranking: IntArray, system: IntArray, systems: Sequence[str]) -> None:
    cell = np.sort(ranking * len(systems) + system)
    twice = cell[1:][cell[1:] == cell[:-1]]
    if twice.size:
        first, name = divmod(int(twice[0]), len(systems))
        raise InvalidInput(f"ranking {first} names {systems[name]!r} twice; allowed: once")


def restricted(ranked: Rankings, kept: BoolArray) -> Rankings:
    """Return the same rankings without some systems; ``kept``, of shape (n_systems,), names those that stay."""
    ranking, system, group = ranked.entries()
    there = kept[system]
    return _regrouped(ranked, ranking[there], system[there], group[there])


def top(ranked: Rankings, m: int) -> Rankings:
    """Return the rankings cut below place ``m``: systems further down are the rest; a tie across the cut stays whole.

    Raises
    ------
    InvalidInput
        If ``m`` is below 1.

    Examples
    --------
    >>> top(rankings([[1, 2, 3], [1, 2, 2]], ["A", "B", "C"]), 2).group.tolist()
    [[1, 2, 0], [1, 2, 2]]
    """
    if m < 1:
        raise InvalidInput(f"m {m}; allowed: 1 or more")
    ranking, system, group = ranked.entries()
    first = group_starts(ranked)[ranked.system >= 0]
    return _regrouped(ranked, ranking, system, np.where(first < m, group, REST))


def group_starts(ranked: Rankings) -> IntArray:
    """Return the place, from 0, at which the group of each place begins, shape (n_rankings, longest)."""
    place = np.broadcast_to(np.arange(ranked.group.shape[1]), ranked.group.shape)
    start = np.zeros(ranked.group.shape, dtype=np.int64)
    start[:, 1:] = np.where(ranked.group[:, 1:] != ranked.group[:, :-1], place[:, 1:], 0)
    return np.asarray(np.maximum.accumulate(start, axis=1))


def _regrouped(ranked: Rankings, ranking: IntArray, system: IntArray, group: IntArray) -> Rankings:
    rank = np.where(group == REST, np.nan, group)
    return rankings_of_codes(ranking, system, rank, ranked.systems, n_rankings=len(ranked))


def distinct_rankings(ranked: Rankings) -> tuple[Rankings, IntArray]:
    """Return the distinct rankings, and for each ranking its position among them."""
    first, code = row_codes(np.hstack([ranked.system, ranked.group]) + 1)
    return Rankings(ranked.system[first], ranked.group[first], ranked.systems), code


def mean_places(ranked: Rankings) -> FloatArray:
    """Return the rank of each system in each ranking, shape (n_rankings, n_systems); nan where absent.

    From 1; tied systems, and those of the rest, share the mean of their places (midranks).

    >>> mean_places(rankings([[1, 1, 3]], ["A", "B", "C"]))
    array([[1.5, 1.5, 3. ]])
    """
    ranking, place = np.nonzero(ranked.system >= 0)
    cell = ranking * (ranked.group.shape[1] + 1) + ranked.group[ranking, place]
    total = np.bincount(cell, place + 1.0)
    found = np.full((len(ranked), len(ranked.systems)), np.nan)
    found[ranking, ranked.system[ranking, place]] = (total / np.maximum(np.bincount(cell), 1))[cell]
    return found
