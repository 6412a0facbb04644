"""Judges beside the owner of the profile and third-party people, all under one statistic; tests between variants."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from study import frames
from study.analysis.judges.verdicts import Answers, answers
from study.stats.arrays import BoolArray, FloatArray, IntArray
from study.stats.correlation.paired_tests import mcnemar
from study.stats.multiplicity import holm
from study.stats.resampling import Estimate, jackknife, whole_clusters
from study.stats.shares import clustered_share
from study.tables import lookup

REFERENCES: dict[str, str] = {
    "owner": "The owner of the profile",
    "third_party": "Third-party raters",
    "all": "All raters",
}
OWNER_COLUMNS = (
    *("who", "kind", "reference", "value", "low", "high", "confidence_level"),
    *("n_comparisons", "n_judgments", "n_items", "method", "reason"),
)
VARIANT_COLUMNS = (
    *("first", "second", "reference", "first_accuracy", "second_accuracy", "value", "low", "high"),
    *("confidence_level", "n_comparisons", "n_differing", "p_two_sided", "p_holm", "method", "reason"),
)
ONE_RATER, MAJORITY = "a third-party rater", "the majority of third-party raters"


@dataclass(frozen=True, slots=True)
class Votes:
    """How often people prefer a, neither, b on each comparison: arrays of shape (n_comparisons,)."""

    a: FloatArray
    tie: FloatArray
    b: FloatArray

    @property
    def untied(self) -> FloatArray:
        """The judgments that prefer one output."""
        return self.a + self.b

    @property
    def n(self) -> FloatArray:
        """All judgments."""
        return self.a + self.tie + self.b

    @property
    def majority(self) -> FloatArray:
        """1 where more prefer a, -1 where more prefer b, 0 where equally many do; nan without a judgment."""
        return np.where(self.n > 0, np.sign(self.a - self.b), np.nan)


@dataclass(frozen=True, slots=True)
class Beside:
    """Judges' answers beside people's, on the comparisons that have both or either.

    Attributes
    ----------
    answers : Answers
        On all comparisons that people judged, in the order of ``votes``.
    votes : dict of Votes
        By the keys of :data:`REFERENCES`.
    item : ndarray of shape (n_comparisons,)
    """

    answers: Answers
    votes: dict[str, Votes]
    item: IntArray


def beside(
    judgments: pd.DataFrame, verdicts: pd.DataFrame, *, criterion: str, subset: frames.Subset
) -> Beside:
    """Place the answers of judges beside the judgments that count."""
    judged = frames.select(judgments, criterion=criterion, subset=subset).judgments
    comparison, comparisons = frames.coded(judged["comparison_id"])
    item, _ = frames.coded(judged["item_id"])
    of_comparison = np.zeros(len(comparisons), dtype=np.int64)
    of_comparison[comparison] = item
    owner = (judged["rater_role"] == "owner").to_numpy(dtype=bool)
    preference = judged["preference"].astype("object").to_numpy()

    def counted(who: BoolArray) -> Votes:
        def count(chosen: BoolArray) -> FloatArray:
            return np.bincount(comparison[who & chosen], minlength=len(comparisons)).astype(np.float64)

        is_a, is_b = preference == "a", preference == "b"
        return Votes(count(is_a), count(~is_a & ~is_b), count(is_b))

    votes = {"owner": counted(owner), "third_party": counted(~owner), "all": counted(np.ones_like(owner))}
    return Beside(_placed(answers(verdicts, criterion), comparisons), votes, of_comparison)


def owner_table(
    judgments: pd.DataFrame,
    verdicts: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return how often judges, and third-party people, say what the owner (or a third-party rater) says.

    One statistic for all: the share of the reference's untied judgments that name the same output; who says tie is half
    right. Third-party people are no reference for themselves: a rater's judgment is left out of what it is held against.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    verdicts : DataFrame
        From ``store.verdicts``.
    criterion : str
    subset : Subset
    confidence_level : float

    Returns
    -------
    DataFrame
        Of the columns :data:`OWNER_COLUMNS`: a row per judge, jury and kind of people, against both references.
        Intervals are over items.
    """
    found = beside(judgments, verdicts, criterion=criterion, subset=subset)
    rows = []
    for reference in ("owner", "third_party"):
        votes = found.votes[reference]
        for who, kind, right, of in _who(found, votes, reference):
            lacking = (
                "nobody of this kind judged" if not votes.n.any() else "no untied judgment that was answered"
            )
            share = clustered_share(right, of, found.item, confidence_level=confidence_level, lacking=lacking)
            spread = (share.value, share.low, share.high, confidence_level)
            sizes = (int((of > 0).sum()), round(float(of.sum())), share.n_units)
            rows.append((who, kind, reference, *spread, *sizes, share.method, share.reason))
    return pd.DataFrame(rows, columns=list(OWNER_COLUMNS)).astype({"reason": "str"})


def variant_table(
    judgments: pd.DataFrame,
    verdicts: pd.DataFrame,
    *,
    criterion: str,
    reference: str = "all",
    subset: frames.Subset = frames.HUMAN,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return McNemar's test between each two judges on the comparisons that both answered.

    A judge is right where it names the output that most of the reference prefers; a tie is not right. Comparisons where
    the reference is tied are left out.

    Parameters
    ----------
    judgments, verdicts, criterion, subset, confidence_level
        As for :func:`owner_table`.
    reference : str
        Key of :data:`REFERENCES`.

    Returns
    -------
    DataFrame
        Of the columns :data:`VARIANT_COLUMNS`; ``value`` is the first's accuracy less the second's, with an interval over
        items. ``p_holm`` is corrected for the number of pairs.
    """
    lookup(REFERENCES, reference, "reference")
    found = beside(judgments, verdicts, criterion=criterion, subset=subset)
    majority, said = found.votes[reference].majority, found.answers
    rows = []
    for one, other in combinations(range(len(said.judges)), 2):
        kept = np.isin(majority, (1, -1)) & ~np.isnan(said.sign[one] + said.sign[other])
        first, second = (said.sign[judge][kept] == majority[kept] for judge in (one, other))
        test, gap = mcnemar(first, second), _difference(first, second, found.item[kept], confidence_level)
        accuracies = (first.mean(), second.mean()) if len(first) else (np.nan, np.nan)
        rows.append(
            (
                *(said.judges[one], said.judges[other], reference, *accuracies),
                *(
                    gap.value,
                    gap.low,
                    gap.high,
                    confidence_level,
                    len(first),
                    test.n,
                    test.p_two_sided,
                    np.nan,
                ),
                *(f"{test.method}; difference: {gap.method}", test.reason or gap.reason),
            )
        )
    table = pd.DataFrame(rows, columns=list(VARIANT_COLUMNS)).astype({"reason": "str"})
    return table.assign(p_holm=holm(table["p_two_sided"].to_numpy(dtype=np.float64)))


def agreed(sign: FloatArray, votes: Votes) -> tuple[FloatArray, FloatArray]:
    """Return per comparison how many untied judgments a verdict agrees with (a tie with half), and of how many."""
    known = ~np.isnan(sign)
    right = np.where(sign > 0, votes.a, np.where(sign < 0, votes.b, votes.untied / 2))
    return np.where(known, right, 0.0), np.where(known, votes.untied, 0.0)


def _who(found: Beside, votes: Votes, reference: str) -> list[tuple[str, str, FloatArray, FloatArray]]:
    said, third = found.answers, found.votes["third_party"]
    rows = [(name, "judge", *agreed(sign, votes)) for name, sign in zip(said.judges, said.sign, strict=True)]
    if reference == "owner":
        one = _share(third.a * votes.a + third.b * votes.b + third.tie * votes.untied / 2, third.n)
        rows.append((ONE_RATER, "people", one, np.where(third.n > 0, votes.untied, 0.0)))
        rows.append((MAJORITY, "people", *agreed(third.majority, votes)))
        return rows
    others = third.n - 1
    one = _share(third.a * (third.a - 1) + third.b * (third.b - 1) + third.tie * third.untied / 2, others)
    rows.append((ONE_RATER, "people", one, np.where(others > 0, third.untied, 0.0)))
    rows.append((MAJORITY, "people", _by_the_others(third), np.where(others > 0, third.untied, 0.0)))
    return rows


def _by_the_others(third: Votes) -> FloatArray:
    """Return how many untied judgments name what most of the other raters prefer; half where these are tied."""

    def met(own: FloatArray, other: FloatArray) -> FloatArray:
        return np.asarray(own * (1 + np.sign(own - 1 - other)) / 2)

    return np.where(third.n > 1, met(third.a, third.b) + met(third.b, third.a), 0.0)


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.asarray(np.divide(part, whole, out=np.zeros_like(part), where=whole > 0))


def _difference(first: BoolArray, second: BoolArray, item: IntArray, level: float) -> Estimate:
    gap = first.astype(np.float64) - second
    sums = np.column_stack([np.bincount(item, part) for part in (gap, np.ones_like(gap))]).astype(np.float64)
    cells = whole_clusters(sums[sums[:, 1] > 0], "item")
    return jackknife(
        lambda totals: np.divide(
            totals[:, 0], totals[:, 1], out=np.full(len(totals), np.nan), where=totals[:, 1] > 0.5
        ),
        cells,
        confidence_level=level,
    )


def _placed(said: Answers, comparisons: list[str]) -> Answers:
    """Return answers on the comparisons that people judged, nan where a judge has none."""
    place = pd.Index(said.comparisons, dtype="object").get_indexer(pd.Index(comparisons, dtype="object"))
    there = place >= 0

    def moved(values: FloatArray) -> FloatArray:
        found = np.full((len(values), len(comparisons)), np.nan)
        found[:, there] = values[:, place[there]]
        return found

    return Answers(said.judges, comparisons, moved(said.sign), moved(said.certainty))
