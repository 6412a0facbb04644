"""Values and intervals of one statistic, at one level, for all metrics at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from study.analysis.correlation.levels import (
    ACCURACIES,
    CALIBRATED,
    CALIBRATED_BY_ITEM,
    LEVELS,
    OF_PROFILES,
    SOFT,
    clusters_of,
)
from study.analysis.correlation.system_values import system_values
from study.frames import MetricEvidence
from study.stats.arrays import BoolArray, FloatArray, IntArray
from study.stats.correlation.accuracy import Parts, accuracy_parts, signs_of
from study.stats.correlation.kendall_test import KendallTest
from study.stats.correlation.many_metrics import (
    coefficients_by_group,
    held_out_epsilon,
    judgment_sums,
    kept_outputs,
    packed,
    summed_by,
)
from study.stats.correlation.soft_accuracies import soft_accuracies
from study.stats.correlation.tie_calibration import group_accuracies, tie_curve, tie_sweep
from study.stats.correlation.ties import share
from study.stats.many import (
    Spreads,
    group_spreads,
    mean_spreads,
    ratio_spreads,
    two_way_spreads,
)
from study.stats.resampling import Estimate
from study.tables import lookup

N_FOLDS = 5
N_FLIPS = 1000

Progress = Callable[[float], object]


@dataclass(frozen=True, slots=True)
class Values:
    """One statistic of all metrics: estimates, their numbers of groups, and how many of those are undefined.

    ``tests``: of no association, one per metric; empty if the statistic has none.
    """

    estimates: list[Estimate]
    n_groups: int
    n_undefined: IntArray
    tests: tuple[KendallTest, ...] = ()


def metric_values(
    found: MetricEvidence,
    level: str,
    statistic: str,
    cluster: str,
    *,
    seed: int,
    confidence_level: float = 0.95,
    n_resamples: int = 1000,
    progress: Progress = lambda done: None,
) -> Values:
    """Return a statistic of all metrics at a level, with intervals over a kind of cluster.

    Raises
    ------
    InvalidInput
        If the level does not have the statistic or the cluster.
    """
    lookup(dict.fromkeys(clusters_of(level, statistic)), cluster, f"cluster of {statistic}")
    named = LEVELS[level].statistics[statistic]
    rng = np.random.default_rng([abs(seed), len(level), len(statistic), len(cluster)])
    if level == "comparison":
        spreads = _accuracies(found, statistic, cluster, rng)
        return Values(
            spreads.estimates(named.bounds, confidence_level), 1, _undefined(spreads.value[:, None])
        )
    if level == "system" and statistic != SOFT:
        told, value, tests = system_values(
            found, statistic, cluster, rng, named.bounds, confidence_level, n_resamples
        )
        return Values(told, 1, _undefined(value[:, None]), tests)
    spreads, per_group = (
        _soft(found, cluster, rng)
        if statistic == SOFT
        else _grouped(found, level, statistic, cluster, rng, progress)
    )
    estimates = spreads.estimates(named.bounds, confidence_level)
    return Values(estimates, per_group.shape[1], _undefined(per_group))


def comparison_signs(found: MetricEvidence, statistic: str, rng: np.random.Generator) -> FloatArray:
    """Return the sign of each metric's difference per comparison, with small ones as ties for calibrated statistics."""
    differences = found.differences()
    if statistic != CALIBRATED:
        return signs_of(differences)
    n_items = len(found.items)
    fold = (rng.permutation(n_items) % min(N_FOLDS, max(1, n_items)))[found.item]
    return signs_of(differences, held_out_epsilon(differences, found.won, found.tied, found.lost, fold))


def item_parts(found: MetricEvidence, statistic: str, signs: FloatArray) -> Parts:
    """Return the numbers of right, counted and all judgments, per item and metric."""
    every = np.arange(len(found.a))
    counts = (found.won, found.tied, found.lost)
    return _parts(statistic, signs, found.item, every, counts, len(found.items))


def judgment_parts(found: MetricEvidence, statistic: str, signs: FloatArray) -> Parts:
    """Return the numbers of right and of counted judgments, and 1, per judgment and metric."""
    counts = (found.sign > 0, found.sign == 0, found.sign < 0)
    every = np.arange(len(found.sign))
    return _parts(statistic, signs, every, found.comparison, counts, len(every))


def per_item_values(found: MetricEvidence, statistic: str, rng: np.random.Generator) -> FloatArray:
    """Return a statistic of the outputs of each item, shape (n_metrics, n_items)."""
    if statistic == CALIBRATED_BY_ITEM:
        return _calibrated_by_item(found, rng)
    return coefficients_by_group(found.human, found.values, found.output_item, len(found.items), statistic)


def item_units(found: MetricEvidence, cluster: str) -> tuple[IntArray, int, str]:
    """Return the units of items left out together for a cluster: codes of items, their number, and the name of one."""
    if cluster in OF_PROFILES:
        return found.profile, found.n_profiles, "profile"
    return np.arange(len(found.items)), len(found.items), "item"


def _accuracies(found: MetricEvidence, statistic: str, cluster: str, rng: np.random.Generator) -> Spreads:
    signs = comparison_signs(found, statistic, rng)
    if cluster == "raters":
        counts = (found.sign > 0, found.sign == 0, found.sign < 0)
        parts = _parts(statistic, signs, found.rater, found.comparison, counts, found.n_raters)
        return ratio_spreads(*parts, "rater")
    unit, n_units, name = item_units(found, cluster)
    gathered = summed_by(unit, n_units)
    right, whole, counted = item_parts(found, statistic, signs)
    over_items = gathered(right), gathered(whole), gathered(counted)
    if OF_PROFILES.get(cluster, cluster) == "items":
        return ratio_spreads(*over_items, name)
    over_systems = _left_out_systems(found, statistic, signs, over_items)
    return (
        over_systems
        if cluster == "systems"
        else two_way_spreads(over_systems, ratio_spreads(*over_items, name))
    )


def _parts(
    statistic: str,
    signs: FloatArray,
    cluster: IntArray,
    comparison: IntArray,
    counts: Sequence[FloatArray | BoolArray],
    n_clusters: int,
) -> Parts:
    """Return the parts of an accuracy per cluster; ``counts`` are judgments for a, for neither, for b."""
    won, tied, lost = (np.asarray(count, dtype=np.float64) for count in counts)
    shape = (n_clusters, len(signs))
    sums = (
        judgment_sums(cluster, comparison, weight, shape)
        for weight in (won - lost, won + lost, won + tied + lost)
    )
    entry = lookup(ACCURACIES, statistic, "accuracy")
    return accuracy_parts(entry, signs, *sums)


def _left_out_systems(found: MetricEvidence, statistic: str, signs: FloatArray, over_items: Parts) -> Spreads:
    """Return the spreads of an accuracy when each system is left out with all its comparisons."""
    n = len(found.systems)
    ends = np.concatenate([found.output_system[found.a], found.output_system[found.b]])
    twice = np.tile(np.arange(len(found.a)), 2)
    counts = [np.tile(count, 2) for count in (found.won, found.tied, found.lost)]
    numerator, denominator, counted = _parts(statistic, signs, ends, twice, counts, n)
    total, whole = over_items[0].sum(axis=0), over_items[1].sum(axis=0)
    left_out = share(total - numerator, whole - denominator)
    # Every system is its own group, so nothing is assigned at random.
    spreads = group_spreads(
        share(total, whole),
        lambda away: left_out[away[0]],
        n,
        "system",
        np.random.default_rng(0),
        most_groups=n,
    )
    return replace(spreads, n_units=(counted > 0).sum(axis=0))


def _grouped(
    found: MetricEvidence,
    level: str,
    statistic: str,
    cluster: str,
    rng: np.random.Generator,
    progress: Progress,
) -> tuple[Spreads, FloatArray]:
    """Return the spreads of a mean over groups, and its parts, shape (n_metrics, n_groups)."""
    per_group = _per_group(found, level, statistic, np.ones(len(found.output_item), dtype=bool), rng)
    whole = _macro_mean(per_group)
    own = LEVELS[level].own_cluster
    base = OF_PROFILES.get(cluster, cluster)
    unit, n_of_items, name = item_units(found, cluster)
    kinds = ("systems", "items") if base == "both" else (base,)
    spreads = []
    for place, kind in enumerate(kinds):
        word = name if kind == "items" else "system"
        if kind == own and word != "profile":
            spreads.append(mean_spreads(per_group, word))
            continue
        if kind == own:
            spreads.append(mean_over_profiles(per_group, unit, n_of_items))
            continue
        codes, n = (
            (unit[found.output_item], n_of_items)
            if kind == "items"
            else (found.output_system, len(found.systems))
        )

        def without(away: IntArray, codes: IntArray = codes, n: int = n) -> FloatArray:
            return _macro_mean(_per_group(found, level, statistic, kept_outputs(codes, away, n), rng))

        spreads.append(
            group_spreads(
                whole,
                without,
                n,
                word,
                rng,
                progress=lambda done, place=place: progress((place + done) / len(kinds)),  # type: ignore[misc]
            )
        )
    return spreads[0] if len(spreads) == 1 else two_way_spreads(*spreads, satterthwaite=True), per_group


def mean_over_profiles(per_item: FloatArray, profile: IntArray, n_profiles: int) -> Spreads:
    """Return means over items, with all items of a profile left out together."""
    gathered = summed_by(profile, n_profiles)
    defined = ~np.isnan(per_item)
    once = gathered(defined.T.astype(np.float64))
    return ratio_spreads(gathered(np.where(defined, per_item, 0.0).T), once, once, "profile")


_GROUPS: dict[str, Callable[[MetricEvidence], tuple[IntArray, int]]] = {
    "by_item": lambda found: (found.output_item, len(found.items)),
    "by_system": lambda found: (found.output_system, len(found.systems)),
    "pooled": lambda found: (np.zeros(len(found.output_item), dtype=np.int64), 1),
}
"""The group of each output, and the number of groups, at the levels with groups."""


def _per_group(
    found: MetricEvidence, level: str, statistic: str, kept: BoolArray, rng: np.random.Generator
) -> FloatArray:
    group, n_groups = lookup(_GROUPS, level, "level of groups")(found)
    if statistic == CALIBRATED_BY_ITEM:
        people = np.where(kept, found.human_sum, np.nan)
        return _calibrated_by_item(replace(found, human_sum=people), np.random.default_rng(1))
    return coefficients_by_group(found.human[kept], found.values[kept], group[kept], n_groups, statistic)


def _calibrated_by_item(found: MetricEvidence, rng: np.random.Generator) -> FloatArray:
    """Return acc_eq of each item at the threshold that is best for the other folds of items."""
    place, width = packed(found.output_item, len(found.items))
    n_items = len(found.items)
    fold = rng.permutation(n_items) % min(N_FOLDS, max(1, n_items))
    people = np.full((n_items, width), np.nan)
    people[found.output_item, place] = found.human
    per_item = np.full((len(found.metrics), n_items), np.nan)
    for k in range(len(found.metrics)):
        metric = np.full((n_items, width), np.nan)
        metric[found.output_item, place] = found.values[:, k]
        sweep = tie_sweep(people, metric)
        for one in range(N_FOLDS):
            epsilon, curve = tie_curve(sweep, fold != one)
            best = (
                0.0 if np.isnan(curve).all() else float(epsilon[np.argmax(curve >= np.nanmax(curve) - 1e-12)])
            )
            per_item[k, fold == one] = group_accuracies(sweep, best)[fold == one]
    return per_item


def _soft(found: MetricEvidence, cluster: str, rng: np.random.Generator) -> tuple[Spreads, FloatArray]:
    """Return soft pairwise accuracy of all metrics; items or profiles are left out by groups, systems one by one.

    P of two systems is over the same items or profiles as the interval.
    """
    human = found.matrix(found.human)
    metrics = np.stack([found.matrix(found.values[:, k]) for k in range(len(found.metrics))])
    unit, _, name = item_units(found, cluster)
    soft = soft_accuracies(human, metrics, n_resamples=N_FLIPS, rng=rng, unit=unit, unit_name=name)
    over = {
        "items": lambda: soft.over_items(),
        "systems": lambda: soft.over_systems(),
        "both": lambda: two_way_spreads(soft.over_systems(), soft.over_items()),
    }
    return over[OF_PROFILES.get(cluster, cluster)](), soft.value[:, None]


def _macro_mean(values: FloatArray) -> FloatArray:
    defined = ~np.isnan(values)
    return share(np.where(defined, values, 0).sum(axis=-1), defined.sum(axis=-1).astype(np.float64))


def _undefined(per_group: FloatArray) -> IntArray:
    return np.asarray(np.isnan(per_group).sum(axis=1), dtype=np.int64)
