"""Whom personalization helps or hurts: personalized against generic outputs, and the measures of each system."""

from study.analysis.personalization.changes import (
    CHANGE_COLUMNS,
    HOW_TO_DECLARE,
    ConditionPair,
    change_table,
    checked_order,
    condition_pairs,
    several_conditions,
)
from study.analysis.personalization.duels import (
    GROUPINGS,
    LOSS_COLUMNS,
    WIN_COLUMNS,
    loss_table,
    win_table,
)
from study.analysis.personalization.measure_definitions import MEASURES
from study.analysis.personalization.measures import (
    MEASURE_COLUMNS,
    PEOPLE_COLUMNS,
    STABILITY_COLUMNS,
    measure_table,
    people_table,
    stability_table,
)
from study.analysis.personalization.of_texts import (
    TextMeasures,
    given_distance,
    n_text_pairs,
    text_measures,
    text_pairs,
)
from study.analysis.personalization.style import STYLE_COLUMNS, style_table

__all__ = [
    "CHANGE_COLUMNS",
    "GROUPINGS",
    "HOW_TO_DECLARE",
    "LOSS_COLUMNS",
    "MEASURES",
    "MEASURE_COLUMNS",
    "PEOPLE_COLUMNS",
    "STABILITY_COLUMNS",
    "STYLE_COLUMNS",
    "WIN_COLUMNS",
    "ConditionPair",
    "TextMeasures",
    "change_table",
    "checked_order",
    "condition_pairs",
    "given_distance",
    "loss_table",
    "measure_table",
    "n_text_pairs",
    "people_table",
    "several_conditions",
    "stability_table",
    "style_table",
    "text_measures",
    "text_pairs",
    "win_table",
]
