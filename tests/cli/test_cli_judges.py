"""The commands on judges, personalization, sentinels and the calibrated metric."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.metrics.chat_servers import scripted


def reply(prompt: str, temperature: float) -> str:
    shorter = len(prompt.split("Answer A:")[1].split("Answer B:")[0]) < len(
        prompt.split("Answer B:")[1].split("The question:")[0]
    )
    return f"Choice: [[{'A' if shorter else 'B'}]]\nCertainty: 90"


def test_a_judge_is_asked_and_reported(demo: Run) -> None:
    with scripted(reply) as server:
        options = (
            "--study",
            "demo",
            "--model",
            "org/tiny",
            "--base-url",
            server.url,
            "--n-comparisons",
            "20",
            "--criterion",
            "fit",
        )
        first = demo("judges", "run", *options)
        assert first.code == 0
        assert "tiny (all, pairwise): 40 questions asked, 0 answered before" in first.err
        assert "0 questions asked, 40 answered before" in demo("judges", "run", *options).err
        assert len(server.requests) == 40
    listed = json.loads(demo("judges", "list", "--study", "demo", "--format", "json").out)
    assert [(one["judge"], one["verdicts"], one["failures"]) for one in listed] == [
        ("tiny (all, pairwise)", 40, 0)
    ]
    for what in ("people", "answers", "failures", "certainty", "variants"):
        said = demo(
            "judges",
            "report",
            "--study",
            "demo",
            "--what",
            what,
            "--population",
            "simulated",
            "--criterion",
            "fit",
        )
        assert said.code == 0
    rows = json.loads(
        demo(
            *("judges", "report", "--study", "demo", "--what", "certainty", "--population", "simulated"),
            *("--criterion", "fit", "--format", "json"),
        ).out
    )
    assert next(row for row in rows if row["band"] == "80+")["coverage"] == 1
    strengths = demo(
        *("analyze", "judges", "--look", "strengths", "--study", "demo", "--population", "simulated"),
        *("--criterion", "fit", "--format", "json"),
    )
    systems = json.loads(strengths.out)
    assert {one["judge"] for one in systems} == {"tiny (all, pairwise)"}
    assert [one["crowd"] for one in systems] == sorted((one["crowd"] for one in systems), reverse=True)
    assert any(one["by_judge"] is not None for one in systems)


def test_what_a_judge_can_be_told_is_listed(run: Run) -> None:
    listed = json.loads(run("judges", "list", "--format", "json").out)
    assert {"pairwise", "pairwise_ties", "pointwise", "none", "history"} <= {one["key"] for one in listed}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--model", "m", "--base-url", "ftp://x"), "base_url 'ftp://x'"),
        (
            ("--model", "m", "--base-url", "http://127.0.0.1:9/v1", "--key-variable", "NOT_SET_KEY"),
            "NOT_SET_KEY is not set",
        ),
        (("--model", "m", "--key-variable", "X"), "give its --base-url"),
        (("--model", "m", "--base-url", "http://127.0.0.1:9/v1", "--persona", "full"), "persona"),
        (("--model", "m", "--template", "pairwize"), "template"),
    ],
)
def test_a_wrong_option_of_judges_is_one_sentence(demo: Run, options: tuple[str, ...], said: str) -> None:
    assert said in demo("judges", "run", "--study", "demo", *options).refused()


def test_personalization_is_printed(demo: Run) -> None:
    base = (
        "analyze",
        "personalization",
        "--study",
        "demo",
        "--generic",
        "generic",
        "--population",
        "simulated",
    )
    for what in ("wins", "losses"):
        found = demo(*base, "--what", what)
        assert found.code == 0
    rows = json.loads(demo(*base, "--what", "losses", "--format", "json").out)
    assert rows[0]["system"] == "all personalized"
    assert rows[0]["low"] < rows[0]["value"] < rows[0]["high"]
    measures = json.loads(demo(*base, "--what", "measures", "--distance", "jsd", "--format", "json").out)
    egises = {row["system"]: row["value"] for row in measures if row["measure"] == "egises"}
    assert egises["generic"] > 0.99 > max(value for system, value in egises.items() if system != "generic")
    assert {row["distance"] for row in measures} == {"jsd"}
    over_sources = demo(*base, "--what", "measures", "--cluster", "source", "--format", "json")
    assert all(row["units"].endswith("sources") for row in json.loads(over_sources.out))
    for what in ("measures", "people", "stability"):
        assert "umbers hold for " in demo(*base, "--what", what).err
    assert (
        "no system 'x'" in demo("analyze", "personalization", "--study", "demo", "--generic", "x").refused()
    )
    assert "neither a similarity" in demo(*base, "--what", "measures", "--distance", "length").refused()


def test_sentinels_and_a_recipe_go_to_another_study(demo: Run, tmp_path: Path) -> None:
    found = demo("metrics", "sentinels", "--study", "demo", "--population", "simulated", "--store")
    assert "Sentinel: source only" in found.out
    assert "source alone" in found.err
    path = tmp_path / "recipe.json"
    fitted = demo(
        *("metrics", "meta", "fit", "--study", "demo", "--population", "simulated", "--iterations", "3"),
        *("--metric", "rouge_l", "--metric", "length", "--recipe", path),
    )
    assert fitted.code == 0
    assert "calibrated (fit)" in fitted.out
    applied = demo("metrics", "meta", "apply", "--study", "demo", "--recipe", path)
    assert "152 outputs scored, 0 of them without a value" in applied.err
    assert (
        "no judgments of this population (human)"
        in demo("metrics", "meta", "fit", "--study", "demo").refused()
    )
