"""Answers about outputs counted per output, with the scores of all metrics: the human side of correlations beyond pairs."""

import numpy as np
import pandas as pd

from study.frames.answers import Answered
from study.frames.counting import MetricEvidence
from study.frames.selecting import coded, dense_codes
from study.stats.arrays import FloatArray, IntArray

WORSE_IS_MORE = ("order",)
"""Kinds of answer whose smaller numbers say better: ranks."""


def answer_evidence(found: Answered, scores: pd.DataFrame) -> MetricEvidence:
    """Return what people said about outputs, in place of preferences, with the metric scores of the same outputs.

    The human side of an output is the mean of its values: ratings, points, 1 for what was chosen, or minus its rank. Two
    outputs of an item that one rater gave values are a derived comparison: the higher value wins, equal ones tie.

    Parameters
    ----------
    found : Answered
    scores : DataFrame of shape (n_outputs, n_metrics)
        From ``store.score_matrix``.
    """
    rows = found.rows[found.rows["label"].notna() & found.rows["number"].notna()].reset_index(drop=True)
    value = rows["number"].to_numpy(dtype=float)
    value = np.where(rows["kind"].isin(WORSE_IS_MORE), -value, value)
    output, names = coded(rows["output_id"])
    first = np.zeros(len(names), dtype=np.int64)
    first[output[::-1]] = np.arange(len(rows))[::-1]
    once = rows.iloc[first]
    item, items = coded(once["item_id"])
    system, systems = coded(once["label"])
    rater, n_raters = dense_codes(rows["rater_id"])
    a, b, of_pair, of_rater, sign = _derived(output, value, rater, item[output])
    n = len(a)
    counts = [np.bincount(of_pair[sign == one], minlength=n).astype(np.float64) for one in (1, 0, -1)]
    return MetricEvidence(
        metrics=tuple(str(name) for name in scores.columns),
        systems=tuple(systems),
        items=tuple(items),
        a=a,
        b=b,
        item=item[a],
        won=counts[0],
        tied=counts[1],
        lost=counts[2],
        output_item=item,
        output_system=system,
        human_sum=np.bincount(output, value, len(names)).astype(np.float64),
        human_count=np.bincount(output, minlength=len(names)).astype(np.float64),
        values=scores.reindex(names).to_numpy(dtype=np.float64),
        comparison=of_pair,
        rater=of_rater,
        sign=sign,
        profile=_profiles(once, item, len(items)),
        by_rater=_by_rater(value, rater, system[output], n_raters, len(systems)),
    )


def _derived(
    output: IntArray, value: FloatArray, rater: IntArray, item: IntArray
) -> tuple[IntArray, IntArray, IntArray, IntArray, IntArray]:
    """Return the pairs of outputs that a rater gave values: their outputs, then pair, rater and sign of each judgment."""
    order = np.lexsort((output, item, rater))
    output, value, rater, item = output[order], value[order], rater[order], item[order]
    begins = (
        np.flatnonzero(np.r_[True, (np.diff(rater) != 0) | (np.diff(item) != 0)])
        if len(order)
        else np.zeros(0, int)
    )
    size = np.diff(np.r_[begins, len(order)])
    parts = []
    for k in np.unique(size[size > 1]).tolist():
        one, other = np.triu_indices(k, 1)
        at = begins[size == k][:, None]
        parts.append(np.stack([(at + one).ravel(), (at + other).ravel()]))
    first, second = np.concatenate(parts, axis=1) if parts else np.zeros((2, 0), dtype=np.int64)
    kept = output[first] != output[second]
    first, second = first[kept], second[kept]
    pairs, of_pair = np.unique(np.column_stack([output[first], output[second]]), axis=0, return_inverse=True)
    sign = np.sign(value[first] - value[second]).astype(np.int64)
    return pairs[:, 0], pairs[:, 1], of_pair.reshape(-1).astype(np.int64), rater[first], sign


def _by_rater(
    value: FloatArray, rater: IntArray, system: IntArray, n_raters: int, n_systems: int
) -> FloatArray:
    """Return the sum of the values and their number, of each system by each rater, shape (n_raters, n_systems, 2)."""
    cell = rater * n_systems + system
    sums = [np.bincount(cell, weight, n_raters * n_systems) for weight in (value, np.ones(len(value)))]
    return np.stack(sums, axis=-1).reshape(n_raters, n_systems, 2).astype(np.float64)


def _profiles(once: pd.DataFrame, item: IntArray, n_items: int) -> IntArray:
    """Return the profile of each item; an item without one is its own profile."""
    code, names = coded(once["profile_id"])
    of_item = np.full(n_items, -1)
    of_item[item] = code
    own = len(names) + np.arange(n_items)
    return np.unique(np.where(of_item >= 0, of_item, own), return_inverse=True)[1].astype(np.int64)
