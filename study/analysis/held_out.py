"""Metrics on items that a calibrated metric was not fitted to: values and differences over the same units."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from study.errors import InvalidInput
from study.frames import MetricEvidence
from study.stats.arrays import FloatArray, IntArray
from study.stats.correlation.coefficients import COEFFICIENTS
from study.stats.correlation.few import guarded
from study.stats.correlation.grouped import group_values, macro_mean
from study.stats.many import group_spreads, percentile_estimates
from study.stats.resampling import Estimate
from study.stats.units import FEWEST

CHUNK = 50
LEAST = 4
"""Fewest units to split into fitted and held-out ones."""
OF_SYSTEMS = "system_level"
"""The level whose correlations are over few values: resampled, because leaving units out underestimates their width."""


@dataclass(frozen=True, slots=True)
class Split:
    """Human scores and metrics, with the items to fit and to hold out.

    Attributes
    ----------
    human : ndarray of shape (n_systems, n_items)
    metrics : ndarray of shape (n_metrics, n_systems, n_items)
    train, held_out : ndarray of int
        Items. All items of a unit are on one side.
    unit : ndarray of int, shape (n_items,)
    over : {"items", "profiles"}
    """

    human: FloatArray
    metrics: FloatArray
    train: IntArray
    held_out: IntArray
    unit: IntArray
    over: str

    @property
    def name(self) -> str:
        """Name of a unit, in the singular."""
        return self.over.removesuffix("s")

    def units_of(self, items: IntArray) -> list[IntArray]:
        """Return the positions of some items by their unit."""
        own = self.unit[items]
        return [np.flatnonzero(own == one) for one in np.unique(own)]


def split(found: MetricEvidence, cluster: str | None, share: float, seed: int) -> Split:
    """Return the evidence with a share of the items, or of the people with all their items, held out.

    Parameters
    ----------
    found : MetricEvidence
    cluster : {"items", "profiles"}, optional
        By default profiles if there are enough of them to generalise to others: 5 to fit, and 5 to hold out.
    share : float
    seed : int

    Raises
    ------
    InvalidInput
        If there are fewer than 4 units.
    """
    n_items, n_profiles = len(found.items), found.n_profiles
    over = cluster or ("profiles" if 2 * FEWEST <= n_profiles < n_items else "items")
    unit = found.profile if over == "profiles" else np.arange(n_items)
    n_units, name = (n_profiles, "profile") if over == "profiles" else (n_items, "item")
    if n_units < LEAST:
        raise InvalidInput(f"{n_units} judged {name}s; at least {LEAST} are needed")
    least = FEWEST if over == "profiles" and n_units >= 2 * FEWEST else 2
    n_held_out = min(max(least, round(share * n_units)), n_units - least)
    order = np.random.default_rng([abs(seed), 17]).permutation(n_units)
    away = np.isin(unit, order[:n_held_out])
    return Split(
        found.matrix(found.human),
        np.array([found.matrix(values) for values in found.values.T]),
        np.flatnonzero(~away),
        np.flatnonzero(away),
        unit,
        over,
    )


@dataclass(frozen=True, slots=True)
class HeldOutMetrics:
    """Values of metrics on the held-out items, and the first metric's advantage over each."""

    values: list[Estimate]
    differences: list[Estimate]


def held_out_estimates(
    human: FloatArray,
    every: FloatArray,
    units: list[IntArray],
    name: str,
    *,
    coefficient: str,
    level: str,
    confidence_level: float,
    n_resamples: int,
    rng: np.random.Generator,
) -> HeldOutMetrics:
    """Return the correlation of metrics with people, with intervals over units, by the jackknife.

    Over systems, whose few means make a correlation jump, units are resampled instead.

    Parameters
    ----------
    human : ndarray of shape (n_systems, n_items)
    every : ndarray of shape (n_metrics, n_systems, n_items)
    units : list of ndarray of int
        The items of each unit.
    name : str
        Name of a unit, in the singular.
    coefficient, level : str
        Keys of ``COEFFICIENTS`` and of ``grouped.LEVELS``.
    confidence_level : float
    n_resamples : int
        Where units are resampled.
    rng : numpy.random.Generator
    """

    def values(items: IntArray) -> FloatArray:
        """Return the correlation of each metric on items, shape (..., n_metrics); -1 means no item."""
        if not items.size:
            return np.full(n, np.nan)
        missing = items < 0
        drawn = np.where(missing[..., None, :], np.nan, np.moveaxis(human[:, items], 0, -2))
        moved = [np.where(missing[..., None, :], np.nan, np.moveaxis(one[:, items], 0, -2)) for one in every]
        return np.stack([macro_mean(group_values(drawn, one, coefficient, level)) for one in moved], axis=-1)

    def told(one: FloatArray) -> FloatArray:
        return np.concatenate([one, one[..., :1] - one], axis=-1)

    n = len(every)
    low, high = COEFFICIENTS[coefficient].bounds
    bounds = ((low, high), (low - high, high - low))
    points = told(values(np.arange(human.shape[1])))
    parts = slice(None, n), slice(n, None)
    if level == OF_SYSTEMS and units:
        drawn = np.concatenate([told(values(items)) for items in _draws(units, n_resamples, rng)])
        found = [
            percentile_estimates(points[part], drawn[:, part], len(units), name, ends, confidence_level)
            for part, ends in zip(parts, bounds, strict=True)
        ]
        n_systems = int((~np.isnan(human)).any(axis=1).sum())
        return HeldOutMetrics(*([guarded(one, n_systems) for one in part] for part in found))

    def without(away: IntArray) -> FloatArray:
        left = [items for place, items in enumerate(units) if place not in set(away.tolist())]
        return told(values(np.sort(np.concatenate([*left, np.zeros(0, dtype=np.int64)]))))

    spreads = group_spreads(points, without, len(units), name, rng)
    return HeldOutMetrics(
        *(spreads.estimates(ends, confidence_level)[part] for part, ends in zip(parts, bounds, strict=True))
    )


def drawn_items(units: list[IntArray], rng: np.random.Generator) -> IntArray:
    """Return the items of resampled units: as many units as there are, drawn with replacement."""
    return np.concatenate([units[one] for one in rng.integers(0, len(units), len(units))])


def _draws(units: list[IntArray], n_resamples: int, rng: np.random.Generator) -> Iterator[IntArray]:
    """Yield items of drawn units, shape (chunk, most items), padded with -1."""
    for start in range(0, n_resamples, CHUNK):
        rows = [drawn_items(units, rng) for _ in range(min(CHUNK, n_resamples - start))]
        filled = np.full((len(rows), max(map(len, rows))), -1, dtype=np.int64)
        for place, row in enumerate(rows):
            filled[place, : len(row)] = row
        yield filled
