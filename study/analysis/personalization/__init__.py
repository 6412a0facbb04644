"""For whom personalization helps or hurts: personalized against generic outputs, and the measures of each system."""

from study.analysis.personalization.duels import (
    GROUPINGS,
    LOSS_COLUMNS,
    WIN_COLUMNS,
    loss_table,
    win_table,
)
from study.analysis.personalization.measures import (
    CHANGE_COLUMNS,
    MEASURE_COLUMNS,
    MEASURES,
    PEOPLE_COLUMNS,
    STABILITY_COLUMNS,
    change_table,
    condition_pairs,
    measure_table,
    people_table,
    stability_table,
)
from study.analysis.personalization.style import STYLE_COLUMNS, style_table

__all__ = [
    "CHANGE_COLUMNS",
    "GROUPINGS",
    "LOSS_COLUMNS",
    "MEASURES",
    "MEASURE_COLUMNS",
    "PEOPLE_COLUMNS",
    "STABILITY_COLUMNS",
    "STYLE_COLUMNS",
    "WIN_COLUMNS",
    "change_table",
    "condition_pairs",
    "loss_table",
    "measure_table",
    "people_table",
    "stability_table",
    "style_table",
    "win_table",
]
