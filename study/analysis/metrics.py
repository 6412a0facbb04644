"""Tables of metric scores alone: by system, and metric against metric."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from study.analysis.correlation.estimands import claimed
from study.analysis.correlation.levels import default_cluster
from study.analysis.correlation.one_metric import UNITS
from study.analysis.correlation.values import mean_over_profiles
from study.frames import coded, unit_codes
from study.frames.comparison_units import units_without_raters
from study.records import stable_id
from study.stats.arrays import FloatArray, IntArray
from study.stats.claims import Claim, claimed_values
from study.stats.correlation.coefficients import COEFFICIENTS
from study.stats.correlation.many_metrics import coefficients_by_group, kept_outputs
from study.stats.many import Spreads, group_spreads, mean_spreads
from study.stats.resampling import Estimate
from study.stats.units import Units, estimand, sizes, units_of
from study.tables import lookup

SYSTEM_COLUMNS = (
    *("metric", "system", "mean", "mean_low", "mean_high", "sd", "minimum", "median", "maximum"),
    *("confidence_level", "n_outputs", "n_items", "n_unscored", "method", "reason", "signature"),
    *("units", "estimand"),
)
PAIR_COLUMNS = (
    *("metric", "other", "level", "coefficient", "value", "low", "high", "confidence_level", "cluster"),
    *("n_outputs", "n_items", "n_units", "n_resamples", "method", "reason", "units", "estimand"),
)
NOT_ALIKE = "undefined: too few outputs with a score of both metrics, or all scores of one are equal"
LEVELS = {
    "by_item": "Within items: mean over items",
    "pooled": "All outputs together",
}


def score_table(
    scores: pd.DataFrame, *, cluster: str | None = None, confidence_level: float = 0.95
) -> pd.DataFrame:
    """Return the distribution of each metric's scores in each system, one row each.

    Parameters
    ----------
    scores : DataFrame
        From ``store.metric_scores``.
    cluster : str, optional
        The units of the mean's interval, as in :func:`study.frames.units`; by default they follow from the design:
        profiles where items belong to profiles, with sources where profiles share them, else items. Scores have no
        raters.
    confidence_level : float
        The confidence level of the mean's interval.

    Returns
    -------
    DataFrame
        With the columns :data:`SYSTEM_COLUMNS`; ``n_unscored`` counts outputs without a score, ``reason`` is their
        most common reason or why there is no interval; ``units`` and ``estimand`` describe the population of the
        mean.
    """
    rows = []
    for (metric, system), part in scores.groupby(["metric", "system"], sort=True):
        known = part.dropna(subset="value")
        values = known["value"]
        claim = _mean(known, cluster, confidence_level)
        mean = claim.estimate
        unscored = part.loc[part["value"].isna(), "reason"].dropna()
        why = unscored.mode().iloc[0] if len(unscored) else None
        rows.append(
            (
                *(metric, system, mean.value, mean.low, mean.high),
                *(values.std(ddof=1), values.min(), values.median(), values.max(), confidence_level),
                *(len(values), known["item_id"].nunique(), len(part) - len(values), mean.method),
                *(why or mean.reason, "; ".join(sorted(set(part["signature"]))), claim.units, claim.estimand),
            )
        )
    return pd.DataFrame(rows, columns=list(SYSTEM_COLUMNS)).astype({"reason": "str"})


def score_table_of(metric_scores: pd.DataFrame, *, metric: str, cluster: str | None = None) -> pd.DataFrame:
    """Return :func:`score_table` of one metric."""
    return score_table(metric_scores[metric_scores["metric"] == metric], cluster=cluster)


def score_quartiles(metric_scores: pd.DataFrame, *, metric: str) -> pd.DataFrame:
    """Return the box plot data of one metric's scores in each system, for more scores than can be drawn individually.

    Returns
    -------
    DataFrame
        system, low, q1, median, q3, high: quartiles by Hazen's rule; the ends are the farthest scores within 1.5
        times the interquartile range (Tukey 1977). A system without a score has no row.
    """
    known = metric_scores[metric_scores["metric"] == metric].dropna(subset="value")
    rows = []
    for system, part in known.groupby("system", sort=True):
        values = part["value"].to_numpy(dtype=np.float64)
        q1, median, q3 = np.percentile(values, [25, 50, 75], method="hazen")
        within = values[(values >= q1 - 1.5 * (q3 - q1)) & (values <= q3 + 1.5 * (q3 - q1))]
        rows.append((system, within.min(), q1, median, q3, within.max()))
    return pd.DataFrame(rows, columns=["system", "low", "q1", "median", "q3", "high"])


def metric_correlations(
    scores: pd.DataFrame,
    *,
    level: str = "by_item",
    coefficient: str = "spearman",
    cluster: str | None = None,
    seed: int,
    confidence_level: float = 0.95,
    progress: Callable[[float, str], None] | None = None,
) -> pd.DataFrame:
    """Return how similarly any two metrics order outputs, one row per pair of metrics.

    Within items both metrics are compared on the same request. Pooled values mix easy and hard items, which alone can
    make two metrics look alike.

    Parameters
    ----------
    scores : DataFrame
        From ``store.metric_scores``.
    level, coefficient : str
        Keys of :data:`LEVELS` and of ``study.stats.correlation.coefficients.COEFFICIENTS``.
    cluster : {"items", "profiles"}, optional
        The units left out together: by default profiles if items belong to 5 or more, else items.
    seed : int
        Assigns many units to groups that are left out in turn; each pair has a separate random stream.
    confidence_level : float
    progress : callable, optional
        Called before each pair with the fraction done (0 to 1) and a text.

    Returns
    -------
    DataFrame
        With the columns :data:`PAIR_COLUMNS`; an output counts if both metrics have a score. ``n_resamples`` is 0:
        intervals are jackknife intervals.
    """
    lookup(LEVELS, level, "level")
    if cluster is not None:
        lookup(dict.fromkeys(UNITS), cluster, "cluster of two metrics")
    values, item, profile = _cells(scores)
    rows = []
    pairs = list(combinations(values, 2))
    for place, (metric, other) in enumerate(pairs):
        if progress is not None:
            progress(place / len(pairs), f"{metric} and {other}")
        both = ~np.isnan(values[metric]) & ~np.isnan(values[other])
        cells = _Cells(values[metric][both], values[other][both], *_dense(item[both], profile))
        rng = np.random.default_rng([abs(seed), int(stable_id(metric, other, level, coefficient), 16)])
        over = cluster or default_cluster("pooled", coefficient, cells.n_profiles, len(cells.profile))
        units = _units_of(cells, over, asked=bool(cluster))
        spreads = _alike(cells, level, coefficient, over, rng)
        [found] = spreads.estimates(COEFFICIENTS[coefficient].bounds, confidence_level)
        found = claimed(found, units)
        reason = NOT_ALIKE if np.isnan(found.value) else found.reason
        rows.append(
            (
                *(metric, other, level, coefficient, found.value, found.low, found.high, confidence_level),
                *(over, int(both.sum()), len(cells.profile), found.n_units, found.n_resamples),
                *(found.method, reason, sizes(units), estimand(units)),
            )
        )
    return pd.DataFrame(rows, columns=list(PAIR_COLUMNS)).astype({"reason": "str"})


def _mean(known: pd.DataFrame, cluster: str | None, confidence_level: float) -> Claim:
    """Return the mean over outputs, with a t interval over the units of the design."""
    units = units_without_raters(known, cluster)
    if known.empty:
        nothing = Estimate(np.nan, np.nan, np.nan, confidence_level, 0, 0, "none", "no output with a score")
        return Claim(nothing, np.nan, np.nan, units.label, sizes(units), estimand(units))
    values = known["value"].to_numpy(dtype=np.float64)
    mean = values.mean()
    moves = ((values - mean) / len(values))[:, None]
    (claim,) = claimed_values([mean], moves, units, confidence_level=confidence_level)
    return claim


@dataclass(frozen=True, slots=True)
class _Cells:
    """Outputs with the scores of two metrics, the item of each, and the profile of each item; codes without gaps."""

    one: FloatArray
    other: FloatArray
    item: IntArray
    profile: IntArray

    @property
    def n_profiles(self) -> int:
        return int(self.profile.max(initial=-1)) + 1


def _alike(cells: _Cells, level: str, coefficient: str, over: str, rng: np.random.Generator) -> Spreads:
    """Return the correlation of two metrics; all items of a unit are left out together."""
    n_items, name = len(cells.profile), over.removesuffix("s")
    unit = cells.profile if over == "profiles" else np.arange(n_items)
    n_units = int(unit.max(initial=-1)) + 1
    other = cells.other[:, None]
    if level == "by_item":
        per_item = coefficients_by_group(cells.one, other, cells.item, n_items, coefficient)
        return mean_spreads(per_item, name) if name == "item" else mean_over_profiles(per_item, unit, n_units)
    everything = np.zeros(len(cells.item), dtype=np.int64)
    of_output = unit[cells.item]

    def without(away: IntArray) -> FloatArray:
        kept = kept_outputs(of_output, away, n_units)
        return coefficients_by_group(cells.one[kept], other[kept], everything[kept], 1, coefficient)[:, 0]

    return group_spreads(without(np.zeros(0, dtype=np.int64)), without, n_units, name, rng)


def _units_of(cells: _Cells, over: str, *, asked: bool) -> Units:
    """Return the units that the correlation of two metrics generalises to."""
    kind = over.removesuffix("s")
    codes = {"item": cells.item, "profile": cells.profile[cells.item]}[kind]
    units = units_of({kind: codes}, asked=asked)
    if kind == "item" and cells.n_profiles < len(cells.profile):
        return replace(units, fixed=(("profile", cells.n_profiles), *units.fixed))
    return units


def _cells(scores: pd.DataFrame) -> tuple[dict[str, FloatArray], IntArray, IntArray]:
    """Return the scores of each metric, shape (n_outputs,), the item of each output, and the profile of each item.

    An output belongs to one system, under one condition, and to one item.
    """
    item, items = coded(scores["item_id"])
    system, systems = coded(scores["system"].str.cat(scores["condition"], sep="\x1f"))
    cell, place = np.unique(item * max(len(systems), 1) + system, return_inverse=True)
    profile = np.zeros(len(items), dtype=np.int64)
    profile[item] = unit_codes(scores, "profile")
    values = {}
    for metric in sorted(set(scores["metric"])):
        chosen = (scores["metric"] == metric).to_numpy()
        values[metric] = np.full(len(cell), np.nan)
        values[metric][place[chosen]] = scores.loc[chosen, "value"]
    return values, cell // max(len(systems), 1), profile


def _dense(item: IntArray, profile: IntArray) -> tuple[IntArray, IntArray]:
    """Return the items of some outputs, and the profile of each of these items, as codes without gaps."""
    items, place = np.unique(item, return_inverse=True)
    return place.astype(np.int64), np.unique(profile[items], return_inverse=True)[1].astype(np.int64)
