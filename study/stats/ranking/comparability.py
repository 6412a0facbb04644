"""Which systems can be put on one scale: the groups of a comparison graph, said in words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from study.stats.arrays import BoolArray, FloatArray, listing


@dataclass(frozen=True, slots=True)
class Comparability:
    """The systems on one scale, and why each of the others is not.

    Attributes
    ----------
    comparable : ndarray of bool, shape (n_systems,)
    groups : tuple of tuple of str
        Systems linked by wins in both directions, largest group first; one group if all can be compared.
    reasons : tuple of (str or None)
        One per system, None where comparable.
    """

    comparable: BoolArray
    groups: tuple[tuple[str, ...], ...]
    reasons: tuple[str | None, ...]


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
    >>> comparability(np.array([[0.0, 1, 1], [0, 0, 1], [0, 1, 0]]), ["A", "B", "C"]).reasons[0]
    "won every comparison that links it to 'B', 'C': its strength has no finite estimate"
    """
    label = connected_components(csr_array(wins), directed=True, connection="strong")[1]
    sizes = np.bincount(label, minlength=1)
    order = np.argsort(-sizes, kind="stable")
    groups = tuple(
        tuple(systems[i] for i in np.flatnonzero(label == group).tolist()) for group in order if sizes[group]
    )
    unique_largest = sizes.max() >= 2 and (sizes == sizes.max()).sum() == 1
    if not unique_largest:
        reason = _no_scale_reason(groups)
        return Comparability(np.zeros(len(wins), dtype=bool), groups, (reason,) * len(wins))
    comparable = label == order[0]
    return Comparability(comparable, groups, _reasons(wins, comparable, groups[0]))


def _no_scale_reason(groups: tuple[tuple[str, ...], ...]) -> str:
    listed = "; ".join(listing(group) for group in groups[:3])
    more = f"; and {len(groups) - 3} more" if len(groups) > 3 else ""
    return f"the comparisons put no group of systems on one scale; separate groups: {listed}{more}"


def _reasons(wins: FloatArray, comparable: BoolArray, group: tuple[str, ...]) -> tuple[str | None, ...]:
    start = int(np.flatnonzero(comparable)[0])
    below, above = _reachable(wins, start), _reachable(wins.T, start)
    linked = _reachable(wins + wins.T, start)
    compared = (wins + wins.T).sum(axis=1) > 0
    others = listing(group)

    def reason(system: int) -> str | None:
        if comparable[system]:
            return None
        if not compared[system]:
            return "no comparison"
        if not linked[system]:
            return f"never compared with {others}, not even through other systems"
        if above[system] or below[system]:
            verb = "won" if above[system] else "lost"
            return f"{verb} every comparison that links it to {others}: its strength has no finite estimate"
        return f"linked to {others} only through one-sided comparisons: its strength has no estimate"

    return tuple(reason(system) for system in range(len(wins)))


def _reachable(edges: FloatArray, start: int) -> BoolArray:
    reached = breadth_first_order(csr_array(edges), start, return_predecessors=False)
    return np.isin(np.arange(len(edges)), reached)
