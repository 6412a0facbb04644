"""The units of a number: derived from the study's design, or named by the user."""

import re
from itertools import combinations

import numpy as np
import pandas as pd

from study.errors import InvalidInput
from study.frames.reshaping import CLUSTERS, has_units, unit_codes
from study.frames.selecting import Selection, coded
from study.stats.units import Units, lies_within, units_of
from study.tables import lookup

BY_DESIGN = "by design"
"""The word, in select boxes and options, for units derived from the study's design."""

BY_NESTING = ("rater", "source", "item", "profile")
"""Kinds of units; of two equal kinds, such as sources with one item each, the later one names both."""
MOST_LINES = 3
"""How many estimands are listed one by one next to a table."""


def units(selection: Selection, cluster: str | None = None, *, held: str = "") -> Units:
    """Return the units of the judgments of a selection.

    Parameters
    ----------
    selection : Selection
    cluster : str, optional
        Kinds, joined by a comma or an x: "rater", "rater,profile", "rater x item". If empty or "by design", they
        follow from the judgments: raters and profiles where items belong to profiles, plus sources where profiles
        share them; profiles where each is judged by its owner; raters and items without profiles. Kinds with fewer
        than 5 units are then left out, and items replace profiles if there are too few.
    held : str
        A kind that is examined unit by unit, so that nothing is claimed about other units of it; ignored where
        ``cluster`` names kinds.

    Raises
    ------
    InvalidInput
        If a kind is unknown or occurs twice, or the judgments have no unit of it.
    """
    return units_of_rows(selection.judgments, cluster, held=held)


def units_of_rows(rows: pd.DataFrame, cluster: str | None = None, *, held: str = "") -> Units:
    """Return the units of rows of a long table; like :func:`units`."""
    kinds = parsed_kinds(cluster)
    for kind in kinds:
        _refuse_missing(rows, kind)
    if kinds:
        return units_of({kind: unit_codes(rows, kind) for kind in kinds}, asked=True)
    there = [kind for kind in BY_NESTING if kind in ("rater", "item") or has_units(rows, kind)]
    named = {kind: unit_codes(rows, kind) for kind in there}
    return units_of(named, held=tuple(kind for kind in named if kind == held))


def parsed_kinds(cluster: str | None) -> tuple[str, ...]:
    """Return the kinds of units that a text names; none if the text leaves the choice to the design.

    >>> parsed_kinds("rater, profile"), parsed_kinds("rater x item"), parsed_kinds("by design")
    (('rater', 'profile'), ('rater', 'item'), ())
    >>> parsed_kinds("rater,profil")
    Traceback (most recent call last):
    study.errors.InvalidInput: unknown unit 'profil' (did you mean 'profile'?); allowed: rater, item, source, profile
    """
    text = (cluster or BY_DESIGN).strip().lower()
    if text in (BY_DESIGN, "design", ""):
        return ()
    kinds = tuple(part for part in re.split(r"[\s,×+]+|(?<=\s)x(?=\s)", text) if part and part != "x")
    for kind in kinds:
        lookup(CLUSTERS, kind, "unit")
    if len(set(kinds)) < len(kinds) or len(kinds) > 3 or not kinds:
        raise InvalidInput(
            f"units {cluster!r}; allowed: one to three of {', '.join(CLUSTERS)}, each once, such as rater,profile"
        )
    return kinds


def possible_units(selection: Selection) -> tuple[str, ...]:
    """Return the possible choices of units, the default first, then single kinds and sets: ("by design", "rater", ...).

    A kind is possible if the judgments have at least two units of it, a set if none of its kinds is nested in
    another.
    """
    return possible_units_of(selection.judgments)


def possible_units_of(rows: pd.DataFrame) -> tuple[str, ...]:
    """Return the possible units of rows other than judgments, such as outputs; like :func:`possible_units`."""
    there = [
        kind for kind, column in CLUSTERS.items() if has_units(rows, kind) and len(coded(rows[column])[1]) > 1
    ]
    alike = _alike(rows, there)
    there = [kind for kind in there if kind not in alike]
    nested = {
        pair for pair in combinations(there, 2) if any(_within(rows, *one) for one in (pair, pair[::-1]))
    }
    crossed = [
        kinds
        for size in (2, 3)
        for kinds in combinations(there, size)
        if nested.isdisjoint(combinations(kinds, 2))
    ]
    return (BY_DESIGN, *there, *(" x ".join(kinds) for kinds in crossed))


def _alike(rows: pd.DataFrame, there: list[str]) -> set[str]:
    """Return the kinds with the same units as an earlier kind, such as sources where each has one item."""
    code = {kind: coded(rows[CLUSTERS[kind]]) for kind in there}
    found = set()
    for first, second in combinations(there, 2):
        (one, names), (other, others) = code[first], code[second]
        if len(names) == len(others) == len(np.unique(np.column_stack([one, other]), axis=0)):
            found.add(second)
    return found


def _within(rows: pd.DataFrame, inner: str, outer: str) -> bool:
    """Return whether each unit of one kind belongs to a single unit of another kind."""
    (one, names), (other, _) = (coded(rows[CLUSTERS[kind]]) for kind in (inner, outer))
    known = (one >= 0) & (other >= 0)
    return lies_within(one[known], len(names), other[known])


def _refuse_missing(rows: pd.DataFrame, kind: str) -> None:
    """Raise InvalidInput for a kind of which no judgment has a unit."""
    if len(rows) and not has_units(rows, kind):
        there = ", ".join(one for one in CLUSTERS if has_units(rows, one))
        raise InvalidInput(f"units of kind {kind!r}: no judgment has a {kind}; allowed: {there}")


def estimand_lines(table: pd.DataFrame) -> list[str]:
    """Return the populations that a table's numbers generalise to, one line each; where rows differ, the commonest first."""
    if "estimand" not in table:
        return []
    said = table["estimand"].dropna().loc[lambda column: column != ""].value_counts(sort=False)
    lines = said.sort_values(ascending=False, kind="stable").index.tolist()
    if len(lines) > MOST_LINES:
        return [f"Most numbers hold {lines[0]}; for the others, see the estimand column of the CSV."]
    return [f"Numbers hold {line.replace('; generalises', '; they generalise')}." for line in lines]
