"""The units of agreement: comparisons, or their items, sources or profiles; and the raters it holds for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from study import frames
from study.stats.arrays import IntArray
from study.stats.units import FEWEST, Units, estimand, sizes, units_of
from study.tables import lookup

AGREEMENT_CLUSTERS: dict[str, str] = {
    frames.BY_DESIGN: "By design",
    "comparison": "Comparisons",
    "item": "Items",
    "source": "Sources",
    "profile": "Profiles",
}


@dataclass(frozen=True, slots=True)
class AgreementUnits:
    """The units of intervals of agreement; raters are always fixed.

    Attributes
    ----------
    cluster : {"comparison", "item", "source", "profile"}
    groups : ndarray of int64, shape (n_comparisons,), or None
        The cluster of each comparison, in the order of the reliability data; None for comparisons.
    units : Units
        Units of the comparisons judged by two raters, with the raters, and the kinds with too few units, as fixed.
    named : bool
        Whether the user named the cluster.
    """

    cluster: str
    groups: IntArray | None
    units: Units
    named: bool = False

    @property
    def sizes(self) -> str:
        """The number of units: "12 profiles"."""
        return sizes(self.units)

    @property
    def estimand(self) -> str:
        """The population that a number generalises to."""
        return estimand(self.units)


@dataclass(frozen=True, slots=True)
class Belonging:
    """The clusters that comparisons belong to.

    Attributes
    ----------
    kinds : dict of str to ndarray of int64, shape (n_comparisons,)
        The largest kind first: profiles if each comparison is judged for one, sources if several items share one,
        items.
    asked : str or None
        The kind named by the user.
    codes : ndarray of int64, shape (n_comparisons,)
        Codes of that kind, or of each comparison.
    """

    kinds: Mapping[str, IntArray]
    asked: str | None
    codes: IntArray

    def over(self, comparisons: IntArray, n_raters: int, *, without: str = "") -> AgreementUnits:
        """Return the units of a number over some comparisons, with this many raters fixed.

        Parameters
        ----------
        comparisons : ndarray of int, shape (n,)
            Positions, each once.
        n_raters : int
        without : str
            A kind that is held fixed.
        """
        kind: str | None = self.asked
        fixed: list[tuple[str, int]] = []
        if kind is None:
            kind, fixed = self._by_design(comparisons, without)
        codes = self.kinds.get(kind, self.codes) if kind != "comparison" else np.arange(len(self.codes))
        units = units_of({kind: codes[comparisons]}, asked=True)
        groups = None if kind == "comparison" else codes
        return AgreementUnits(
            kind, groups, replace(units, fixed=(*fixed, ("rater", n_raters))), self.asked is not None
        )

    def _by_design(self, comparisons: IntArray, without: str) -> tuple[str, list[tuple[str, int]]]:
        """Return the largest kind of some comparisons, and the kinds held fixed with their numbers of units."""
        fixed: list[tuple[str, int]] = []
        for kind, codes in self.kinds.items():
            n = len(np.unique(codes[comparisons]))
            if kind == without or n < min(FEWEST, len(comparisons)):
                fixed.append((kind, n))
            elif n < len(comparisons):
                return kind, [*fixed, *(self._shared_sources(comparisons) if kind == "profile" else [])]
        return "comparison", fixed

    def _shared_sources(self, comparisons: IntArray) -> list[tuple[str, int]]:
        """Return the number of sources if profiles share them: these are held fixed."""
        sources = self.kinds.get("source")
        if sources is None:
            return []
        named = {"source": sources[comparisons], "profile": self.kinds["profile"][comparisons]}
        return [("source", len(np.unique(sources[comparisons])))] if "source" in units_of(named).kinds else []


def belonging(selection: frames.Selection, data: frames.Rated, cluster: str | None = None) -> Belonging:
    """Return the clusters of the comparisons of a selection.

    Parameters
    ----------
    selection : Selection
    data : Rated
        The data of the same selection.
    cluster : str, optional
        A key of :data:`AGREEMENT_CLUSTERS`.

    Raises
    ------
    InvalidInput
        If the name is unknown.
    """
    lookup(AGREEMENT_CLUSTERS, cluster or frames.BY_DESIGN, "cluster")
    asked = cluster if cluster not in (None, frames.BY_DESIGN) else None
    names = ["source", "item"] if _coarser_sources(selection) else ["item"]
    if _nested_in_profiles(selection, data):
        names.insert(0, "profile")
    kinds = {kind: frames.comparison_clusters(selection, kind) for kind in names}
    codes = np.arange(len(data.comparisons))
    if asked not in (None, "comparison"):
        codes = kinds.get(str(asked), frames.comparison_clusters(selection, str(asked)))
    return Belonging(kinds, asked, codes)


def agreement_units(
    selection: frames.Selection, data: frames.Rated, cluster: str | None = None, *, without: str = ""
) -> AgreementUnits:
    """Return the units of intervals of agreement.

    Parameters
    ----------
    selection : Selection
    data : Rated
        The data of the same selection.
    cluster : str, optional
        A key of :data:`AGREEMENT_CLUSTERS`. By design: profiles where items belong to profiles, else sources or
        items, whichever is the largest kind with at least 5 units and several comparisons in each; else comparisons.
    without : str
        A kind that is held fixed, such as profiles if each is analysed separately.

    Raises
    ------
    InvalidInput
        If the name is unknown.
    """
    there = belonging(selection, data, cluster)
    paired = np.bincount(data.unit, minlength=len(data.comparisons)) >= 2
    raters = len(np.unique(data.rater[paired[data.unit]])) if len(data.unit) else 0
    return there.over(np.flatnonzero(paired), raters, without=without)


def _coarser_sources(selection: frames.Selection) -> bool:
    """Return whether several items have one source."""
    sources, items = (len(frames.used(selection.judgments[f"{kind}_id"])) for kind in ("source", "item"))
    return 0 < sources < items


def _nested_in_profiles(selection: frames.Selection, data: frames.Rated) -> bool:
    """Return whether every comparison is judged for one profile, which is not so if raters described themselves."""
    profile, names = frames.coded(selection.judgments["profile_id"])
    if not names or (profile < 0).any():
        return False
    return len(np.unique(np.column_stack([data.unit, profile]), axis=0)) == len(data.comparisons)
