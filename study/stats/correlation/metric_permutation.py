"""Permutation tests of two metrics: is one closer to human scores than the other, beyond chance?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, IntArray, check_equal_lengths, codes
from study.stats.correlation.coefficients import COEFFICIENTS
from study.stats.correlation.grouped import (
    LAYOUTS,
    LEVELS,
    by_system,
    group_values,
    macro_mean,
    score_matrices,
)
from study.stats.correlation.swapped_scores import PAIR_TABLES, moment_kernel, never_tied, pair_kernel
from study.stats.correlation.ties import LONGEST_BY_PAIRS, share
from study.stats.resampling import CHUNK_BYTES
from study.tables import lookup

SwapShape = Callable[[int, int], tuple[int, int]]
Bits = NDArray[np.uint8]
Kernel = Callable[[Bits], tuple[FloatArray, FloatArray]]
"""Maps swaps of shape (n_groups, n_resamples, n) to both metrics' values, each (n_groups, n_resamples)."""

PERMUTATIONS: dict[str, SwapShape] = {
    "perm_both": lambda n_systems, n_items: (n_systems, n_items),
    "perm_inputs": lambda n_systems, n_items: (1, n_items),
    "perm_systems": lambda n_systems, n_items: (n_systems, 1),
}
"""What is swapped as a whole: each cell, all systems' outputs of an item, or all outputs of a system."""

ALTERNATIVES: dict[str, Callable[[FloatArray, float], NDArray[np.bool_]]] = {
    "two_sided": lambda null, observed: np.abs(null) >= abs(observed) - 1e-10,
    "greater": lambda null, observed: null >= observed - 1e-10,
}


@dataclass(frozen=True, slots=True)
class MetricDifference:
    """The difference of two metrics' correlations with human scores, and its P under swaps.

    Attributes
    ----------
    difference, first, second : float
        First minus second; the correlations themselves.
    p_value : float
        (1 + hits) / (1 + resamples): the observed data count as one permutation, so that P is never 0 and the test
        keeps its level. nan with a reason.
    coefficient, level, method, alternative : str
    n_resamples, n_undefined : int
        Number of resamples drawn, and of those where a correlation is undefined, which count as hits.
    reason : str or None
    """

    difference: float
    first: float
    second: float
    p_value: float
    coefficient: str
    level: str
    method: str
    alternative: str
    n_resamples: int
    n_undefined: int
    reason: str | None = None


def metric_difference(
    human: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    coefficient: str = "pearson",
    level: str = "by_item",
    method: str = "perm_both",
    alternative: str = "two_sided",
    inputs: ArrayLike | None = None,
    n_resamples: int = 1000,
    rng: np.random.Generator,
) -> MetricDifference:
    """Test whether two metrics correlate equally well with human scores, by swapping their scores.

    Both metrics are standardised over all cells; then each cell, item or system swaps its two scores with probability
    1/2 and both correlations are recomputed. At the system level cells are swapped and averaged again, so that the
    test accounts for how much system means depend on the items.

    Parameters
    ----------
    human, first, second : array_like of shape (n_systems, n_items)
        nan where missing; only cells with all three count.
    coefficient, level : str
        Keys of ``COEFFICIENTS`` and ``LEVELS``.
    method : {"perm_both", "perm_inputs", "perm_systems"}
        What the result generalises to: new systems and items, new items, or new systems.
    alternative : {"two_sided", "greater"}
        A difference of any sign, or first > second.
    inputs : array_like of int, shape (n_items,), optional
        The unit of each item, as codes from 0: all items of a unit, such as a profile, are swapped together. By
        default each item is its own unit.
    n_resamples : int
    rng : numpy.random.Generator

    References
    ----------
    Deutsch, Dror and Roth 2021, section 5 and algorithm 2 (Perm-Both); Phipson and Smyth 2010 (the 1 added).
    """
    shape, hit = lookup(PERMUTATIONS, method, "permutation"), lookup(ALTERNATIVES, alternative, "alternative")
    if n_resamples < 1:
        raise InvalidInput(f"n_resamples {n_resamples}; allowed: 1 or more")
    h, a, b = score_matrices(human=human, first=first, second=second)
    one, other = (float(macro_mean(group_values(h, m, coefficient, level))) for m in (a, b))
    difference = one - other
    settings = (coefficient, level, method, alternative)
    if np.isnan(difference):
        undefined = [name for name, value in (("first", one), ("second", other)) if np.isnan(value)]
        reason = f"the correlation of the {' and the '.join(undefined)} metric is undefined"
        return MetricDifference(np.nan, one, other, np.nan, *settings, n_resamples, 0, reason)
    unit = np.arange(h.shape[1]) if inputs is None else codes(inputs, None, "inputs")
    check_equal_lengths(inputs=len(unit), items=h.shape[1])
    kernel = _kernel(h, _standardised(a), _standardised(b), coefficient, level)
    n_hits = n_undefined = 0
    for bits in _swaps(shape(h.shape[0], int(unit.max()) + 1), h.shape, level, n_resamples, rng, unit):
        swapped = kernel(bits)
        null = macro_mean(swapped[0].T) - macro_mean(swapped[1].T)
        undefined_null = np.isnan(null)
        n_undefined += int(undefined_null.sum())
        n_hits += int((hit(null, difference) | undefined_null).sum())
    p_value = (1 + n_hits) / (1 + n_resamples)
    return MetricDifference(difference, one, other, p_value, *settings, n_resamples, n_undefined)


def _standardised(scores: FloatArray) -> FloatArray:
    """Return scores with mean 0 and root mean square 1 over all cells; 0 where they do not vary."""
    known = scores[~np.isnan(scores)]
    if np.ptp(known) == 0:
        return np.asarray(scores - known[0])
    largest = np.abs(known - known.mean()).max()
    deviations = (scores - known.mean()) / largest
    return np.asarray(deviations / np.sqrt(np.nanmean(deviations**2)))


def _kernel(human: FloatArray, first: FloatArray, second: FloatArray, coefficient: str, level: str) -> Kernel:
    """Return the fastest function from swaps to both metrics' values."""
    if level == "system_level":
        return _system_kernel(human, first, second, coefficient)
    groups = lookup(LEVELS, level, "level")
    h, a, b = groups(human), groups(first), groups(second)
    if coefficient == "pearson":
        return moment_kernel(h, a, b)
    few = h.shape[-1] <= LONGEST_BY_PAIRS and h.size * h.shape[-1] <= CHUNK_BYTES // 8
    by_pairs = coefficient in PAIR_TABLES and few
    if by_pairs and (coefficient != "spearman" or never_tied(a, b)):
        return pair_kernel(h, a, b, coefficient)
    function = COEFFICIENTS[coefficient].function

    def values(bits: Bits) -> tuple[FloatArray, FloatArray]:
        swapped = bits.astype(bool)
        one, other = (
            np.where(swapped, *pair) for pair in ((b[:, None], a[:, None]), (a[:, None], b[:, None]))
        )
        return function(h[:, None], one), function(h[:, None], other)

    return values


def _system_kernel(human: FloatArray, first: FloatArray, second: FloatArray, coefficient: str) -> Kernel:
    """Return a function that swaps cells and recomputes the averages: one product per system."""
    function = COEFFICIENTS[coefficient].function
    known = ~np.isnan(human)
    n_known = known.sum(axis=1).astype(np.float64)
    a, b, h = (np.where(known, scores, 0.0) for scores in (first, second, human))
    human_mean = share(h.sum(axis=1), n_known)
    change = (b - a)[:, :, None]

    def values(bits: Bits) -> tuple[FloatArray, FloatArray]:
        moved = (bits.astype(np.float64) @ change)[:, :, 0]
        one = share((a.sum(axis=1)[:, None] + moved).T, n_known)
        other = share((b.sum(axis=1)[:, None] - moved).T, n_known)
        return function(human_mean, one)[None, :], function(human_mean, other)[None, :]

    return values


def _swaps(
    shape: tuple[int, int],
    full: tuple[int, ...],
    level: str,
    n_resamples: int,
    rng: np.random.Generator,
    unit: IntArray | None = None,
) -> Iterator[Bits]:
    """Yield random swaps, 0 or 1, in the layout of the groups: (n_groups, chunk, n); items of a unit are swapped together."""
    layout = by_system if level == "system_level" else LAYOUTS[level]
    chunk = max(1, CHUNK_BYTES // (16 * max(1, full[0] * full[1])))
    whole = shape == full
    grouped_shape = layout(np.zeros(full)).shape
    for start in range(0, n_resamples, chunk):
        n = min(chunk, n_resamples - start)
        if whole:
            yield _bits((grouped_shape[0], n, grouped_shape[1]), rng)
        else:
            drawn = _bits((n, *shape), rng)
            drawn = np.broadcast_to(drawn if unit is None or shape[1] == 1 else drawn[:, :, unit], (n, *full))
            yield np.moveaxis(layout(drawn), 0, 1)


def _bits(shape: tuple[int, ...], rng: np.random.Generator) -> Bits:
    n = int(np.prod(shape))
    packed = rng.integers(0, 256, -(-n // 8), dtype=np.uint8)
    return np.unpackbits(packed, count=n).reshape(shape)
