"""Differences between two metrics per item, over what both have scored."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from study.analysis.correlation.levels import ACCURACIES
from study.analysis.correlation.offered_tests import SIGN_FLIPS, TESTS
from study.analysis.correlation.values import (
    item_parts,
    per_item_values,
)
from study.frames import MetricEvidence
from study.stats.arrays import FloatArray

Progress = Callable[[float, str], object]


def right_differences(
    found: MetricEvidence,
    statistic: str,
    signs: FloatArray,
    one: int,
    others: list[int],
    progress: Progress,
) -> tuple[FloatArray, FloatArray]:
    """Return per item the difference in right judgments between a metric and each other, and the judgments counted for both.

    Items without such a judgment are nan. Both have the shape (n_items, n_others).
    """
    if not np.isnan(signs).any() and ACCURACIES[statistic].counts_metric_ties:
        right, counts, _ = item_parts(found, statistic, signs)
        differences = np.where(counts[:, [one]] > 0, right[:, [one]] - right[:, others], np.nan)
        return differences, counts[:, others]
    differences, whole = np.empty((2, len(found.items), len(others)))
    for place, other in enumerate(others):
        right, counts, _ = item_parts(found, statistic, signs_in_common(signs, one, other, statistic))
        differences[:, place] = np.where(counts[:, 0] > 0, right[:, 0] - right[:, 1], np.nan)
        whole[:, place] = counts[:, 0]
        progress((place + 1) / len(others), TESTS[SIGN_FLIPS])
    return differences, whole


def item_differences(
    found: MetricEvidence,
    statistic: str,
    one: int,
    others: list[int],
    rng: np.random.Generator,
    progress: Progress,
) -> FloatArray:
    """Return per item the statistic of one metric minus that of each other, over the outputs that both have scored.

    Shape (n_items, n_others); nan where either is undefined.
    """
    known = ~np.isnan(found.values)
    if (known == known[:, [one]]).all():
        per_item = per_item_values(found, statistic, rng)
        return np.asarray((per_item[one] - per_item[others]).T)
    differences = np.empty((len(found.items), len(others)))
    for place, other in enumerate(others):
        pair = found.values[:, [one, other]]
        common = np.where(np.isnan(pair).any(axis=1, keepdims=True), np.nan, pair)
        both = replace(found, metrics=(found.metrics[one], found.metrics[other]), values=common)
        first, second = per_item_values(both, statistic, rng)
        differences[:, place] = first - second
        progress((place + 1) / len(others), TESTS[SIGN_FLIPS])
    return differences


def signs_in_common(signs: FloatArray, one: int, other: int, statistic: str) -> FloatArray:
    """Return the signs of two metrics, missing in both if missing in one (or undecided in one, if that counts)."""
    pair = signs[:, [one, other]]
    lacking = np.isnan(pair)
    if not ACCURACIES[statistic].counts_metric_ties:
        lacking = lacking | (pair == 0)
    return np.where(lacking.any(axis=1, keepdims=True), np.nan, pair)
