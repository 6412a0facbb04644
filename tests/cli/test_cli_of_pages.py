"""Whatever a page shows, a command prints: the functions behind the pages' tables are behind commands, too."""

import ast
import dataclasses
import importlib
import inspect
import types
import typing
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from study import analysis
from study.analysis import flags, personalization, sentinels
from study.analysis.keys import key_of
from tests.documents import ROOT

PAGES = (ROOT / "study" / "ui", ROOT / "pages")
COMMANDS = (ROOT / "study" / "cli",)
MAKERS = ("study.analysis", "study.audit", "study.stats.planning")
# Pages call these to get several tables, or those of a big study, at once; commands call their parts.
PARTS: dict[Callable[..., Any], tuple[Callable[..., Any], ...]] = {
    flags.flags_of: (flags.flag_table,),
    sentinels.beside_sentinels: (sentinels.with_sentinels, sentinels.sentinel_table),
    sentinels.beside_embedded_sentinels: (sentinels.with_sentinels, sentinels.sentinel_table),
    personalization.text_measures: (
        *(personalization.measure_table, personalization.stability_table),
        *(personalization.style_table, personalization.change_table),
    ),
}


@cache
def sources(folders: tuple[Path, ...]) -> tuple[str, ...]:
    return tuple(path.read_text("utf-8") for folder in folders for path in sorted(folder.rglob("*.py")))


def imported(tree: ast.AST) -> dict[str, Any]:
    """Return what a file imports from this program, by the names that it uses."""
    found: dict[str, Any] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("study"):
            module = importlib.import_module(node.module)
            for one in node.names:
                thing = getattr(module, one.name, None)
                found[one.asname or one.name] = (
                    importlib.import_module(f"{node.module}.{one.name}") if thing is None else thing
                )
    return found


def named(source: str) -> Iterator[Any]:
    """Yield everything of this program that a file names in its code."""
    tree = ast.parse(source)
    known = imported(tree)
    for node in ast.walk(tree):
        chain, inner = [], node
        while isinstance(inner, ast.Attribute):
            chain.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name) and inner.id in known and isinstance(node, ast.Attribute | ast.Name):
            thing = known[inner.id]
            for name in reversed(chain):
                thing = getattr(thing, name, None)
            yield thing


def holds_tables(kind: Any) -> bool:
    """Say whether a type is a table, or is made of tables."""
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return any(holds_tables(one) for one in typing.get_type_hints(kind).values())
    return kind is pd.DataFrame or any(holds_tables(one) for one in typing.get_args(kind))


def makers(named_things: set[Any]) -> set[Callable[..., Any]]:
    """Return the functions that compute a table."""
    functions = {
        one
        for one in named_things
        if isinstance(one, types.FunctionType) and one.__module__.startswith(MAKERS)
    }
    return {one for one in functions if holds_tables(typing.get_type_hints(one).get("return"))}


def without_command(pages: tuple[str, ...], commands: tuple[str, ...]) -> set[str]:
    """Return the functions behind tables of pages that no command names."""
    shown, printed = ({id(one): one for text in texts for one in named(text)} for texts in (pages, commands))
    there = makers({one for one in printed.values() if inspect.isfunction(one)})
    return {
        one.__qualname__
        for one in makers({one for one in shown.values() if inspect.isfunction(one)})
        if not {*PARTS.get(one, (one,))} <= there
    }


def test_every_table_of_a_page_has_a_command() -> None:
    assert without_command(sources(PAGES), sources(COMMANDS)) == set()


def test_the_walk_finds_the_tables_of_the_pages() -> None:
    shown = makers({one for text in sources(PAGES) for one in named(text) if inspect.isfunction(one)})
    assert len(shown) > 45
    assert {key_of(one) for one in shown} - {None} >= {"model_table", "sequence_table", "prediction_table"}


@pytest.mark.parametrize(
    "name", ["prediction_table", "model_table", "sequence_table", "conditional_tables", "style_table"]
)
def test_a_table_without_a_command_is_found(name: str) -> None:
    left_out = tuple(text.replace(name, "agreement_table") for text in sources(COMMANDS))
    maker = "text_measures" if name == "style_table" else name
    assert without_command(sources(PAGES), left_out) == {maker}


def test_a_new_table_on_a_page_needs_a_command() -> None:
    page = "from study import analysis\nanalysis.position_table(judgments)\n"
    assert without_command((page,), sources(COMMANDS)) == {analysis.position_table.__qualname__}
