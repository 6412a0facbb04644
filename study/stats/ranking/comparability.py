"""Which systems are on one scale, which have an open end, and which were never linked, with reasons in words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from study.stats.arrays import BoolArray, FloatArray, IntArray, listing

UPPER, LOWER, BOTH = "upper", "lower", "both"
"""Which bound of a strength is missing."""


@dataclass(frozen=True, slots=True)
class Comparability:
    """The systems on one scale, and why each of the others is not.

    Attributes
    ----------
    comparable : ndarray of bool, shape (n_systems,)
    groups : tuple of tuple of str
        Systems linked by wins in both directions, largest group first; one group if all can be compared.
    reasons : tuple of (str or None)
        One per system, None if comparable.
    open_ends : tuple of (str or None)
        "upper" if only wins link a system to the others, so that its strength has no upper bound; "lower" if only
        losses do; "both"; None if it is comparable, or not linked to the others at all.
    above : ndarray of bool, shape (n_systems, n_systems)
        Whether wins, direct or through other systems, lead from the row to the column but not back.
    island : ndarray of int64, shape (n_systems,)
        Systems with the same number are linked by comparisons; a system without any has a unique number.
    """

    comparable: BoolArray
    groups: tuple[tuple[str, ...], ...]
    reasons: tuple[str | None, ...]
    open_ends: tuple[str | None, ...]
    above: BoolArray
    island: IntArray


def comparability(wins: FloatArray, systems: Sequence[str]) -> Comparability:
    """Find the largest group of systems that are linked by wins (or ties) in both directions.

    Parameters
    ----------
    wins : ndarray of shape (n_systems, n_systems)
        Wins of the row over the column, ties as half.
    systems : sequence of str

    Returns
    -------
    Comparability
        No system is comparable if no group has two systems, or several are equally large.

    References
    ----------
    Ford 1957; Hunter 2004, assumption 1: strengths are finite exactly if the graph of wins is strongly connected.

    Examples
    --------
    >>> found = comparability(np.array([[0.0, 1, 1], [0, 0, 1], [0, 1, 0]]), ["A", "B", "C"])
    >>> found.reasons[0], found.open_ends
    ('won every comparison, so its strength has no upper bound', ('upper', None, None))
    """
    label, island = (
        connected_components(csr_array(wins), directed=True, connection=kind)[1].astype(np.int64)
        for kind in ("strong", "weak")
    )
    sizes = np.bincount(label, minlength=1)
    order = np.argsort(-sizes, kind="stable")
    groups = tuple(
        tuple(systems[i] for i in np.flatnonzero(label == group).tolist()) for group in order if sizes[group]
    )
    unique_largest = sizes.max() >= 2 and (sizes == sizes.max()).sum() == 1
    comparable = label == order[0] if unique_largest else np.zeros(len(wins), dtype=bool)
    above = _above(wins, label)
    described = [
        _described(system, wins, comparable, above, island, systems) for system in range(len(systems))
    ]
    reasons, open_ends = (tuple(column) for column in zip(*described, strict=True)) if described else ((), ())
    return Comparability(comparable, groups, reasons, open_ends, above, island)


def _above(wins: FloatArray, label: IntArray) -> BoolArray:
    """Return which systems are above which: reached by wins with no path back."""
    n_groups = int(label.max(initial=-1)) + 1
    if n_groups < 2:
        return np.zeros(wins.shape, dtype=bool)
    edges = np.zeros((n_groups, n_groups))
    np.add.at(edges, (label[:, None], label[None, :]), wins)
    reach = np.stack([_reachable(edges, group) for group in range(n_groups)])
    np.fill_diagonal(reach, False)
    return np.asarray(reach[np.ix_(label, label)])


def _described(
    system: int,
    wins: FloatArray,
    comparable: BoolArray,
    above: BoolArray,
    island: IntArray,
    systems: Sequence[str],
) -> tuple[str | None, str | None]:
    """Return why a system is not on one scale with the others, and which end of its strength is open."""
    if comparable[system]:
        return None, None
    met = wins[system] + wins[:, system] > 0
    if not met.any():
        return "no comparison", None
    here = (island == island[system]) & (np.arange(len(wins)) != system)
    others = comparable if comparable.any() else here
    if not (others & here).any():
        return f"never compared with {_names(others, systems)}, not even through other systems", None
    linked = others & here
    over, under = bool(above[system][linked].any()), bool(above[:, system][linked].any())
    if over and under:
        said = f"lost every comparison that links it to {_names(linked & above[:, system], systems)} and won "
        said += f"every one that links it to {_names(linked & above[system], systems)}"
        return f"{said}, so its strength has no bound", BOTH
    if over or under:
        every = not (wins[:, system] if over else wins[system]).any()
        link = "" if every else f" that links it to {_names(linked & (above | above.T)[system], systems)}"
        verb, end = ("won", UPPER) if over else ("lost", LOWER)
        return f"{verb} every comparison{link}, so its strength has no {end} bound", end
    elsewhere = (island != island[system]) & (wins + wins.T > 0).any(axis=1)
    if elsewhere.any() and not comparable.any():
        return f"never compared with {_names(elsewhere, systems)}, not even through other systems", None
    return f"linked to {_names(linked, systems)} only through one-sided comparisons: no estimate", BOTH


def _names(chosen: BoolArray, systems: Sequence[str]) -> str:
    return listing([systems[place] for place in np.flatnonzero(chosen).tolist()])


def _reachable(edges: FloatArray, start: int) -> BoolArray:
    reached = breadth_first_order(csr_array(edges), start, return_predecessors=False)
    return np.isin(np.arange(len(edges)), reached)
