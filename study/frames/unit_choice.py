"""Which units a number is over: those that follow from how a study is built, or those that someone named."""

import re
from itertools import combinations

import numpy as np

from study.errors import InvalidInput
from study.frames.reshaping import CLUSTERS
from study.frames.selecting import Selection, coded
from study.stats.arrays import IntArray
from study.stats.units import Units, units_of
from study.tables import lookup

BY_DESIGN = "by design"
"""The word, in select boxes and options, for units that follow from how a study is built."""

SPARE = ("item",)


def units(selection: Selection, cluster: str | None = None) -> Units:
    """Return the units of the judgments of a selection.

    Parameters
    ----------
    selection : Selection
    cluster : str, optional
        Kinds, joined by a comma or an x: "rater", "rater,profile", "rater x item". Without any, or as "by design", they
        follow from the judgments: raters and profiles where items belong to profiles, with the sources where profiles
        share them; profiles where each is judged by its owner; raters and items without profiles. Kinds with fewer than 5
        units are then left out, and items step in where nothing is left.

    Raises
    ------
    InvalidInput
        If a kind is unknown or occurs twice, or the judgments have none of it.
    """
    kinds = parsed_kinds(cluster)
    if kinds:
        return units_of({kind: _codes(selection, kind, named=True) for kind in kinds}, asked=True)
    named = {kind: _codes(selection, kind) for kind in default_kinds(selection)}
    spare = [kind for kind in SPARE if kind not in named]
    return units_of(named | {kind: _codes(selection, kind) for kind in spare}, spare=spare)


def default_units(selection: Selection) -> Units:
    """Return the units that follow from how a study is built; as :func:`units` without a wish."""
    return units(selection)


def parsed_kinds(cluster: str | None) -> tuple[str, ...]:
    """Return the kinds of units that a text names; none where it leaves the choice to the design.

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


def default_kinds(selection: Selection) -> tuple[str, ...]:
    """Return the kinds of units that follow from how a study is built, before any is left out for being too few."""
    judged = selection.judgments
    profile, profiles = coded(judged["profile_id"]) if "profile_id" in judged else (None, [])
    if profile is None or not len(profiles):
        return ("rater", _coarser_of_items(selection))
    return ("rater", "profile", "source") if _shared_sources(selection, profile) else ("rater", "profile")


def _coarser_of_items(selection: Selection) -> str:
    if "source_id" not in selection.judgments:
        return "item"
    n_sources, n_items = (len(coded(selection.judgments[f"{kind}_id"])[1]) for kind in ("source", "item"))
    return "source" if 0 < n_sources < n_items else "item"


def _shared_sources(selection: Selection, profile: IntArray) -> bool:
    """Say whether any source was judged for several profiles."""
    if "source_id" not in selection.judgments:
        return False
    source, sources = coded(selection.judgments["source_id"])
    both = (source >= 0) & (profile >= 0)
    pairs = np.unique(np.column_stack([source[both], profile[both]]), axis=0)
    return bool((np.bincount(pairs[:, 0], minlength=len(sources)) > 1).any())


def possible_units(selection: Selection) -> tuple[str, ...]:
    """Return what units can be asked for, the default first, then single kinds and sets: ("by design", "rater", ...).

    A kind is possible where the judgments have at least two units of it.
    """
    there = [
        kind
        for kind, column in CLUSTERS.items()
        if column in selection.judgments and len(coded(selection.judgments[column])[1]) > 1
    ]
    alike = _alike(selection, there)
    there = [kind for kind in there if kind not in alike]
    crossed = [
        pair for size in (2, 3) for pair in combinations(there, size) if size < 3 or "item" not in pair
    ]
    return (BY_DESIGN, *there, *(" x ".join(kinds) for kinds in crossed))


def _alike(selection: Selection, there: list[str]) -> set[str]:
    """Return the kinds that say the same as an earlier one, such as sources where each has one item."""
    code = {kind: coded(selection.judgments[CLUSTERS[kind]]) for kind in there}
    found = set()
    for first, second in combinations(there, 2):
        (one, names), (other, others) = code[first], code[second]
        if len(names) == len(others) == len(np.unique(np.column_stack([one, other]), axis=0)):
            found.add(second)
    return found


def _codes(selection: Selection, kind: str, *, named: bool = False) -> IntArray:
    """Return which unit of a kind each judgment belongs to; without one, that of its item, else one of its own."""
    column = CLUSTERS[kind]
    if column not in selection.judgments:
        raise InvalidInput(
            f"units of kind {kind!r}: these judgments have no {kind}; allowed: {_kinds_there(selection)}"
        )
    code, names = coded(selection.judgments[column])
    if named and not names and len(code):
        raise InvalidInput(
            f"units of kind {kind!r}: no judgment has a {kind}; allowed: {_kinds_there(selection)}"
        )
    alone = code < 0
    if alone.any():
        code = code.copy()
        item = coded(selection.judgments["item_id"])[0][alone] if kind != "item" else np.full(alone.sum(), -1)
        n_items = int(item.max(initial=-1)) + 1
        own = np.where(item >= 0, item, n_items + np.arange(len(item)))
        code[alone] = len(names) + own
    return code


def _kinds_there(selection: Selection) -> str:
    judged = selection.judgments
    there = [kind for kind, column in CLUSTERS.items() if column in judged and coded(judged[column])[1]]
    return ", ".join(there) or "none, there is no judgment"
