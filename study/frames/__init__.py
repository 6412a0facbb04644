"""The long table on its way to statistics: which judgments count, and their codes as arrays.

Everything is on outputs and systems, never on screen sides. Skips, the judgments of raters who were excluded or withdrew
and those of comparisons that were withdrawn are left out and counted.
"""

from study.frames.counting import Evidence, comparison_names, evidence
from study.frames.facts import Counts, Facts, counts, facts
from study.frames.reliability import (
    CODINGS,
    Rated,
    named_by_system,
    offered_codes,
    offered_preferences,
    rated,
    strength_steps,
    value_counts,
)
from study.frames.reshaping import (
    CLUSTERS,
    cluster_codes,
    comparison_clusters,
    differences,
    judged_outputs,
    paired,
    positions,
    scored_outputs,
    system_preferences,
)
from study.frames.selecting import (
    HUMAN,
    POPULATIONS,
    Population,
    Selection,
    Subset,
    check_subset,
    choices,
    coded,
    default_population,
    has_tag,
    of_population,
    populations,
    select,
    tags_of,
    used,
)

__all__ = [
    "CLUSTERS",
    "CODINGS",
    "HUMAN",
    "POPULATIONS",
    "Counts",
    "Evidence",
    "Facts",
    "Population",
    "Rated",
    "Selection",
    "Subset",
    "check_subset",
    "choices",
    "cluster_codes",
    "coded",
    "comparison_clusters",
    "comparison_names",
    "counts",
    "default_population",
    "differences",
    "evidence",
    "facts",
    "has_tag",
    "judged_outputs",
    "named_by_system",
    "of_population",
    "offered_codes",
    "offered_preferences",
    "paired",
    "populations",
    "positions",
    "rated",
    "scored_outputs",
    "select",
    "strength_steps",
    "system_preferences",
    "tags_of",
    "used",
    "value_counts",
]
