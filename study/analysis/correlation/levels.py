"""The levels at which metrics are compared with people: their statistics, and the possible units of their intervals."""

from dataclasses import dataclass, replace

from study.stats.correlation.accuracy import ACCURACY, AccuracyStatistic
from study.stats.correlation.coefficients import COEFFICIENTS
from study.stats.units import FEWEST
from study.tables import lookup

CALIBRATED = "pairwise_accuracy_calibrated"
CALIBRATED_BY_ITEM = "acc_eq_calibrated"
SOFT = "soft_pairwise_accuracy"
BOTH_BAD_TIES = "both bad counts as a tie"

Bounds = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Named:
    """A statistic at a level.

    Attributes
    ----------
    label, source : str
        Its display name, and where it is defined.
    bounds : tuple of float
        The range of its values.
    ties : str
        Its treatment of ties, for users.
    chance : float or None
        The value of any metric that ignores the outputs, if that does not depend on people's answers.
    counts_ties : bool
        Whether a system drawn twice, which ties with itself, would shift it.
    is_quick : bool
        Whether it is computed for every left-out part without sorting or comparing all pairs.
    """

    label: str
    source: str
    bounds: Bounds
    ties: str = BOTH_BAD_TIES
    chance: float | None = None
    counts_ties: bool = False
    is_quick: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """A level: its name, its description, its statistics, and the clusters of its intervals.

    ``own_cluster`` is the cluster whose units are the groups of the level.
    """

    label: str
    words: str
    statistics: dict[str, Named]
    clusters: tuple[str, ...]
    own_cluster: str | None = None


CLUSTERS: dict[str, str] = {
    "items": "Items",
    "profiles": "Profiles",
    "systems": "Systems",
    "both": "Systems and items",
    "systems_and_profiles": "Systems and profiles",
    "raters": "Raters",
}
"""The populations that an interval can generalise to: items, people with their items, systems, both, raters."""

OF_PROFILES = {"profiles": "items", "systems_and_profiles": "both"}
"""Clusters that leave out all items of a profile together, with the corresponding cluster that does not."""

ACCURACIES: dict[str, AccuracyStatistic] = {**ACCURACY, CALIBRATED: ACCURACY["pairwise_accuracy_eq"]}
"""The accuracy behind each statistic of comparisons once the metric's ties are known."""

_ACCURACIES = {
    key: Named(
        one.label,
        one.source,
        one.bounds,
        one.ties,
        None if one.counts_human_ties else 0.5,
        is_quick=True,
    )
    for key, one in ACCURACY.items()
}
_COEFFICIENTS = {
    key: Named(one.label, one.source, one.bounds, counts_ties=one.counts_ties, is_quick=one.is_quick)
    for key, one in COEFFICIENTS.items()
}
_CALIBRATED = Named(
    "Accuracy with ties, metric ties calibrated",
    "Deutsch et al. 2023",
    (0, 1),
    "a tie is right where both sides tie; the metric ties up to a difference that is chosen on the other folds of items",
)

_OF_OUTPUTS = ("items", "profiles", "systems", "both", "systems_and_profiles")

LEVELS: dict[str, Level] = {
    "comparison": Level(
        "Pairwise comparisons",
        "does the metric's difference point the way of the judgment?",
        {**_ACCURACIES, CALIBRATED: _CALIBRATED},
        ("items", "profiles", "raters", "systems", "both", "systems_and_profiles"),
    ),
    "by_item": Level(
        "Grouped by item",
        "mean over items of the correlation over the outputs of an item",
        {**_COEFFICIENTS, CALIBRATED_BY_ITEM: replace(_CALIBRATED, ties=BOTH_BAD_TIES)},
        _OF_OUTPUTS,
        "items",
    ),
    "by_system": Level(
        "Grouped by system",
        "mean over systems of the correlation over the outputs of a system; the human side of an output is the share of its "
        "comparisons that it won within its item",
        _COEFFICIENTS,
        _OF_OUTPUTS,
        "systems",
    ),
    "pooled": Level(
        "Pooled",
        "correlation over all outputs at once; the human side of an output is the share of its comparisons that it won within "
        "its item, so that it says nothing of how good outputs of one item are beside those of another",
        _COEFFICIENTS,
        _OF_OUTPUTS,
    ),
    "system": Level(
        "Systems",
        "correlation over systems of the mean metric with the win rate",
        {**_COEFFICIENTS, SOFT: Named("Soft pairwise accuracy (SPA)", "Thompson et al. 2024", (0, 1))},
        ("items", "profiles", "raters", "systems", "both", "systems_and_profiles"),
    ),
}


def clusters_of(level: str, statistic: str) -> tuple[str, ...]:
    """Return the clusters that an interval of a statistic can generalise to."""
    known = lookup(LEVELS, level, "level")
    named = lookup(known.statistics, statistic, f"statistic at the level {level!r}")
    if level == "system" and statistic == SOFT:
        return _OF_OUTPUTS
    if level == "system" and named.counts_ties:
        return "items", "profiles", "raters"
    return known.clusters


def default_cluster(level: str, statistic: str, n_profiles: int, n_items: int) -> str:
    """Return the default units of an interval: profiles if items belong to 5 or more, else items."""
    nested = FEWEST <= n_profiles < n_items
    return "profiles" if nested and "profiles" in clusters_of(level, statistic) else "items"


def is_long(level: str, statistic: str, cluster: str, n_scores: int) -> bool:
    """Return whether a statistic of all metrics takes longer than a page should."""
    quick = {("by_item", "items"), ("by_item", "profiles"), ("by_system", "systems")}
    left_out = (level, cluster) not in quick
    recomputed = level in ("by_item", "by_system", "pooled") and left_out
    weight = 1 if LEVELS[level].statistics[statistic].is_quick else 5
    return (recomputed or statistic == CALIBRATED_BY_ITEM) and weight * n_scores > 500_000
