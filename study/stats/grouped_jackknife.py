"""The jackknife of many groups in one pass, equal to :func:`study.stats.resampling.jackknife` of each."""

from math import nan

import numpy as np

from study.stats.arrays import FloatArray, IntArray
from study.stats.resampling import (
    CellStatistic,
    Clusters,
    Estimate,
    check_confidence_level,
    expanded,
    jackknife_estimate,
)


def jackknife_of_groups(
    statistic: CellStatistic,
    clusters: Clusters,
    group: IntArray,
    n_groups: int,
    *,
    confidence_level: float = 0.95,
) -> tuple[Estimate, ...]:
    """Estimate a statistic of each group of clusters with the delete-one-cluster jackknife and Student's t.

    Parameters
    ----------
    statistic : callable
        From totals, shape (n, n_cells), to values, shape (n,).
    clusters : Clusters
        The clusters of all groups.
    group : ndarray of int, shape (n_patterns,)
        The group of each pattern; equal clusters of two groups are two patterns.
    n_groups : int
    confidence_level : float

    Returns
    -------
    tuple of Estimate
        One per group, in order; nan with a reason for a group without clusters.
    """
    check_confidence_level(confidence_level)
    if not len(clusters.patterns):
        return tuple(
            jackknife_estimate(nan, nan, 0, clusters.unit, confidence_level) for _ in range(n_groups)
        )
    n = np.bincount(group, clusters.multiplicity, n_groups)
    totals = _group_totals(clusters, group, n_groups)
    left_out = np.concatenate([statistic(totals[group[part]] - rows) for part, rows in expanded(clusters)])
    values = np.where(n > 0, statistic(totals), nan)
    size = np.maximum(n, 1)
    centre = np.bincount(group, clusters.multiplicity * left_out, n_groups) / size
    squares = clusters.multiplicity * (left_out - centre[group]) ** 2
    deviations = np.sqrt((size - 1) / size * np.bincount(group, squares, n_groups))
    return tuple(
        jackknife_estimate(value, deviation, count, clusters.unit, confidence_level)
        for value, deviation, count in zip(
            values.tolist(), deviations.tolist(), n.astype(np.int64).tolist(), strict=True
        )
    )


def _group_totals(clusters: Clusters, group: IntArray, n_groups: int) -> FloatArray:
    """Return the totals of the cells of each group, shape (n_groups, n_cells)."""
    return np.asarray(
        sum(
            (
                np.column_stack(
                    [
                        np.bincount(group[part], clusters.multiplicity[part] * column, n_groups)
                        for column in rows.T
                    ]
                )
                for part, rows in expanded(clusters)
            ),
            start=np.zeros(1),
        )
    )
