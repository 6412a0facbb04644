"""Imports point down only (DESIGN.md, section 1)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# What each part of the house may not import. The first matching prefix holds.
TORCH = {"torch", "transformers", "sentence_transformers"}
# study.metrics.models loads torch; whoever else needs a model starts the worker process.
HEAVY = TORCH | {"study.metrics.models"}
FORBIDDEN: dict[str, set[str]] = {
    "pages/": {"duckdb", "scipy", "study.store.engine.database"} | HEAVY,
    "app.py": {"duckdb", "scipy"} | HEAVY,
    "study/ui/": {"duckdb", "scipy"} | HEAVY,
    "study/cli/": {"duckdb", "streamlit"} | HEAVY,
    "study/__main__.py": {"duckdb", "streamlit"} | HEAVY,
    "study/store/": {"streamlit", "study.ui", "study.analysis", "study.formats", "study.stats"} | HEAVY,
    "study/simulation/": {"duckdb", "streamlit", "study.ui"} | HEAVY,
    "study/workflows/demo.py": {"duckdb", "streamlit", "study.ui"} | HEAVY,
    "study/formats/": {"duckdb", "streamlit", "study.ui", "study.store"} | HEAVY,
    "study/workflows/judge_runs.py": {"duckdb", "streamlit", "study.ui"} | HEAVY,
    "study/workflows/divergence.py": {"duckdb", "streamlit", "study.ui"} | HEAVY,
    "study/workflows/text_embeddings.py": {"duckdb", "streamlit", "study.ui"} | HEAVY,
    "study/worker/": {"duckdb", "streamlit", "study.ui"} | HEAVY,
    "study/workflows/scoring_plan.py": {"duckdb", "streamlit", "study.ui", "study.store"} | HEAVY,
    "study/workflows/scoring.py": {"duckdb", "streamlit", "study.ui"} | HEAVY,
    "study/metrics/models/": {"duckdb", "streamlit", "pandas", "study.ui", "study.store"},
    "study/metrics/": {"duckdb", "streamlit", "study.ui", "study.store"} | TORCH,
    "study/analysis/": {"duckdb", "streamlit", "study.ui", "study.store"} | HEAVY,
    "study/audit/": {"duckdb", "streamlit", "study.ui", "study.store"} | HEAVY,
    "study/frames/": {"duckdb", "streamlit", "study.ui", "study.store"} | HEAVY,
    "study/stats/": {
        "duckdb",
        "streamlit",
        "pandas",
        "study.ui",
        "study.store",
        "study.frames",
        "study.records",
    },
    "study/assignment/": {"duckdb", "streamlit", "pandas", "study.ui", "study.store"},
    "study/protocol/check_material.py": {"duckdb", "streamlit", "pandas", "study.ui", "study.store"},
    "study/assignment/elicitation_rounds.py": {"duckdb", "streamlit", "pandas", "study.ui", "study.store"},
    "study/access/": {"duckdb", "streamlit", "pandas", "study.ui", "study.store"},
    "study/workflows/exporting.py": {"duckdb", "streamlit", "study.ui"} | HEAVY,
    "study/workflows/corrections.py": {"duckdb", "streamlit", "pandas", "numpy", "study"},
    "study/workflows/manifests.py": {"duckdb", "streamlit", "study.ui", "study.store"} | HEAVY,
    "study/workflows/reproducing.py": {"duckdb", "streamlit", "study.ui"} | HEAVY,
    "study/privacy/screening.py": {"duckdb", "streamlit", "pandas", "numpy", "study.ui", "study.store"},
    "study/privacy/personal_ids.py": {"duckdb", "streamlit", "pandas", "numpy", "study"},
    "study/protocol/phases.py": {"duckdb", "streamlit", "pandas", "study.ui", "study.store"},
    "study/blinding.py": {"duckdb", "streamlit", "pandas", "study.ui", "study.store"},
    "study/protocol/response_evidence.py": {
        "duckdb",
        "streamlit",
        "pandas",
        "numpy",
        "study.ui",
        "study.store",
    },
    "study/responses.py": {"duckdb", "streamlit", "pandas", "numpy", "study.ui", "study.store"},
    "study/design/": {"duckdb", "streamlit", "pandas", "study.ui", "study.store"},
    "study/records.py": {"duckdb", "streamlit", "pandas", "numpy", "pydantic", "study.ui", "study.store"},
    "study/errors.py": {"study", "numpy", "pandas"},
    "study/logs.py": {"duckdb", "streamlit", "pandas", "numpy", "study.ui", "study.store"},
    "study/wording.py": {"study", "numpy", "pandas"},
    "study/tables.py": {"duckdb", "streamlit", "pandas", "numpy", "study.ui", "study.store"},
}
SOURCES = [
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "app.py", *ROOT.glob("pages/**/*.py"), *ROOT.glob("study/**/*.py"))
]


def imported(text: str) -> set[str]:
    """Return every module that a source text imports, wherever in the text."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def violations(path: str, text: str) -> list[str]:
    rule = next((rule for rule in FORBIDDEN if path.startswith(rule)), None)
    if rule is None:
        return []
    return sorted(
        module
        for module in imported(text)
        for banned in FORBIDDEN[rule]
        if module == banned or module.startswith(banned + ".")
    )


@pytest.mark.parametrize("path", SOURCES)
def test_imports_point_down(path: str) -> None:
    assert violations(path, (ROOT / path).read_text("utf-8")) == []


def test_a_planted_violation_is_found() -> None:
    assert violations(
        "study/stats/agreement/alpha.py", "def f():\n    from study.store import judgments\n"
    ) == [
        "study.store",
        "study.store.session.judgments",
    ]
    assert violations("pages/judge.py", "import duckdb") == ["duckdb"]
    assert violations("study/frames/", "from study import store") == ["study.store"]


def test_every_source_has_a_rule() -> None:
    free = {"study/__init__.py"}
    assert [path for path in SOURCES if path not in free and not any(map(path.startswith, FORBIDDEN))] == []


def test_only_ui_imports_streamlit() -> None:
    allowed = ("app.py", "pages/", "study/ui/")
    users = [
        path
        for path in SOURCES
        if any(m.split(".")[0] == "streamlit" for m in imported((ROOT / path).read_text("utf-8")))
    ]
    assert [path for path in users if not path.startswith(allowed)] == []


def test_the_driver_of_postgres_has_one_place() -> None:
    users = [
        path
        for path in SOURCES
        if any(m.split(".")[0] == "psycopg" for m in imported((ROOT / path).read_text("utf-8")))
    ]
    assert [path for path in users if not path.startswith("study/store/postgres_")] == []
    assert users


@pytest.mark.parametrize("path", [path for path in SOURCES if path.startswith("pages/")])
def test_pages_ask_and_show_only(path: str) -> None:
    text = (ROOT / path).read_text("utf-8")
    assert "session_state" not in text
    assert ".execute(" not in text
    assert text.count("\n") <= 80


@pytest.mark.parametrize("path", [path for path in SOURCES if path.startswith("pages/researcher/")])
def test_a_researcher_page_guards_itself_first(path: str) -> None:
    statements = ast.parse((ROOT / path).read_text("utf-8")).body[1:]
    first = next(node for node in statements if not isinstance(node, (ast.Import, ast.ImportFrom)))
    assert ast.unparse(first) in ("state.require_researcher()", "state.require_viewer()")
