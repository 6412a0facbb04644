"""Correlations of two metrics whose scores are swapped at random, from sums that are linear or quadratic in the swaps."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from study.stats.arrays import FloatArray
from study.stats.correlation.coefficients import midranks
from study.stats.correlation.ties import dense_ranks, share

Bits = NDArray[np.uint8]
Values = tuple[FloatArray, FloatArray]


def moment_kernel(human: FloatArray, first: FloatArray, second: FloatArray) -> Callable[[Bits], Values]:
    """Return a function from swaps to both metrics' Pearson r in each group.

    Sums, sums of squares and products after swaps are linear in the swaps: one matrix product per group.

    Parameters
    ----------
    human, first, second : ndarray of shape (n_groups, n)
        nan in all three where missing.

    Returns
    -------
    callable
        From 0s and 1s of shape (n_groups, n_resamples, n) to two arrays of shape (n_groups, n_resamples), nan where
        undefined.
    """
    known = ~np.isnan(human)
    n = np.maximum(known.sum(axis=1, keepdims=True), 1).astype(np.float64)

    def centred(scores: FloatArray) -> FloatArray:
        filled = np.where(known, scores, 0.0)
        return np.where(known, filled - filled.sum(axis=1, keepdims=True) / n, 0.0)

    centre = centred((first + second) / 2)
    half = np.where(known, (second - first) / 2, 0.0)
    a, b, h = centre - half, centre + half, centred(human)
    changes = np.stack([b - a, b**2 - a**2, (b - a) * h], axis=-1)
    start_a, start_b = (np.stack([x, x**2, x * h], axis=-1).sum(axis=1)[:, None] for x in (a, b))
    size = (a**2 + b**2).sum(axis=1, keepdims=True)
    constant = np.where(known, human, -np.inf).max(axis=1) <= np.where(known, human, np.inf).min(axis=1)
    human_square = np.where(constant, 0.0, (h**2).sum(axis=1))[:, None]

    def correlation(sums: FloatArray) -> FloatArray:
        spread = sums[..., 1] - sums[..., 0] ** 2 / n
        variance = np.where(spread > 1e-12 * size, spread, 0.0) * human_square
        return np.clip(share(sums[..., 2], np.sqrt(variance)), -1, 1)

    def values(bits: Bits) -> Values:
        moved = bits.astype(np.float64) @ changes
        return correlation(start_a + moved), correlation(start_b - moved)

    return values


def pair_kernel(
    human: FloatArray, first: FloatArray, second: FloatArray, coefficient: str
) -> Callable[[Bits], Values]:
    """Return a function from swaps to both metrics' pair statistic in each group.

    Whether a pair has the human order depends only on the swaps of its two members, so a count of pairs is a
    quadratic form in the swaps. Counts are small whole numbers: single precision is exact.

    Parameters
    ----------
    human, first, second : ndarray of shape (n_groups, n)
        nan in all three where missing.
    coefficient : str
        Key of :data:`PAIR_TABLES`.

    Returns
    -------
    callable
        As in :func:`moment_kernel`.
    """
    tables, combine = PAIR_TABLES[coefficient]
    known = ~np.isnan(human)
    human = midranks(human) if coefficient == "spearman" else dense_ranks(human).astype(np.float64)
    pairs = known[:, :, None] & known[:, None, :] & np.triu(np.ones((human.shape[1],) * 2, dtype=bool), 1)
    gap = human[:, :, None] - human[:, None, :]
    order_h = np.where(pairs, gap if coefficient == "spearman" else np.sign(gap), 0.0)
    scores = np.where(known, np.stack([first, second]), 0.0)
    # signs[u, v]: order of a pair whose members use metrics u and v.
    signs = np.sign(scores[:, None, :, :, None] - scores[None, :, :, None, :])
    forms = [
        _quadratic(np.where(pairs, table(order_h, order), 0.0))
        for order in (signs, signs[::-1, ::-1])
        for table in tables
    ]
    n_pairs = pairs.sum(axis=(1, 2))[:, None].astype(np.float64)
    spread_h = (order_h**2).sum(axis=(1, 2))[:, None]

    def values(bits: Bits) -> Values:
        swaps = bits.astype(np.float32)
        counts = [
            base + (swaps @ linear)[..., 0] + ((swaps @ square) * swaps).sum(axis=-1)
            for base, linear, square in forms
        ]
        one, other = counts[: len(tables)], counts[len(tables) :]
        return combine(one, spread_h, n_pairs), combine(other, spread_h, n_pairs)

    return values


def never_tied(first: FloatArray, second: FloatArray) -> bool:
    """Return whether no swap can make two scores of a group equal; arrays of shape (n_groups, n)."""
    ordered = np.sort(np.concatenate([first, second], axis=1), axis=1)
    return not bool((ordered[:, 1:] == ordered[:, :-1]).any())


def _quadratic(table: FloatArray) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return the constant, linear and quadratic part of sums over pairs, from values of shape (2, 2, n_groups, n, n)."""
    base, second, first, both = table[0, 0], table[0, 1], table[1, 0], table[1, 1]
    linear = (first - base).sum(axis=2) + (second - base).sum(axis=1)
    square = both - first - second + base
    constant = base.sum(axis=(1, 2))[:, None]
    return constant.astype(np.float32), linear[:, :, None].astype(np.float32), square.astype(np.float32)


def _agreement(human: FloatArray, metric: FloatArray) -> FloatArray:
    return human * metric


def _ordered(human: FloatArray, metric: FloatArray) -> FloatArray:
    return np.abs(metric)


def _alike(human: FloatArray, metric: FloatArray) -> FloatArray:
    return np.asarray(human == metric, dtype=np.float64)


def _tau_b(counts: list[FloatArray], spread_h: FloatArray, n_pairs: FloatArray) -> FloatArray:
    return share(counts[0], np.sqrt(spread_h * counts[1]))


def _acc_eq(counts: list[FloatArray], spread_h: FloatArray, n_pairs: FloatArray) -> FloatArray:
    return share(counts[0], n_pairs)


def _tau_eq(counts: list[FloatArray], spread_h: FloatArray, n_pairs: FloatArray) -> FloatArray:
    return 2 * share(counts[0], n_pairs) - 1


def _spearman(counts: list[FloatArray], spread_h: FloatArray, n_pairs: FloatArray) -> FloatArray:
    """Return rho: squared rank gaps of pairs sum to n times the sum of squares; without ties that is n² (n² - 1) / 12."""
    n = (1 + np.sqrt(1 + 8 * n_pairs)) / 2
    return share(counts[0] * n / 2, np.sqrt(spread_h * n_pairs * n * (n + 1) / 6))


PairTable = Callable[[FloatArray, FloatArray], FloatArray]
Combine = Callable[[list[FloatArray], FloatArray, FloatArray], FloatArray]

PAIR_TABLES: dict[str, tuple[tuple[PairTable, ...], Combine]] = {
    "kendall_b": ((_agreement, _ordered), _tau_b),
    "acc_eq": ((_alike,), _acc_eq),
    "tau_eq": ((_alike,), _tau_eq),
    "spearman": ((_agreement,), _spearman),
}
"""What is summed over pairs, from the order of both sides, and how the sums give the coefficient.

The human order is a sign, and for Spearman's rho the gap of midranks; rho needs :func:`never_tied`.
"""
