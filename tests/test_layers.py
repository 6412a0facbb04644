"""Imports point down only, no circle of files leads back, and a module name means one thing in a layer."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import permutations
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# The rooms, the lowest first. A path belongs to the longest name that it begins with; files of one room may import each other.
RANKS = (
    "study/",  # the vocabulary: what stands in study/ itself
    "study/stats/",
    "study/answers/",
    "study/protocol/",
    "study/privacy/",
    "study/access/",
    "study/frames/",
    "study/metrics/",
    "study/assignment/",
    "study/analysis/",
    "study/audit/",
    "study/formats/",
    "study/formats/readers/",
    "study/formats/writers/",
    "study/formats/__init__.py",
    "study/formats/reading.py",
    "study/store/engine/",
    "study/store/postgres/",
    "study/store/studies/",
    "study/store/session/",
    "study/store/opening.py",
    "study/store/copies/",
    "study/store/",
    "study/workers/",
    "study/workflows/",
    "study/cli/",
    "study/__main__.py",
    "study/ui/server/",
    "study/ui/state.py",
    "study/ui/shared/",
    "study/ui/rater/",
    "study/ui/calibration/",
    "study/ui/agreement/",
    "study/ui/ranking/",
    "study/ui/correlation/",
    "study/ui/metrics/",
    "study/ui/judges/",
    "study/ui/personalization/",
    "study/ui/studies/",
    "study/ui/help/",
    "pages/",
    "app.py",
)
# What else may not be imported from where, although it stands lower. What stands in metrics/models/ loads torch: a worker
# process runs it, and nobody else names it.
NEVER = {
    "study/store/": {"study/analysis/", "study/formats/", "study/stats/", "study/audit/"},
    "study/analysis/": {"study/metrics/models/"},
    "study/workers/analysis_": {"study/metrics/models/"},
    "study/workflows/": {"study/metrics/models/"},
    "study/cli/": {"study/metrics/models/"},
    "study/ui/": {"study/metrics/models/", "study/cli/"},
    "pages/": {"study/metrics/models/", "study/cli/", "study/store/engine/"},
    "app.py": {"study/metrics/models/", "study/cli/"},
}
# Packages of others, and the only places that may import them.
ONLY_IN = {
    "duckdb": ("study/store/",),
    "psycopg": ("study/store/postgres/",),
    "streamlit": ("study/ui/", "pages/", "app.py"),
    "plotly": ("study/ui/",),
    "starlette": ("study/ui/server/", "study/ui/rater/components.py", "app.py"),
    "typer": ("study/cli/",),
    "torch": ("study/metrics/models/",),
    "transformers": ("study/metrics/models/",),
    "sentence_transformers": ("study/metrics/models/",),
    "scipy": ("study/stats/", "study/frames/", "study/metrics/", "study/analysis/", "study/audit/"),
}
# Packages that some rooms do without.
NOT_IN = {
    "pandas": (
        "study/stats/",
        "study/answers/",
        "study/protocol/",
        "study/access/",
        "study/assignment/",
        "study/privacy/",
    ),
    "numpy": ("study/access/", "study/privacy/"),
    "pydantic": ("study/records.py", "study/stats/"),
}
# Names that several modules of a layer have, because they mean the same in each of them.
SAME_IN_EACH = {
    "study/analysis/": {"groups", "overview"},  # of the page that the folder is named after
    # the table of coefficients; intervals over units; ratings with their raters, and what is computed from them
    "study/stats/": {"coefficients", "over_units", "ratings"},
    "study/formats/": {"battles", "bundle"},  # of each format, read and written
    "study/store/": {"database", "rows", "studies"},  # of each home; a folder and its first file
    "study/ui/": {"charts", "sections", "sentences"},  # of the page that the folder is named after
}
SOURCES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in (ROOT / "app.py", *ROOT.glob("pages/**/*.py"), *ROOT.glob("study/**/*.py"))
}


def room(path: str) -> str:
    """Return the room of a path: the longest of RANKS that it begins with."""
    return max((one for one in RANKS if path.startswith(one)), key=len, default="")


@cache
def imported(text: str) -> tuple[str, ...]:
    """Return every module that a source text imports."""
    return tuple(_imported(text))


def _imported(text: str) -> Iterator[str]:
    """Yield every module that a source text imports, wherever in the text; also those imported for types only."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield (
                    node.module
                    if _path(f"{node.module}.{alias.name}") is None
                    else f"{node.module}.{alias.name}"
                )


def _path(module: str) -> str | None:
    """Return the file of a module of ours; None where it is none."""
    stem = module.replace(".", "/")
    return next((one for one in (f"{stem}.py", f"{stem}/__init__.py") if one in SOURCES), None)


def faults(path: str, text: str) -> list[str]:
    """Return the imports of a file that do not point down, or that its room does without."""
    found = []
    for module in imported(text):
        file, package = _path(module), module.partition(".")[0]
        if file is None and package in ("study", "pages", "app"):
            found.append(f"{module} is not there")
        elif file is not None:
            mine, its = room(path), room(file)
            above = RANKS.index(its) > RANKS.index(mine)
            never = any(
                path.startswith(one) and file.startswith(tuple(banned)) for one, banned in NEVER.items()
            )
            found += [module] if above or never else []
        elif (package in ONLY_IN and not path.startswith(ONLY_IN[package])) or path.startswith(
            NOT_IN.get(package, ("nowhere",))
        ):
            found.append(module)
    return found


def circles(sources: dict[str, str]) -> list[list[str]]:
    """Return the circles of files: sets of files that import each other, directly or by way of others."""
    graph = {
        path: {file for module in imported(text) if (file := _path(module)) not in (None, path)}
        for path, text in sources.items()
    }
    reached: dict[str, set[str]] = {}
    for path in graph:
        seen, waiting = set(), [path]
        while waiting:
            for one in graph.get(waiting.pop(), set()) - seen:
                seen.add(one)
                waiting.append(one)
        reached[path] = seen
    inside = {path for path, seen in reached.items() if path in seen}
    return sorted(
        {
            tuple(sorted(one for one in inside if path in reached[one] and one in reached[path]))
            for path in inside
        }
    )


def layer(path: str) -> str:
    """Return the layer of a path: the first folder below study/, or study/ itself."""
    return "/".join(path.split("/")[: 2 if path.count("/") > 1 else 1]) + "/"


def repeated(sources: Iterable[str]) -> dict[str, set[str]]:
    """Return the names that several modules and folders of one layer have, by layer."""
    names: dict[str, list[str]] = {}
    for path in sources:
        if path.startswith("study/") and path != f"{layer(path)}__init__.py":
            own = path.removesuffix("/__init__.py").removesuffix(".py").rpartition("/")[2]
            names.setdefault(layer(path), []).append(own)
    found = {one: {name for name in own if own.count(name) > 1} for one, own in names.items()}
    return {one: own for one, own in found.items() if own}


@pytest.mark.parametrize("path", SOURCES)
def test_imports_point_down(path: str) -> None:
    assert faults(path, SOURCES[path]) == []


def test_no_circle_of_files() -> None:
    assert circles(SOURCES) == []


def test_a_module_name_means_one_thing_in_a_layer() -> None:
    assert repeated(SOURCES) == SAME_IN_EACH


def test_a_planted_second_meaning_of_a_module_name_is_found() -> None:
    planted = {"study/ui/rater/tables.py", "study/stats/ranking/rater_model/__init__.py"}
    found = repeated(planted | SOURCES.keys())
    assert found["study/ui/"] - SAME_IN_EACH["study/ui/"] == {"tables"}
    assert found["study/stats/"] - SAME_IN_EACH["study/stats/"] == {"rater_model"}


@pytest.mark.parametrize("path", [path for path in SOURCES if path.endswith("/__init__.py")])
def test_no_name_of_a_package_hides_one_of_its_modules(path: str) -> None:
    package = path.removesuffix("/__init__.py").replace("/", ".")
    named = {
        alias.asname or alias.name
        for node in ast.walk(ast.parse(SOURCES[path]))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if _path(f"{node.module}.{alias.name}") is None
    }
    assert {name for name in named if _path(f"{package}.{name}") is not None} == set()


def test_every_rank_is_a_room_that_is_there() -> None:
    assert [one for one in RANKS if not any(room(path) == one for path in SOURCES)] == []
    assert [path for path in SOURCES if not room(path)] == []


def a_file_of(rank: str) -> str:
    return next(path for path in SOURCES if room(path) == rank)


@pytest.mark.parametrize(
    ("low", "high"), [pair for pair in permutations(RANKS, 2) if RANKS.index(pair[0]) < RANKS.index(pair[1])]
)
def test_a_planted_import_of_a_higher_room_is_found(low: str, high: str) -> None:
    target = a_file_of(high).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    for text in (f"import {target}\n", f"def f():\n    from {target} import anything\n"):
        assert faults(a_file_of(low), text) == [target]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("study/stats/units.py", "import pandas"),
        ("study/cli/ranking.py", "import streamlit"),
        ("study/cli/ranking.py", "from study.metrics.models import encoders"),
        ("study/workflows/scoring.py", "import torch"),
        ("study/workflows/scoring.py", "import duckdb"),
        ("study/ui/state.py", "import duckdb"),
        ("study/ui/shared/charts.py", "import scipy.stats"),
        ("study/store/session/steps.py", "from study import formats"),
        ("study/store/engine/rows.py", "from study.stats.units import units_of"),
        ("study/ui/ranking/pairs.py", "from study.cli import ranking"),
        ("study/records.py", "import pydantic"),
        ("study/errors.py", "from study.nowhere import anything"),
        ("pages/judge.py", "from study.store.engine.database import Database"),
    ],
)
def test_a_planted_import_of_what_a_room_does_without_is_found(path: str, text: str) -> None:
    assert len(faults(path, text)) == 1


def test_a_planted_circle_is_found() -> None:
    planted = {
        "study/errors.py": "from study import tables",
        "study/tables.py": "def f():\n    from study import wording",
        "study/wording.py": "from study.errors import InvalidInput",
    }
    assert circles(SOURCES | planted) == [tuple(sorted(planted))]


@pytest.mark.parametrize("path", [path for path in SOURCES if path.startswith("pages/")])
def test_pages_ask_and_show_only(path: str) -> None:
    text = SOURCES[path]
    assert "session_state" not in text
    assert ".execute(" not in text
    assert text.count("\n") <= 80


@pytest.mark.parametrize("path", [path for path in SOURCES if path.startswith("pages/researcher/")])
def test_a_researcher_page_guards_itself_first(path: str) -> None:
    statements = ast.parse(SOURCES[path]).body[1:]
    first = next(node for node in statements if not isinstance(node, (ast.Import, ast.ImportFrom)))
    assert ast.unparse(first) in ("state.require_researcher()", "state.require_viewer()")


def test_any_is_rare() -> None:
    """What is only passed on or checked is ``object``; ``Any`` is for what other packages leave untyped."""
    mentions = sum(
        len(re.findall(r"\bAny\b", text)) for path, text in SOURCES.items() if path.startswith("study/")
    )
    assert 0 < mentions < 150


def test_what_loads_torch_has_no_examples_that_nobody_runs() -> None:
    """The suite does not collect these files, since importing them takes seconds in every worker."""
    assert [
        path for path in SOURCES if path.startswith("study/metrics/models/") and ">>> " in SOURCES[path]
    ] == []
