"""The commands on answers of every kind: ratings, correlations with them, exports."""

import csv
import io
import json
from pathlib import Path

import pandas as pd
import pytest

from study import store
from study.formats import ANSWER_EXPORTERS
from study.workflows.simulation import SimulatedRaters, simulate
from tests.cli.conftest import Run
from tests.tasks import save_study_of_all

STUDY = ("--study", "kinds", "--population", "simulated")


@pytest.fixture
def kinds(database_path: Path) -> Path:
    """Return the path of a database with a simulated study of all kinds."""
    db = store.open_database(database_path)
    save_study_of_all(db)
    simulate(db, "kinds", SimulatedRaters(5, seed=2))
    db.close()
    return database_path


@pytest.mark.parametrize("show", ["means", "differences", "distribution", "acceptable"])
def test_ratings_are_printed(run: Run, kinds: Path, show: str) -> None:
    rows = json.loads(run("analyze", "ratings", *STUDY, "--show", show, "--format", "json").out)
    assert {row["question"] for row in rows} == {"likert", "fluency", "coins"}
    assert run("analyze", "ratings", *STUDY, "--show", show, "--question", "likert").out.count("likert") >= 3


def test_metrics_are_set_beside_ratings_where_a_question_is_named(run: Run, kinds: Path) -> None:
    arguments = (
        "analyze",
        "correlation",
        *STUDY,
        "--criterion",
        "rank",
        "--level",
        "pooled",
        "--format",
        "json",
    )
    rows = json.loads(run(*arguments).out)
    assert {row["level"] for row in rows} == {"pooled"}
    assert {row["criterion"] for row in rows} == {"rank"}
    assert {row["n_outputs"] for row in rows} == {12}


@pytest.mark.parametrize("format", ANSWER_EXPORTERS)
def test_answers_are_exported(run: Run, kinds: Path, tmp_path: Path, format: str) -> None:
    target = tmp_path / "answers"
    said = run("export", *STUDY, "--format", format, "--tier", "internal", "--output", str(target))
    assert said.code == 0, said.err
    with_db = store.open_database(kinds)
    answers = store.answers(with_db, "kinds")
    with_db.close()
    if format == "answers_parquet":
        assert len(pd.read_parquet(target)) == len(answers)
        return
    text = target.read_text("utf-8")
    if format == "answers_jsonl":
        assert [json.loads(line)["number"] for line in text.splitlines()] == [
            None if number != number else number for number in answers["number"]
        ]
        return
    rows = list(csv.DictReader(io.StringIO(text)))
    if format == "answers_csv":
        assert len(rows) == len(answers)
        return
    values = [
        float(cell) for row in rows for name, cell in row.items() if cell and name in set(answers["rater_id"])
    ]
    assert sorted(values) == sorted(answers.loc[answers["system"].notna(), "number"].dropna())
