"""Verdicts of both orders as one answer per judge and comparison; flips, failures and ties."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from study import frames
from study.analysis.ranking.rows import UNIT_COLUMNS, unit_columns
from study.frames.comparison_units import units_without_raters
from study.responses import BOTH_BAD, TIE
from study.stats.arrays import BoolArray, FloatArray, IntArray
from study.stats.claims import claimed_share

ANSWER_COLUMNS = (
    *("judge", "statistic", "label", "value", "low", "high", "confidence_level", "n", "counted", "n_items"),
    *(*UNIT_COLUMNS, "method", "reason", "signature"),
)
ANSWERS: dict[str, str] = {
    "flip_rate": "Flip rate: the two orders give different answers",
    "first_preferred": "The output shown first is preferred (50% is no bias)",
    "tie_rate": "Share of ties, flips among them",
    "failure_rate": "Share of questions without a readable reply",
}
SIGN_OF = {"a": 1.0, "b": -1.0, TIE: 0.0, BOTH_BAD: 0.0}
JURY = "jury of {n}"
LEAST_JURY = 2


@dataclass(frozen=True, slots=True)
class JudgeAnswers:
    """Judges' answers to comparisons, with both orders combined.

    Attributes
    ----------
    members : list of str
        The judges that were asked.
    judges, comparisons : list of str
        If there are several judges, the last one is a jury of all of them.
    sign : ndarray of shape (n_judges, n_comparisons)
        1 where output a is preferred, -1 where b is, 0 for a tie; nan without a verdict.
    certainty : ndarray of shape (n_judges, n_comparisons)
        From 0 to 100, the mean of both orders; nan if not given.
    failed : ndarray of bool, shape (n_judges, n_comparisons)
        Where it was asked and no reply was readable; for a jury, where none of its judges' was.
    """

    members: list[str]
    judges: list[str]
    comparisons: list[str]
    sign: FloatArray
    certainty: FloatArray
    failed: BoolArray


def judge_answers(verdicts: pd.DataFrame, criterion: str) -> JudgeAnswers:
    """Return each judge's answer to each comparison that it has a verdict on.

    Two orders that differ, or a tie in one of them, are a tie; one order alone counts by itself. The jury gives the
    answer of most of its judges, or a tie if these are equally many; its certainty is the mean of theirs.

    Parameters
    ----------
    verdicts : DataFrame
        From ``store.verdicts``.
    criterion : str
    """
    rows = _of(verdicts, criterion)
    judge, judges = frames.coded(rows["judge"])
    comparison, comparisons = frames.coded(rows["comparison_id"])
    sign, certainty = _signs(rows), rows["certainty"].to_numpy(dtype=np.float64) * 100
    shape = (len(judges), len(comparisons))
    cell = judge * len(comparisons) + comparison

    def summed(values: FloatArray, known: BoolArray) -> FloatArray:
        sums = np.bincount(cell[known], values[known], minlength=shape[0] * shape[1])
        return sums.astype(np.float64).reshape(shape)

    said = ~np.isnan(sign)
    sure = said & ~np.isnan(certainty)
    count, total = summed(np.ones_like(sign), said), summed(sign, said)
    combined = np.where(count == 0, np.nan, np.where(np.abs(total) == count, np.sign(total), 0.0))
    failed = (summed(np.ones_like(sign), ~said) > 0) & (count == 0)
    members = judges
    n_sure = summed(np.ones_like(sign), sure)
    mean = np.divide(summed(certainty, sure), n_sure, out=np.full(shape, np.nan), where=n_sure > 0)
    if len(judges) >= LEAST_JURY:
        votes = np.where(np.isnan(combined).all(axis=0), np.nan, np.sign(np.nansum(combined, axis=0)))
        known = ~np.isnan(mean)
        of_jury = np.divide(
            np.where(known, mean, 0).sum(axis=0),
            known.sum(axis=0),
            out=np.full(shape[1], np.nan),
            where=known.any(axis=0),
        )
        judges = [*judges, JURY.format(n=len(judges))]
        combined, mean = np.vstack([combined, votes]), np.vstack([mean, of_jury])
        failed = np.vstack([failed, failed.any(axis=0) & np.isnan(votes)])
    return JudgeAnswers(members, judges, comparisons, combined, mean, failed)


def answer_table(
    verdicts: pd.DataFrame, *, criterion: str, cluster: str | None = None, confidence_level: float = 0.95
) -> pd.DataFrame:
    """Return statistics of each judge's answers, independent of people's: flips, position bias, ties, failures.

    Parameters
    ----------
    verdicts : DataFrame
        From ``store.verdicts``.
    criterion : str
    cluster : str, optional
        The units of intervals: profiles where items belong to profiles, with sources that they share, else items.
    confidence_level : float

    Returns
    -------
    DataFrame
        With the columns :data:`ANSWER_COLUMNS`, one row per judge and statistic; ``counted`` names the things that
        ``n`` counts.
    """
    rows = _of(verdicts, criterion)
    table = []
    for judge in frames.used(rows["judge"]):
        own = rows[(rows["judge"] == judge).to_numpy(dtype=bool)].reset_index(drop=True)
        signature = "; ".join(frames.used(own["signature"]))
        units, item = units_without_raters(own, cluster), frames.coded(own["item_id"])[0]
        for name, (right, of, places, counted, lacking) in judge_counts(own).items():
            claim = claimed_share(
                right, of, units.of(places), confidence_level=confidence_level, lacking=lacking
            )
            found = claim.estimate
            spread = (found.value, found.low, found.high, confidence_level)
            sizes = (int(np.sum(of)), counted, len(np.unique(item[places[of > 0]])))
            how = (*unit_columns(claim), found.method, found.reason, signature)
            table.append((judge, name, ANSWERS[name], *spread, *sizes, *how))
    return pd.DataFrame(table, columns=list(ANSWER_COLUMNS)).astype({"reason": "str"})


def failure_table(verdicts: pd.DataFrame, *, criterion: str) -> pd.DataFrame:
    """Return why judges failed, and how often: judge, reason, failures; most frequent first."""
    rows = _of(verdicts, criterion)
    failed = rows[rows["preference"].isna().to_numpy(dtype=bool)]
    counted = failed.astype({"judge": "str", "reason": "str"}).groupby(["judge", "reason"]).size()
    table = counted.rename("failures").reset_index()
    return table.sort_values(
        ["failures", "judge", "reason"], ascending=[False, True, True], ignore_index=True
    )


def _of(verdicts: pd.DataFrame, criterion: str) -> pd.DataFrame:
    counts = (verdicts["comparison_purpose"] == "main") & (verdicts["criterion"] == criterion)
    counts &= ~verdicts["comparison_withdrawn"].astype(bool)
    return verdicts[counts.to_numpy(dtype=bool)].reset_index(drop=True)


def _signs(rows: pd.DataFrame) -> FloatArray:
    return np.asarray(rows["preference"].astype("object").map(SIGN_OF).to_numpy(dtype=np.float64))


Counts = tuple[FloatArray, FloatArray, IntArray, str, str]


def judge_counts(own: pd.DataFrame) -> dict[str, Counts]:
    """Return numerators, denominators and rows of each statistic of one judge; a comparison uses its first row."""
    sign, side = _signs(own), own["side_of_a"].astype("object").to_numpy()
    comparison, comparisons = frames.coded(own["comparison_id"])
    first_row, every_row = np.unique(comparison, return_index=True)[1], np.arange(len(own))
    by_order = np.full((2, len(comparisons)), np.nan)
    for place, order in enumerate(("left", "right")):
        by_order[place, comparison[side == order]] = sign[side == order]
    both = ~np.isnan(by_order).any(axis=0)
    flipped = both & (by_order[0] != by_order[1])
    decided = (side != "unknown") & ~np.isnan(sign) & (sign != 0)
    first = decided & ((sign > 0) == (side == "left"))
    known = ~np.isnan(sign)
    total, count = (
        np.bincount(comparison[known], part[known], len(comparisons)) for part in (sign, np.ones_like(sign))
    )
    ties = (count > 0) & (np.abs(total) < count)

    def share(part: BoolArray, of: BoolArray, rows: IntArray, counted: str, lacking: str) -> Counts:
        return part.astype(np.float64), of.astype(np.float64), rows, counted, lacking

    none = "no reply could be read"
    return {
        "flip_rate": share(flipped, both, first_row, "comparisons", "no comparison was asked in both orders"),
        "first_preferred": share(
            first, decided, every_row, "verdicts", "no untied verdict says which output came first"
        ),
        "tie_rate": share(ties, count > 0, first_row, "comparisons", none),
        "failure_rate": share(~known, np.ones_like(known), every_row, "questions", none),
    }
