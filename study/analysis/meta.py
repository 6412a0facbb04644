"""The calibrated metric of a study: fitted on part of the items, compared with each metric on the others."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from study import frames
from study.analysis.correlation.estimands import claimed, units_over
from study.analysis.correlation.one_metric import UNITS
from study.analysis.held_out import Split, drawn_items, held_out_estimates, split
from study.errors import InvalidInput
from study.metrics import METRICS
from study.metrics.meta import (
    N_INITIAL,
    N_ITERATIONS,
    Recipe,
    fitted_parts,
    fitted_weights,
    normalised,
    objective,
)
from study.records import MetricScore
from study.stats.arrays import FloatArray
from study.stats.correlation.coefficients import COEFFICIENTS
from study.stats.correlation.grouped import LEVELS, group_values, macro_mean
from study.stats.resampling import percentile_interval
from study.stats.units import Units, estimand, sizes
from study.tables import lookup
from study.wording import counted

META_COLUMNS = (
    *("metric", "kind", "weight", "weight_low", "weight_high", "train", "value", "low", "high"),
    *("difference", "difference_low", "difference_high", "confidence_level", "cluster"),
    *("n_outputs", "n_items", "n_units", "n_resamples", "method", "reason", "signature", "units", "estimand"),
)
N_WEIGHT_RESAMPLES = 200


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A recipe and the table of its results on held-out items."""

    recipe: Recipe
    table: pd.DataFrame


def calibrate(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    criterion: str,
    metrics: Sequence[str],
    lower_is_better: Collection[str] = (),
    name: str = "calibrated",
    study_id: str = "",
    coefficient: str = "kendall_b",
    level: str = "by_item",
    held_out_share: float = 0.3,
    n_iterations: int = N_ITERATIONS,
    cluster: str | None = None,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    confidence_level: float = 0.95,
    n_resamples: int = 1000,
    progress: Callable[[float], None] = lambda part: None,
) -> Calibrated:
    """Fit a calibrated metric on part of the items and report it, and each metric, on the others.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    scores : DataFrame
        From ``store.metric_scores``.
    criterion : str
    metrics : sequence of str
        At least two.
    lower_is_better : collection of str
        Metrics to reverse.
    name, study_id : str
        Stored in the recipe.
    coefficient, level : str
        What the weights maximise; keys of ``COEFFICIENTS`` and ``LEVELS``.
    held_out_share : float
        Share of units, drawn by the seed; their items are used neither for fitting nor for the ends of the scale.
    n_iterations : int
        Iterations of the optimisation.
    cluster : {"items", "profiles"}, optional
        The units held out and the units of intervals: by default profiles with all their items, if items belong to 10
        or more of them (5 to fit and 5 to hold out), else items.
    subset, seed, confidence_level
    n_resamples : int
        Resamples of the held-out units at the level of systems; at other levels intervals are jackknife intervals.
    progress : callable
        Called with the fraction done, from 0 to 1.

    Returns
    -------
    Calibrated
        The table has the columns :data:`META_COLUMNS`: the calibrated metric, then each metric by its value on the
        fitted items. ``difference`` is the calibrated metric minus this one on the held-out items, over the same
        units. The interval of a weight is that of the best of the weights tried, on resampled units. ``units`` and
        ``estimand`` describe the other intervals and the population of these numbers.

    Raises
    ------
    InvalidInput
        If there are too few metrics or items, or a metric does not vary.
    """
    lookup(COEFFICIENTS, coefficient, "coefficient")
    lookup(LEVELS, level, "level")
    if len(set(metrics)) < 2 or not 0 < held_out_share < 1:
        raise InvalidInput(
            f"{counted(len(set(metrics)), 'metric')}, held-out share {held_out_share:g}; allowed: 2 or more, between 0 and 1"
        )
    if cluster is not None:
        lookup(dict.fromkeys(UNITS), cluster, "cluster of a calibrated metric")
    found = _evidence(judgments, scores, metrics, criterion, subset)
    parted = split(found, cluster, held_out_share, seed)
    signatures = ["; ".join(sorted(set(scores.loc[scores["metric"] == one, "signature"]))) for one in metrics]
    low = [one in lower_is_better for one in metrics]
    parts, fitted_to = fitted_parts(metrics, signatures, parted.metrics[:, :, parted.train], low)
    human = parted.human[:, parted.train]
    weights, tried = fitted_weights(
        human,
        fitted_to,
        coefficient=coefficient,
        level=level,
        n_iterations=n_iterations,
        seed=seed,
        progress=progress,
    )
    weights = weights / weights.sum()
    fitted_on = {
        "study": study_id,
        "n_items": len(parted.train),
        "n_held_out": len(parted.held_out),
        "seed": seed,
        "n_initial": N_INITIAL,
        "n_iterations": n_iterations,
    }
    weighted = tuple(replace(part, weight=float(weight)) for part, weight in zip(parts, weights, strict=True))
    recipe = Recipe(name, criterion, coefficient, level, weighted, fitted_on)
    spread = _weight_intervals(parted, fitted_to, tried, recipe, seed, confidence_level)
    is_held_out = np.isin(found.output_item, parted.held_out) & ~np.isnan(found.values).any(axis=1)
    units = units_over(found, parted.over, is_held_out, asked=bool(cluster))
    table = _held_out(recipe, parted, fitted_to, spread, units, seed, confidence_level, n_resamples)
    first = table.iloc[0]
    result = {
        key: None if np.isnan(first[column]) else round(float(first[column]), 6)
        for key, column in (("held_out", "value"), ("low", "low"), ("high", "high"))
    }
    return Calibrated(replace(recipe, fitted_on={**fitted_on, **result}), table)


def turned_round(names: Collection[str]) -> list[str]:
    """Return the metrics where lower is better, by the table of metrics; imported ones are taken as better if higher."""
    keys = {name: name.partition("@")[0].partition(":")[0] for name in names}
    return [name for name, key in keys.items() if key in METRICS and METRICS[key].higher_is_better is False]


def recipe_scores(recipe: Recipe, scores: pd.DataFrame, *, study_id: str) -> list[MetricScore]:
    """Return a recipe's scores of the outputs of any study that has its metrics.

    Parameters
    ----------
    recipe : Recipe
    scores : DataFrame
        From ``store.metric_scores``.
    study_id : str

    Raises
    ------
    InvalidInput
        If a metric is missing, or was computed differently from the study where the recipe was fitted.
    """
    used = {part.metric: part for part in recipe.parts if part.weight > 0}
    of = scores[scores["metric"].isin(list(used))]
    for metric, part in used.items():
        there = sorted(set(of.loc[of["metric"] == metric, "signature"]))
        if there and there != [part.signature]:
            raise InvalidInput(
                f"{metric} was computed as {there[0]!r} here and as {part.signature!r} where the recipe was fitted"
            )
    wide = of.pivot(index="output_id", columns="metric", values="value")
    values = recipe.values({str(name): wide[name].to_numpy(dtype=np.float64) for name in wide.columns})
    found = []
    for output_id, value, row in zip(wide.index, values, wide.isna().to_numpy(), strict=True):
        lacking = [str(name) for name, missing in zip(wide.columns, row, strict=True) if missing]
        reason = f"no score of {', '.join(lacking)}" if lacking else None
        score = None if lacking else float(value)
        found.append(MetricScore(study_id, str(output_id), recipe.name, score, reason, recipe.signature))
    return found


def _evidence(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    metrics: Sequence[str],
    criterion: str,
    subset: frames.Subset,
) -> frames.MetricEvidence:
    there = dict.fromkeys(sorted(set(scores["metric"])))
    for one in metrics:
        lookup(there, one, "metric with scores")
    wide = scores.pivot(index="output_id", columns="metric", values="value")
    return frames.evidence(frames.select(judgments, criterion=criterion, subset=subset), wide[list(metrics)])


def _weight_intervals(
    parted: Split, metrics: FloatArray, tried: FloatArray, recipe: Recipe, seed: int, level: float
) -> list[tuple[float, float]]:
    """Return the interval of each weight: of the weights tried, the best on the items of resampled units."""
    rng, human = np.random.default_rng([abs(seed), 23]), parted.human[:, parted.train]
    units = parted.units_of(parted.train)
    sums = np.tensordot(tried, metrics, 1)
    shares = tried / tried.sum(axis=1, keepdims=True)
    best = []
    for _ in range(N_WEIGHT_RESAMPLES):
        drawn = drawn_items(units, rng)
        people = np.broadcast_to(human[:, drawn], (len(sums), len(human), len(drawn)))
        values = macro_mean(group_values(people, sums[:, :, drawn], recipe.coefficient, recipe.level))
        if not np.isnan(values).all():
            best.append(shares[int(np.nanargmax(values))])
    return [percentile_interval(one, level, parted.name)[:2] for one in np.array(best).T]


def _held_out(
    recipe: Recipe,
    parted: Split,
    fitted_to: FloatArray,
    spread: list[tuple[float, float]],
    units: Units,
    seed: int,
    level: float,
    n_resamples: int,
) -> pd.DataFrame:
    human, train = parted.human[:, parted.held_out], parted.human[:, parted.train]
    names = [part.metric for part in recipe.parts]
    given = {name: parted.metrics[place][:, parted.held_out] for place, name in enumerate(names)}
    alone = [normalised(given[part.metric], part.low, part.high, part.inverted) for part in recipe.parts]
    weights = np.array([part.weight for part in recipe.parts])
    every = np.array([recipe.values(given), *alone])
    known = ~np.isnan(human + every.sum(axis=0))  # the same cells for all, so that differences are fair
    human, every = np.where(known, human, np.nan), np.where(known, every, np.nan)
    some = known.any(axis=0)
    found = held_out_estimates(
        human[:, some],
        every[:, :, some],
        parted.units_of(parted.held_out[some]),
        parted.name,
        coefficient=recipe.coefficient,
        level=recipe.level,
        confidence_level=level,
        n_resamples=n_resamples,
        rng=np.random.default_rng([abs(seed), 29]),
    )
    fits = [np.tensordot(weights, fitted_to, 1), *fitted_to]
    trained = [objective(train, one, recipe.coefficient, recipe.level) for one in fits]
    rows = []
    for place, name in enumerate([recipe.name, *names]):
        value, gap = claimed(found.values[place], units), claimed(found.differences[place], units)
        weight = (np.nan, np.nan, np.nan) if not place else (weights[place - 1], *spread[place - 1])
        difference = (gap.value, gap.low, gap.high) if place else (np.nan, np.nan, np.nan)
        signature = recipe.signature if not place else recipe.parts[place - 1].signature
        counts = (int(known.sum()), int(some.sum()), value.n_units, value.n_resamples)
        rows.append(
            (
                *(name, "single" if place else "calibrated", *weight, trained[place]),
                *(value.value, value.low, value.high, *difference, level, parted.over, *counts),
                f"{recipe.coefficient} {recipe.level} on held-out {parted.over}, {value.method}",
                *(value.reason, signature, sizes(units), estimand(units)),
            )
        )
    table = pd.DataFrame(rows, columns=list(META_COLUMNS)).astype({"reason": "str"})
    return table.sort_values(["kind", "train"], ascending=[True, False], ignore_index=True)
