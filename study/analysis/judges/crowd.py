"""Automatic judges compared with people: strengths, agreement with the majority, flips, position bias, failures."""

import numpy as np
import pandas as pd

from study import frames
from study.analysis.judges.crowd_statistics import (
    JudgedByPeople,
    crowd_claims,
    crowd_preferences,
    fewest_units,
    judge_preferences,
)
from study.analysis.judges.verdicts import SIGN_OF
from study.analysis.ranking.rows import UNIT_COLUMNS, unit_columns
from study.frames.comparison_units import units_without_raters
from study.stats.ranking.strengths import strengths
from study.stats.units import estimand, sizes

COLUMNS = (
    *("judge", "statistic", "label", "value", "low", "high", "confidence_level", "n", "counted", "n_items"),
    *(*UNIT_COLUMNS, "n_resamples", "method", "reason", "signature"),
)
POINT_COLUMNS = (
    *("system", "crowd", "crowd_low", "crowd_high", "judge", "judge_low", "judge_high"),
    *("confidence_level", "n_judgments", "n_verdicts", "units", "estimand", "method", "reason"),
)
STATISTICS: dict[str, str] = {
    "strength_spearman": "Spearman's ρ of Bradley-Terry strengths",
    "agreement_untied": "Agreement with the majority, neither says tie",
    "agreement_three_way": "Agreement with the majority, three-way",
    "kappa": "Cohen's κ with the majority, three-way",
    "vote_agreement": "Agreement with single votes, neither says tie",
    "rater_agreement": "For comparison: a rater with the majority of the others, no ties",
    "flip_rate": "Flip rate where both orders were asked",
    "first_preferred": "The output shown first is preferred (50% is no bias)",
    "tie_rate": "Share of ties",
    "failure_rate": "Share of failures",
}


def judge_table(
    judgments: pd.DataFrame,
    verdicts: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    seed: int,
    cluster: str | None = None,
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
) -> pd.DataFrame:
    """Return how well each judge agrees with people, one row per judge and statistic.

    The majority of a comparison is its most frequent answer among a, tie (or both bad) and b, or a tie if two are
    equally frequent. A judge that was asked in both orders and gave different answers counts as answering tie.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    verdicts : DataFrame
        From ``store.verdicts``.
    criterion : str
    subset : Subset
        Which human judgments to use.
    seed : int
        The study's seed.
    cluster : str, optional
        The units of intervals: by default profiles where items belong to profiles, with sources that they share, else
        items. Majorities and verdicts have no raters, and numbers hold for these raters.
    confidence_level : float
    n_resamples : int
        Resamples of the units of the kind with the fewest, for the strengths.

    Returns
    -------
    DataFrame
        With the columns :data:`COLUMNS`; ``counted`` names the things that ``n`` counts.

    References
    ----------
    Zheng et al. 2023, section 3.4 and 4 (agreement, both orders); Kline and Santos 2012 (score bootstrap).
    """
    found = _evidence(judgments, criterion, subset)
    rows = []
    for judge, part in _by_judge(verdicts, criterion):
        judged = _judged(found, judgments, part, criterion, subset, cluster)
        signature = "; ".join(sorted({str(one) for one in part["signature"].unique()}))
        for name, (claim, n, what, n_items) in crowd_claims(
            judged, seed, confidence_level, n_resamples
        ).items():
            estimate = claim.estimate
            rows.append(
                {
                    "judge": judge,
                    "statistic": name,
                    "label": STATISTICS[name],
                    "value": estimate.value,
                    "low": estimate.low,
                    "high": estimate.high,
                    "confidence_level": confidence_level,
                    "n": n,
                    "counted": what,
                    "n_items": n_items,
                    **dict(zip(UNIT_COLUMNS, unit_columns(claim), strict=True)),
                    "n_resamples": estimate.n_resamples,
                    "method": estimate.method,
                    "reason": estimate.reason,
                    "signature": signature,
                }
            )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"reason": "str"})


def judge_points(
    judgments: pd.DataFrame,
    verdicts: pd.DataFrame,
    *,
    judge: str,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    cluster: str | None = None,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return each system's Bradley-Terry strength by people and by a judge, people's strongest first.

    Parameters as in :func:`judge_table`. Ties count half; intervals are over the units of the kind with the fewest.
    """
    found = _evidence(judgments, criterion, subset)
    part = dict(_by_judge(verdicts, criterion)).get(judge, verdicts.iloc[:0])
    judged = _judged(found, judgments, part, criterion, subset, cluster)
    crowd = crowd_preferences(found)
    own, own_place = judge_preferences(judged)
    unit, units = fewest_units(judged)
    columns = []
    for given, place in ((crowd, found.comparison), (own, own_place)):
        columns.append(
            strengths(given, unit[place], confidence_level=confidence_level) if found.systems else ()
        )
    n_judgments = np.bincount(found.output_system, found.human_count, len(found.systems)).astype(int)
    n_verdicts = np.bincount(np.concatenate([own.a, own.b]), minlength=len(found.systems))
    rows = [
        (
            *(system, one.value, one.low, one.high, other.value, other.low, other.high),
            *(
                confidence_level,
                int(n_judgments[k]),
                int(n_verdicts[k]),
                sizes(units),
                estimand(units),
                one.method,
                one.reason or other.reason,
            ),
        )
        for k, (system, one, other) in enumerate(zip(found.systems, *columns, strict=True))
    ]
    table = pd.DataFrame(rows, columns=list(POINT_COLUMNS)).astype({"reason": "str"})
    return table.sort_values(["crowd", "system"], ascending=[False, True], ignore_index=True)


def judges_of(verdicts: pd.DataFrame, criterion: str) -> list[str]:
    """Return the judges that have a verdict on a criterion, in alphabetical order."""
    return [judge for judge, _ in _by_judge(verdicts, criterion)]


def _evidence(judgments: pd.DataFrame, criterion: str, subset: frames.Subset) -> frames.MetricEvidence:
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    return frames.evidence(selection, pd.DataFrame(index=pd.Index([], dtype="str")))


def _by_judge(verdicts: pd.DataFrame, criterion: str) -> list[tuple[str, pd.DataFrame]]:
    of = verdicts[(verdicts["criterion"] == criterion).to_numpy(dtype=bool)]
    return [(judge, of[(of["judge"] == judge).to_numpy(dtype=bool)]) for judge in frames.used(of["judge"])]


def _judged(
    found: frames.MetricEvidence,
    judgments: pd.DataFrame,
    part: pd.DataFrame,
    criterion: str,
    subset: frames.Subset,
    cluster: str | None,
) -> JudgedByPeople:
    """Match a judge's verdicts with the comparisons that people judged; verdicts on others are left out."""
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    names = frames.comparison_names(selection)
    first = selection.judgments.iloc[np.unique(found.comparison, return_index=True)[1]]
    place = pd.Index(names, dtype="str").get_indexer(pd.Index(part["comparison_id"].astype("str")))
    rows = part[place >= 0]
    place = place[place >= 0]
    sign = rows["preference"].astype("object").map(SIGN_OF).to_numpy(dtype=np.float64)
    n = len(found.a)
    said = ~np.isnan(sign)
    count = np.bincount(place[said], minlength=n)
    total = np.bincount(place[said], sign[said], n)
    # Orders that differ, or a tie in one of them, make a tie.
    verdict = np.where(np.abs(total) == count, np.sign(total), 0).astype(np.int64)
    counts = np.column_stack([found.lost, found.tied, found.won])
    most = counts == counts.max(axis=1, keepdims=True, initial=0)
    majority = np.where(most.sum(axis=1) == 1, most.argmax(axis=1) - 1, 0)
    kept = rows.assign(sign=sign, place=place)
    return JudgedByPeople(found, majority, verdict, count > 0, kept, units_without_raters(first, cluster))
