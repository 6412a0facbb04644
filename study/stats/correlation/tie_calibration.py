"""Tie calibration: the difference up to which a metric counts as tied, found by one sorted sweep."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from study.errors import InvalidInput
from study.stats.arrays import BoolArray, FloatArray, numbers
from study.stats.correlation.ties import check_epsilon, share
from study.stats.resampling import CHUNK_BYTES


@dataclass(frozen=True, slots=True)
class TieSweep:
    """Pairs sorted by the metric's difference, and the gain from tying each.

    Attributes
    ----------
    difference : ndarray of shape (n_pairs,)
        Ascending; only pairs where a tie changes right to wrong or back.
    gain : ndarray of int8, shape (n_pairs,)
        1 where a tie is right (the human ties), -1 where the order was right.
    group : ndarray of int32, shape (n_pairs,)
    right : ndarray of shape (n_groups,)
        Number of pairs per group that the metric orders correctly without any ties.
    n_pairs : ndarray of shape (n_groups,)
    """

    difference: FloatArray
    gain: NDArray[np.int8]
    group: NDArray[np.int32]
    right: FloatArray
    n_pairs: FloatArray


def tie_sweep(human: ArrayLike, metric: ArrayLike) -> TieSweep:
    """Sort all pairs within groups by the metric's difference.

    Parameters
    ----------
    human, metric : array_like of shape (n_groups, n)
        Scores by group (item by system for item grouping), nan where missing.

    Raises
    ------
    InvalidInput
        If shapes differ, or a score is not a number or infinite.
    """
    h, m = numbers(human, "human", n_dimensions=2), numbers(metric, "metric", n_dimensions=2)
    if h.shape != m.shape:
        raise InvalidInput(f"shapes differ: human {h.shape}, metric {m.shape}; allowed: equal shapes")
    n_groups, n = h.shape
    size = max(1, CHUNK_BYTES // (8 * max(1, n * (n - 1) // 2)))
    blocks = [_pairs(h[k : k + size], m[k : k + size], k) for k in range(0, n_groups, size)]
    difference, gain, group, right, n_pairs = (
        np.concatenate(parts) for parts in zip(*(blocks or [_pairs(h, m, 0)]), strict=True)
    )
    order = np.argsort(difference)
    return TieSweep(difference[order], gain[order], group[order], right, n_pairs)


def _pairs(
    human: FloatArray, metric: FloatArray, first_group: int
) -> tuple[FloatArray, NDArray[np.int8], NDArray[np.int32], FloatArray, FloatArray]:
    """Return difference, gain and group of the pairs that ties change, and each group's number of right and known pairs."""
    i, j = np.triu_indices(human.shape[1], 1)
    columns = (np.ascontiguousarray(scores.T) for scores in (human, metric))
    gap_h, gap_m = (column[i] - column[j] for column in columns)
    tied = gap_h == 0
    ordered_right = ((gap_h > 0) & (gap_m > 0)) | ((gap_h < 0) & (gap_m < 0))
    known = ~np.isnan(gap_h) & ~np.isnan(gap_m)
    changes = np.flatnonzero((tied & known) | ordered_right)
    gain = np.where(tied.ravel()[changes], 1, -1).astype(np.int8)
    group = (changes % max(1, len(human)) + first_group).astype(np.int32)
    counts = (pairs.sum(axis=0).astype(np.float64) for pairs in (ordered_right, known))
    return np.abs(gap_m.ravel()[changes]), gain, group, *counts


def tie_curve(sweep: TieSweep, groups: BoolArray | None = None) -> tuple[FloatArray, FloatArray]:
    """Return the thresholds at which accuracy changes, 0 first, and the mean accuracy over groups at each.

    Parameters
    ----------
    sweep : TieSweep
    groups : ndarray of bool, shape (n_groups,), optional
        The groups to include; by default all.

    Returns
    -------
    epsilon, accuracy : ndarray of shape (n_thresholds,)
        Accuracy holds from its threshold to the next; nan where no group has a pair.

    Examples
    --------
    >>> epsilon, accuracy = tie_curve(tie_sweep([[1, 1, 1, 4]], [[0, 2, 6, 8]]))
    >>> accuracy[np.searchsorted(epsilon, [0, 2, 4, 6, 8], side="right") - 1].round(3).tolist()
    [0.5, 0.5, 0.667, 0.667, 0.5]
    """
    used = sweep.n_pairs > 0 if groups is None else groups & (sweep.n_pairs > 0)
    weight = share(used.astype(np.float64), sweep.n_pairs * used.sum())
    weight = np.where(np.isnan(weight), 0.0, weight)
    start = sweep.right @ weight if used.any() else np.nan
    steps = np.cumsum(sweep.gain * weight[sweep.group])
    last = np.flatnonzero(np.append(sweep.difference[1:] != sweep.difference[:-1], True)[: len(steps)])
    epsilon, accuracy = sweep.difference[last], start + steps[last]
    if len(epsilon) and epsilon[0] == 0:
        return epsilon, accuracy
    return np.append(0.0, epsilon), np.append(start, accuracy)


def group_accuracies(sweep: TieSweep, epsilon: float) -> FloatArray:
    """Return acc_eq of each group at a threshold, shape (n_groups,); nan without a pair."""
    check_epsilon(epsilon)
    n = int(np.searchsorted(sweep.difference, epsilon, side="right"))
    gains = np.bincount(sweep.group[:n], sweep.gain[:n], minlength=len(sweep.right))
    return share(sweep.right + gains, sweep.n_pairs)


def _best(sweep: TieSweep, groups: BoolArray | None = None) -> tuple[float, float]:
    epsilon, accuracy = tie_curve(sweep, groups)
    # Sums in another order differ in the last digits; of equally good thresholds the smallest should win.
    best = int(np.argmax(accuracy >= accuracy.max() - 1e-12))
    used = sweep.n_pairs > 0 if groups is None else groups & (sweep.n_pairs > 0)
    return float(epsilon[best]), float(group_accuracies(sweep, epsilon[best])[used].mean())


def _held_out(sweep: TieSweep, n_folds: int, rng: np.random.Generator | None) -> tuple[float, float]:
    if rng is None or n_folds < 2:
        raise InvalidInput(f"n_folds {n_folds}, rng {rng!r}; allowed: 1, or 2 or more with a numpy Generator")
    defined = np.flatnonzero(sweep.n_pairs > 0)
    fold = np.full(len(sweep.right), -1)
    fold[rng.permutation(defined)] = np.arange(len(defined)) % n_folds
    value = np.full(len(fold), np.nan)
    epsilons = []
    for k in range(n_folds):
        epsilon, _ = _best(sweep, fold != k)
        epsilons.append(epsilon)
        value[fold == k] = group_accuracies(sweep, epsilon)[fold == k]
    return float(np.median(epsilons)), float(value[defined].mean())
