"""Judges' answers matched with people's judgments, and how far the two agree."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from study import frames
from study.analysis.judges.verdicts import JudgeAnswers, judge_answers
from study.frames.comparison_units import units_without_raters
from study.stats.arrays import BoolArray, FloatArray, IntArray
from study.stats.units import Units
from study.tables import lookup

REFERENCES: dict[str, str] = {
    "owner": "The owner of the profile",
    "third_party": "Third-party raters",
    "all": "All raters",
}
TIES: dict[str, tuple[str, float]] = {
    "half": ("a judge's tie is half right", 0.5),
    "wrong": ("a judge's tie is wrong", 0.0),
    "left_out": ("a judge's ties are left out", 0.0),
}
UNREADABLE: dict[str, str] = {
    "left_out": "of those answered",
    "wrong": "of all that were asked, unreadable verdicts as wrong",
    "tie": "of all that were asked, unreadable verdicts as ties",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """How ties and unreadable verdicts of judges count: keys of :data:`TIES` and :data:`UNREADABLE`."""

    ties: str = "half"
    unreadable: str = "left_out"

    def __post_init__(self) -> None:
        lookup(TIES, self.ties, "worth of a tie")
        lookup(UNREADABLE, self.unreadable, "worth of an unreadable verdict")

    @property
    def words(self) -> str:
        """The rule in words for users."""
        return f"{UNREADABLE[self.unreadable]}; {TIES[self.ties][0]}"


@dataclass(frozen=True, slots=True)
class Beside:
    """Judges' answers matched with people's.

    Attributes
    ----------
    answers : JudgeAnswers
        Answers to all comparisons that people judged.
    comparison, item : ndarray of int, shape (n_judgments,)
        For each judgment, the position of its comparison among those of ``answers``, and its item.
    sign : ndarray of shape (n_judgments,)
        1 where it prefers a, -1 where it prefers b, 0 for neither.
    who : dict of ndarray of bool, shape (n_judgments,)
        By the keys of :data:`REFERENCES`, whether the judgment belongs to that reference.
    units : Units
        Units of the judgments.
    of_comparisons : Units
        Units of the comparisons, without raters.
    """

    answers: JudgeAnswers
    comparison: IntArray
    item: IntArray
    sign: FloatArray
    who: dict[str, BoolArray]
    units: Units
    of_comparisons: Units

    def votes(self, reference: str) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return how many of the reference prefer a, neither, b on each comparison."""
        n = len(self.answers.comparisons)
        a, tie, b = (
            np.bincount(self.comparison[self.who[reference] & (self.sign == sign)], minlength=n).astype(
                np.float64
            )
            for sign in (1, 0, -1)
        )
        return a, tie, b


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement with judgments: numerators, denominators (0 or 1, or weights), and their rows."""

    met: FloatArray
    whole: FloatArray
    places: IntArray


def beside(
    judgments: pd.DataFrame,
    verdicts: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset,
    cluster: str | None = None,
) -> Beside:
    """Match the answers of judges with the judgments that count."""
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    judged = selection.judgments
    comparison, comparisons = frames.coded(judged["comparison_id"])
    _, first = np.unique(comparison, return_index=True)
    owner = (judged["rater_role"] == "owner").to_numpy(dtype=bool)
    preference = judged["preference"].astype("object").to_numpy()
    return Beside(
        _placed(judge_answers(verdicts, criterion), comparisons),
        comparison,
        frames.coded(judged["item_id"])[0],
        np.where(preference == "a", 1.0, np.where(preference == "b", -1.0, 0.0)),
        {"owner": owner, "third_party": ~owner, "all": np.ones_like(owner)},
        frames.units(selection, cluster),
        units_without_raters(judged.iloc[first], cluster),
    )


def agreed(found: Beside, sign: FloatArray, reference: str, rule: Rule) -> tuple[FloatArray, FloatArray]:
    """Return per judgment how far answers to its comparison agree with it (0 to 1), and whether it counts (1 or 0).

    ``sign`` is nan without an answer, and infinite if a verdict could not be read.
    """
    answer = sign[found.comparison]
    if rule.unreadable == "tie":
        answer = np.where(np.isinf(answer), 0.0, answer)
    counts = found.who[reference] & (found.sign != 0) & ~np.isnan(answer)
    if rule.unreadable == "left_out":
        counts &= ~np.isinf(answer)
    if rule.ties == "left_out":
        counts &= answer != 0
    met = np.where(answer == 0, TIES[rule.ties][1], answer == found.sign)
    return np.where(counts, met, 0.0), counts.astype(np.float64)


def agreement_of(found: Beside, judge: int, reference: str, rule: Rule) -> Agreement:
    """Return one judge's agreement with the reference judgments."""
    sign = np.where(found.answers.failed[judge], np.inf, found.answers.sign[judge])
    return Agreement(*agreed(found, sign, reference, rule), np.arange(len(found.sign)))


def _placed(said: JudgeAnswers, comparisons: list[str]) -> JudgeAnswers:
    """Return answers to the comparisons that people judged, nan if a judge has none."""
    place = pd.Index(said.comparisons, dtype="object").get_indexer(pd.Index(comparisons, dtype="object"))
    there = place >= 0

    def moved(values: FloatArray) -> FloatArray:
        found = np.full((len(values), len(comparisons)), np.nan)
        found[:, there] = values[:, place[there]]
        return found

    failed = moved(said.failed.astype(np.float64)) == 1
    return JudgeAnswers(
        said.members, said.judges, comparisons, moved(said.sign), moved(said.certainty), failed
    )
