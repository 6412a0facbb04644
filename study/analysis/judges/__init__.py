"""Automatic judges compared with the crowd, profile owners and third-party raters; the calibration of their certainty."""

from study.analysis.judges.certainty import CERTAINTY_COLUMNS, certainty_table
from study.analysis.judges.crowd import judge_points, judge_table, judges_of
from study.analysis.judges.matched import REFERENCES, TIES, UNREADABLE
from study.analysis.judges.people import OWNER_COLUMNS, owner_table, single_judges
from study.analysis.judges.variants import VARIANT_COLUMNS, planned_contrasts, variant_table
from study.analysis.judges.verdicts import ANSWER_COLUMNS, answer_table, failure_table

__all__ = [
    "ANSWER_COLUMNS",
    "CERTAINTY_COLUMNS",
    "OWNER_COLUMNS",
    "REFERENCES",
    "TIES",
    "UNREADABLE",
    "VARIANT_COLUMNS",
    "answer_table",
    "certainty_table",
    "failure_table",
    "judge_points",
    "judge_table",
    "judges_of",
    "owner_table",
    "planned_contrasts",
    "single_judges",
    "variant_table",
]
