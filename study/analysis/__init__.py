"""What analysis pages show and the command line prints: one function per table or figure.

A number stands with its interval, what it counts, its method, and where it is undefined (nan) the reason. The
interval of the column ``win_rate`` is in ``win_rate_low`` and ``win_rate_high``; that of ``value`` in ``low`` and
``high``.
"""

from study.analysis.agreement import (
    AGREEMENT_CLUSTERS,
    GROUPINGS,
    MOST_RATERS,
    ModelOfRaters,
    agreement_by_group,
    agreement_table,
    model_of_raters,
    rater_pairs,
    rater_table,
    repeats_table,
    taste_table,
)
from study.analysis.agreement import LABELS as AGREEMENT_LABELS
from study.analysis.agreement import METHODS as INTERVAL_METHODS
from study.analysis.agreement import SOURCES as AGREEMENT_SOURCES
from study.analysis.agreement import STATISTICS as AGREEMENT_STATISTICS
from study.analysis.correlation import correlation_table, metric_points
from study.analysis.metrics import LEVELS as METRIC_LEVELS
from study.analysis.metrics import card_markdown, metric_card, metric_correlations, score_table
from study.analysis.ranking import ranking_table, win_matrix_table

__all__ = [
    "AGREEMENT_CLUSTERS",
    "AGREEMENT_LABELS",
    "AGREEMENT_SOURCES",
    "AGREEMENT_STATISTICS",
    "GROUPINGS",
    "INTERVAL_METHODS",
    "METRIC_LEVELS",
    "MOST_RATERS",
    "ModelOfRaters",
    "agreement_by_group",
    "agreement_table",
    "card_markdown",
    "correlation_table",
    "metric_card",
    "metric_correlations",
    "metric_points",
    "model_of_raters",
    "ranking_table",
    "rater_pairs",
    "rater_table",
    "repeats_table",
    "score_table",
    "taste_table",
    "win_matrix_table",
]
