"""Soft pairwise accuracy of many metrics under the same sign flips, with jackknife intervals over items and systems."""

from dataclasses import dataclass

import numpy as np

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, IntArray
from study.stats.correlation.ties import share
from study.stats.many import Spreads, group_spreads
from study.stats.resampling import CHUNK_BYTES

MOST_GROUPS = 20


@dataclass(frozen=True, slots=True)
class SoftAccuracies:
    """Soft pairwise accuracy of metrics, also with groups of items left out.

    Attributes
    ----------
    value : ndarray of shape (n_metrics,)
        From 0 to 1; nan if no item has all scores, or there are fewer than two systems.
    without : ndarray of shape (n_groups, n_metrics)
        With each group of items left out.
    distance : ndarray of shape (n_metrics, n_systems, n_systems)
        Distance between both P of a pair, on both sides of the diagonal; nan on it.
    n_units : ndarray of shape (n_metrics,)
        Units of the items on which all systems have both scores; other items are left out.
    n_all_units : int
    unit : str
        The unit that is flipped and left out as a whole: "item", or "profile" with all its items.
    """

    value: FloatArray
    without: FloatArray
    distance: FloatArray
    n_units: IntArray
    n_all_units: int
    unit: str = "item"

    def over_items(self) -> Spreads:
        """Return the spreads when items, or all items of a unit together, are left out by groups."""
        whole = len(self.without) == self.n_all_units
        return self._spreads(self.without, self.n_units, self.unit, whole=whole)

    def over_systems(self) -> Spreads:
        """Return the spreads when systems are left out one by one, with all their pairs."""
        n = self.distance.shape[1]
        pairs = np.where(np.isnan(self.distance), 0, self.distance)
        known = (~np.isnan(self.distance)).astype(np.float64)
        total, count = pairs.sum(axis=(1, 2)), known.sum(axis=(1, 2))
        left = share((total[:, None] - 2 * pairs.sum(axis=2)).T, (count[:, None] - 2 * known.sum(axis=2)).T)
        return self._spreads(1 - left, np.full(len(self.value), n), "system", whole=True)

    def _spreads(self, without: FloatArray, n_units: IntArray, unit: str, *, whole: bool) -> Spreads:
        n_parts = len(without)
        spreads = group_spreads(
            self.value,
            lambda away: without[away[0]],
            n_parts,
            unit,
            np.random.default_rng(0),
            most_groups=n_parts,
        )
        method = f"delete-one-{unit} jackknife" if whole else f"jackknife over {n_parts} groups of {unit}s"
        if unit == self.unit != "item":
            method = f"P by flips of whole {unit}s, {method}"
        return Spreads(self.value, spreads.variance, n_units, spreads.n_parts, unit, f"{method}, t interval")


def soft_accuracies(
    human: FloatArray,
    metrics: FloatArray,
    *,
    n_resamples: int = 1000,
    rng: np.random.Generator,
    unit: IntArray | None = None,
    unit_name: str = "item",
) -> SoftAccuracies:
    """Return each metric's soft pairwise accuracy: 1 minus the mean distance of human and metric P over system pairs.

    Both sides and all metrics share the sign flips. Sums under flips are additive over groups of items, so that
    leaving a group out costs no new product.

    Parameters
    ----------
    human : ndarray of shape (n_systems, n_items)
        nan where missing.
    metrics : ndarray of shape (n_metrics, n_systems, n_items)
    n_resamples : int
    rng : numpy.random.Generator
    unit : ndarray of int, shape (n_items,), optional
        Units of the items as codes from 0 without gaps: all items of a unit are flipped, and left out, together, so
        that P does not treat one person's items as independent. By default each item is its own unit, as published.
    unit_name : str
        Name of a unit, in the singular.

    References
    ----------
    Thompson et al. 2024, section 4; Kott 2001 (groups left out).

    Examples
    --------
    >>> human, metric = np.array([[1.0, 2, 3], [2, 3, 4]]), np.array([[2.0, 2, 4], [1, 3, 5]])
    >>> round(float(soft_accuracies(human, metric[None], rng=np.random.default_rng(4)).value[0]), 2)
    0.87
    """
    if n_resamples < 1:
        raise InvalidInput(f"n_resamples {n_resamples}; allowed: 1 or more")
    n_systems, n_items = human.shape
    unit = np.arange(n_items) if unit is None else unit
    n_units = int(unit.max(initial=-1)) + 1
    n_groups = min(MOST_GROUPS, n_units)
    group = (
        np.arange(n_units) % max(1, n_groups) if n_groups == n_units else rng.permutation(n_units) % n_groups
    )[unit]
    flips = np.where(rng.random((n_resamples, n_units), dtype=np.float32) > 0.5, np.int8(1), np.int8(-1))
    flips = flips[:, unit]
    shares: dict[bytes, FloatArray] = {}
    value = np.full(len(metrics), np.nan)
    without = np.full((n_groups, len(metrics)), np.nan)
    distance = np.full((len(metrics), n_systems, n_systems), np.nan)
    sizes = np.zeros(len(metrics), dtype=np.int64)
    for k, metric in enumerate(metrics):
        complete = ~(np.isnan(human) | np.isnan(metric)).any(axis=0)
        sizes[k] = len(np.unique(unit[complete]))
        if n_systems < 2 or not sizes[k]:
            continue
        key = complete.tobytes()
        if key not in shares:
            shares[key] = _p_values(human[:, complete], group[complete], n_groups, flips[:, complete])
        p_metric = _p_values(metric[:, complete], group[complete], n_groups, flips[:, complete])
        gaps = np.abs(shares[key] - p_metric)
        means = 1 - gaps.mean(axis=1)
        value[k], without[:, k] = means[-1], means[:-1]
        first, second = np.triu_indices(n_systems, 1)
        distance[k, first, second] = distance[k, second, first] = gaps[-1]
    return SoftAccuracies(value, without, distance, sizes, n_units, unit_name)


def _p_values(scores: FloatArray, group: IntArray, n_groups: int, flips: np.ndarray) -> FloatArray:
    """Return the one-sided P of every system pair without each group and (last) with all, (n_groups + 1, n_pairs)."""
    n_systems = len(scores)
    scores = scores - scores.mean(axis=0)
    first, second = np.triu_indices(n_systems, 1)
    sums = np.stack([scores[:, group == g].sum(axis=1) for g in range(n_groups)])
    observed = np.concatenate([sums.sum(axis=0) - sums, sums.sum(axis=0)[None]])
    least = observed[:, first] - observed[:, second]
    least -= 1e-12 * np.abs(scores).sum()
    hits = np.zeros(least.shape)
    size = max(1, CHUNK_BYTES // (8 * max(scores.shape[1], (n_groups + 1) * len(first))))
    for start in range(0, len(flips), size):
        part = flips[start : start + size]
        flipped = np.stack(
            [part[:, group == g].astype(np.float64) @ scores[:, group == g].T for g in range(n_groups)]
        )
        totals = np.concatenate([flipped.sum(axis=0) - flipped, flipped.sum(axis=0)[None]])
        null = totals[:, :, first] - totals[:, :, second]
        hits += (null >= least[:, None, :]).sum(axis=1)
    return hits / len(flips)
