"""The long table on its way to statistics: which judgments count, and their codes as arrays.

Everything is on outputs and systems, never on screen sides. Skips and the judgments of raters who were excluded or
withdrew are left out and counted.
"""

from study.frames.reshaping import (
    CLUSTERS,
    CODINGS,
    Rated,
    cluster_codes,
    comparison_clusters,
    differences,
    judged_outputs,
    paired,
    positions,
    rated,
    scored_outputs,
    system_preferences,
    value_counts,
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
    "Population",
    "Rated",
    "Selection",
    "Subset",
    "check_subset",
    "choices",
    "cluster_codes",
    "coded",
    "comparison_clusters",
    "default_population",
    "differences",
    "has_tag",
    "judged_outputs",
    "of_population",
    "paired",
    "populations",
    "positions",
    "rated",
    "scored_outputs",
    "select",
    "system_preferences",
    "tags_of",
    "used",
    "value_counts",
]
