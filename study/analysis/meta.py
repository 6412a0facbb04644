"""The calibrated metric on a study: fitted on part of the items, held against each metric on the others."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from study import frames
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
from study.stats.arrays import FloatArray, IntArray
from study.stats.correlation.coefficients import COEFFICIENTS
from study.stats.correlation.grouped import LEVELS, group_values, macro_mean
from study.stats.resampling import Estimate, percentile_interval
from study.tables import lookup
from study.wording import counted

META_COLUMNS = (
    *("metric", "kind", "weight", "weight_low", "weight_high", "train", "value", "low", "high"),
    *("difference", "difference_low", "difference_high", "confidence_level"),
    *("n_outputs", "n_items", "n_resamples", "method", "reason", "signature"),
)
CHUNK = 50
N_WEIGHT_RESAMPLES = 200
LEAST_ITEMS = 4


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A recipe and the table of how it fares on the items that it has not seen."""

    recipe: Recipe
    table: pd.DataFrame


@dataclass(frozen=True, slots=True)
class _Split:
    """Human scores, shape (n_systems, n_items), and metrics, with the items to fit and to hold out."""

    human: FloatArray
    metrics: FloatArray
    train: IntArray
    held_out: IntArray


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
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    confidence_level: float = 0.95,
    n_resamples: int = 1000,
    progress: Callable[[float], None] = lambda part: None,
) -> Calibrated:
    """Fit a calibrated metric on part of the items and report it on the others, beside each metric.

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
        Metrics that are turned round.
    name, study_id : str
        Of the recipe.
    coefficient, level : str
        What the weights maximise; keys of ``COEFFICIENTS`` and ``LEVELS``.
    held_out_share : float
        Of items, drawn by the seed; they are never fitted to, nor do they set the ends of the scale.
    n_iterations : int
        Of the optimisation.
    subset, seed, confidence_level
    n_resamples : int
        Of the held-out items.
    progress : callable
        Told the part done, from 0 to 1.

    Returns
    -------
    Calibrated
        The table has the columns :data:`META_COLUMNS`: the calibrated metric, then each metric by its value on the items
        fitted to. ``difference`` is the calibrated metric less this one on the held-out items, from the same resamples.
        The interval of a weight is that of the best of the weights that were tried, on resampled items.

    Raises
    ------
    InvalidInput
        If there are too few metrics or items, or a metric does not vary.
    """
    lookup(COEFFICIENTS, coefficient, "coefficient")
    lookup(LEVELS, level, "level")
    split = _split(judgments, scores, metrics, criterion, subset, held_out_share, seed)
    signatures = ["; ".join(sorted(set(scores.loc[scores["metric"] == one, "signature"]))) for one in metrics]
    low = [one in lower_is_better for one in metrics]
    parts, fitted_to = fitted_parts(metrics, signatures, split.metrics[:, :, split.train], low)
    human = split.human[:, split.train]
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
        "n_items": len(split.train),
        "n_held_out": len(split.held_out),
        "seed": seed,
        "n_initial": N_INITIAL,
        "n_iterations": n_iterations,
    }
    weighted = tuple(replace(part, weight=float(weight)) for part, weight in zip(parts, weights, strict=True))
    recipe = Recipe(name, criterion, coefficient, level, weighted, fitted_on)
    spread = _weight_intervals(human, fitted_to, tried, recipe, seed, confidence_level)
    table = _held_out(recipe, split, fitted_to, spread, seed, confidence_level, n_resamples)
    first = table.iloc[0]
    result = {
        key: None if np.isnan(first[column]) else round(float(first[column]), 6)
        for key, column in (("held_out", "value"), ("low", "low"), ("high", "high"))
    }
    return Calibrated(replace(recipe, fitted_on={**fitted_on, **result}), table)


def turned_round(names: Collection[str]) -> list[str]:
    """Return which of some metrics are better low, by the table of metrics; imported ones are taken as better high."""
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
        If a metric is missing, or was computed in another way than where the recipe was fitted.
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


def _split(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    metrics: Sequence[str],
    criterion: str,
    subset: frames.Subset,
    held_out_share: float,
    seed: int,
) -> _Split:
    if len(set(metrics)) < 2 or not 0 < held_out_share < 1:
        raise InvalidInput(
            f"{counted(len(set(metrics)), 'metric')}, held-out share {held_out_share:g}; allowed: 2 or more, between 0 and 1"
        )
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    tables = [frames.scored_outputs(selection, scores, one) for one in metrics]
    if tables[0].empty or (n_items := tables[0]["item_id"].nunique()) < LEAST_ITEMS:
        raise InvalidInput(
            f"{tables[0]['item_id'].nunique()} judged items; at least {LEAST_ITEMS} are needed"
        )
    human = _matrix(tables[0], "human_score")
    order = np.random.default_rng([abs(seed), 17]).permutation(n_items)
    n_held_out = min(max(2, round(held_out_share * n_items)), n_items - 2)
    return _Split(
        human,
        np.array([_matrix(one, "value") for one in tables]),
        np.sort(order[n_held_out:]),
        np.sort(order[:n_held_out]),
    )


def _matrix(outputs: pd.DataFrame, column: str) -> FloatArray:
    wide = outputs.pivot_table(index="system", columns="item_id", values=column, aggfunc="mean", dropna=False)
    return np.asarray(wide.to_numpy(dtype=np.float64))


def _weight_intervals(
    human: FloatArray, metrics: FloatArray, tried: FloatArray, recipe: Recipe, seed: int, level: float
) -> list[tuple[float, float]]:
    """Return the interval of each weight: of the weights that were tried, the best on resampled items."""
    rng, n_items = np.random.default_rng([abs(seed), 23]), human.shape[1]
    sums = np.tensordot(tried, metrics, 1)
    shares = tried / tried.sum(axis=1, keepdims=True)
    best = []
    for drawn in rng.integers(0, n_items, (N_WEIGHT_RESAMPLES, n_items)):
        values = macro_mean(
            group_values(
                np.broadcast_to(human[:, drawn], sums.shape),
                sums[:, :, drawn],
                recipe.coefficient,
                recipe.level,
            )
        )
        if not np.isnan(values).all():
            best.append(shares[int(np.nanargmax(values))])
    return [percentile_interval(one, level, "item")[:2] for one in np.array(best).T]


def _held_out(
    recipe: Recipe,
    split: _Split,
    fitted_to: FloatArray,
    spread: list[tuple[float, float]],
    seed: int,
    level: float,
    n_resamples: int,
) -> pd.DataFrame:
    human, train = split.human[:, split.held_out], split.human[:, split.train]
    names = [part.metric for part in recipe.parts]
    given = {name: split.metrics[place][:, split.held_out] for place, name in enumerate(names)}
    alone = [normalised(given[part.metric], part.low, part.high, part.inverted) for part in recipe.parts]
    weights = np.array([part.weight for part in recipe.parts])
    every = np.array([recipe.values(given), *alone])
    known = ~np.isnan(human + every.sum(axis=0))  # one set of cells for all, so that differences are fair
    human, every = np.where(known, human, np.nan), np.where(known, every, np.nan)
    points, draws = _bootstrapped(human, every, recipe, n_resamples, np.random.default_rng([abs(seed), 29]))
    sizes = (int(known.sum()), int(known.any(axis=0).sum()), n_resamples)
    fits = [np.tensordot(weights, fitted_to, 1), *fitted_to]
    trained = [objective(train, one, recipe.coefficient, recipe.level) for one in fits]
    rows = []
    for place, name in enumerate([recipe.name, *names]):
        value = _estimate(points[place], draws[:, place], level, sizes)
        gap = _estimate(points[0] - points[place], draws[:, 0] - draws[:, place], level, sizes)
        weight = (np.nan, np.nan, np.nan) if not place else (weights[place - 1], *spread[place - 1])
        difference = (gap.value, gap.low, gap.high) if place else (np.nan, np.nan, np.nan)
        signature = recipe.signature if not place else recipe.parts[place - 1].signature
        rows.append(
            (
                *(name, "single" if place else "calibrated", *weight, trained[place]),
                *(value.value, value.low, value.high, *difference, level, *sizes),
                *(f"{recipe.coefficient} {recipe.level}, {value.method}", value.reason, signature),
            )
        )
    table = pd.DataFrame(rows, columns=list(META_COLUMNS)).astype({"reason": "str"})
    return table.sort_values(["kind", "train"], ascending=[True, False], ignore_index=True)


def _bootstrapped(
    human: FloatArray, every: FloatArray, recipe: Recipe, n_resamples: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return the correlation of each metric, shape (n,), and on resampled items, shape (n_resamples, n)."""
    n_items = human.shape[1]

    def values(items: IntArray) -> FloatArray:
        drawn = np.moveaxis(human[:, items], 1, 0)
        moved = [np.moveaxis(one[:, items], 1, 0) for one in every]
        return np.stack(
            [macro_mean(group_values(drawn, one, recipe.coefficient, recipe.level)) for one in moved], axis=1
        )

    points = values(np.arange(n_items)[None, :])[0]
    drawn = rng.integers(0, n_items, (n_resamples, n_items))
    return points, np.concatenate(
        [values(drawn[start : start + CHUNK]) for start in range(0, n_resamples, CHUNK)]
    )


def _estimate(value: float, draws: FloatArray, level: float, sizes: tuple[int, int, int]) -> Estimate:
    method = "percentile bootstrap over held-out items"
    if np.isnan(value):
        return Estimate(
            value, np.nan, np.nan, level, sizes[1], sizes[2], method, "undefined on the held-out items"
        )
    low, high, reason = percentile_interval(draws, level, "item")
    return Estimate(float(value), low, high, level, sizes[1], sizes[2], method, reason)
