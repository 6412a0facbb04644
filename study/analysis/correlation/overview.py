"""The table of metrics: one statistic per metric with its interval; and each system's mean metric and win rate."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from study import frames
from study.analysis.correlation.estimands import units_over
from study.analysis.correlation.levels import LEVELS, default_cluster
from study.analysis.correlation.values import item_units, metric_values
from study.stats.arrays import FloatArray
from study.stats.correlation.few import guarded
from study.stats.correlation.many_metrics import summed_by
from study.stats.correlation.ties import share
from study.stats.many import ratio_spreads
from study.stats.ranking.win_rates import system_claims
from study.stats.resampling import Estimate
from study.stats.units import Units, estimand
from study.stats.units import sizes as unit_sizes
from study.tables import lookup

COLUMNS = (
    *("metric", "level", "statistic", "label", "value", "low", "high", "confidence_level", "cluster"),
    "p_value",
    *("n_groups", "n_undefined", "n_systems", "n_outputs", "n_pairs", "n_judgments", "n_items", "n_raters"),
    *("n_resamples", "method", "reason", "signature", "units", "estimand"),
)
POINT_COLUMNS = (
    *("system", "metric_mean", "metric_mean_low", "metric_mean_high"),
    *("win_rate", "win_rate_low", "win_rate_high", "confidence_level", "n_outputs", "n_judgments", "n_items"),
    *("method", "reason", "units", "estimand"),
)

Progress = Callable[[float, str], object]


def correlation_table(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    about: pd.DataFrame,
    *,
    criterion: str,
    level: str = "comparison",
    statistics: Sequence[str] | None = None,
    cluster: str | None = None,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    confidence_level: float = 0.95,
    n_resamples: int = 1000,
    progress: Progress = lambda done, text: None,
) -> pd.DataFrame:
    """Return how well each metric agrees with people at a level, one row per metric and statistic.

    Both bad counts as a tie. The human score of an output is the mean of its judgments: 1 where it was preferred, 0.5
    for a tie, 0 otherwise; a system's is its win rate.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    scores : DataFrame
        From ``store.score_matrix``.
    about : DataFrame
        From ``store.metric_summary``: why values are missing, and signatures.
    criterion : str
    level : str
        Key of ``LEVELS``.
    statistics : sequence of str, optional
        Keys of the level's statistics; by default all.
    cluster : str, optional
        Key of ``CLUSTERS``: what the interval generalises to; raters are not possible at every level. By default
        profiles, if items belong to 5 or more of them: judgments about one person's items are not independent.
    subset : Subset
        Which judgments count.
    seed : int
        The study's seed. Adding a metric changes no other number.
    confidence_level : float
    n_resamples : int
        For the statistics of systems; the others have jackknife intervals.
    progress : callable
        Called with the fraction done and the name of the statistic.

    Returns
    -------
    DataFrame
        With the columns :data:`COLUMNS`. ``n_pairs`` counts comparisons with a score on both sides, ``n_judgments``
        their judgments; ``n_undefined`` of ``n_groups`` groups (items, systems) have no value and are left out of the
        mean. ``units`` and ``estimand`` describe the units of the interval and the population it generalises to;
        raters are fixed unless it is over raters. ``p_value`` is Kendall's, of independence of mean metric and win
        rate over systems; only for tau at the level of systems.
    """
    return correlations_of(
        frames.evidence(frames.select(judgments, criterion=criterion, subset=subset), scores),
        about,
        level=level,
        statistics=statistics,
        cluster=cluster,
        seed=seed,
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        progress=progress,
    )


def answer_correlation_table(
    answers: pd.DataFrame,
    scores: pd.DataFrame,
    about: pd.DataFrame,
    *,
    question: str,
    level: str = "system",
    statistics: Sequence[str] | None = None,
    cluster: str | None = None,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    confidence_level: float = 0.95,
    n_resamples: int = 1000,
    progress: Progress = lambda done, text: None,
) -> pd.DataFrame:
    """Return how well each metric agrees with what people said of outputs: ratings, ranks, points, or what they chose.

    The human score of an output is the mean of its values (of ranks, their negative); at the level of comparisons, two
    outputs of an item that one rater gave values are compared.

    Parameters
    ----------
    answers : DataFrame
        From ``store.answers``.
    question : str
    scores, about, level, statistics, cluster, subset, seed, confidence_level, n_resamples, progress
        As in :func:`correlation_table`.

    Returns
    -------
    DataFrame
        With the columns :data:`COLUMNS`.
    """
    return correlations_of(
        frames.answer_evidence(frames.answered(answers, question=question, subset=subset), scores),
        about,
        level=level,
        statistics=statistics,
        cluster=cluster,
        seed=seed,
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        progress=progress,
    )


def correlations_of(
    found: frames.MetricEvidence,
    about: pd.DataFrame,
    *,
    level: str,
    statistics: Sequence[str] | None,
    cluster: str | None,
    seed: int,
    confidence_level: float,
    n_resamples: int,
    progress: Progress,
) -> pd.DataFrame:
    """Return the table of :func:`correlation_table` made of counted judgments or answers."""
    asked = tuple(statistics or lookup(LEVELS, level, "level").statistics)
    sizes = _sizes(found)
    spoken: dict[str, list[Units]] = {}
    why = about.set_index("metric")[["reason", "signature"]] if len(about) else pd.DataFrame()
    rows = []
    for place, statistic in enumerate(asked):
        over = cluster or default_cluster(level, statistic, found.n_profiles, len(found.items))
        one = metric_values(
            found,
            level,
            statistic,
            over,
            seed=seed,
            confidence_level=confidence_level,
            n_resamples=n_resamples,
            progress=lambda done, place=place, name=statistic: progress((place + done) / len(asked), name),  # type: ignore[misc]
        )
        label = LEVELS[level].statistics[statistic].label
        if over not in spoken:
            known = ~np.isnan(found.values)
            spoken[over] = [units_over(found, over, known[:, k]) for k in range(len(found.metrics))]
        for k, metric in enumerate(found.metrics):
            reason, signature = why.loc[metric] if metric in why.index else (None, None)
            rows.append(
                {
                    "metric": metric,
                    "level": level,
                    "statistic": statistic,
                    "label": label,
                    "cluster": over,
                    "p_value": one.tests[k].p_two_sided if one.tests else np.nan,
                    "n_groups": one.n_groups,
                    "n_undefined": int(one.n_undefined[k]),
                    "signature": signature,
                    "units": unit_sizes(spoken[over][k]),
                    "estimand": estimand(spoken[over][k]),
                    **_spread(_guarded(one.estimates[k], level, sizes, k), _lacking(found, k, sizes, reason)),
                    **{name: int(size[k]) for name, size in sizes.items()},
                }
            )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"reason": "str"})


def metric_points(
    judgments: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    metric: str,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return each system's mean metric and win rate, one row per system, the most preferred first.

    Parameters as in :func:`correlation_table`.

    Returns
    -------
    DataFrame
        With the columns :data:`POINT_COLUMNS`. The mean is over judged outputs with a score; its interval leaves out
        profiles, if items belong to 5 or more, else items. ``units`` and ``estimand`` are those of the win rate and
        its interval, by design.
    """
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    lookup(dict.fromkeys(scores.columns), metric, "metric")
    found = frames.evidence(selection, scores[[metric]])
    claims = system_claims(
        frames.system_preferences(selection), frames.units(selection), confidence_level=confidence_level
    )
    means = _means(found, confidence_level)
    known = ~np.isnan(found.values[:, 0])
    n_outputs = np.bincount(found.output_system[known], minlength=len(found.systems))
    n_items = np.bincount(found.output_system, minlength=len(found.systems))
    judged = np.bincount(found.output_system, found.human_count, len(found.systems)).astype(int)
    rows = []
    for system, name in enumerate(found.systems):
        mean, claim = means[system], claims[system]
        rate = claim.estimate
        spread = (mean.value, mean.low, mean.high, rate.value, rate.low, rate.high, confidence_level)
        sizes = (int(n_outputs[system]), int(judged[system]), int(n_items[system]))
        words = f"mean: {mean.method}; win rate: {rate.method}"
        said = (words, mean.reason or rate.reason, claim.units, claim.estimand)
        rows.append((name, *spread, *sizes, *said))
    table = pd.DataFrame(rows, columns=list(POINT_COLUMNS)).astype({"reason": "str"})
    return table.sort_values(["win_rate", "system"], ascending=[False, True], ignore_index=True)


def _guarded(one: Estimate, level: str, sizes: dict[str, FloatArray], k: int) -> Estimate:
    return guarded(one, int(sizes["n_systems"][k])) if level == "system" else one


def _means(found: frames.MetricEvidence, confidence_level: float) -> list[Estimate]:
    """Return the mean of the known values of each system, with the jackknife over profiles or items."""
    values, n_systems = found.values[:, 0], len(found.systems)
    nested = default_cluster("pooled", "pearson", found.n_profiles, len(found.items))
    unit, n_units, name = item_units(found, nested)
    known = ~np.isnan(values)
    each = (found.output_system[known][:, None] == np.arange(n_systems)).astype(np.float64)
    gathered = summed_by(unit[found.output_item[known]], n_units)
    counts = gathered(each)
    sums = each * values[known][:, None]
    spreads = ratio_spreads(gathered(sums), counts, counts, name)
    mean = share(sums.sum(axis=0), each.sum(axis=0))
    estimates = replace(spreads, value=mean).estimates((-np.inf, np.inf), confidence_level)
    none = Estimate(np.nan, np.nan, np.nan, confidence_level, 0, 0, "none", "no output with a score")
    return [one if one.n_units else none for one in estimates]


def _sizes(found: frames.MetricEvidence) -> dict[str, FloatArray]:
    """Return the numbers of comparisons, judgments and groups behind each metric."""
    known = ~np.isnan(found.values)
    both = known[found.a] & known[found.b]
    each = found.won + found.tied + found.lost
    once = known.astype(np.float64)
    per_system = summed_by(found.output_system, len(found.systems))(once)
    per_item = summed_by(found.output_item, len(found.items))(once)
    return {
        "n_systems": (per_system > 0).sum(axis=0),
        "n_outputs": known.sum(axis=0),
        "n_pairs": both.sum(axis=0),
        "n_judgments": each @ both,
        "n_items": (per_item > 0).sum(axis=0),
        "n_raters": np.full(len(found.metrics), found.n_raters),
    }


def _lacking(
    found: frames.MetricEvidence, k: int, sizes: dict[str, FloatArray], reason: object
) -> str | None:
    """Return why no judged comparison has a score on both sides, with the metric's most common reason."""
    if not len(found.a):
        return "no judgment"
    if sizes["n_pairs"][k]:
        return None
    why = f": {reason}" if isinstance(reason, str) else ""
    return f"no judged comparison has a score on both sides{why}"


def _spread(one: Estimate, lacking: str | None) -> dict[str, object]:
    return {
        "value": one.value,
        "low": one.low,
        "high": one.high,
        "confidence_level": one.confidence_level,
        "n_resamples": one.n_resamples,
        "method": one.method,
        "reason": lacking if np.isnan(one.value) and lacking else one.reason,
    }
