"""Tables and figures of analysis pages and the command line: one function each.

A number comes with its interval, what it counts, its method, and a reason if it is undefined (nan). The interval of
the column ``win_rate`` is in ``win_rate_low`` and ``win_rate_high``; that of ``value`` in ``low`` and ``high``.
"""

from study.analysis.agreement import (
    AGREEMENT_CLUSTERS,
    GROUPINGS,
    MOST_RATERS,
    ModelOfRaters,
    agreement_by_group,
    agreement_table,
    model_of_raters,
    more_than_rates,
    rater_pairs,
    rater_table,
    repeats_table,
    taste_table,
)
from study.analysis.agreement import LABELS as AGREEMENT_LABELS
from study.analysis.agreement import METHODS as INTERVAL_METHODS
from study.analysis.agreement import SCALES as AGREEMENT_SCALES
from study.analysis.agreement import SOURCES as AGREEMENT_SOURCES
from study.analysis.agreement import STATISTICS as AGREEMENT_STATISTICS
from study.analysis.correlation import (
    answer_correlation_table,
    association_table,
    calibration_table,
    correlation_table,
    detection_table,
    metric_differences,
    metric_points,
    metric_tests,
    prediction_table,
    simpson_table,
    tie_curve_table,
)
from study.analysis.judges import judge_points, judge_table, judges_of
from study.analysis.metric_cards import card_correlations, card_markdown, card_of, metric_card
from study.analysis.metrics import LEVELS as METRIC_LEVELS
from study.analysis.metrics import (
    metric_correlations,
    score_quartiles,
    score_table,
    score_table_of,
)
from study.analysis.ranking import MODELS as PREFERENCE_MODELS
from study.analysis.ranking import (
    conditional_tables,
    effect_of_side,
    effect_table,
    elo_order_table,
    group_names,
    group_table,
    groups_there,
    model_reasons,
    model_table,
    pair_table,
    position_table,
    ranking_table,
    rater_position_table,
    scale_notes,
    sequence_table,
    win_matrix_table,
)

__all__ = [
    "AGREEMENT_CLUSTERS",
    "AGREEMENT_LABELS",
    "AGREEMENT_SCALES",
    "AGREEMENT_SOURCES",
    "AGREEMENT_STATISTICS",
    "GROUPINGS",
    "INTERVAL_METHODS",
    "METRIC_LEVELS",
    "MOST_RATERS",
    "PREFERENCE_MODELS",
    "ModelOfRaters",
    "agreement_by_group",
    "agreement_table",
    "answer_correlation_table",
    "association_table",
    "calibration_table",
    "card_correlations",
    "card_markdown",
    "card_of",
    "conditional_tables",
    "correlation_table",
    "detection_table",
    "effect_of_side",
    "effect_table",
    "elo_order_table",
    "group_names",
    "group_table",
    "groups_there",
    "judge_points",
    "judge_table",
    "judges_of",
    "metric_card",
    "metric_correlations",
    "metric_differences",
    "metric_points",
    "metric_tests",
    "model_of_raters",
    "model_reasons",
    "model_table",
    "more_than_rates",
    "pair_table",
    "position_table",
    "prediction_table",
    "ranking_table",
    "rater_pairs",
    "rater_position_table",
    "rater_table",
    "repeats_table",
    "scale_notes",
    "score_quartiles",
    "score_table",
    "score_table_of",
    "sequence_table",
    "simpson_table",
    "taste_table",
    "tie_curve_table",
    "win_matrix_table",
]
