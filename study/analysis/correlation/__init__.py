"""Metrics compared with people."""

from study.analysis.correlation.association import association_table, simpson_table
from study.analysis.correlation.levels import CLUSTERS, LEVELS, OF_PROFILES, clusters_of, is_long
from study.analysis.correlation.offered_tests import TESTS, fitting_tests, is_quick
from study.analysis.correlation.one_metric import (
    calibration_table,
    detection_table,
    prediction_table,
    tie_curve_table,
)
from study.analysis.correlation.overview import answer_correlation_table, correlation_table, metric_points
from study.analysis.correlation.significance import metric_differences, metric_tests

__all__ = [
    "CLUSTERS",
    "LEVELS",
    "OF_PROFILES",
    "TESTS",
    "answer_correlation_table",
    "association_table",
    "calibration_table",
    "clusters_of",
    "correlation_table",
    "detection_table",
    "fitting_tests",
    "is_long",
    "is_quick",
    "metric_differences",
    "metric_points",
    "metric_tests",
    "prediction_table",
    "simpson_table",
    "tie_curve_table",
]
