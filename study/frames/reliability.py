"""Reliability data: the answers available for each comparison, and each rater's answer."""

from dataclasses import dataclass, replace

import numpy as np

from study.errors import InvalidInput
from study.frames.selecting import Selection, coded, used
from study.responses import BOTH_BAD, OPTIONS, RESPONSE_FORMATS, TIE
from study.stats.agreement.ratings import Ratings, ratings_of_codes
from study.stats.agreement.reliability import ValueCounts, exchanged, value_counts_of_codes
from study.stats.arrays import FloatArray, IntArray
from study.tables import lookup

# Preferences as categories of agreement: equal codes are one category, ascending codes are an order.
CODINGS: dict[str, dict[str, int]] = {
    "separate": {"a": 0, TIE: 1, "b": 2, BOTH_BAD: 3},
    "merged": {"a": 0, TIE: 1, "b": 2, BOTH_BAD: 1},
    "ordinal": {"b": 0, TIE: 1, BOTH_BAD: 1, "a": 2},
}
SIGNS: dict[str, int] = {"a": 1, TIE: 0, BOTH_BAD: 0, "b": -1}
IN_WORDS: dict[str, str] = {"a": "a", TIE: "tie", "b": "b", BOTH_BAD: "both bad"}
ORDERED = ("ordinal", "strength")
"""Codings of an ordered scale: equal steps around 0."""


@dataclass(frozen=True, slots=True)
class Rated:
    """Reliability data: one element per judgment; units are comparisons.

    Attributes
    ----------
    unit, rater, category : ndarray of int, shape (n_judgments,)
        Codes from 0.
    comparisons, raters : list of str
        Names of the unit codes and of the rater codes.
    names : tuple of str
        Each category in words: all that raters could choose, whether chosen or not.
    values : ndarray of shape (n_categories,)
        The position of each category on its scale, ascending; 0 in the middle of an ordered one.
    exchangeable : tuple of int, optional
        The categories "prefers a" and "prefers b", at each strength: which output is called a is arbitrary. None
        where outputs are named by their systems.
    """

    unit: IntArray
    rater: IntArray
    category: IntArray
    comparisons: list[str]
    raters: list[str]
    names: tuple[str, ...]
    values: FloatArray
    exchangeable: tuple[int, ...] | None

    @property
    def n_categories(self) -> int:
        """The number of categories that could be given."""
        return len(self.names)

    def value_counts(self) -> ValueCounts:
        """Return how many raters chose each category for each comparison."""
        return value_counts_of_codes(
            self.unit, self.category, len(self.comparisons), self.values, exchangeable=self.exchangeable
        )

    def unit_counts(self) -> IntArray:
        """Return the same with one row per comparison, shape (n_units, n_categories)."""
        cell = self.unit * self.n_categories + self.category
        counts = np.bincount(cell, minlength=len(self.comparisons) * self.n_categories)
        return counts.reshape(-1, self.n_categories)

    def last_answers(self) -> IntArray:
        """Return the positions of each rater's last answer on each comparison, where there are several (imported ones)."""
        key = self.unit * len(self.raters) + self.rater
        return np.asarray(len(key) - 1 - np.unique(key[::-1], return_index=True)[1], dtype=np.int64)

    def ratings(self) -> Ratings:
        """Return each rater's category for each comparison; of several answers (imported ones) the last counts."""
        last = self.last_answers()
        return ratings_of_codes(
            self.unit[last],
            self.rater[last],
            self.category[last],
            len(self.comparisons),
            len(self.raters),
            self.values,
            exchangeable=self.exchangeable,
        )


def rated(selection: Selection, coding: str = "separate") -> Rated:
    """Return the reliability data of comparisons: each rater's preference between the outputs.

    Parameters
    ----------
    selection : Selection
    coding : {"separate", "merged", "ordinal", "strength"}
        Categories a, tie, b, both bad; or a, tie or both bad, b; or b < tie or both bad < a; or the same with
        strengths, b much better < ... < a much better, in the steps of the response format. Only categories that the
        design offers, or that were given anyway, are kept.
    """
    unit, comparisons = coded(selection.judgments["comparison_id"])
    rater, raters = coded(selection.judgments["rater_id"])
    place, scale, exchangeable = _graded(selection) if coding == "strength" else _preferred(selection, coding)
    kept = sorted(scale)
    code_of = {code: at for at, code in enumerate(kept)}
    middle = (kept[0] + kept[-1]) / 2 if coding in ORDERED else 0.0
    return Rated(
        unit,
        rater,
        np.searchsorted(kept, place).astype(np.int64),
        comparisons,
        raters,
        tuple(scale[code] for code in kept),
        np.array(kept, dtype=np.float64) - middle,
        tuple(code_of[code] for code in exchangeable),
    )


def offered_codes(selection: Selection) -> set[str]:
    """Return the codes of the possible answers: those the design offers, and those that were given.

    A table without a design offers all four kinds of answers, in the steps of :func:`strength_steps`.
    """
    given = set(used(selection.judgments["response"]))
    if "options" not in selection.judgments:
        steps = range(1, _fewest_steps(given) + 1)
        return given | {
            "left",
            "right",
            TIE,
            BOTH_BAD,
            *(f"{side}_{n}" for side in ("left", "right") for n in steps),
        }
    return given | {code for cell in used(selection.judgments["options"]) for code in cell.split()}


def offered_preferences(selection: Selection) -> tuple[str, ...]:
    """Return the possible preferences, of a, tie, b and both_bad: always a and b."""
    offered = offered_codes(selection)
    return tuple(name for name in IN_WORDS if name in ("a", "b") or name in offered)


def _preferred(selection: Selection, coding: str) -> tuple[IntArray, dict[int, str], tuple[int, ...]]:
    """Return the code of each answer, all possible codes with their names, and the exchangeable ones."""
    code_of = lookup(CODINGS, coding, "coding")
    named: dict[int, list[str]] = {}
    for name in offered_preferences(selection):
        named.setdefault(code_of[name], []).append(IN_WORDS[name])
    scale = {code: " or ".join(names) for code, names in named.items()}
    return preference_codes(selection, code_of), scale, (code_of["a"], code_of["b"])


def strength_steps(selection: Selection) -> int:
    """Return the steps by which an output can be preferred, as offered by the design or found in an answer.

    Without a known design: those of the smallest response format that has all the answers.
    """
    known = [OPTIONS[code].strength for code in offered_codes(selection) if code in OPTIONS]
    return max(1, *known, *(int(one) for one in np.abs(selection.judgments["strength"].dropna()).unique()))


def _fewest_steps(answers: set[str]) -> int:
    """Return the steps of the smallest response format that has all the answers; 1 without answers."""
    steps = {
        len(entry.options): max(option.strength for option in entry.options)
        for entry in RESPONSE_FORMATS.values()
        if answers <= {option.code for option in entry.options}
    }
    return steps[min(steps)] if steps else 1


def _graded(selection: Selection) -> tuple[IntArray, dict[int, str], tuple[int, ...]]:
    """Return by how many steps each answer prefers a (b if negative), the scale, and the exchangeable steps."""
    steps = strength_steps(selection)
    strength = np.maximum(np.abs(selection.judgments["strength"].to_numpy(dtype=np.int64)), 1)
    middle = " or ".join(IN_WORDS[name] for name in offered_preferences(selection) if name in (TIE, BOTH_BAD))
    scale = {0: middle} if middle else {}
    for step in range(1, steps + 1):
        scale |= {step: f"a by {step}", -step: f"b by {step}"}
    opposite = tuple(code for step in range(1, steps + 1) for code in (step, -step))
    return preference_codes(selection, SIGNS) * strength, scale, opposite


def value_counts(selection: Selection, coding: str = "separate") -> ValueCounts:
    """Return the counted reliability data of :func:`rated`."""
    return rated(selection, coding).value_counts()


def named_by_system(selection: Selection, data: Rated) -> tuple[Rated, IntArray]:
    """Return reliability data in which a is the system whose name comes first, and each comparison's systems.

    Parameters
    ----------
    selection : Selection
    data : Rated
        From :func:`rated`, of the same selection.

    Returns
    -------
    Rated
        Without exchangeable categories.
    ndarray of int64, shape (n_comparisons,)
        The pair of systems of each comparison, as codes.
    """
    order = {name: place for place, name in enumerate(selection.systems)}
    places = []
    for side in "ab":
        codes, names = coded(selection.judgments[f"label_{side}"])
        places.append(np.array([order[name] for name in names], dtype=np.int64)[codes])
    a, b = places
    pair = np.zeros(len(data.comparisons), dtype=np.int64)
    pair[data.unit] = np.minimum(a, b) * len(order) + np.maximum(a, b)
    renamed = np.array(exchanged(data.n_categories, data.exchangeable or ()), dtype=np.int64)
    category = np.where(a > b, renamed[data.category], data.category)
    return replace(data, category=category, exchangeable=None), pair


def preference_codes(selection: Selection, code_of: dict[str, int]) -> IntArray:
    """Return the code of each judgment's preference."""
    codes, preferences = coded(selection.judgments["preference"])
    unknown = sorted(set(preferences) - set(code_of))
    if unknown:
        raise InvalidInput(f"unknown preference {unknown[0]!r}; allowed: {', '.join(code_of)}")
    return np.array([code_of[preference] for preference in preferences], dtype=np.int64)[codes]
