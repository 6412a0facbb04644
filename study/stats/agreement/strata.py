"""Pooled statistics whose chance is that of each stratum, such as a pair of systems."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import nan

import numpy as np

from study.stats.arrays import FloatArray, IntArray
from study.stats.resampling import (
    Clusters,
    Estimate,
    bootstrap_weights,
    check_confidence_level,
    jackknife_estimate,
    percentile_interval,
    whole_clusters,
)
from study.tables import lookup
from study.wording import counted

Parts = Callable[[FloatArray], FloatArray]
"""From totals of the cells of one stratum, shape (n, n_cells), to the parts summed over strata, shape (n, n_parts)."""

Final = Callable[[FloatArray], FloatArray]
"""From sums of parts, shape (n, n_parts), to values, shape (n,); nan where undefined."""


@dataclass(frozen=True, slots=True)
class Strata:
    """Additive cells of clusters within strata: one row for each cluster present in a stratum.

    Attributes
    ----------
    cells : ndarray of shape (n_rows, n_cells)
    stratum : ndarray of int64, shape (n_rows,)
    cluster : ndarray of int64, shape (n_rows,)
        Codes from 0.
    multiplicity : ndarray of int64, shape (n_clusters,)
        How many equal clusters each one represents.
    unit : str
        Name of a cluster, in the singular.
    """

    cells: FloatArray
    stratum: IntArray
    cluster: IntArray
    multiplicity: IntArray
    unit: str

    @property
    def n_clusters(self) -> int:
        """The number of clusters."""
        return int(self.multiplicity.sum())

    def each(self) -> Iterator[tuple[FloatArray, IntArray]]:
        """Yield the cells of each stratum with their clusters."""
        order = np.argsort(self.stratum, kind="stable")
        bounds = np.flatnonzero(np.diff(self.stratum[order])) + 1
        for rows in np.split(order, bounds) if len(order) else ():
            yield self.cells[rows], self.cluster[rows]


def grouped_strata(cells: FloatArray, stratum: IntArray, group: IntArray, unit: str) -> Strata:
    """Return cells of units, one row each, summed by group within each stratum; a group may be in several strata."""
    _, cluster = np.unique(group, return_inverse=True)
    n_clusters = int(cluster.max(initial=-1)) + 1
    place, row = np.unique(stratum * max(1, n_clusters) + cluster, return_inverse=True)
    sums = np.zeros((len(place), cells.shape[1]))
    np.add.at(sums, row, cells)
    ones = np.ones(n_clusters, dtype=np.int64)
    strata, clusters = np.divmod(place, max(1, n_clusters))
    return Strata(sums, strata, clusters, ones, unit)


def pooled(
    parts: Parts,
    final: Final,
    strata: Strata,
    method: str,
    *,
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
    rng: np.random.Generator | None = None,
) -> Estimate:
    """Estimate a statistic of parts that are summed over strata, with an interval over clusters.

    Parameters
    ----------
    parts, final : callable
        The value is ``final`` of the sum over strata of ``parts`` of a stratum's totals. With one stratum this equals
        :func:`study.stats.resampling.interval`.
    strata : Strata
    method : {"jackknife", "bootstrap"}
    confidence_level : float
    n_resamples : int
    rng : numpy.random.Generator, optional
        Required by the bootstrap.

    References
    ----------
    Tukey 1958; Davison and Hinkley 1997, section 3.8.
    """
    check_confidence_level(confidence_level)
    function = lookup({"jackknife": _jackknife, "bootstrap": _bootstrap}, method, "interval method")
    return function(parts, final, strata, confidence_level, n_resamples, rng)


def pooled_value(parts: Parts, final: Final, strata: Strata) -> float:
    """Return the statistic of the observed data."""
    sums = [parts((strata.multiplicity[cluster] @ cells)[None]) for cells, cluster in strata.each()]
    return float(final(np.sum(sums, axis=0))[0]) if sums else nan


def _jackknife(
    parts: Parts,
    final: Final,
    strata: Strata,
    level: float,
    n_resamples: int,
    rng: np.random.Generator | None,
) -> Estimate:
    n, value, deviation = strata.n_clusters, pooled_value(parts, final, strata), nan
    if n >= 2:
        changes: FloatArray | None = None
        everything = np.zeros((1, 1))
        for cells, cluster in strata.each():
            total = (strata.multiplicity[cluster] @ cells)[None]
            own = parts(total)
            everything = everything + own
            left = parts(total - cells) - own
            if changes is None:
                changes = np.zeros((len(strata.multiplicity), own.shape[1]))
            np.add.at(changes, cluster, left)
        left_out = final(everything + np.asarray(changes))
        centre = strata.multiplicity @ left_out / n
        deviation = float(np.sqrt((n - 1) / n * (strata.multiplicity @ (left_out - centre) ** 2)))
    return jackknife_estimate(value, deviation, n, strata.unit, level)


def _bootstrap(
    parts: Parts,
    final: Final,
    strata: Strata,
    level: float,
    n_resamples: int,
    rng: np.random.Generator | None,
) -> Estimate:
    n, value = strata.n_clusters, pooled_value(parts, final, strata)
    reason: str | None = f"undefined, or {counted(n, strata.unit)}: an interval needs at least 2"
    low = high = nan
    if n >= 2 and not np.isnan(value):
        drawn = _drawable(strata)
        values = [
            final(np.sum([parts(w[:, cluster] @ cells) for cells, cluster in strata.each()], axis=0))
            for w in bootstrap_weights(drawn, n_resamples, rng)
        ]
        low, high, reason = percentile_interval(np.concatenate(values), level, strata.unit)
    method = f"percentile bootstrap over {strata.unit}s"
    return Estimate(value, low, high, level, n, n_resamples, method, reason)


def _drawable(strata: Strata) -> Clusters:
    """Return clusters to draw, by their number."""
    alone = whole_clusters(np.zeros((len(strata.multiplicity), 1)), strata.unit)
    return Clusters(alone.patterns, strata.multiplicity, alone.cells, strata.unit)
