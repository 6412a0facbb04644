"""Whatever a page shows, a command prints: the functions behind the pages' figures are behind commands, too."""

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from study import analysis
from study.analysis import correlation, flags, personalization, sentinels, skips
from study.analysis.keys import key_of
from study.analysis.ranking import models
from tests.documents import ROOT

PAGES = (ROOT / "study" / "ui", ROOT / "pages")
COMMANDS = (ROOT / "study" / "cli",)
MAKERS = ("study.analysis", "study.audit", "study.stats.planning")
# Pages call these to get several tables, or the table of one population, at once; commands call their parts.
PARTS: dict[Callable[..., Any], tuple[Callable[..., Any], ...]] = {
    flags.flags_of: (flags.flag_table,),
    sentinels.beside_sentinels: (sentinels.with_sentinels, sentinels.sentinel_table),
    sentinels.beside_embedded_sentinels: (sentinels.with_sentinels, sentinels.sentinel_table),
    analysis.card_of: (analysis.card_correlations, analysis.metric_card),
    personalization.text_measures: (
        *(personalization.measure_table, personalization.stability_table),
        *(personalization.style_table, personalization.change_table),
    ),
}


# Pages ask these what there is to choose from, and how long it takes.
OFFERS = {
    *(analysis.groups_there, analysis.model_reasons, models.is_rating, models.takes_ridge),
    *(correlation.fitting_tests, correlation.is_long, correlation.is_quick, key_of, skips.comparison_label),
    *(personalization.n_text_pairs, personalization.several_conditions, personalization.text_pairs),
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


def makers(texts: tuple[str, ...]) -> set[Callable[..., Any]]:
    """Return the functions that files name and that compute a figure: of judgments, of texts, or for a plan."""
    things = [one for text in texts for one in named(text) if inspect.isfunction(one)]
    return {one for one in things if one.__module__.startswith(MAKERS) and one not in OFFERS}


def without_command(pages: tuple[str, ...], commands: tuple[str, ...]) -> set[str]:
    """Return the functions behind figures of pages that no command names."""
    printed = makers(commands)
    return {one.__qualname__ for one in makers(pages) if not {*PARTS.get(one, (one,))} <= printed}


def test_every_figure_of_a_page_has_a_command() -> None:
    assert without_command(sources(PAGES), sources(COMMANDS)) == set()


def test_what_only_offers_a_choice_is_on_a_page() -> None:
    things = [one for text in sources(PAGES) for one in named(text) if inspect.isfunction(one)]
    assert {one.__qualname__ for one in OFFERS} - {one.__qualname__ for one in things} == set()


def test_the_walk_finds_the_tables_of_the_pages() -> None:
    shown = makers(sources(PAGES))
    assert len(shown) > 60
    assert {key_of(one) for one in shown} >= {"model_table", "sequence_table", "prediction_table"}


@pytest.mark.parametrize(
    "name", ["prediction_table", "model_table", "sequence_table", "conditional_tables", "style_table"]
)
def test_a_figure_without_a_command_is_found(name: str) -> None:
    left_out = tuple(text.replace(name, "agreement_table") for text in sources(COMMANDS))
    maker = "text_measures" if name == "style_table" else name
    assert without_command(sources(PAGES), left_out) == {maker}


def test_a_new_figure_on_a_page_needs_a_command() -> None:
    page = "from study import analysis\nanalysis.position_table(judgments)\n"
    assert without_command((page,), sources(COMMANDS)) == {analysis.position_table.__qualname__}
