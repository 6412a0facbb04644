"""Rankings as choices one after the other: which systems are chosen next among those that are left."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from study.stats.arrays import FloatArray, IntArray, row_codes
from study.stats.orders.rankings import REST, Rankings, group_starts


@dataclass(frozen=True, slots=True)
class Stages:
    """The choices in distinct rankings, from :func:`stages`; choices with a single system left are not counted.

    Attributes
    ----------
    member : csr_array of shape (n_sets, n_systems)
        1 for the systems of each distinct set that was left to choose from.
    of_ranking : csr_array of shape (n_rankings, n_sets)
        How often each ranking chooses from each set: 0 or 1.
    chosen : ndarray of shape (n_rankings, n_systems)
        1 where a system was chosen alone, 1/t where it was chosen as one of t tied ones.
    tied : ndarray of shape (n_rankings, n_orders)
        Number of choices of each number of tied systems in ``orders``.
    orders : tuple of int
        Numbers of systems, 2 or more, that tie somewhere.
    """

    member: csr_array
    of_ranking: csr_array
    chosen: FloatArray
    tied: FloatArray
    orders: tuple[int, ...]


def stages(ranked: Rankings) -> Stages:
    """Return the choices in rankings; the rest is left to choose from at every choice and never chosen."""
    n, longest = ranked.system.shape
    n_systems = len(ranked.systems)
    start = group_starts(ranked)
    length = (ranked.system >= 0).sum(axis=1)
    open_ = (ranked.group > REST) & (length[:, None] - start >= 2)
    ranking, place = np.nonzero(open_ & (start == np.arange(longest)))
    size = _group_sizes(ranked, start)
    row, column = np.nonzero(open_)
    cell = row * n_systems + ranked.system[row, column]
    chosen = np.bincount(cell, 1 / size[row, column], n * n_systems).reshape(n, n_systems)
    t = size[ranking, place]
    orders = np.unique(t[t >= 2])
    tied = np.zeros((n, len(orders)))
    for at, order in enumerate(orders.tolist()):
        tied[:, at] = np.bincount(ranking[t == order], minlength=n)
    member, code = _left(ranked, ranking, place)
    of_ranking = csr_array((np.ones(len(code)), (ranking, code)), shape=(n, member.shape[0]))
    return Stages(member, of_ranking, chosen.astype(np.float64), tied, tuple(orders.tolist()))


def _group_sizes(ranked: Rankings, start: IntArray) -> IntArray:
    """Return the number of systems in the group of each place, shape (n_rankings, longest)."""
    n, longest = start.shape
    cell = np.arange(n)[:, None] * longest + start
    return np.asarray(np.bincount(cell[ranked.system >= 0], minlength=n * longest)[cell])


def _left(ranked: Rankings, ranking: IntArray, place: IntArray) -> tuple[csr_array, IntArray]:
    """Return the distinct sets left at choices that begin at a place of a ranking, and the set of each choice."""
    longest = ranked.system.shape[1]
    there = (np.arange(longest) >= place[:, None]) & (ranked.system[ranking] >= 0)
    choice, column = np.nonzero(there)
    sets = np.zeros((len(ranking), len(ranked.systems)), dtype=np.uint8)
    sets[choice, ranked.system[ranking[choice], column]] = 1
    first, code = row_codes(sets)
    return csr_array(sets[first].astype(np.float64)), code
