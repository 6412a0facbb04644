"""Agreement by rater: of pairs of raters, of each rater with the rest, and on repeats."""

from dataclasses import replace

import numpy as np
import pandas as pd

from study import frames
from study.analysis.agreement.repeats import repeated, units_of_repeats
from study.analysis.agreement.units import AgreementUnits, Belonging, belonging
from study.analysis.ranking.rows import UNIT_COLUMNS, unit_columns
from study.stats.agreement.consistency import Consistency, consistency
from study.stats.agreement.kappa_over_units import kappa_over_units
from study.stats.agreement.leave_one_out import LEAVE_ONE_OUT, answers_and_rest, leave_one_out_agreement
from study.stats.agreement.pairwise_kappa import Kappas, pairwise_kappa
from study.stats.agreement.ratings import Ratings, ratings_of_codes
from study.stats.arrays import IntArray
from study.stats.claims import Claim
from study.stats.quality.labels import pairwise_labels
from study.stats.quality.rater_report import RaterReport, rater_report
from study.stats.resampling import Estimate
from study.stats.units import Units

OVER_COLUMNS = ("cluster", "n_clusters", "units", "estimand")
PAIR_COLUMNS = (
    *("rater", "other", "kappa", "kappa_low", "kappa_high", "confidence_level", "n_units"),
    *(*OVER_COLUMNS, "method", "reason"),
)
RATER_COLUMNS = (
    *("rater", "n_judgments", "agreement", "agreement_low", "agreement_high"),
    *("kappa", "kappa_low", "kappa_high", "n_shared"),
    *("left_rate", "left_rate_low", "left_rate_high", "left_p", "median_seconds", "share_fast"),
    *("confidence_level", *OVER_COLUMNS, "method", "reason"),
)
REPEAT_COLUMNS = (
    *("rater", "statistic", "label", "value", "low", "high", "confidence_level", "n_repeats", "n_units"),
    *(*UNIT_COLUMNS, "method", "reason"),
)
MOST_RATERS = 40
REPEAT_LABELS = {"share": "Same answer", "kappa": "Cohen's κ", "flip_rate": "Preference turned round"}


def rater_pairs(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    coding: str = "separate",
    cluster: str | None = None,
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
    cluster : {"by design", "comparison", "item", "source", "profile"}, optional
        The clusters of the intervals. By design, for each pair of raters: profiles where items belong to profiles,
        else sources or items, whichever is the largest kind of which the two share at least 5, each with several
        comparisons; else comparisons.
    most : int
        How many raters to include (those with the most judgments), so that a heat map stays readable.
    confidence_level : float

    Returns
    -------
    DataFrame
        With the columns :data:`PAIR_COLUMNS`, one row per unordered pair; raters by their id here, never an external
        one. ``n_units`` counts the comparisons that both judged; numbers hold for these two raters.
    """
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    data = frames.rated(selection, coding)
    there = belonging(selection, data, cluster)
    ratings, names = _busiest(data, most)
    kappas = pairwise_kappa(ratings)
    answer = np.full((len(names), ratings.n_units), -1, dtype=np.int64)
    answer[ratings.rater, ratings.unit] = ratings.category
    rows = []
    for one in range(len(names)):
        for other in range(one + 1, len(names)):
            shared = np.flatnonzero((answer[one] >= 0) & (answer[other] >= 0))
            over = there.over(shared, 2)
            found = _pair_kappa(kappas, (one, other), answer[:, shared], over, data, confidence_level)
            spread = (*_spread(found), confidence_level, len(shared))
            rows.append((names[one], names[other], *spread, *_over_cells(over), found.method, found.reason))
    return pd.DataFrame(rows, columns=list(PAIR_COLUMNS)).astype({"reason": "str"})


def _pair_kappa(
    kappas: Kappas,
    pair: tuple[int, int],
    answer: IntArray,
    over: AgreementUnits,
    data: frames.Rated,
    level: float,
) -> Estimate:
    """Return kappa of two raters from their answers to the comparisons that both judged, with the interval over its units."""
    if over.groups is None:
        found = kappas.estimate(*pair, confidence_level=level)
        return replace(found, method="Cohen's κ, large-sample variance")
    first, second = answer[list(pair)]
    claim = kappa_over_units(
        first,
        second,
        data.n_categories,
        over.units,
        exchangeable=data.exchangeable,
        confidence_level=level,
        floor=not over.named,
    )
    return claim.estimate


def rater_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    coding: str = "separate",
    cluster: str | None = None,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return a summary of each rater's judgments, those who agree least with the others first.

    Agreement and kappa are with the majority of the other raters of the same comparisons, and hold for this rater;
    their units are those of the comparisons shared with others, as in :func:`rater_pairs`. ``left_rate`` is the share
    of preferences for the left side, with the exact two-sided test of a half and its interval: sides are drawn for
    each judgment. Parameters as there.

    Returns
    -------
    DataFrame
        With the columns :data:`RATER_COLUMNS`; ``n_shared`` counts comparisons, ``n_clusters`` the units of the
        intervals.
    """
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    data = frames.rated(selection, coding)
    overs, found, n_shared = _with_the_rest(data, belonging(selection, data, cluster), confidence_level)
    reports = _reports(selection, data, coding, confidence_level)
    rows = []
    for place, name in enumerate(data.raters):
        report, left = reports[place], reports[place].left_wins
        one, two = (found[key][place] for key in LEAVE_ONE_OUT)
        rows.append(
            (
                *(name, report.n_judgments, *_spread(one), *_spread(two), n_shared[place], *_spread(left)),
                *(report.left_p, report.median_seconds, report.share_fast, confidence_level),
                *_over_cells(overs[place]),
                f"agreement and κ: with the majority of the others, {one.method}; left: {left.method}",
                one.reason or two.reason or left.reason,
            )
        )
    table = pd.DataFrame(rows, columns=list(RATER_COLUMNS)).astype({"reason": "str"})
    return table.sort_values(["agreement", "rater"], ignore_index=True)


def _with_the_rest(
    data: frames.Rated, there: Belonging, level: float
) -> tuple[list[AgreementUnits], dict[str, list[Estimate]], list[int]]:
    """Return per rater the units of agreement with the others, its estimates by name, and the number of comparisons."""
    ratings = data.ratings()
    shared = np.bincount(ratings.unit, minlength=ratings.n_units)[ratings.unit] >= 2
    order = np.flatnonzero(shared)[np.argsort(ratings.rater[shared], kind="stable")]
    ends = np.searchsorted(ratings.rater[order], np.arange(1, ratings.n_raters))
    of_raters = np.split(order, ends)[: ratings.n_raters]
    overs = [there.over(ratings.unit[own], 1) for own in of_raters]
    found: dict[str, list[Estimate]] = {name: [] for name in LEAVE_ONE_OUT}
    of_kind = {over.cluster: over.groups for over in overs}
    estimates = {}
    for kind, groups in of_kind.items():
        answers = answers_and_rest(ratings, group=groups, group_name=kind)
        estimates[kind] = {
            name: leave_one_out_agreement(ratings, name, answers=answers, confidence_level=level)
            for name in LEAVE_ONE_OUT
        }
    for place, over in enumerate(overs):
        for name in LEAVE_ONE_OUT:
            found[name].append(estimates[over.cluster][name][place])
    return overs, found, np.bincount(ratings.rater[shared], minlength=ratings.n_raters).tolist()


def _reports(
    selection: frames.Selection, data: frames.Rated, coding: str, level: float
) -> tuple[RaterReport, ...]:
    """Return a summary of each rater's judgments alone: side preference and pace."""
    labels = data if coding == "separate" else frames.rated(selection, "separate")
    return rater_report(
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
        confidence_level=level,
    )


def repeats_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    coding: str = "separate",
    cluster: str | None = None,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return the consistency of first and repeated answers, for all raters together and for each rater.

    Parameters as in :func:`rater_pairs`. A repeat is a comparison given to the same rater again, with sides exchanged
    or not; answers are in terms of outputs. By design, the numbers of all raters together are over raters and the other
    units of :func:`study.frames.units`; with a named kind, they hold for these raters. Those of one rater hold for this
    rater.

    Returns
    -------
    DataFrame
        With the columns :data:`REPEAT_COLUMNS`; empty if no comparison was repeated. ``rater`` is "all" for all.
    """
    first = frames.rated(frames.select(judgments, criterion=criterion, subset=subset), coding)
    selection = frames.select(judgments, criterion=criterion, subset=subset, purpose="repeat")
    again = frames.rated(selection, coding)
    there = belonging(selection, again, cluster)
    pairs = repeated(first, again)
    if not len(pairs):
        return pd.DataFrame(columns=list(REPEAT_COLUMNS))
    before, after, rater, row = pairs.T
    opposite = (first.names.index("a"), first.names.index("b"))

    def found(inside: IntArray, units: Units) -> Consistency:
        floor = there.asked is None
        return consistency(
            *(before[inside], after[inside], first.n_categories, opposite, units),
            confidence_level=confidence_level,
            floor=floor,
        )

    every = np.arange(len(pairs))
    together = frames.units(selection).of(row) if there.asked is None else None
    if together is None or not together.kinds:
        together = units_of_repeats(there, again, row)
    rows = _consistency_rows("all", found(every, together), len(pairs))
    for place in np.unique(rater).tolist():
        own = np.flatnonzero(rater == place)
        one = found(own, units_of_repeats(there, again, row[own]))
        rows += _consistency_rows(first.raters[place], one, len(own))
    return pd.DataFrame(rows, columns=list(REPEAT_COLUMNS)).astype({"reason": "str"})


def _consistency_rows(rater: str, found: Consistency, n_repeats: int) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for name, label in REPEAT_LABELS.items():
        claim: Claim = getattr(found, name)
        one = claim.estimate
        spread = (*_spread(one), one.confidence_level)
        cells = (n_repeats, one.n_units, *unit_columns(claim))
        rows.append((rater, name, label, *spread, *cells, one.method, one.reason))
    return rows


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


def _over_cells(over: AgreementUnits) -> tuple[object, ...]:
    """Return the cells of :data:`OVER_COLUMNS`."""
    return over.cluster, over.units.fewest, over.sizes, over.estimand


def _spread(one: Estimate) -> tuple[float, float, float]:
    return one.value, one.low, one.high
