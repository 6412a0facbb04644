"""Recipes: how the table of a page is described in a manifest, and computed again from the store."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any, TypeVar

import pandas as pd

from study import frames, store
from study.errors import InvalidInput
from study.records import JsonObject
from study.tables import lookup

Result = TypeVar("Result")


def study_facts(db: store.Database, study_id: str) -> JsonObject:
    """Return the study's entry in a manifest."""
    with db.moment():
        study, version = store.study_as_stored(db, study_id)
        data_hash = store.content_hash(db, study_id)
    return {
        "study_id": study_id,
        "data_hash": data_hash,
        "design_hash": study.design_hash,
        "design_version": version,
        "seed": study.seed,
    }


def recipe_of(
    analysis: Callable[..., object], study_id: str, subset: frames.Subset, options: Mapping[str, object]
) -> JsonObject | None:
    """Return the recipe for a table; None if the analysis is not one of ``ANALYSES``."""
    from study.analysis.keys import key_of  # the commands that analyse nothing need no scipy

    key = key_of(analysis)
    if key is None:
        return None
    return {
        "kind": "analysis",
        "function": key,
        "study_id": study_id,
        "subset": {key: _listed(value) for key, value in asdict(subset).items()},
        "options": {key: _listed(value) for key, value in sorted(options.items())},
    }


def marked(made: Result, recipe: JsonObject | None) -> Result:
    """Return a result with the recipe attached to its tables."""
    if recipe is not None:
        for part, table in _parts(made).items():
            table.attrs["recipe"] = recipe | ({"part": part} if part else {})
    return made


@dataclass(frozen=True, slots=True)
class Call:
    """The call of an analysis in a recipe; ``tables`` are names in ``store.BIG_READS``."""

    analysis: Callable[..., object]
    tables: tuple[str, ...]
    options: JsonObject
    recipe: Mapping[str, object]

    def part_of(self, made: object) -> pd.DataFrame:
        """Return the table of the recipe from the result of the analysis."""
        return lookup(_parts(made), str(self.recipe.get("part", "")), f"part of {self.recipe['function']}")


def call_of(recipe: Mapping[str, object]) -> Call:
    """Return the call of the analysis in a recipe.

    Raises
    ------
    InvalidInput
        If the recipe names no analysis of this program, or options or filters that it does not have.
    """
    from study.analysis.keys import ANALYSES, key_named

    analysis = ANALYSES[key_named(recipe.get("function"))]
    known = inspect.signature(analysis.function).parameters
    options = _given(recipe, "options", known, "option")
    subset = frames.Subset(**_given(recipe, "subset", [one.name for one in fields(frames.Subset)], "filter"))
    return Call(analysis.function, analysis.reads, {"subset": subset, **options}, recipe)


def study_of(recipe: Mapping[str, object]) -> str:
    """Return the id of the study in a recipe."""
    study_id = recipe.get("study_id")
    if not isinstance(study_id, str):
        raise InvalidInput(f"recipe: study_id is {study_id!r:.200}; allowed: the id of a study, as a text")
    return study_id


def recomputed(db: store.Database, recipe: Mapping[str, object]) -> pd.DataFrame:
    """Return the table of a recipe, computed from the present content of the store.

    Raises
    ------
    InvalidInput
        If the recipe names no analysis of this program, or options that it does not have.
    """
    call = call_of(recipe)
    with db.moment():
        tables = [store.BIG_READS[name](db, study_of(recipe)) for name in call.tables]
    return call.part_of(call.analysis(*tables, **call.options))


def _given(recipe: Mapping[str, object], part: str, known: Iterable[str], what: str) -> dict[str, Any]:
    """Return the named values in a part of a recipe; their values are checked where they are used."""
    found = recipe.get(part, {})
    if not isinstance(found, dict):
        raise InvalidInput(f"recipe: {part} is {found!r:.200}; allowed: values by name")
    for key in found:
        lookup(dict.fromkeys(known), key, f"{what} of {recipe['function']}")
    return {key: _hashable(value) for key, value in found.items()}


def _parts(made: object) -> dict[str, pd.DataFrame]:
    """Return the tables of a result by the name of their part, which is empty for a single table."""
    if isinstance(made, pd.DataFrame):
        return {"": made}
    if isinstance(made, tuple):
        return {str(at): one for at, one in enumerate(made) if isinstance(one, pd.DataFrame)}
    if is_dataclass(made):
        named = {one.name: getattr(made, one.name) for one in fields(made)}
        return {name: one for name, one in named.items() if isinstance(one, pd.DataFrame)}
    return {}


def _listed(value: object) -> object:
    return [_listed(one) for one in value] if isinstance(value, list | tuple) else value


def _hashable(value: object) -> object:
    return tuple(_hashable(one) for one in value) if isinstance(value, list) else value
