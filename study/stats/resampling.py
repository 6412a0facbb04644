"""Intervals by resampling additive cells of clusters: delete-one jackknife and weights bootstrap."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import nan

import numpy as np
from scipy import special

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, IntArray, distinct_rows
from study.tables import lookup
from study.wording import counted

CHUNK_BYTES = 64 * 2**20
"""Limit of one working array; a call holds the patterns, the results and at most four such arrays."""

MOST_UNDEFINED = 0.05
"""Share of undefined resamples above which a bootstrap gives no interval."""

FEW_VALUES = "nearly all resamples give the same value, as where there are few systems: no width can be told"
NO_VARIATION = "the {unit}s do not vary, so that they say nothing on the width of the interval"

CellStatistic = Callable[[FloatArray], FloatArray]
"""Maps totals of cells, shape (n, n_cells), to values, shape (n,); nan where undefined."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval and the method behind them.

    An undefined value or interval is nan and ``reason`` says why. ``n_units`` counts the units that were resampled or
    assumed independent; ``n_resamples`` counts random resamples and is 0 for closed forms.
    """

    value: float
    low: float
    high: float
    confidence_level: float
    n_units: int
    n_resamples: int
    method: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Clusters:
    """Additive data of clusters (raters, items, units), equal clusters grouped into one pattern.

    Attributes
    ----------
    patterns : ndarray of shape (n_patterns, n_values)
    multiplicity : ndarray of shape (n_patterns,)
        Number of clusters with each pattern.
    cells : callable
        Expands patterns, shape (n, n_values), into additive cells, shape (n, n_cells); called in chunks.
    unit : str
        Name of a cluster, in the singular.
    """

    patterns: FloatArray
    multiplicity: IntArray
    cells: Callable[[FloatArray], FloatArray]
    unit: str

    @property
    def n_clusters(self) -> int:
        """The number of clusters."""
        return int(self.multiplicity.sum())


def plain_cells(patterns: FloatArray) -> FloatArray:
    """Return patterns that are already additive."""
    return patterns


def whole_clusters(cells: FloatArray, unit: str) -> Clusters:
    """Return clusters without grouping, one pattern each, from cells of shape (n_clusters, n_cells)."""
    return Clusters(cells, np.ones(len(cells), dtype=np.int64), plain_cells, unit)


def count_clusters(counts: IntArray, unit: str) -> Clusters:
    """Group clusters with equal counts, shape (n_clusters, n_cells)."""
    patterns, multiplicity = distinct_rows(counts)
    return Clusters(patterns.astype(np.float64), multiplicity, plain_cells, unit)


def check_confidence_level(confidence_level: float) -> None:
    """Raise InvalidInput unless the level is strictly between 0 and 1."""
    if not 0 < confidence_level < 1:
        raise InvalidInput(f"confidence_level {confidence_level!r}; allowed: between 0 and 1, such as 0.95")


def t_quantile(confidence_level: float, degrees_of_freedom: float) -> float:
    """Return the two-sided critical value of Student's t."""
    return float(special.stdtrit(degrees_of_freedom, (1 + confidence_level) / 2))


def normal_quantile(confidence_level: float) -> float:
    """Return the two-sided critical value of the normal distribution.

    >>> round(normal_quantile(0.95), 4)
    1.96
    """
    return float(special.ndtri((1 + confidence_level) / 2))


def cell_totals(clusters: Clusters, weights: FloatArray) -> FloatArray:
    """Return totals of cells under weights of patterns: one matrix product, shape (n, n_cells)."""
    parts = (weights[:, part] @ rows for part, rows in expanded(clusters))
    return sum(parts, start=np.zeros(1))


def point_value(statistic: CellStatistic, clusters: Clusters) -> float:
    """Return the statistic of the observed data."""
    if not clusters.n_clusters:
        return nan
    return float(statistic(cell_totals(clusters, clusters.multiplicity[None, :].astype(np.float64)))[0])


def jackknife(
    statistic: CellStatistic,
    clusters: Clusters,
    *,
    confidence_level: float = 0.95,
    n_resamples: int = 0,
    rng: np.random.Generator | None = None,
) -> Estimate:
    """Estimate a statistic with the delete-one-cluster jackknife and Student's t.

    One value is computed per distinct pattern, not per cluster. The interval is symmetric and not clipped.

    Parameters
    ----------
    statistic : callable
        From totals, shape (n, n_cells), to values, shape (n,).
    clusters : Clusters
    confidence_level : float
    n_resamples, rng
        Not used: there is no randomness.

    References
    ----------
    Tukey 1958 (t with n - 1 degrees of freedom); Efron and Stein 1981.
    """
    check_confidence_level(confidence_level)
    n = clusters.n_clusters
    value, deviation = point_value(statistic, clusters), nan
    if n >= 2:
        everything = cell_totals(clusters, clusters.multiplicity[None, :].astype(np.float64))
        left_out = np.concatenate([statistic(everything - rows) for _, rows in expanded(clusters)])
        centre = clusters.multiplicity @ left_out / n
        deviation = np.sqrt((n - 1) / n * (clusters.multiplicity @ (left_out - centre) ** 2))
    return jackknife_estimate(value, deviation, n, clusters.unit, confidence_level)


def jackknife_estimate(
    value: float, deviation: float, n: int, unit: str, confidence_level: float
) -> Estimate:
    """Return the t interval of a jackknife over ``n`` clusters; a deviation is nan if any leave-one-out value is."""
    reason = None
    if n < 2:
        reason = f"{counted(n, unit)}: an interval needs at least 2"
    elif np.isnan(value) or np.isnan(deviation):
        reason = f"undefined, as it stands or without one {unit}"
    elif deviation < 1e-12:
        reason = NO_VARIATION.format(unit=unit)
    half = nan if reason else t_quantile(confidence_level, n - 1) * deviation
    method = f"delete-one-{unit} jackknife, t interval"
    return Estimate(value, value - half, value + half, confidence_level, n, 0, method, reason)


def bootstrap(
    statistic: CellStatistic,
    clusters: Clusters,
    *,
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
    rng: np.random.Generator | None = None,
) -> Estimate:
    """Estimate a statistic with a percentile interval over resampled clusters.

    Parameters
    ----------
    statistic : callable
        From totals, shape (n, n_cells), to values, shape (n,).
    clusters : Clusters
    confidence_level : float
    n_resamples : int
    rng : numpy.random.Generator
        Required: the same generator state gives the same interval.

    References
    ----------
    Efron 1979; Davison and Hinkley 1997, section 3.8 (resampling clusters).
    """
    check_confidence_level(confidence_level)
    unit, n = clusters.unit, clusters.n_clusters
    method = f"percentile bootstrap over {unit}s"
    value = point_value(statistic, clusters)
    reason: str | None = f"undefined, or {counted(n, unit)}: an interval needs at least 2"
    low = high = nan
    if n >= 2 and not np.isnan(value):
        parts = [statistic(cell_totals(clusters, w)) for w in bootstrap_weights(clusters, n_resamples, rng)]
        low, high, reason = percentile_interval(np.concatenate(parts), confidence_level, unit)
    return Estimate(value, low, high, confidence_level, n, n_resamples, method, reason)


def percentile_interval(
    values: FloatArray, confidence_level: float, unit: str
) -> tuple[float, float, str | None]:
    """Return the percentile interval of resampled values, shape (n_resamples,), or why there is none.

    Undefined resamples (nan) are left out; with more than 5% of them, or if the ends would meet, there is no
    interval.

    >>> percentile_interval(np.arange(101.0), 0.5, "item")
    (25.0, 75.0, None)
    """
    defined = values[~np.isnan(values)]
    n_undefined = len(values) - len(defined)
    if n_undefined > MOST_UNDEFINED * len(values):
        return nan, nan, f"undefined in {n_undefined} of {len(values)} resamples"
    if np.ptp(defined) < 1e-12:
        return nan, nan, NO_VARIATION.format(unit=unit)
    tail = (1 - confidence_level) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    if high - low < 1e-12:
        return nan, nan, FEW_VALUES
    return float(low), float(high), None


def bootstrap_weights(
    clusters: Clusters, n_resamples: int, rng: np.random.Generator | None
) -> Iterator[FloatArray]:
    """Yield how often each pattern is drawn in each resample, shape (chunk, n_patterns).

    A multinomial over the patterns; if patterns rarely repeat, clusters are drawn and counted, which is faster.

    Raises
    ------
    InvalidInput
        If there is no generator or no resample.
    """
    if rng is None or n_resamples < 1:
        raise InvalidInput(f"n_resamples {n_resamples}, rng {rng!r}; allowed: 1 or more, a numpy Generator")
    n, n_patterns = clusters.n_clusters, len(clusters.patterns)
    n_cells = clusters.cells(clusters.patterns[:1]).shape[1]
    chunk = max(1, CHUNK_BYTES // (8 * max(n, n_cells)))
    pattern_of_cluster = np.repeat(np.arange(n_patterns), clusters.multiplicity)
    for start in range(0, n_resamples, chunk):
        size = min(chunk, n_resamples - start)
        if 4 * n_patterns < n:
            yield rng.multinomial(n, clusters.multiplicity / n, size=size).astype(np.float64)
        else:
            drawn = rng.integers(0, n, size=(size, n))
            drawn = drawn if n_patterns == n else pattern_of_cluster[drawn]
            drawn += n_patterns * np.arange(size)[:, None]
            counted = np.bincount(drawn.ravel(), minlength=size * n_patterns)
            yield counted.reshape(size, n_patterns).astype(np.float64)


def expanded(clusters: Clusters) -> Iterator[tuple[slice, FloatArray]]:
    """Yield patterns as cells, in parts within the memory limit, each with its position."""
    n_cells = clusters.cells(clusters.patterns[:1]).shape[1]
    chunk = max(1, CHUNK_BYTES // (8 * n_cells))
    for start in range(0, len(clusters.patterns), chunk):
        part = slice(start, start + chunk)
        yield part, clusters.cells(clusters.patterns[part])


RESAMPLING: dict[str, Callable[..., Estimate]] = {"jackknife": jackknife, "bootstrap": bootstrap}


def interval(
    statistic: CellStatistic,
    clusters: Clusters,
    method: str,
    *,
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
    rng: np.random.Generator | None = None,
) -> Estimate:
    """Estimate a statistic by a method of :data:`RESAMPLING`."""
    function = lookup(RESAMPLING, method, "interval method")
    return function(statistic, clusters, confidence_level=confidence_level, n_resamples=n_resamples, rng=rng)
