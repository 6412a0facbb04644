"""The judgments that count, reshaped for statistics: codes and matrices on outputs and systems, never on sides."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from study.errors import InvalidInput
from study.frames.selecting import Selection, coded, used
from study.responses import BOTH_BAD, RESPONSE_FORMATS, TIE
from study.stats.agreement.ratings import Ratings, ratings_of_codes
from study.stats.agreement.reliability import ValueCounts, value_counts_of_codes
from study.stats.arrays import FloatArray, IntArray
from study.stats.ranking.preferences import Preferences, preferences
from study.tables import lookup

# What is preferred, as a category of agreement; equal codes are one category, ascending codes are an order.
CODINGS: dict[str, dict[str, int]] = {
    "separate": {"a": 0, TIE: 1, "b": 2, BOTH_BAD: 3},
    "merged": {"a": 0, TIE: 1, "b": 2, BOTH_BAD: 1},
    "ordinal": {"b": 0, TIE: 1, BOTH_BAD: 1, "a": 2},
}
SIGNS: dict[str, int] = {"a": 1, TIE: 0, BOTH_BAD: 0, "b": -1}
CLUSTERS: dict[str, str] = {
    "rater": "rater_id",
    "item": "item_id",
    "source": "source_id",
    "profile": "profile_id",
}


@dataclass(frozen=True, slots=True)
class Rated:
    """Reliability data: one element per judgment; units are comparisons.

    Attributes
    ----------
    unit, rater, category : ndarray of int, shape (n_judgments,)
        Codes from 0.
    comparisons, raters : list of str
        What the codes of units and raters stand for.
    n_categories : int
    exchangeable : tuple of int
        The categories "prefers a" and "prefers b", by each strength: which output is called a is arbitrary.
    """

    unit: IntArray
    rater: IntArray
    category: IntArray
    comparisons: list[str]
    raters: list[str]
    n_categories: int
    exchangeable: tuple[int, ...]

    def value_counts(self) -> ValueCounts:
        """Return how many raters gave each comparison each category."""
        return value_counts_of_codes(
            self.unit,
            self.category,
            len(self.comparisons),
            range(self.n_categories),
            exchangeable=self.exchangeable,
        )

    def unit_counts(self) -> IntArray:
        """Return the same with a row per comparison, shape (n_units, n_categories)."""
        cell = self.unit * self.n_categories + self.category
        counts = np.bincount(cell, minlength=len(self.comparisons) * self.n_categories)
        return counts.reshape(-1, self.n_categories)

    def ratings(self) -> Ratings:
        """Return who rated what how; of several answers of a rater on a comparison (imported ones) the last counts."""
        key = self.unit * len(self.raters) + self.rater
        last = len(key) - 1 - np.unique(key[::-1], return_index=True)[1]
        return ratings_of_codes(
            self.unit[last],
            self.rater[last],
            self.category[last],
            len(self.comparisons),
            len(self.raters),
            range(self.n_categories),
            exchangeable=self.exchangeable,
        )


def rated(selection: Selection, coding: str = "separate") -> Rated:
    """Return the reliability data of comparisons: which rater preferred which output.

    Parameters
    ----------
    selection : Selection
    coding : {"separate", "merged", "ordinal", "strength"}
        Categories a, tie, b, both bad; or a, tie or both bad, b; or b < tie or both bad < a; or the same by how much
        better, b much better < ... < a much better, in the steps of the response format.
    """
    if coding == "strength":
        return _graded(selection)
    code_of = lookup(CODINGS, coding, "coding")
    unit, comparisons = coded(selection.judgments["comparison_id"])
    rater, raters = coded(selection.judgments["rater_id"])
    return Rated(
        unit,
        rater,
        preference_codes(selection, code_of),
        comparisons,
        raters,
        max(code_of.values()) + 1,
        (code_of["a"], code_of["b"]),
    )


def strength_steps(selection: Selection) -> int:
    """Return by how many steps an output can be preferred: those of the smallest response format with all the answers."""
    answers = set(used(selection.judgments["response"]))
    steps = {
        len(entry.options): max(option.strength for option in entry.options)
        for entry in RESPONSE_FORMATS.values()
        if answers <= {option.code for option in entry.options}
    }
    if steps:
        return steps[min(steps)]
    return max(1, int(selection.judgments["strength"].abs().max()))


def _graded(selection: Selection) -> Rated:
    steps = strength_steps(selection)
    unit, comparisons = coded(selection.judgments["comparison_id"])
    rater, raters = coded(selection.judgments["rater_id"])
    strength = np.maximum(np.abs(selection.judgments["strength"].to_numpy(dtype=np.int64)), 1)
    category = steps + preference_codes(selection, SIGNS) * strength
    opposite = tuple(code for step in range(1, steps + 1) for code in (steps + step, steps - step))
    return Rated(unit, rater, category, comparisons, raters, 2 * steps + 1, opposite)


def value_counts(selection: Selection, coding: str = "separate") -> ValueCounts:
    """Return the reliability data of :func:`rated`, counted."""
    return rated(selection, coding).value_counts()


def comparison_clusters(selection: Selection, cluster: str) -> IntArray:
    """Return which item, source or profile each comparison belongs to, as codes, in the order of :func:`rated`."""
    unit, comparisons = coded(selection.judgments["comparison_id"])
    of_comparison = np.zeros(len(comparisons), dtype=np.int64)
    of_comparison[unit] = cluster_codes(selection, cluster)
    return of_comparison


def paired(selection: Selection) -> pd.DataFrame:
    """Return the judgments of comparisons that were judged at least twice."""
    unit, units = coded(selection.judgments["comparison_id"])
    return selection.judgments[np.bincount(unit, minlength=len(units))[unit] >= 2]


def system_preferences(selection: Selection) -> Preferences:
    """Return the judgments as preferences between systems; both bad counts as a tie."""
    judged = selection.judgments
    a, b = positions(selection.systems, judged["label_a"], judged["label_b"])
    return preferences(a, b, preference_codes(selection, SIGNS), selection.systems)


def cluster_codes(selection: Selection, cluster: str) -> IntArray:
    """Return which cluster each judgment belongs to, as codes from 0; where it has none, it is one of its own."""
    codes, names = coded(selection.judgments[lookup(CLUSTERS, cluster, "cluster")])
    alone = codes < 0
    codes[alone] = len(names) + np.arange(int(alone.sum()))
    return codes


def judged_outputs(selection: Selection) -> pd.DataFrame:
    """Return one row per judged output: output_id, item_id, system, human_score and n_judgments.

    The human score is the mean over its judgments of 1 where it was preferred, 0.5 for a tie (or both bad) and 0.
    """
    judged, score_of_a = selection.judgments, (1 + preference_codes(selection, SIGNS)) / 2
    outputs = sorted({*used(judged["output_a_id"]), *used(judged["output_b_id"])})
    a, b = positions(outputs, judged["output_a_id"], judged["output_b_id"])
    output = np.concatenate([a, b])
    n_judgments = np.bincount(output, minlength=len(outputs))
    total = np.bincount(output, np.concatenate([score_of_a, 1 - score_of_a]), minlength=len(outputs))
    _, row = np.unique(output, return_index=True)
    item, items = coded(judged["item_id"])
    systems = selection.systems
    system = np.concatenate(positions(systems, judged["label_a"], judged["label_b"]))
    return pd.DataFrame(
        {
            "output_id": pd.Series(outputs, dtype="str"),
            "item_id": pd.Series([items[code] for code in np.tile(item, 2)[row]], dtype="str"),
            "system": pd.Series([systems[code] for code in system[row]], dtype="str"),
            "human_score": total / n_judgments,
            "n_judgments": n_judgments,
        }
    )


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
    values = outputs["value"].to_numpy(dtype=np.float64)
    first, second = positions(
        outputs["output_id"].tolist(), selection.judgments["output_a_id"], selection.judgments["output_b_id"]
    )
    return np.asarray(values[first] - values[second], dtype=np.float64)


def positions(names: Sequence[str], *columns: pd.Series) -> tuple[IntArray, ...]:
    """Return the positions in ``names`` of each column's cells."""
    index = {name: position for position, name in enumerate(names)}
    found = []
    for column in columns:
        codes, there = coded(column)
        found.append(np.array([index[name] for name in there], dtype=np.int64)[codes])
    return tuple(found)


def preference_codes(selection: Selection, code_of: dict[str, int]) -> IntArray:
    """Return the code of each judgment's preference."""
    codes, preferences = coded(selection.judgments["preference"])
    unknown = sorted(set(preferences) - set(code_of))
    if unknown:
        raise InvalidInput(f"unknown preference {unknown[0]!r}; allowed: {', '.join(code_of)}")
    return np.array([code_of[preference] for preference in preferences], dtype=np.int64)[codes]
