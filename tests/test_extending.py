"""What README.md says of adding to the program is true: one of each kind is added to a copy, and used by command and on its page."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.extending.additions import ADDITIONS, FILES

ROOT = Path(__file__).parents[1]
SCRIPTS = Path(__file__).parent / "extending"
ANSWERS = """ask,by,said
Tea?,x,"{""kind"": ""recipe"", ""steps"": [""Boil water."", ""WAIT.""]}"
Tea?,y,"{""kind"": ""recipe"", ""steps"": [""Buy it.""]}"
Soup?,x,"{""kind"": ""recipe"", ""steps"": [""Cut."", ""Boil.""]}"
Soup?,y,Order it.
"""
RULES = 'criteria:\n  - {key: fit, question: "Which one?", response_format: preference_2}\n'
SIMULATED = ("--study", "demo", "--population", "simulated", "--format", "json")
COMMANDS: dict[str, tuple[str, ...]] = {
    "demo": ("init-demo",),
    "agreement": (
        *("analyze", "agreement", *SIMULATED, "--coefficient", "copied_agreement", "--coefficient"),
        *("percent_agreement", "--coefficient", "copied_icc", "--coefficient", "icc_1_1"),
    ),
    "accuracy": (
        *("analyze", "correlation", *SIMULATED, "--level", "comparison", "--statistic", "copied_accuracy"),
        *("--statistic", "pairwise_accuracy_untied"),
    ),
    "correlation": (
        *("analyze", "correlation", *SIMULATED, "--level", "by_item", "--statistic", "copied_r"),
        *("--statistic", "pearson"),
    ),
    "ranking": ("analyze", "ranking", *SIMULATED, "--model", "copied-model"),
    "as before": ("analyze", "ranking", *SIMULATED, "--model", "davidson"),
    "measures": (
        *("analyze", "personalization", *SIMULATED, "--generic", "generic", "--what", "measures"),
        *("--distance", "jsd"),
    ),
    "import": (
        "import",
        "answers.csv",
        "--study",
        "mine",
        "--format",
        "answers",
        "--design",
        "rules.yaml",
        "--yes",
    ),
    "simulate": ("simulate", "--study", "mine", "--raters", "2"),
    "metric": ("metrics", "run", "--study", "mine", "--metric", "shouting"),
    "card": ("metrics", "card", "--study", "mine", "--metric", "shouting", "--population", "simulated"),
    "scores": ("metrics", "list", "--format", "json"),
    "export": (
        *("export", "--study", "mine", "--format", "winners", "--population", "simulated", "--output"),
        "winners.txt",
    ),
    "answers": (
        *("export", "--study", "mine", "--format", "long_jsonl", "--population", "simulated", "--output"),
        "long.jsonl",
    ),
    "texts": (
        *("export", "--study", "mine", "--format", "battles_csv", "--population", "simulated", "--output"),
        "battles.csv",
    ),
    "on demo": ("metrics", "run", "--study", "demo", "--metric", "shouting"),
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program to which one of each kind was added."""
    root = tmp_path_factory.mktemp("copy")
    for name in ("study", "pages", ".streamlit", "data"):
        left_out = shutil.ignore_patterns("__pycache__", "*.duckdb*", "backups")
        shutil.copytree(ROOT / name, root / name, ignore=left_out)
    shutil.copy(ROOT / "app.py", root)
    for addition in ADDITIONS:
        addition.put_into(root)
    for path, text in FILES.items():
        (root / path).write_text(text, "utf-8")
    (root / "answers.csv").write_text(ANSWERS, "utf-8")
    (root / "rules.yaml").write_text(RULES, "utf-8")
    return root


def run(copy: Path, script: str, *arguments: str) -> Any:
    """Return what a script says that ran in the copy, on a database of its own."""
    ran = subprocess.run(
        [sys.executable, str(SCRIPTS / script), *arguments],
        cwd=copy,
        env={**os.environ, "BLINDPAIR_DB": str(copy / "study.duckdb"), "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def said(copy: Path) -> dict[str, str]:
    """What each command printed; none was refused."""
    (copy / "commands.json").write_text(json.dumps(list(COMMANDS.values())), "utf-8")
    answers = run(copy, "commands.py", "commands.json")
    refused = [(one["arguments"], one["err"]) for one in answers if one["code"]]
    assert refused == []
    return {name: one["out"] or one["err"] for name, one in zip(COMMANDS, answers, strict=True)}


@pytest.fixture(scope="module")
def shown(copy: Path, said: dict[str, str]) -> dict[str, Any]:
    """What each page showed after the commands."""
    found: dict[str, Any] = run(copy, "pages.py")
    return found


def rows(said: dict[str, str], name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(said[name])
    return found


def alike(found: list[dict[str, Any]], column: str, one: str, other: str) -> bool:
    """Say whether two statistics have the same numbers throughout, and have some."""
    numbers = [
        [(row["value"], row["low"], row["high"]) for row in found if row[column] == name]
        for name in (one, other)
    ]
    return numbers[0] == numbers[1] and numbers[0][0][0] is not None


def test_an_added_coefficient_of_agreement_is_computed_on_the_scale_that_it_names(
    said: dict[str, str], shown: dict[str, Any]
) -> None:
    assert alike(rows(said, "agreement"), "statistic", "copied_agreement", "percent_agreement")
    assert alike(rows(said, "agreement"), "statistic", "copied_icc", "icc_1_1")
    assert {"Copied agreement", "Copied ICC"} == {
        row["Coefficient"] for row in shown["researcher"]["agreement"]
    }


def test_an_added_accuracy_has_its_own_numbers(said: dict[str, str], shown: dict[str, Any]) -> None:
    found = rows(said, "accuracy")
    values = {
        name: [one["value"] for one in found if one["statistic"] == name]
        for name in ("copied_accuracy", "pairwise_accuracy_untied")
    }
    assert len(values["copied_accuracy"]) == len(values["pairwise_accuracy_untied"]) > 0
    pairs = zip(values["copied_accuracy"], values["pairwise_accuracy_untied"], strict=True)
    assert all(0 < own <= other for own, other in pairs), (
        "metric ties are wrong in the one and left out in the other"
    )
    assert shown["researcher"]["accuracy"]


def test_an_added_correlation_has_its_own_numbers(said: dict[str, str], shown: dict[str, Any]) -> None:
    assert alike(rows(said, "correlation"), "statistic", "copied_r", "pearson")
    assert shown["researcher"]["correlation"]


def test_an_added_preference_model_ranks(said: dict[str, str], shown: dict[str, Any]) -> None:
    own, davidson = (rows(said, name) for name in ("ranking", "as before"))
    assert [row["strength"] for row in own] == [row["strength"] for row in davidson]
    assert "Copied model" in own[0]["method"]
    assert {row["System"] for row in shown["researcher"]["ranking"]} == {row["system"] for row in own}


def test_an_added_measure_of_personalization_is_given_for_each_system(
    said: dict[str, str], shown: dict[str, Any]
) -> None:
    found = rows(said, "measures")
    own, egises = (
        [row["value"] for row in found if row["measure"] == name] for name in ("copied_measure", "egises")
    )
    assert own == egises
    assert len(own) == 4
    assert "Copied measure (0 best)" in json.dumps(shown["researcher"]["measures"])


def test_an_added_metric_is_computed_and_offered(said: dict[str, str], shown: dict[str, Any]) -> None:
    assert "4 scores computed" in said["metric"]
    assert "Capital letters" in said["card"]
    assert "Capital letters" in json.dumps(shown["researcher"]["metrics"])


def test_an_added_kind_of_content_is_drawn_and_has_a_text(
    copy: Path, said: dict[str, str], shown: dict[str, Any]
) -> None:
    with (copy / "battles.csv").open(encoding="utf-8", newline="") as file:
        battles = list(csv.DictReader(file))
    texts = {json.loads(row[f"conversation_{side}"])[-1]["content"] for row in battles for side in "ab"}
    assert "step 1: Boil water.\nstep 2: WAIT." in texts
    assert '["line", "step 1: ' in json.dumps(shown["rater"]["outputs"])


def test_an_added_scale_is_answered_and_analysed(
    copy: Path, said: dict[str, str], shown: dict[str, Any]
) -> None:
    answers = [json.loads(line)["response"] for line in (copy / "long.jsonl").read_text("utf-8").splitlines()]
    assert len(answers) == 4
    assert set(answers) <= {"left", "right"}
    assert "Left one" in json.dumps(shown["rater"])


def test_an_added_page_is_in_the_side_bar_and_opens(shown: dict[str, Any]) -> None:
    assert "Own page" in shown["researcher"]["side bar"]
    assert shown["researcher"]["own"] == ["2 studies"]


def test_an_added_reader_and_writer_are_used_and_offered(
    copy: Path, said: dict[str, str], shown: dict[str, Any]
) -> None:
    assert "mine" in said["import"]
    assert set((copy / "winners.txt").read_text("utf-8").split()) <= {"x", "y"}
    assert "Answers of systems to requests" in shown["researcher"]["import"]
    assert any("Winners" in one or "winners" in one for one in shown["researcher"]["export"])
