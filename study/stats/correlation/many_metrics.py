"""Statistics of many metrics at once: sums over judgments, coefficients within groups of outputs."""

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from study.stats.arrays import BoolArray, FloatArray, IntArray
from study.stats.correlation.accuracy import Weighted
from study.stats.correlation.coefficients import COEFFICIENTS
from study.stats.resampling import CHUNK_BYTES
from study.tables import lookup


def summed_by(cluster: IntArray, n_clusters: int) -> Weighted:
    """Return a function that sums rows, shape (n, n_metrics), by cluster code."""
    indicator = sparse.csr_array(
        (np.ones(len(cluster)), (cluster, np.arange(len(cluster)))), shape=(n_clusters, len(cluster))
    )
    return lambda rows: np.asarray(indicator @ rows)


def judgment_sums(
    cluster: IntArray, comparison: IntArray, weight: FloatArray, shape: tuple[int, int]
) -> Weighted:
    """Return a function that sums values of comparisons over judgments, by cluster.

    Parameters
    ----------
    cluster, comparison, weight : ndarray of shape (n_judgments,)
    shape : (n_clusters, n_comparisons)
    """
    table = sparse.csr_array((weight, (cluster, comparison)), shape=shape)
    return lambda rows: np.asarray(table @ rows)


def held_out_epsilon(
    differences: FloatArray, right_a: FloatArray, tied: FloatArray, right_b: FloatArray, fold: IntArray
) -> FloatArray:
    """Return per comparison and metric the tie threshold that is best for the other folds.

    A metric ties where two scores differ by at most the threshold; of equally good thresholds the smallest is used.

    Parameters
    ----------
    differences : ndarray of shape (n_comparisons, n_metrics)
    right_a, tied, right_b : ndarray of shape (n_comparisons,)
        Number of judgments for a, for neither, for b.
    fold : ndarray of shape (n_comparisons,)
        Codes from 0.

    References
    ----------
    Deutsch, Foster and Freitag 2023, section 6.
    """
    found = np.zeros(differences.shape)
    for k in range(differences.shape[1]):
        gap = differences[:, k]
        known = np.flatnonzero(~np.isnan(gap))
        order = known[np.argsort(np.abs(gap[known]), kind="stable")]
        size = np.abs(gap[order])
        gain = (tied - np.where(gap > 0, right_a, np.where(gap < 0, right_b, tied)))[order]
        last = np.append(size[1:] != size[:-1], True)[: len(size)]
        for one in range(int(fold.max(initial=-1)) + 1):
            total = np.cumsum(np.where(fold[order] == one, 0.0, gain))[last]
            best = int(np.argmax(total)) if len(total) and total.max() > 0 else None
            found[fold == one, k] = 0.0 if best is None else size[last][best]
    return found


def packed(group: IntArray, n_groups: int) -> tuple[IntArray, int]:
    """Return each row's position within its group, and the size of the largest group."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    start = np.searchsorted(ordered, np.arange(n_groups))
    place = np.empty(len(group), dtype=np.int64)
    place[order] = np.arange(len(group)) - start[ordered]
    return place, int(place.max(initial=-1)) + 1


def coefficients_by_group(
    human: FloatArray, values: FloatArray, group: IntArray, n_groups: int, coefficient: str
) -> FloatArray:
    """Return each metric's coefficient with human scores within every group.

    Parameters
    ----------
    human : ndarray of shape (n_outputs,)
    values : ndarray of shape (n_outputs, n_metrics)
    group : ndarray of shape (n_outputs,)
        The item or system of each output, or all 0.
    coefficient : str
        Key of ``COEFFICIENTS``.

    Returns
    -------
    ndarray of shape (n_metrics, n_groups)
        nan where undefined.
    """
    function = lookup(COEFFICIENTS, coefficient, "coefficient").function
    place, width = packed(group, n_groups)
    n_metrics = values.shape[1]
    found = np.full((n_metrics, n_groups), np.nan)
    if not width:
        return found
    people = np.full((n_groups, width), np.nan)
    people[group, place] = human
    step = max(1, CHUNK_BYTES // (16 * n_groups * width))
    for start in range(0, n_metrics, step):
        part = slice(start, start + step)
        of_metrics = np.full((len(range(n_metrics)[part]), n_groups, width), np.nan)
        of_metrics[:, group, place] = values[:, part].T
        found[part] = function(np.broadcast_to(people, of_metrics.shape), of_metrics)
    return found


def system_means(
    value: FloatArray, output_system: IntArray, output_item: IntArray, weights: FloatArray, n_systems: int
) -> FloatArray:
    """Return sums over the outputs of each system under weights of items, shape (n, n_systems, n_columns).

    Parameters
    ----------
    value : ndarray of shape (n_outputs, n_columns)
        The values to sum, without nan.
    weights : ndarray of shape (n, n_items)
    """
    sums = np.empty((len(weights), n_systems, value.shape[1]))
    for system in range(n_systems):
        own = np.flatnonzero(output_system == system)
        sums[:, system] = weights[:, output_item[own]] @ value[own]
    return sums


def coefficient_of_systems(human: FloatArray, metric: FloatArray, coefficient: str) -> FloatArray:
    """Return the coefficient over systems, shape (n, n_metrics), of means (n, n_systems) and (n, n_systems, n_metrics)."""
    function = lookup(COEFFICIENTS, coefficient, "coefficient").function
    by_metric = np.swapaxes(metric, -1, -2)
    return function(np.broadcast_to(human[..., None, :], by_metric.shape), by_metric)


def weight_chunks(n_resamples: int, width: int) -> Iterator[int]:
    """Yield the number of resamples of ``width`` weights to make at once."""
    size = max(1, CHUNK_BYTES // (8 * max(1, width)))
    for start in range(0, n_resamples, size):
        yield min(size, n_resamples - start)


def drawn_weights(n_units: int, n_resamples: int, rng: np.random.Generator) -> FloatArray:
    """Return how often each unit is drawn in each resample, shape (n_resamples, n_units)."""
    drawn = rng.integers(0, n_units, (n_resamples, n_units)) + n_units * np.arange(n_resamples)[:, None]
    counted = np.bincount(drawn.ravel(), minlength=n_resamples * n_units)
    return counted.reshape(n_resamples, n_units).astype(np.float64)


def kept_outputs(unit: IntArray, away: IntArray, n_units: int) -> BoolArray:
    """Return which rows remain when the units ``away`` are left out."""
    stays = np.ones(n_units, dtype=bool)
    stays[away] = False
    return stays[unit]
