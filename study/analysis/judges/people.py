"""Judges, profile owners and third-party raters compared by one statistic; tests between variants of judges."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from study import frames
from study.analysis.judges.verdicts import Answers, answers
from study.analysis.ranking.rows import UNIT_COLUMNS, unit_cells
from study.errors import InvalidInput
from study.frames.comparison_units import units_without_raters
from study.stats.arrays import BoolArray, FloatArray, IntArray
from study.stats.claims import Claim, claimed_share, claimed_values
from study.stats.multiplicity import holm
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
OWNER_COLUMNS = (
    *("who", "kind", "reference", "value", "low", "high", "confidence_level"),
    *("n_comparisons", "n_judgments", "n_items", *UNIT_COLUMNS, "counted_as", "method", "reason"),
)
VARIANT_COLUMNS = (
    *("first", "second", "reference", "first_accuracy", "second_accuracy", "value", "low", "high"),
    *("confidence_level", "n_comparisons", "n_judgments", "n_differing", "p_two_sided", "p_holm"),
    *(*UNIT_COLUMNS, "counted_as", "method", "reason"),
)
ONE_RATER, MAJORITY = "a third-party rater", "the majority of third-party raters"


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
    answers : Answers
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

    answers: Answers
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
        _placed(answers(verdicts, criterion), comparisons),
        comparison,
        frames.coded(judged["item_id"])[0],
        np.where(preference == "a", 1.0, np.where(preference == "b", -1.0, 0.0)),
        {"owner": owner, "third_party": ~owner, "all": np.ones_like(owner)},
        frames.units(selection, cluster),
        units_without_raters(judged.iloc[first], cluster),
    )


def owner_table(
    judgments: pd.DataFrame,
    verdicts: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    cluster: str | None = None,
    ties: str = "half",
    unreadable: str = "left_out",
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return how often judges, and third-party raters, agree with the owner (or with a third-party rater).

    One statistic for all: the share of the reference's untied judgments with the same output; a tie is half right.
    Third-party raters are not a reference for themselves: a rater's judgment is left out of the reference it is compared
    with.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    verdicts : DataFrame
        From ``store.verdicts``.
    criterion : str
    subset : Subset
    cluster : str, optional
        The units of intervals, as in :func:`study.frames.units`; by default they follow from the design. Judges are
        fixed, and never units.
    ties, unreadable : str
        Keys of :data:`TIES` and :data:`UNREADABLE`: how ties and unreadable verdicts of judges count. A rater's tie
        is always half right.
    confidence_level : float

    Returns
    -------
    DataFrame
        With the columns :data:`OWNER_COLUMNS`: a row per judge, jury and kind of people, against both references.
    """
    rule = Rule(ties, unreadable)
    found = beside(judgments, verdicts, criterion=criterion, subset=subset, cluster=cluster)
    rows = []
    for reference in ("owner", "third_party"):
        for who, kind, agreement in _who(found, reference, rule):
            places = agreement.places
            lacking = "no untied judgment that was answered"
            if not found.who[reference].any():
                lacking = "nobody of this kind judged"
            claim = claimed_share(
                agreement.met,
                agreement.whole,
                found.units.of(places),
                confidence_level=confidence_level,
                lacking=lacking,
            )
            there = places[agreement.whole > 0]
            sizes = (
                len(np.unique(found.comparison[there])),
                round(float(agreement.whole.sum())),
                len(np.unique(found.item[there])),
            )
            spread = (claim.estimate.value, claim.estimate.low, claim.estimate.high, confidence_level)
            told = (rule.words if kind == "judge" else "a rater's tie is half right", claim.estimate.method)
            rows.append(
                (who, kind, reference, *spread, *sizes, *unit_cells(claim), *told, claim.estimate.reason)
            )
    return pd.DataFrame(rows, columns=list(OWNER_COLUMNS)).astype({"reason": "str"})


def variant_table(
    judgments: pd.DataFrame,
    verdicts: pd.DataFrame,
    *,
    criterion: str,
    reference: str = "all",
    subset: frames.Subset = frames.HUMAN,
    cluster: str | None = None,
    ties: str = "half",
    unreadable: str = "left_out",
    contrasts: Sequence[tuple[str, str]] = (),
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return a test between each two judges on the judgments that both are compared with.

    A judge's accuracy is that of :func:`owner_table`: the share of the reference's untied judgments that it agrees
    with. Interval and test of the difference are over the same units, so that judgments by several raters of one
    comparison, or of one person's comparisons, do not count as independent. A jury is not tested against its own
    members.

    Parameters
    ----------
    judgments, verdicts, criterion, subset, cluster, ties, unreadable, confidence_level
        As in :func:`owner_table`.
    reference : str
        Key of :data:`REFERENCES`.
    contrasts : sequence of (str, str)
        The planned pairs of judges: only these are tested, and P is corrected for these alone.

    Returns
    -------
    DataFrame
        With the columns :data:`VARIANT_COLUMNS`; ``value`` is the first's accuracy minus the second's. ``p_holm`` is
        corrected for the number of rows.

    Raises
    ------
    InvalidInput
        If a contrast has an unknown judge, or one judge twice.
    """
    lookup(REFERENCES, reference, "reference")
    rule = Rule(ties, unreadable)
    found = beside(judgments, verdicts, criterion=criterion, subset=subset, cluster=cluster)
    said = found.answers
    rows = []
    for one, other in _contrasts(said, contrasts):
        first, second = (_agreement(found, judge, reference, rule) for judge in (one, other))
        both = (first.whole > 0) & (second.whole > 0)
        gap = (first.met - second.met)[both]
        claim = _difference(gap, found.units.of(np.flatnonzero(both)), confidence_level)
        differing = np.unique(found.comparison[both][gap != 0])
        accuracies = (first.met[both].mean(), second.met[both].mean()) if len(gap) else (np.nan, np.nan)
        spread = (claim.estimate.value, claim.estimate.low, claim.estimate.high, confidence_level)
        sizes = (len(np.unique(found.comparison[both])), len(gap), len(differing))
        rows.append(
            (
                *(said.judges[one], said.judges[other], reference, *accuracies, *spread, *sizes),
                *(claim.p_value, np.nan, *unit_cells(claim), rule.words, claim.estimate.method),
                claim.estimate.reason,
            )
        )
    table = pd.DataFrame(rows, columns=list(VARIANT_COLUMNS)).astype({"reason": "str"})
    return table.assign(p_holm=holm(table["p_two_sided"].to_numpy(dtype=np.float64)))


def planned_contrasts(texts: Sequence[str], judges: Sequence[str]) -> list[tuple[str, str]]:
    """Return the pairs of judges named by texts such as "one vs another".

    >>> planned_contrasts(["a vs b"], ["a", "b", "c"])
    [('a', 'b')]
    """
    pairs = {f"{one} vs {other}": (one, other) for one in judges for other in judges if one != other}
    return [lookup(pairs, text, "contrast") for text in texts]


def single_judges(verdicts: pd.DataFrame, *, criterion: str) -> list[str]:
    """Return the judges with a verdict on a criterion, without the jury that they form."""
    return answers(verdicts, criterion).members


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


def _contrasts(said: Answers, named: Sequence[tuple[str, str]]) -> list[tuple[int, int]]:
    if not named:
        return list(combinations(range(len(said.members)), 2))
    place = {name: at for at, name in enumerate(said.members)}
    for pair in named:
        if len(set(pair)) < 2 or len(pair) != 2:
            raise InvalidInput(f"contrast {pair!r}; allowed: two different judges")
        for name in pair:
            if name in said.judges and name not in place:
                raise InvalidInput(f"contrast {pair!r}: a jury is not tested against its own members")
            lookup(place, name, "judge")
    return [(place[one], place[other]) for one, other in dict.fromkeys(map(tuple, named))]


def _agreement(found: Beside, judge: int, reference: str, rule: Rule) -> Agreement:
    sign = np.where(found.answers.failed[judge], np.inf, found.answers.sign[judge])
    return Agreement(*agreed(found, sign, reference, rule), np.arange(len(found.sign)))


def _who(found: Beside, reference: str, rule: Rule) -> list[tuple[str, str, Agreement]]:
    judges = range(len(found.answers.judges))
    rows = [
        (found.answers.judges[judge], "judge", _agreement(found, judge, reference, rule)) for judge in judges
    ]
    return [
        *rows,
        (ONE_RATER, "people", _one_rater(found, reference)),
        (MAJORITY, "people", _by_majority(found, reference)),
    ]


def _one_rater(found: Beside, reference: str) -> Agreement:
    """Pair each judgment of the reference with each third-party rater's on its comparison, with total weight 1."""
    own = np.flatnonzero(found.who[reference] & (found.sign != 0))
    third = np.flatnonzero(found.who["third_party"])
    third = third[np.argsort(found.comparison[third], kind="stable")]
    n = np.bincount(found.comparison[third], minlength=len(found.answers.comparisons))
    start = np.concatenate([[0], np.cumsum(n)])[:-1]
    size = n[found.comparison[own]]
    one = np.repeat(own, size)
    step = np.arange(len(one)) - np.repeat(np.cumsum(size) - size, size)
    other = third[np.repeat(start[found.comparison[own]], size) + step]
    different = one != other
    one, other = one[different], other[different]
    weight = 1 / np.bincount(one, minlength=len(found.sign))[one] if len(one) else np.zeros(0)
    met = np.where(found.sign[other] == 0, 0.5, found.sign[one] == found.sign[other])
    # Of a row's two raters, the third-party rater is the one who represents others of the kind.
    return Agreement(met * weight, weight, other)


def _by_majority(found: Beside, reference: str) -> Agreement:
    """Pair each judgment of the reference with the majority of the other third-party raters; half if that is tied."""
    a, tie, b = (count[found.comparison] for count in found.votes("third_party"))
    own = found.sign
    inside = reference == "third_party"
    lead = np.sign(a - b - (own if inside else 0.0))
    others = a + tie + b - (1 if inside else 0)
    counts = found.who[reference] & (own != 0) & (others > 0)
    met = np.where(lead == 0, 0.5, lead == own)
    return Agreement(np.where(counts, met, 0.0), counts.astype(np.float64), np.arange(len(own)))


def _difference(gap: FloatArray, units: Units, level: float) -> Claim:
    n = max(len(gap), 1)
    value = gap.mean() if len(gap) else np.nan
    (claim,) = claimed_values(
        [value], ((gap - value) / n)[:, None], units, confidence_level=level, method="difference of shares"
    )
    return claim


def _placed(said: Answers, comparisons: list[str]) -> Answers:
    """Return answers to the comparisons that people judged, nan if a judge has none."""
    place = pd.Index(said.comparisons, dtype="object").get_indexer(pd.Index(comparisons, dtype="object"))
    there = place >= 0

    def moved(values: FloatArray) -> FloatArray:
        found = np.full((len(values), len(comparisons)), np.nan)
        found[:, there] = values[:, place[there]]
        return found

    failed = moved(said.failed.astype(np.float64)) == 1
    return Answers(said.members, said.judges, comparisons, moved(said.sign), moved(said.certainty), failed)
