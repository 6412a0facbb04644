"""What analysis pages show and the command line prints: one function per table or figure.

A number stands with its interval, what it counts, its method, and where it is undefined (nan) the reason. The
interval of the column ``win_rate`` is in ``win_rate_low`` and ``win_rate_high``; that of ``value`` in ``low`` and
``high``.
"""

from study.analysis.agreement import agreement_table
from study.analysis.correlation import correlation_table, metric_points
from study.analysis.ranking import ranking_table, win_matrix_table

__all__ = ["agreement_table", "correlation_table", "metric_points", "ranking_table", "win_matrix_table"]
