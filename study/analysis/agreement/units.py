"""What agreement is over: comparisons, or the items, sources or profiles that they belong to; and for which raters."""

from dataclasses import dataclass, replace

import numpy as np

from study import frames
from study.stats.arrays import BoolArray, IntArray
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
class Over:
    """What intervals of agreement are over; raters are always these raters.

    Attributes
    ----------
    cluster : {"comparison", "item", "source", "profile"}
    groups : ndarray of int64, shape (n_comparisons,), or None
        What each comparison belongs to, in the order of the reliability data; None for comparisons.
    units : Units
        Of the comparisons that two raters judged, with the raters and the kinds of which there are too few as fixed.
    """

    cluster: str
    groups: IntArray | None
    units: Units

    @property
    def sizes(self) -> str:
        """How many units there are: "12 profiles"."""
        return sizes(self.units)

    @property
    def estimand(self) -> str:
        """To whom a number generalises."""
        return estimand(self.units)


def agreement_units(
    selection: frames.Selection, data: frames.Rated, cluster: str | None = None, *, without: str = ""
) -> Over:
    """Return what intervals of agreement are over.

    Parameters
    ----------
    selection : Selection
    data : Rated
        Of the same selection.
    cluster : str, optional
        A key of :data:`AGREEMENT_CLUSTERS`. By design: profiles where items belong to profiles, else sources or items,
        the largest of which there are at least 5 and each holds several comparisons; else comparisons.
    without : str
        A kind that is held fixed, as profiles where each is looked at by itself.

    Raises
    ------
    InvalidInput
        If the name is unknown.
    """
    lookup(AGREEMENT_CLUSTERS, cluster or frames.BY_DESIGN, "cluster")
    paired = np.bincount(data.unit, minlength=len(data.comparisons)) >= 2
    fixed: list[tuple[str, int]] = []
    kind = cluster if cluster not in (None, frames.BY_DESIGN) else None
    if kind is None:
        kind, fixed = _by_design(selection, data, paired, without)
    groups = None if kind == "comparison" else frames.comparison_clusters(selection, kind)
    codes = np.arange(len(paired)) if groups is None else groups
    raters = len(np.unique(data.rater[paired[data.unit]])) if len(data.unit) else 0
    units = units_of({kind: codes[paired]}, asked=True)
    return Over(kind, groups, replace(units, fixed=(*fixed, ("rater", raters))))


def _by_design(
    selection: frames.Selection, data: frames.Rated, paired: BoolArray, without: str
) -> tuple[str, list[tuple[str, int]]]:
    """Return the largest kind that comparisons belong to, and the kinds that are held fixed, with how many there are."""
    n_comparisons, fixed = int(paired.sum()), []
    kinds = ["source", "item"] if _coarser_sources(selection) else ["item"]
    if _nested_in_profiles(selection, data):
        kinds.insert(0, "profile")
    for kind in kinds:
        n = len(np.unique(frames.comparison_clusters(selection, kind)[paired]))
        if kind == without or n < min(FEWEST, n_comparisons):
            fixed.append((kind, n))
        elif n < n_comparisons:
            shared = kind == "profile" and "source" in frames.units(selection).kinds
            n_sources = len(np.unique(frames.comparison_clusters(selection, "source")[paired]))
            return kind, [*fixed, *([("source", n_sources)] if shared else [])]
    return "comparison", fixed


def _coarser_sources(selection: frames.Selection) -> bool:
    """Say whether several items have one source."""
    sources, items = (len(frames.used(selection.judgments[f"{kind}_id"])) for kind in ("source", "item"))
    return 0 < sources < items


def _nested_in_profiles(selection: frames.Selection, data: frames.Rated) -> bool:
    """Say whether every comparison is judged for one profile, which is not so where raters told of themselves."""
    profile, names = frames.coded(selection.judgments["profile_id"])
    if not names or (profile < 0).any():
        return False
    return len(np.unique(np.column_stack([data.unit, profile]), axis=0)) == len(data.comparisons)
