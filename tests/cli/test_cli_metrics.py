"""The metrics commands: list, run, card."""

import json
import os
from pathlib import Path

import pytest

from study import store
from study.metrics import METRICS, offline_metrics
from tests import programs
from tests.cli.conftest import Run
from tests.conftest import small_study

NAMES = ("length", "rouge_l", "bert_score", "mover_score", "cosine_profile")


@pytest.fixture
def small(run: Run, database_path: Path) -> Run:
    db = store.open_database(database_path)
    store.save_records(db, small_study())
    db.close()
    return run


def named(*names: str) -> list[str]:
    return [part for name in names for part in ("--metric", name)]


def test_the_list_has_every_metric_with_what_it_needs(run: Run) -> None:
    rows = {row["metric"]: row for row in json.loads(run("metrics", "list", "--format", "json").out)}
    assert list(rows) == list(METRICS)
    assert rows["bart_score_faithfulness"]["needs"] == "source, model"
    assert rows["perplexity"]["better"] == "lower"
    assert "layer=5" in rows["bert_score"]["parameters"]


def test_all_that_needs_no_model_of_yours_is_chosen(database_path: Path, small: Run) -> None:
    db = store.open_database(database_path)
    chosen = offline_metrics(store.output_texts(db, "small"))
    db.close()
    assert {"bleu", "rouge_su4", "bert_score", "cosine_profile", "lix"} < set(chosen)
    assert not {"perplexity", "bart_score_f"} & set(chosen)


def test_metrics_run_without_a_network_and_a_second_run_computes_nothing(
    small: Run, database_path: Path
) -> None:
    # No name can be resolved and no proxy answers; a hub that is asked would fail, or hang until the test does.
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HF_")},
        "https_proxy": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "HF_HOME": str(database_path.parent / "hub"),
    }
    command = ("-m", "study", "metrics", "run", "--study", "small", *named(*NAMES))
    first = programs.run(*command, env=environment)
    assert first.returncode == 0, first.stderr
    assert first.stderr.startswith(f"5 metrics: {5 * 12} scores computed, 0 already known.")
    again = small("metrics", "run", "--study", "small", *named(*NAMES))
    assert (again.code, again.err.strip()) == (0, "5 metrics: 0 scores computed, 60 already known.")
    card = json.loads(
        small("metrics", "card", "--study", "small", "--metric", "bert_score", "--format", "json").out
    )
    assert card["outputs"]["scored"] == 12
    assert "model:all-MiniLM-L6-v2|revision:" in card["signature"][0]
    assert card["correlation_with_humans"] == {}


def test_a_card_tells_what_raters_say(demo: Run) -> None:
    said = demo("metrics", "card", "--study", "demo", "--metric", "rouge_l", "--population", "simulated")
    assert said.out.startswith("# ROUGE-L (F1)\n")
    assert "references: 38 of 38 items" in said.out
    assert "## Correlation with simulated raters: fit" in said.out
    assert "The judgments are by simulated raters." in said.out
    assert (
        "metric with scores 'rouge'"
        in demo("metrics", "card", "--study", "demo", "--metric", "rouge").refused()
    )


def test_an_unknown_study_or_metric_is_one_sentence(small: Run) -> None:
    assert "there is no study 'smal'" in small("metrics", "run", "--study", "smal").refused()
    assert "unknown metric 'bert'" in small("metrics", "run", "--study", "small", *named("bert")).refused()
    refused = small("metrics", "run", "--study", "small", *named("perplexity")).refused()
    assert "perplexity needs a causal model" in refused
