"""Judges, profile owners and third-party raters compared by one statistic."""

import numpy as np
import pandas as pd

from study import frames
from study.analysis.judges.matched import Agreement, Beside, Rule, agreement_of, beside
from study.analysis.judges.verdicts import judge_answers
from study.analysis.ranking.rows import UNIT_COLUMNS, unit_columns
from study.stats.claims import claimed_share

OWNER_COLUMNS = (
    *("who", "kind", "reference", "value", "low", "high", "confidence_level"),
    *("n_comparisons", "n_judgments", "n_items", *UNIT_COLUMNS, "counted_as", "method", "reason"),
)
ONE_RATER, MAJORITY = "a third-party rater", "the majority of third-party raters"


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
        Keys of ``TIES`` and ``UNREADABLE`` in :mod:`study.analysis.judges.matched`: how ties and unreadable verdicts of
        judges count. A rater's tie is always half right.
    confidence_level : float

    Returns
    -------
    DataFrame
        With the columns :data:`OWNER_COLUMNS`: one row per judge, jury and kind of people, against both references.
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
                (who, kind, reference, *spread, *sizes, *unit_columns(claim), *told, claim.estimate.reason)
            )
    return pd.DataFrame(rows, columns=list(OWNER_COLUMNS)).astype({"reason": "str"})


def single_judges(verdicts: pd.DataFrame, *, criterion: str) -> list[str]:
    """Return the judges with a verdict on a criterion, excluding the jury that they form."""
    return judge_answers(verdicts, criterion).members


def _who(found: Beside, reference: str, rule: Rule) -> list[tuple[str, str, Agreement]]:
    judges = range(len(found.answers.judges))
    rows = [
        (found.answers.judges[judge], "judge", agreement_of(found, judge, reference, rule))
        for judge in judges
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
