"""Tables of metric scores by themselves: by system, and metric against metric."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pandas as pd

from study.records import stable_id
from study.stats.arrays import FloatArray
from study.stats.correlation.grouped_intervals import grouped_interval
from study.stats.resampling import Estimate, jackknife, whole_clusters

SYSTEM_COLUMNS = (
    *("metric", "system", "mean", "mean_low", "mean_high", "sd", "minimum", "median", "maximum"),
    *("confidence_level", "n_outputs", "n_items", "n_unscored", "method", "reason", "signature"),
)
PAIR_COLUMNS = (
    *("metric", "other", "level", "coefficient", "value", "low", "high", "confidence_level"),
    *("n_outputs", "n_items", "n_resamples", "method", "reason"),
)
LEVELS = {
    "by_item": "Within items: mean over items",
    "pooled": "All outputs together",
}


def score_table(scores: pd.DataFrame, *, confidence_level: float = 0.95) -> pd.DataFrame:
    """Return how the scores of each metric are distributed in each system, a row each.

    Parameters
    ----------
    scores : DataFrame
        From ``store.metric_scores``.
    confidence_level : float
        Of the mean's interval, by the jackknife over items.

    Returns
    -------
    DataFrame
        Of the columns :data:`SYSTEM_COLUMNS`; ``n_unscored`` counts outputs without a score, ``reason`` their most common
        reason or why there is no interval.
    """
    rows = []
    for (metric, system), part in scores.groupby(["metric", "system"], sort=True):
        known = part.dropna(subset="value")
        values = known["value"]
        mean = _mean(known, confidence_level)
        unscored = part.loc[part["value"].isna(), "reason"].dropna()
        why = unscored.mode().iloc[0] if len(unscored) else None
        rows.append(
            (
                *(metric, system, mean.value, mean.low, mean.high),
                *(values.std(ddof=1), values.min(), values.median(), values.max(), confidence_level),
                *(len(values), known["item_id"].nunique(), len(part) - len(values), mean.method),
                *(why or mean.reason, "; ".join(sorted(set(part["signature"])))),
            )
        )
    return pd.DataFrame(rows, columns=list(SYSTEM_COLUMNS)).astype({"reason": "str"})


def score_table_of(metric_scores: pd.DataFrame, *, metric: str) -> pd.DataFrame:
    """Return :func:`score_table` of one metric."""
    return score_table(metric_scores[metric_scores["metric"] == metric])


def score_quartiles(metric_scores: pd.DataFrame, *, metric: str) -> pd.DataFrame:
    """Return what a box plot shows of one metric's scores in each system: where there are too many to draw each.

    Returns
    -------
    DataFrame
        system, low, q1, median, q3, high: quartiles by Hazen's rule; the ends are the farthest scores within 1.5 times the
        distance of the quartiles (Tukey 1977). A system without a score has no row.
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
    seed: int,
    confidence_level: float = 0.95,
    n_resamples: int = 500,
    progress: Callable[[float, str], None] | None = None,
) -> pd.DataFrame:
    """Return how alike any two metrics order outputs, a row per pair of metrics.

    Within items both metrics are compared on the same request; pooled, easy and hard items mix, which alone can make two
    metrics look alike.

    Parameters
    ----------
    scores : DataFrame
        From ``store.metric_scores``.
    level, coefficient : str
        Keys of :data:`LEVELS` and of ``study.stats.correlation.coefficients.COEFFICIENTS``.
    seed : int
        Each pair has its own stream.
    confidence_level, n_resamples
        Of the bootstrap over items.
    progress : callable, optional
        Called before each pair with the part done (0 to 1) and a text.

    Returns
    -------
    DataFrame
        Of the columns :data:`PAIR_COLUMNS`; an output counts where both metrics have a score.
    """
    matrices = _matrices(scores)
    rows = []
    pairs = list(combinations(matrices, 2))
    for place, (metric, other) in enumerate(pairs):
        if progress is not None:
            progress(place / len(pairs), f"{metric} and {other}")
        one, two = matrices[metric], matrices[other]
        both = ~np.isnan(one) & ~np.isnan(two)
        rng = np.random.default_rng([abs(seed), int(stable_id(metric, other, level, coefficient), 16)])
        found = grouped_interval(
            one,
            two,
            coefficient,
            level,
            confidence_level=confidence_level,
            n_resamples=n_resamples,
            rng=rng,
        )
        sizes = (int(both.sum()), int(both.any(axis=0).sum()), found.n_resamples)
        rows.append(
            (
                *(metric, other, level, coefficient, found.value, found.low, found.high, confidence_level),
                *(*sizes, found.method, found.reason),
            )
        )
    return pd.DataFrame(rows, columns=list(PAIR_COLUMNS)).astype({"reason": "str"})


def _mean(known: pd.DataFrame, confidence_level: float) -> Estimate:
    if known.empty:
        return Estimate(np.nan, np.nan, np.nan, confidence_level, 0, 0, "none", "no output with a score")
    sums = known.groupby("item_id")["value"].agg(["sum", "count"]).to_numpy(dtype=np.float64)
    return jackknife(
        lambda totals: totals[:, 0] / totals[:, 1],
        whole_clusters(sums, "item"),
        confidence_level=confidence_level,
    )


def _matrices(scores: pd.DataFrame) -> dict[str, FloatArray]:
    """Return the scores of each metric as a matrix (system, item); conditions of a system count as systems."""
    rows = scores["system"].str.cat(scores["condition"], sep="\x1f")
    systems, items = sorted(set(rows)), sorted(set(scores["item_id"]))
    row = pd.Index(systems).get_indexer(pd.Index(rows))
    column = pd.Index(items).get_indexer(pd.Index(scores["item_id"]))
    matrices = {}
    for metric in sorted(set(scores["metric"])):
        chosen = (scores["metric"] == metric).to_numpy()
        matrix = np.full((len(systems), len(items)), np.nan)
        matrix[row[chosen], column[chosen]] = scores.loc[chosen, "value"]
        matrices[metric] = matrix
    return matrices
