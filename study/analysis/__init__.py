"""What analysis pages show and the command line prints: one function per table or figure.

A number stands with its interval, what it counts, its method, and where it is undefined (nan) the reason. The
interval of the column ``win_rate`` is in ``win_rate_low`` and ``win_rate_high``; that of ``value`` in ``low`` and
``high``.
"""

from study.analysis.agreement import agreement_table
from study.analysis.correlation import correlation_table, metric_points
from study.analysis.ranking import (
    MODELS,
    Model,
    conditional_tables,
    effect_table,
    elo_order_table,
    group_names,
    group_table,
    model_reasons,
    model_table,
    pair_table,
    position_table,
    ranking_table,
    rater_position_table,
    sequence_table,
    win_matrix_table,
)

__all__ = [
    "MODELS",
    "Model",
    "agreement_table",
    "conditional_tables",
    "correlation_table",
    "effect_table",
    "elo_order_table",
    "group_names",
    "group_table",
    "metric_points",
    "model_reasons",
    "model_table",
    "pair_table",
    "position_table",
    "ranking_table",
    "rater_position_table",
    "sequence_table",
    "win_matrix_table",
]
