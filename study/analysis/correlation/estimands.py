"""Estimands of metrics and judges: they generalise over units of outputs or comparisons, with the raters fixed."""

from dataclasses import replace

import numpy as np

from study.analysis.correlation.levels import CLUSTERS
from study.frames import MetricEvidence
from study.stats.arrays import BoolArray, IntArray
from study.stats.claims import TOO_FEW
from study.stats.resampling import Estimate
from study.stats.units import Units, units_of
from study.tables import lookup

RATER, PROFILE, ITEM, SYSTEM = "rater", "profile", "item", "system"

KINDS: dict[str, tuple[str, ...]] = {
    "items": (ITEM,),
    "profiles": (PROFILE,),
    "systems": (SYSTEM,),
    "both": (ITEM, SYSTEM),
    "systems_and_profiles": (PROFILE, SYSTEM),
    "raters": (RATER,),
}
"""The kinds of units behind each cluster of the correlation page."""


def units_over(
    found: MetricEvidence, cluster: str, kept: BoolArray | None = None, *, asked: bool = True
) -> Units:
    """Return the units that an interval over a cluster generalises to, and those it holds fixed.

    Parameters
    ----------
    found : MetricEvidence
    cluster : str
        Key of ``CLUSTERS``.
    kept : ndarray of bool, shape (n_outputs,), optional
        The outputs to include; by default all.
    asked : bool
        Whether the user named the cluster; otherwise a kind with fewer than 5 units is held fixed.
    """
    lookup(CLUSTERS, cluster, "cluster")
    there = np.ones(len(found.output_item), dtype=bool) if kept is None else kept
    met = (there[found.a] & there[found.b])[found.comparison]
    if not there.any():
        return units_of({ITEM: found.output_item[there]})
    if cluster == "raters":
        own = units_of({RATER: found.rater[met]}, asked=True)
    else:
        codes = {
            PROFILE: found.profile[found.output_item][there],
            ITEM: found.output_item[there],
            SYSTEM: found.output_system[there],
        }
        own = units_of({kind: codes[kind] for kind in KINDS[cluster]}, asked=asked)
    fixed: list[tuple[str, int]] = [] if cluster == "raters" else [(RATER, len(np.unique(found.rater[met])))]
    fixed += own.fixed
    if PROFILE not in own.named:
        items = np.unique(found.output_item[there])
        n_profiles = len(np.unique(found.profile[items]))
        if n_profiles < len(items):
            fixed.append((PROFILE, n_profiles))
        elif ITEM not in own.named:
            fixed.append((ITEM, len(items)))
    return replace(own, fixed=tuple(fixed))


def for_these_raters(units: Units, rater: IntArray) -> Units:
    """Return units for the fixed raters of some judgments: their majority is not a rater drawn from many."""
    return replace(units, fixed=((RATER, len(np.unique(rater))), *units.fixed))


def claimed(estimate: Estimate, units: Units) -> Estimate:
    """Return an estimate, without its interval if every kind has too few units to generalise to others."""
    if units.kinds or np.isnan(estimate.value):
        return estimate
    return replace(estimate, low=np.nan, high=np.nan, reason=TOO_FEW)
