"""Analyses by name: how a page's table is written down in a manifest, and computed again from the store."""

import inspect
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, is_dataclass
from importlib import import_module
from typing import Any, TypeVar

import pandas as pd

from study import frames, store
from study.errors import InvalidInput
from study.tables import lookup

# What analyses read of the store, by the name of their parameter; of store.BIG_READS.
READS = ("judgments", "lengths", "scores", "about", "verdicts", "metric_scores", "texts")
# Analyses that get something made under a name of READS.
NOT_OF_THE_STORE = ("with_sentinels", "sentinel_table", "beside_embedded_sentinels")
Result = TypeVar("Result")
HOME = "study.analysis"


def study_facts(db: store.Database, study_id: str) -> dict[str, Any]:
    """Return what a manifest says of a study."""
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
    analysis: Callable[..., Any], study_id: str, subset: frames.Subset, options: dict[str, Any]
) -> dict[str, Any] | None:
    """Return how a table is computed again; None where an analysis reads what is not in the store itself."""
    module, name = analysis.__module__, analysis.__qualname__
    if not module.startswith(f"{HOME}.") or "." in name or not _is_of_store(analysis):
        return None
    return {
        "kind": "analysis",
        "function": f"{module}:{name}",
        "study_id": study_id,
        "subset": {key: _listed(value) for key, value in asdict(subset).items()},
        "options": {key: _listed(value) for key, value in sorted(options.items())},
    }


def marked(made: Result, recipe: dict[str, Any] | None) -> Result:
    """Return a result whose tables know the recipe that they were made by."""
    if recipe is not None:
        for part, table in _parts(made).items():
            table.attrs["recipe"] = recipe | ({"part": part} if part else {})
    return made


@dataclass(frozen=True, slots=True)
class Call:
    """What a recipe says is to be done: an analysis of tables, by their names in ``store.BIG_READS``."""

    analysis: Callable[..., Any]
    tables: tuple[str, ...]
    options: dict[str, Any]
    recipe: dict[str, Any]

    def part_of(self, made: Any) -> pd.DataFrame:
        """Return the table that the recipe stands for, of all that the analysis gave."""
        return lookup(_parts(made), self.recipe.get("part", ""), f"part of {self.recipe['function']}")


def call_of(recipe: dict[str, Any]) -> Call:
    """Return what a recipe says is to be done.

    Raises
    ------
    InvalidInput
        If the recipe names no analysis of this program, or options that it does not have.
    """
    analysis = _analysis(recipe.get("function"))
    known = inspect.signature(analysis).parameters
    options = {key: _hashable(value) for key, value in recipe.get("options", {}).items()}
    for key in options:
        lookup(dict.fromkeys(known), key, f"option of {recipe['function']}")
    subset = frames.Subset(**{key: _hashable(value) for key, value in recipe.get("subset", {}).items()})
    return Call(analysis, tuple(_reads(analysis)), {"subset": subset, **options}, recipe)


def computed(db: store.Database, recipe: dict[str, Any]) -> pd.DataFrame:
    """Return the table that a recipe stands for, computed from what the store holds now.

    Raises
    ------
    InvalidInput
        If the recipe names no analysis of this program, or options that it does not have.
    """
    call = call_of(recipe)
    with db.moment():
        tables = [store.BIG_READS[name](db, recipe["study_id"]) for name in call.tables]
    return call.part_of(call.analysis(*tables, **call.options))


def _analysis(name: object) -> Callable[..., Any]:
    module, _, function = str(name).partition(":")
    if module.startswith(f"{HOME}.") and function.isidentifier() and not function.startswith("_"):
        try:
            found = getattr(import_module(module), function, None)
        except ImportError:
            found = None
        if inspect.isfunction(found) and found.__module__ == module and _is_of_store(found):
            return found
    raise InvalidInput(f"recipe: {name!r} is no analysis of this program that can be computed again")


def _reads(analysis: Callable[..., Any]) -> list[str]:
    parameters = inspect.signature(analysis).parameters.values()
    return [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]


def _is_of_store(analysis: Callable[..., Any]) -> bool:
    """Say whether an analysis reads nothing but what the store holds."""
    return not set(_reads(analysis)) - set(READS) and analysis.__name__ not in NOT_OF_THE_STORE


def _parts(made: Any) -> dict[str, pd.DataFrame]:
    """Return the tables of a result by the name of their part; that of a single table is empty."""
    if isinstance(made, pd.DataFrame):
        return {"": made}
    if isinstance(made, tuple):
        return {str(at): one for at, one in enumerate(made) if isinstance(one, pd.DataFrame)}
    if is_dataclass(made):
        named = {one.name: getattr(made, one.name) for one in fields(made)}
        return {name: one for name, one in named.items() if isinstance(one, pd.DataFrame)}
    return {}


def _listed(value: Any) -> Any:
    return [_listed(one) for one in value] if isinstance(value, list | tuple) else value


def _hashable(value: Any) -> Any:
    return tuple(_hashable(one) for one in value) if isinstance(value, list) else value
