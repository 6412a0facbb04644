"""Rater by rater: agreement of pairs of raters, of each with the rest, and on repeats."""

import numpy as np
import pandas as pd

from study import frames
from study.stats.agreement.consistency import (
    Consistency,
    pooled_consistency,
    rater_consistency,
    repeat_tables,
)
from study.stats.agreement.leave_one_out import LEAVE_ONE_OUT, answers_and_rest, leave_one_out_agreement
from study.stats.agreement.pairwise_kappa import pairwise_kappa
from study.stats.agreement.ratings import Ratings, ratings_of_codes
from study.stats.arrays import IntArray
from study.stats.quality.labels import pairwise_labels
from study.stats.quality.rater_report import rater_report
from study.stats.resampling import Estimate

PAIR_COLUMNS = (
    "rater",
    "other",
    "kappa",
    "kappa_low",
    "kappa_high",
    "confidence_level",
    "n_units",
    "method",
    "reason",
)
RATER_COLUMNS = (
    *(
        "rater",
        "n_judgments",
        "agreement",
        "agreement_low",
        "agreement_high",
        "kappa",
        "kappa_low",
        "kappa_high",
    ),
    *("n_shared", "left_rate", "left_rate_low", "left_rate_high", "left_p", "median_seconds", "share_fast"),
    *("confidence_level", "method", "reason"),
)
REPEAT_COLUMNS = (
    *(
        "rater",
        "statistic",
        "label",
        "value",
        "low",
        "high",
        "confidence_level",
        "n_repeats",
        "n_units",
        "method",
        "reason",
    ),
)
MOST_RATERS = 40
REPEAT_LABELS = {"share": "Same answer", "kappa": "Cohen's κ", "flip_rate": "Preference turned round"}


def rater_pairs(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    coding: str = "separate",
    most: int = MOST_RATERS,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return Cohen's kappa of each pair of raters over the comparisons that both judged.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    criterion : str
    subset : Subset
    coding : {"separate", "merged"}
    most : int
        Only the raters with the most judgments, so that a heat map can be read.
    confidence_level : float

    Returns
    -------
    DataFrame
        Of the columns :data:`PAIR_COLUMNS`, a row per unordered pair; raters by their id here, never an external one.
    """
    data = frames.rated(frames.select(judgments, criterion=criterion, subset=subset), coding)
    ratings, names = _busiest(data, most)
    kappas = pairwise_kappa(ratings)
    low, high = kappas.limits(confidence_level)
    rows = []
    for one in range(len(names)):
        for other in range(one + 1, len(names)):
            at = (one, other)
            found = (
                float(kappas.value[at]),
                float(low[at]),
                float(high[at]),
                confidence_level,
                int(kappas.n[at]),
            )
            reason = None if np.isfinite(low[at]) else kappas.estimate(one, other).reason
            rows.append((names[one], names[other], *found, "Cohen's κ, large-sample variance", reason))
    return pd.DataFrame(rows, columns=list(PAIR_COLUMNS)).astype({"reason": "str"})


def rater_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    coding: str = "separate",
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return what each rater's judgments look like, those who agree least with the others on top.

    Agreement and kappa are with the majority of the other raters of the same comparisons; ``left_rate`` is the share
    of preferences for the left side, with the exact two-sided test of a half. Parameters as in :func:`rater_pairs`.

    Returns
    -------
    DataFrame
        Of the columns :data:`RATER_COLUMNS`.
    """
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    data = frames.rated(selection, coding)
    ratings = data.ratings()
    answers = answers_and_rest(ratings)
    agreed, kappa = (
        leave_one_out_agreement(ratings, name, answers=answers, confidence_level=confidence_level)
        for name in LEAVE_ONE_OUT
    )
    labels = data if coding == "separate" else frames.rated(selection, "separate")
    reports = rater_report(
        pairwise_labels(
            labels.unit,
            labels.rater,
            labels.category,
            n_items=len(labels.comparisons),
            n_raters=len(labels.raters),
            categories=labels.names,
            a_left=(selection.judgments["side_of_a"] == "left").to_numpy(dtype=bool),
        ),
        seconds=selection.judgments["seconds"].to_numpy(dtype=np.float64),
        confidence_level=confidence_level,
    )
    rows = []
    for place, name in enumerate(data.raters):
        report = reports[place]
        one, two, left = agreed[place], kappa[place], report.left_wins
        rows.append(
            (
                *(name, report.n_judgments, *_spread(one), *_spread(two), one.n_units, *_spread(left)),
                *(report.left_p, report.median_seconds, report.share_fast, confidence_level),
                f"agreement and κ: with the majority of the others, {one.method}; left: {left.method}",
                one.reason or two.reason or left.reason,
            )
        )
    table = pd.DataFrame(rows, columns=list(RATER_COLUMNS)).astype({"reason": "str"})
    return table.sort_values(["agreement", "rater"], ignore_index=True)


def repeats_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    coding: str = "separate",
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return how alike a rater's first and repeated answers are, all raters together and each by itself.

    Parameters as in :func:`rater_pairs`. A repeat is a comparison that was given to the same rater again, sides
    exchanged or not; answers are on outputs.

    Returns
    -------
    DataFrame
        Of the columns :data:`REPEAT_COLUMNS`; empty where no comparison was repeated. ``rater`` is "all" for all.
    """
    first = frames.rated(frames.select(judgments, criterion=criterion, subset=subset), coding)
    again = frames.rated(
        frames.select(judgments, criterion=criterion, subset=subset, purpose="repeat"), coding
    )
    pairs = _repeated(first, again)
    if not len(pairs):
        return pd.DataFrame(columns=list(REPEAT_COLUMNS))
    before, after, rater = pairs.T
    n_raters = len(first.raters)
    tables = repeat_tables(before, after, rater, first.n_categories, n_raters)
    opposite = (first.names.index("a"), first.names.index("b"))
    together = pooled_consistency(tables, opposite, confidence_level=confidence_level)
    rows = _consistency_rows("all", together, len(pairs))
    for place in np.unique(rater).tolist():
        found = rater_consistency(tables[place], opposite, confidence_level=confidence_level)
        rows += _consistency_rows(first.raters[place], found, int(tables[place].sum()))
    return pd.DataFrame(rows, columns=list(REPEAT_COLUMNS)).astype({"reason": "str"})


def _consistency_rows(rater: str, found: Consistency, n_repeats: int) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for name, label in REPEAT_LABELS.items():
        one: Estimate = getattr(found, name)
        spread = (one.value, one.low, one.high, one.confidence_level)
        rows.append((rater, name, label, *spread, n_repeats, one.n_units, one.method, one.reason))
    return rows


def _repeated(first: frames.Rated, again: frames.Rated) -> IntArray:
    """Return first category, repeated category and rater of each repeat, shape (n_repeats, 3)."""
    names = {name: code for code, name in enumerate(first.raters)}
    units = {name: code for code, name in enumerate(first.comparisons)}
    answers = dict(
        zip(zip(first.rater.tolist(), first.unit.tolist(), strict=True), first.category.tolist(), strict=True)
    )
    found = []
    for unit, rater, category in zip(again.unit, again.rater, again.category, strict=True):
        place = names.get(again.raters[rater], -1)
        key = (place, units.get(again.comparisons[unit], -1))
        if key in answers:
            found.append((answers[key], int(category), place))
    return np.array(found, dtype=np.int64).reshape(-1, 3)


def _busiest(data: frames.Rated, most: int) -> tuple[Ratings, list[str]]:
    """Return the ratings of the raters with the most judgments, in the order of their names."""
    n_judgments = np.bincount(data.rater, minlength=len(data.raters))
    kept = np.sort(np.argsort(-n_judgments, kind="stable")[:most])
    place = np.full(len(data.raters), -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    everyone = data.ratings()
    own = place[everyone.rater] >= 0
    ratings = ratings_of_codes(
        everyone.unit[own],
        place[everyone.rater[own]],
        everyone.category[own],
        everyone.n_units,
        len(kept),
        everyone.values,
        exchangeable=everyone.exchangeable,
    )
    return ratings, [data.raters[code] for code in kept]


def _spread(one: Estimate) -> tuple[float, float, float]:
    return one.value, one.low, one.high
