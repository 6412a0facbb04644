"""What analysis pages show and the command line prints: one function per table or figure.

A number stands with its interval, what it counts, its method, and where it is undefined (nan) the reason. The
interval of the column ``win_rate`` is in ``win_rate_low`` and ``win_rate_high``; that of ``value`` in ``low`` and
``high``.
"""

from study.analysis.agreement import agreement_table
from study.analysis.correlation import (
    association_table,
    calibration_table,
    correlation_table,
    detection_table,
    judge_points,
    judge_table,
    judges_of,
    metric_differences,
    metric_points,
    metric_tests,
    prediction_table,
    simpson_table,
    tie_curve_table,
)
from study.analysis.ranking import ranking_table, win_matrix_table

__all__ = [
    "agreement_table",
    "association_table",
    "calibration_table",
    "correlation_table",
    "detection_table",
    "judge_points",
    "judge_table",
    "judges_of",
    "metric_differences",
    "metric_points",
    "metric_tests",
    "prediction_table",
    "ranking_table",
    "simpson_table",
    "tie_curve_table",
    "win_matrix_table",
]
