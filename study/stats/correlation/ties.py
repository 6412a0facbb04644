"""Pairs of items as two scores order or tie them: Kendall's counts, tau and accuracy with ties, along the last axis."""

from dataclasses import dataclass

import numpy as np

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, IntArray

LONGEST_BY_PAIRS = 64
"""Vectors up to this length are compared pair by pair; longer ones by sorting."""


@dataclass(frozen=True, slots=True)
class KendallCounts:
    """Numbers of pairs, each of shape (...); pairs with a missing score are not counted.

    Attributes
    ----------
    concordant, discordant : ndarray
        Pairs in the same order, and in opposite order (C, D).
    tied_human, tied_metric, tied_both : ndarray
        Tied only by the human, only by the metric, by both (T_h, T_m, T_hm).
    """

    concordant: FloatArray
    discordant: FloatArray
    tied_human: FloatArray
    tied_metric: FloatArray
    tied_both: FloatArray

    @property
    def n_pairs(self) -> FloatArray:
        """The number of pairs, shape (...)."""
        ordered = self.concordant + self.discordant
        return ordered + self.tied_human + self.tied_metric + self.tied_both


def kendall_counts(human: FloatArray, metric: FloatArray, *, epsilon: float = 0.0) -> KendallCounts:
    """Count the pairs along the last axis by their order under human and metric.

    Parameters
    ----------
    human, metric : ndarray of shape (..., n)
        nan where missing.
    epsilon : float
        The metric ties where two scores differ by at most this.

    References
    ----------
    Kendall 1945; Deutsch, Foster and Freitag 2023, table 1.

    Examples
    --------
    >>> counts = kendall_counts(np.array([1.0, 1, 1, 2, 2, 3, 4]), np.array([1.0, 1, 2, 2, 4, 3, 3]))
    >>> [int(n) for n in (counts.concordant, counts.discordant)]
    [13, 2]
    >>> [int(n) for n in (counts.tied_human, counts.tied_metric, counts.tied_both)]
    [3, 2, 1]
    """
    check_epsilon(epsilon)
    human, metric = np.broadcast_arrays(human, metric)
    if epsilon == 0 and human.shape[-1] > LONGEST_BY_PAIRS:
        return _counts_by_sorting(human, metric)
    return _counts_by_pairs(human, metric, epsilon)


def check_epsilon(epsilon: float) -> None:
    """Raise InvalidInput unless the tie threshold is 0 or more."""
    if not epsilon >= 0:
        raise InvalidInput(f"epsilon {epsilon}; allowed: 0 or more")


def tau_b(counts: KendallCounts) -> FloatArray:
    """Return Kendall's tau-b, from -1 to 1; nan if a side has no ordered pair.

    References
    ----------
    Kendall 1945.
    """
    ordered = counts.concordant + counts.discordant
    product = (ordered + counts.tied_human) * (ordered + counts.tied_metric)
    return share(counts.concordant - counts.discordant, np.sqrt(product))


def tau_eq(counts: KendallCounts) -> FloatArray:
    """Return tau_eq: pairs that both sides order or tie alike, minus the others, over all; nan without a pair.

    From -1 to 1, and always 2 acc_eq - 1.

    References
    ----------
    Deutsch, Foster and Freitag 2023, eq. 8.
    """
    return 2 * acc_eq(counts) - 1


def acc_eq(counts: KendallCounts) -> FloatArray:
    """Return the share of pairs that both sides order or tie alike, from 0 to 1; nan without a pair.

    References
    ----------
    Deutsch, Foster and Freitag 2023, eq. 7.
    """
    return share(counts.concordant + counts.tied_both, counts.n_pairs)


def share(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return part / whole, nan where the whole is not positive."""
    undefined = np.full(np.broadcast_shapes(np.shape(part), np.shape(whole)), np.nan)
    return np.asarray(np.divide(part, whole, out=undefined, where=np.asarray(whole) > 0))


def dense_ranks(values: FloatArray) -> IntArray:
    """Return the rank of each value among the distinct ones, from 0, along the last axis; nan last and tied."""
    filled = np.where(np.isnan(values), np.inf, values)
    order = np.argsort(filled, axis=-1, kind="stable")
    ordered = np.take_along_axis(filled, order, axis=-1)
    ranks = np.zeros(values.shape, dtype=np.int64)
    np.cumsum(ordered[..., 1:] != ordered[..., :-1], axis=-1, out=ranks[..., 1:])
    codes = np.empty_like(ranks)
    np.put_along_axis(codes, order, ranks, axis=-1)
    return codes


def _counts_by_pairs(human: FloatArray, metric: FloatArray, epsilon: float) -> KendallCounts:
    counts = np.zeros((5, *human.shape[:-1]))
    for i in range(human.shape[-1] - 1):
        sign_h = np.sign(human[..., i, None] - human[..., i + 1 :])
        gap = metric[..., i, None] - metric[..., i + 1 :]
        sign_m = np.where(np.abs(gap) <= epsilon, 0.0, np.sign(gap))
        product, tied_h, tied_m = sign_h * sign_m, sign_h == 0, sign_m == 0
        counts[0] += (product > 0).sum(axis=-1)
        counts[1] += (product < 0).sum(axis=-1)
        counts[2] += (tied_h & (np.abs(sign_m) > 0)).sum(axis=-1)
        counts[3] += (tied_m & (np.abs(sign_h) > 0)).sum(axis=-1)
        counts[4] += (tied_h & tied_m).sum(axis=-1)
    return KendallCounts(*counts)


def _counts_by_sorting(human: FloatArray, metric: FloatArray) -> KendallCounts:
    """Count by inversions; missing cells sort last on both sides, and their contribution is subtracted."""
    missing = np.isnan(human) | np.isnan(metric)
    n, n_missing = human.shape[-1], missing.sum(axis=-1)
    n_known = n - n_missing
    code_h, code_m = (dense_ranks(np.where(missing, np.nan, values)) for values in (human, metric))
    both = np.sort(code_h * n + code_m, axis=-1)
    by_missing = n_missing * (n_missing - 1) / 2
    tied_both = _tied_pairs(both) - by_missing
    tied_human = _tied_pairs(np.sort(code_h, axis=-1)) - by_missing - tied_both
    tied_metric = _tied_pairs(np.sort(code_m, axis=-1)) - by_missing - tied_both
    discordant = _inversions(both % n)
    n_pairs = n_known * (n_known - 1) / 2
    concordant = n_pairs - discordant - tied_human - tied_metric - tied_both
    return KendallCounts(concordant, discordant, tied_human, tied_metric, tied_both)


def _tied_pairs(ordered: IntArray) -> FloatArray:
    """Return how many pairs of a sorted array are equal: each element pairs with those before it in its run."""
    position = np.arange(ordered.shape[-1])
    starts = np.zeros(ordered.shape, dtype=np.int64)
    starts[..., 1:] = np.where(ordered[..., 1:] != ordered[..., :-1], position[1:], 0)
    first = np.maximum.accumulate(starts, axis=-1)
    return np.asarray((position - first).sum(axis=-1), dtype=np.float64)


def _inversions(codes: IntArray) -> FloatArray:
    """Return how many pairs are in falling order, bit by bit from the highest (a wavelet tree in place)."""
    total = np.zeros(codes.shape[:-1])
    for bit in reversed(range(int(codes.max(initial=0)).bit_length())):
        prefix, one = codes >> (bit + 1), (codes >> bit) & 1
        ones_before = np.cumsum(one, axis=-1) - one
        at_start = np.zeros_like(codes)
        new = prefix[..., 1:] != prefix[..., :-1]
        at_start[..., 1:] = np.where(new, ones_before[..., 1:], 0)
        before_group = np.maximum.accumulate(at_start, axis=-1)
        total += np.where(one == 0, ones_before - before_group, 0).sum(axis=-1)
        order = np.argsort(codes >> bit, axis=-1, kind="stable")
        codes = np.take_along_axis(codes, order, axis=-1)
    return total
