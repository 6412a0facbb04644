"""From the long table to statistics: select the judgments that count, and code them as arrays.

Everything refers to outputs and systems, never to screen sides. Skips, judgments by excluded or withdrawn raters, and
judgments of withdrawn comparisons are left out and counted.
"""

from study.frames.answers import Answered, answered, ratings
from study.frames.counting import MetricEvidence, comparison_names, evidence
from study.frames.evidence_of_answers import answer_evidence
from study.frames.facts import Counts, FilterFacts, counts, filter_facts
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
    judged_outputs,
    paired,
    positions,
    system_preferences,
    unit_codes,
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
from study.frames.unit_choice import (
    BY_DESIGN,
    estimand_lines,
    parsed_kinds,
    possible_units,
    possible_units_of,
    units,
    units_of_rows,
)

__all__ = [
    "BY_DESIGN",
    "CLUSTERS",
    "CODINGS",
    "HUMAN",
    "POPULATIONS",
    "Answered",
    "Counts",
    "FilterFacts",
    "MetricEvidence",
    "Population",
    "Rated",
    "Selection",
    "Subset",
    "answer_evidence",
    "answered",
    "check_subset",
    "choices",
    "cluster_codes",
    "coded",
    "comparison_clusters",
    "comparison_names",
    "counts",
    "default_population",
    "estimand_lines",
    "evidence",
    "filter_facts",
    "has_tag",
    "judged_outputs",
    "named_by_system",
    "of_population",
    "offered_codes",
    "offered_preferences",
    "paired",
    "parsed_kinds",
    "populations",
    "positions",
    "possible_units",
    "possible_units_of",
    "rated",
    "ratings",
    "select",
    "strength_steps",
    "system_preferences",
    "tags_of",
    "unit_codes",
    "units",
    "units_of_rows",
    "used",
    "value_counts",
]
