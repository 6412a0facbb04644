"""Tests between variants of judges, on the judgments that both are compared with."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from study import frames
from study.analysis.judges.matched import REFERENCES, Rule, agreement_of, beside
from study.analysis.judges.verdicts import JudgeAnswers
from study.analysis.ranking.rows import UNIT_COLUMNS, unit_columns
from study.errors import InvalidInput
from study.stats.arrays import FloatArray
from study.stats.claims import Claim, claimed_values
from study.stats.multiplicity import holm
from study.stats.units import Units
from study.tables import lookup

VARIANT_COLUMNS = (
    *("first", "second", "reference", "first_accuracy", "second_accuracy", "value", "low", "high"),
    *("confidence_level", "n_comparisons", "n_judgments", "n_differing", "p_two_sided", "p_holm"),
    *(*UNIT_COLUMNS, "counted_as", "method", "reason"),
)


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
    """Return a test of each pair of judges on the judgments that both are compared with.

    A judge's accuracy is that of :func:`study.analysis.judges.people.owner_table`: the share of the reference's untied
    judgments that it agrees with. Interval and test of the difference are over the same units, so that judgments by
    several raters of one comparison, or of one person's comparisons, do not count as independent. A jury is not tested
    against its own members.

    Parameters
    ----------
    judgments, verdicts, criterion, subset, cluster, ties, unreadable, confidence_level
        As in :func:`study.analysis.judges.people.owner_table`.
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
        first, second = (agreement_of(found, judge, reference, rule) for judge in (one, other))
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
                *(claim.p_value, np.nan, *unit_columns(claim), rule.words, claim.estimate.method),
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


def _contrasts(said: JudgeAnswers, named: Sequence[tuple[str, str]]) -> list[tuple[int, int]]:
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


def _difference(gap: FloatArray, units: Units, level: float) -> Claim:
    n = max(len(gap), 1)
    value = gap.mean() if len(gap) else np.nan
    (claim,) = claimed_values(
        [value], ((gap - value) / n)[:, None], units, confidence_level=level, method="difference of shares"
    )
    return claim
