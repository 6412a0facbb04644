"""The long table reshaped for statistics: which judgments count, and their codes as arrays.

Everything is on outputs and systems, never on screen sides. Skips and the judgments of raters who were excluded or
withdrew are left out and counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from study.errors import InvalidInput
from study.responses import BOTH_BAD, TIE
from study.stats.agreement.reliability import ValueCounts, value_counts_of_codes
from study.stats.arrays import FloatArray, IntArray
from study.stats.ranking.preferences import Preferences, preferences
from study.tables import lookup

Population = Literal["human", "simulated", "both"]
POPULATIONS: dict[str, str] = {"human": "Human", "simulated": "Simulated", "both": "Both"}

# What is preferred, as a category of agreement; equal codes are one category, ascending codes are an order.
CODINGS: dict[str, dict[str, int]] = {
    "separate": {"a": 0, TIE: 1, "b": 2, BOTH_BAD: 3},
    "merged": {"a": 0, TIE: 1, "b": 2, BOTH_BAD: 1},
    "ordinal": {"b": 0, TIE: 1, BOTH_BAD: 1, "a": 2},
}
SIGNS: dict[str, int] = {"a": 1, TIE: 0, BOTH_BAD: 0, "b": -1}
CLUSTERS: dict[str, str] = {"rater": "rater_id", "item": "item_id"}


@dataclass(frozen=True, slots=True)
class Selection:
    """The judgments of one criterion that count, and how many were left out.

    Attributes
    ----------
    judgments : DataFrame
        Rows of the long table with a preference; ``label_a`` and ``label_b`` name the competing systems.
    n_skips : int
        Answers that passed a comparison over.
    n_inactive : int
        Judgments of raters who were excluded or withdrew.
    """

    judgments: pd.DataFrame
    n_skips: int
    n_inactive: int

    @property
    def systems(self) -> tuple[str, ...]:
        """The competing systems, in alphabetical order."""
        return tuple(sorted({*self.judgments["label_a"], *self.judgments["label_b"]}))

    @property
    def n_raters(self) -> int:
        """The number of raters whose judgments count."""
        return int(self.judgments["rater_id"].nunique())


def default_population(judgments: pd.DataFrame) -> Population:
    """Return whose judgments are shown unasked: human ones if there are any."""
    return "simulated" if populations(judgments) == ("simulated",) else "human"


def populations(judgments: pd.DataFrame) -> tuple[Population, ...]:
    """Return whose judgments there are; "both" where human and simulated raters judged."""
    simulated = set(judgments.loc[judgments["preference"].notna(), "simulated"].astype(bool))
    if len(simulated) == 2:
        return "human", "simulated", "both"
    return tuple("simulated" if one else "human" for one in simulated)


def of_population(judgments: pd.DataFrame, population: str) -> pd.DataFrame:
    """Return the judgments of a population, all columns."""
    lookup(POPULATIONS, population, "population")
    if population == "both":
        return judgments
    return judgments[judgments["simulated"].astype(bool) == (population == "simulated")]


def select(judgments: pd.DataFrame, *, criterion: str, population: str, purpose: str = "main") -> Selection:
    """Return the judgments of a criterion by human or simulated raters, or by both if asked so.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.judgments``.
    criterion : str
    population : {"human", "simulated", "both"}
    purpose : str
        Why a comparison was assigned: "main", or "repeat" and "check", which are never part of main results.

    Raises
    ------
    InvalidInput
        If the population is unknown.
    """
    lookup(POPULATIONS, population, "population")
    asked = (judgments["criterion"] == criterion) & (judgments["purpose"] == purpose)
    if purpose != "check":
        asked &= judgments["comparison_purpose"] == "main"
    if population != "both":
        asked &= judgments["simulated"].astype(bool) == (population == "simulated")
    active, answered = judgments["rater_status"] == "active", judgments["preference"].notna()
    counted = judgments[asked & active & answered].reset_index(drop=True)
    return Selection(
        _labelled(counted), int((asked & active & ~answered).sum()), int((asked & ~active).sum())
    )


def value_counts(selection: Selection, coding: str = "separate") -> ValueCounts:
    """Return the reliability data of comparisons (units): how many raters preferred which output.

    Parameters
    ----------
    selection : Selection
    coding : {"separate", "merged", "ordinal"}
        Categories a, tie, b, both bad; or a, tie or both bad, b; or b < tie or both bad < a.
    """
    code_of = lookup(CODINGS, coding, "coding")
    unit, units = pd.factorize(selection.judgments["comparison_id"], sort=True)
    return value_counts_of_codes(
        unit,
        _coded(selection, code_of),
        len(units),
        range(max(code_of.values()) + 1),
        exchangeable=(code_of["a"], code_of["b"]),
    )


def paired(selection: Selection) -> pd.DataFrame:
    """Return the judgments of comparisons that were judged at least twice."""
    judged = selection.judgments
    return judged[judged.groupby("comparison_id")["judgment_id"].transform("size") >= 2]


def system_preferences(selection: Selection) -> Preferences:
    """Return the judgments as preferences between systems; both bad counts as a tie."""
    judged = selection.judgments
    a, b = positions(selection.systems, judged["label_a"], judged["label_b"])
    return preferences(a, b, _coded(selection, SIGNS), selection.systems)


def cluster_codes(selection: Selection, cluster: str) -> IntArray:
    """Return which rater or item each judgment belongs to, as codes from 0."""
    column = selection.judgments[lookup(CLUSTERS, cluster, "cluster")]
    return pd.factorize(column, sort=True)[0].astype(np.int64)


def judged_outputs(selection: Selection) -> pd.DataFrame:
    """Return one row per judged output: output_id, item_id, system, human_score and n_judgments.

    The human score is the mean over its judgments of 1 where it was preferred, 0.5 for a tie (or both bad) and 0.
    """
    score_of_a = (1 + _coded(selection, SIGNS)) / 2
    sides = []
    for side, score in (("a", score_of_a), ("b", 1 - score_of_a)):
        columns = {f"output_{side}_id": "output_id", "item_id": "item_id", f"label_{side}": "system"}
        part = selection.judgments[list(columns)].rename(columns=columns)
        sides.append(part.assign(score=score))
    stacked = pd.concat(sides, ignore_index=True)
    grouped = stacked.groupby(["output_id", "item_id", "system"], sort=True)["score"]
    return grouped.agg(human_score="mean", n_judgments="size").reset_index()


def scored_outputs(selection: Selection, scores: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the judged outputs with a metric's value, nan where there is none.

    Parameters
    ----------
    selection : Selection
    scores : DataFrame
        From ``store.metric_scores``: output_id, metric, value.
    metric : str

    Raises
    ------
    InvalidInput
        If there is no score of the metric.
    """
    known = scores[scores["metric"] == metric]
    if known.empty:
        there = ", ".join(sorted(set(scores["metric"]))) or "none yet"
        raise InvalidInput(f"there are no scores of the metric {metric!r}; allowed: {there}")
    values = known.set_index("output_id")["value"].astype(np.float64)
    outputs = judged_outputs(selection)
    return outputs.assign(value=outputs["output_id"].map(values).astype(np.float64))


def differences(selection: Selection, outputs: pd.DataFrame) -> FloatArray:
    """Return per judgment the metric of output a less that of output b; ``outputs`` from :func:`scored_outputs`."""
    values = outputs.set_index("output_id")["value"]
    first, second = (selection.judgments[f"output_{side}_id"].map(values) for side in "ab")
    return np.asarray(first - second, dtype=np.float64)


def positions(names: Sequence[str], *columns: pd.Series) -> tuple[IntArray, ...]:
    """Return the positions in ``names`` of each column's cells."""
    index = {name: position for position, name in enumerate(names)}
    return tuple(np.array([index[cell] for cell in column], dtype=np.int64) for column in columns)


def _coded(selection: Selection, code_of: dict[str, int]) -> IntArray:
    preference = selection.judgments["preference"]
    unknown = sorted(set(preference) - set(code_of))
    if unknown:
        raise InvalidInput(f"unknown preference {unknown[0]!r}; allowed: {', '.join(code_of)}")
    return np.asarray(preference.map(code_of), dtype=np.int64)


def _labelled(judgments: pd.DataFrame) -> pd.DataFrame:
    """Name the competitors: the system, with its prompt condition where a system was tried under several.

    A system that meets itself under the same name has nothing to win; there is no such comparison after that.
    """
    sides = [
        judgments[[f"system_{side}", f"condition_{side}"]].set_axis(["system", "condition"], axis=1)
        for side in "ab"
    ]
    conditions = pd.concat(sides).drop_duplicates().groupby("system").size()
    several = set(conditions.index[conditions > 1])
    labels = {
        f"label_{side}": [
            f"{system} ({condition})" if system in several and condition else system
            for system, condition in zip(part["system"], part["condition"], strict=True)
        ]
        for side, part in zip("ab", sides, strict=True)
    }
    return judgments.assign(**labels)
