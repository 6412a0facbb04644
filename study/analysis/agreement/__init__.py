"""The tables of the Agreement page: overview, groups, raters, repeats, taste and noise, models of raters."""

from study.analysis.agreement.groups import GROUPINGS, agreement_by_group
from study.analysis.agreement.overview import (
    LABELS,
    METHODS,
    SCALES,
    SOURCES,
    STATISTICS,
    agreement_table,
)
from study.analysis.agreement.questions import more_than_rates
from study.analysis.agreement.rater_models import ModelOfRaters, model_of_raters
from study.analysis.agreement.raters import MOST_RATERS, rater_pairs, rater_table, repeats_table
from study.analysis.agreement.taste import taste_table
from study.analysis.agreement.units import AGREEMENT_CLUSTERS

__all__ = [
    "AGREEMENT_CLUSTERS",
    "GROUPINGS",
    "LABELS",
    "METHODS",
    "MOST_RATERS",
    "SCALES",
    "SOURCES",
    "STATISTICS",
    "ModelOfRaters",
    "agreement_by_group",
    "agreement_table",
    "model_of_raters",
    "more_than_rates",
    "rater_pairs",
    "rater_table",
    "repeats_table",
    "taste_table",
]
