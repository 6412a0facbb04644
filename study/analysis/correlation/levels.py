"""The levels at which a metric is set beside people: their statistics, and what their intervals can generalise to."""

from dataclasses import dataclass

from study.stats.correlation.accuracy import ACCURACY
from study.stats.correlation.coefficients import COEFFICIENTS
from study.tables import lookup

CALIBRATED = "pairwise_accuracy_calibrated"
CALIBRATED_BY_ITEM = "acc_eq_calibrated"
SOFT = "soft_pairwise_accuracy"

Bounds = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Named:
    """A statistic at a level: its name for people, its source, and the range of its values."""

    label: str
    source: str
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class Level:
    """A level: its name, what it says in words, its statistics, and the clusters of its intervals."""

    label: str
    words: str
    statistics: dict[str, Named]
    clusters: tuple[str, ...]


CLUSTERS: dict[str, str] = {
    "items": "Items",
    "systems": "Systems",
    "both": "Systems and items",
    "raters": "Raters",
}
"""To whom an interval generalises: new items, new systems, both, new raters."""

_ACCURACIES = {key: Named(one.label, one.source, one.bounds) for key, one in ACCURACY.items()}
_COEFFICIENTS = {key: Named(one.label, one.source, one.bounds) for key, one in COEFFICIENTS.items()}
_CALIBRATED = Named("Accuracy with ties, metric ties calibrated", "Deutsch et al. 2023", (0, 1))

LEVELS: dict[str, Level] = {
    "comparison": Level(
        "Pairwise comparisons",
        "does the metric's difference point the way of the judgment?",
        {**_ACCURACIES, CALIBRATED: _CALIBRATED},
        ("items", "raters", "systems", "both"),
    ),
    "by_item": Level(
        "Grouped by item",
        "mean over items of the correlation over the outputs of an item",
        {**_COEFFICIENTS, CALIBRATED_BY_ITEM: _CALIBRATED},
        ("items", "systems", "both"),
    ),
    "by_system": Level(
        "Grouped by system",
        "mean over systems of the correlation over the outputs of a system",
        _COEFFICIENTS,
        ("items", "systems", "both"),
    ),
    "pooled": Level(
        "Pooled", "correlation over all outputs at once", _COEFFICIENTS, ("items", "systems", "both")
    ),
    "system": Level(
        "Systems",
        "correlation over systems of the mean metric with the win rate",
        {**_COEFFICIENTS, SOFT: Named("Soft pairwise accuracy (SPA)", "Thompson et al. 2024", (0, 1))},
        ("items", "raters", "systems", "both"),
    ),
}

TIED_BY_COPIES = ("kendall_c", "tau_eq", "acc_eq")
"""Statistics that a system drawn twice, which ties with itself, would shift."""

SLOW = ("kendall_b", "kendall_c", "tau_eq", "acc_eq", CALIBRATED_BY_ITEM, "spearman")
"""Statistics that are sorted or compared pair by pair for every part that is left out."""


def clusters_of(level: str, statistic: str) -> tuple[str, ...]:
    """Return what an interval of a statistic can generalise to."""
    known = lookup(LEVELS, level, "level")
    lookup(known.statistics, statistic, f"statistic at the level {level!r}")
    if level == "system" and statistic == SOFT:
        return "items", "systems", "both"
    if level == "system" and statistic in TIED_BY_COPIES:
        return "items", "raters"
    return known.clusters


def is_long(level: str, statistic: str, cluster: str, n_scores: int) -> bool:
    """Say whether a statistic of all metrics takes longer than a page should."""
    left_out = (level, cluster) not in {("by_item", "items"), ("by_system", "systems")}
    recomputed = level in ("by_item", "by_system", "pooled") and left_out
    weight = 5 if statistic in SLOW else 1
    return (recomputed or statistic == CALIBRATED_BY_ITEM) and weight * n_scores > 500_000
