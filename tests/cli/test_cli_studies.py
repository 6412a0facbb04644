"""The command line on studies: what it prints, what it refuses, and how it says so."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from study import store
from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]
COMMANDS = [
    *(["init-demo"], ["import"], ["export"], ["simulate"], ["list"], ["link"], ["launch"], ["close"]),
    *(["backup"], ["analyze"], ["analyze", "agreement"], ["analyze", "ranking"], ["analyze", "correlation"]),
]
ANALYSES = ["agreement", "ranking", "correlation"]


def studies(path: Path) -> pd.DataFrame:
    db = store.open_database(path)
    try:
        return store.overview(db).set_index("study_id")
    finally:
        db.close()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help(run: Run, command: list[str]) -> None:
    said = run(*command, "--help")
    assert said.code == 0
    assert "Usage: python -m study" in said.out
    assert command == ["analyze"] or "Example" in said.out


def test_the_help_lists_every_command(run: Run) -> None:
    listed = run("--help").out
    assert all(f"  {command[0]} " in listed for command in COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [
        ["exprot"],
        ["export"],
        ["import"],
        ["analyze", "agreement", "--study", "demo", "--format", "xml"],
        ["analyze", "agreement", "--study", "demo", "--population", "robots"],
        ["simulate", "--study", "demo", "--raters", "0"],
        ["import", "x.csv", "--map", "prompt"],
        ["import", "x.csv", "--content-kind", "html"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_two(run: Run, arguments: list[str]) -> None:
    said = run(*arguments)
    assert said.code == 2
    assert "Error" in said.err
    assert "Traceback" not in said.err


def test_it_runs_as_a_module_and_needs_no_heavy_package() -> None:
    code = "import sys, study.cli; print(*{'torch', 'transformers', 'streamlit', 'scipy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
    done = subprocess.run(
        [sys.executable, "-m", "study", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Usage: python -m study")


def test_the_demo_opens_and_says_where_raters_start(run: Run, database_path: Path) -> None:
    first, second = run("init-demo"), run("init-demo")
    assert first.code == second.code == 0
    assert first.out == second.out
    assert "study: demo\nstate: live\nrater link: /judge?study=" in first.out
    assert "simulated" in first.err
    assert len(studies(database_path)) == 1


def test_studies_are_listed(demo: Run) -> None:
    assert "Demo: personalized news headlines" in demo("list").out
    (row,) = json.loads(demo("list", "--format", "json").out)
    assert (row["study_id"], row["state"], row["human_judgments"]) == ("demo", "live", 0)
    assert demo("list", "--format", "csv").out.startswith("study_id,title,state")


def test_the_link_of_a_study_is_printed(demo: Run, database_path: Path) -> None:
    said = demo("link", "--study", "demo", "--url", "https://example.org/")
    assert said.out.startswith("https://example.org/judge?study=")
    db = store.open_database(database_path)
    token = said.out.strip().partition("=")[2]
    assert store.study_by_link(db, token).study_id == "demo"
    db.close()


def test_a_study_is_closed_and_launched_again(demo: Run, database_path: Path) -> None:
    assert "state: closed" in demo("close", "--study", "demo").out
    assert "the link works when it is live" in demo("link", "--study", "demo").err
    assert "state: live" in demo("launch", "--study", "demo").out
    assert studies(database_path).loc["demo", "state"] == "live"


@pytest.mark.parametrize(
    "arguments",
    [
        ["link", "--study", "dema"],
        ["launch", "--study", "dema"],
        ["export", "--study", "dema"],
        ["simulate", "--study", "dema"],
        *(["analyze", name, "--study", "dema"] for name in ANALYSES),
    ],
    ids=" ".join,
)
def test_an_unknown_study_is_named_with_the_known_ones(demo: Run, arguments: list[str]) -> None:
    assert demo(*arguments).refused() == "there is no study 'dema'; the studies are: demo"


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["backup"],
        ["export", "--study", "demo"],
        ["simulate", "--study", "demo"],
        ["analyze", "ranking", "--study", "demo"],
    ],
    ids=" ".join,
)
def test_a_database_that_is_not_there_is_not_made_by_accident(
    run: Run, database_path: Path, arguments: list[str]
) -> None:
    assert "there is no database" in run(*arguments).refused()
    assert not database_path.exists()


def test_a_path_that_cannot_be_used_is_refused_without_a_traceback(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.write_text("")
    assert "a file" in run("init-demo", "--db", file / "x.duckdb").refused()


def test_a_database_that_the_app_holds_is_refused_in_one_sentence_that_names_the_way_out(
    demo: Run, database_path: Path, pairs: Path
) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(flush=True); input()",
            str(database_path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    commands: list[list[str | Path]] = [
        ["init-demo"],
        ["import", pairs],
        ["export", "--study", "demo"],
        ["simulate", "--study", "demo"],
        ["list"],
        ["link", "--study", "demo"],
        ["launch", "--study", "demo"],
        ["close", "--study", "demo"],
        ["backup"],
        *(["analyze", name, "--study", "demo"] for name in ANALYSES),
    ]
    try:
        for command in commands:
            sentence = demo(*command).refused()
            assert f"in use by another process (PID {holder.pid})" in sentence
            assert "Back up the database" in sentence
            assert "\n" not in sentence
    finally:
        holder.communicate(b"\n")


def test_a_backup_is_made_and_named(demo: Run, tmp_path: Path) -> None:
    target = tmp_path / "copy.duckdb"
    assert demo("backup", "--output", target).out == f"{target}\n"
    assert "demo" in demo("list", "--db", target).out
    assert "already exists" in demo("backup", "--output", target).refused()
    assert Path(demo("backup").out.strip()).exists()


def test_a_study_nobody_came_to_has_no_raters_to_pay(demo: Run) -> None:
    said = demo("raters", "--study", "demo", "--format", "csv")
    assert (said.code, said.out) == (0, "")
    assert "There are no raters yet." in said.err
