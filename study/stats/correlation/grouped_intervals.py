"""Bootstrap intervals of correlations of score matrices: over items, systems, both, or raters."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, IntArray
from study.stats.correlation.coefficients import COEFFICIENTS
from study.stats.correlation.grouped import group_values, grouped_correlation, macro_mean, score_matrices
from study.stats.correlation.ties import share
from study.stats.resampling import (
    CHUNK_BYTES,
    Clusters,
    Estimate,
    bootstrap,
    check_confidence_level,
    percentile_interval,
    whole_clusters,
)
from study.tables import lookup
from study.wording import counted

RESAMPLED: dict[str, tuple[bool, bool]] = {
    "items": (False, True),
    "systems": (True, False),
    "systems_and_items": (True, True),
}
"""Whether systems and items are resampled."""

GROUPS_OF = {"by_item": "items", "by_system": "systems"}
"""Levels whose groups are the resampled units: each group's value is computed once."""


def grouped_interval(
    human: ArrayLike,
    metric: ArrayLike,
    coefficient: str,
    level: str,
    *,
    resampled: str = "items",
    confidence_level: float = 0.95,
    n_resamples: int = 1000,
    rng: np.random.Generator,
) -> Estimate:
    """Estimate a correlation at a level with a percentile bootstrap interval.

    Parameters
    ----------
    human, metric : array_like of shape (n_systems, n_items)
        nan where missing.
    coefficient, level : str
        Keys of ``COEFFICIENTS`` and ``LEVELS``.
    resampled : {"items", "systems", "systems_and_items"}
        What the interval generalises to: new items, new systems, or both. A system drawn twice ties with itself.
    confidence_level, n_resamples, rng
        Settings of the bootstrap.

    Returns
    -------
    Estimate
        ``n_units`` counts items, systems, or the smaller of both.

    References
    ----------
    Deutsch, Dror and Roth 2021, section 4 (Boot-Inputs, Boot-Systems, Boot-Both).
    """
    draws = lookup(RESAMPLED, resampled, "unit of resampling")
    _check_bootstrap(confidence_level, n_resamples)
    h, m = score_matrices(human=human, metric=metric)
    point = grouped_correlation(h, m, coefficient, level)
    unit = {"items": "item", "systems": "system"}.get(resampled, "systems and item")
    used = ~np.isnan(h)
    sizes = [int(used.any(axis=1 - axis).sum()) for axis in (0, 1)]
    n_units = min(size for size, drawn in zip(sizes, draws, strict=True) if drawn)
    method = f"percentile bootstrap over {unit}s"
    unknown = Estimate(
        point.value, np.nan, np.nan, confidence_level, n_units, n_resamples, method, point.reason
    )
    if np.isnan(point.value):
        return unknown
    if n_units < 2:
        return replace(unknown, reason=f"{counted(n_units, unit)}: an interval needs at least 2")
    if GROUPS_OF.get(level) == resampled or (level, resampled) == ("system_level", "items"):
        statistic, clusters = _cells(h, m, point.per_group, coefficient, level, unit)
        return bootstrap(
            statistic, clusters, confidence_level=confidence_level, n_resamples=n_resamples, rng=rng
        )
    kept = np.ix_(used.any(axis=1), used.any(axis=0))
    values = _resampled_values(h[kept], m[kept], coefficient, level, draws, n_resamples, rng)
    low, high, reason = percentile_interval(values, confidence_level, unit)
    return replace(unknown, low=low, high=high, reason=reason)


def _cells(
    human: FloatArray, metric: FloatArray, per_group: FloatArray, coefficient: str, level: str, unit: str
) -> tuple[Callable[[FloatArray], FloatArray], Clusters]:
    """Return the additive cells of the resampled units, and the statistic of their sums."""
    if level != "system_level":
        defined = ~np.isnan(per_group)
        cells = np.column_stack([np.where(defined, per_group, 0), defined])
        used = ~np.isnan(human).all(axis=0 if level == "by_item" else 1)
        return lambda totals: share(totals[:, 0], totals[:, 1]), whole_clusters(cells[used], unit)
    known = ~np.isnan(human)
    sums = np.stack([np.where(known, human, 0), np.where(known, metric, 0), known.astype(np.float64)])
    cells = np.moveaxis(sums, -1, 0)[known.any(axis=0)]
    function = lookup(COEFFICIENTS, coefficient, "coefficient").function

    def statistic(totals: FloatArray) -> FloatArray:
        h, m, n = np.moveaxis(totals.reshape(len(totals), 3, -1), 1, 0)
        return function(share(h, n), share(m, n))

    return statistic, whole_clusters(cells.reshape(len(cells), -1), unit)


def _resampled_values(
    human: FloatArray,
    metric: FloatArray,
    coefficient: str,
    level: str,
    draws: tuple[bool, bool],
    n_resamples: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Return the correlation of resampled matrices, shape (n_resamples,); computed in chunks."""
    values = [
        macro_mean(group_values(_drawn(human, *drawn), _drawn(metric, *drawn), coefficient, level))
        for drawn in _draws(human.shape, draws, n_resamples, rng)
    ]
    return np.concatenate(values)


def _draws(
    shape: tuple[int, ...], draws: tuple[bool, bool], n_resamples: int, rng: np.random.Generator
) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield the systems and items of resamples, each of shape (chunk, n); all of them where not drawn."""
    for size in _chunks(n_resamples, max(1, CHUNK_BYTES // (32 * shape[0] * shape[1]))):
        systems, items = (
            rng.integers(0, n, (size, n)) if drawn else np.broadcast_to(np.arange(n), (size, n))
            for n, drawn in zip(shape, draws, strict=True)
        )
        yield systems, items


def _drawn(scores: FloatArray, systems: IntArray, items: IntArray) -> FloatArray:
    """Return resampled scores, shape (n_resamples, n_systems, n_items)."""
    return np.asarray(scores[systems[:, :, None], items[:, None, :]])


def _chunks(n: int, size: int) -> Iterator[int]:
    for start in range(0, n, size):
        yield min(size, n - start)


def _check_bootstrap(confidence_level: float, n_resamples: int) -> None:
    check_confidence_level(confidence_level)
    if n_resamples < 1:
        raise InvalidInput(f"n_resamples {n_resamples}; allowed: 1 or more")
