"""The commands of the correlation page: levels, two metrics, judges."""

import json
from pathlib import Path

import pytest

from study.analysis.correlation import LEVELS
from study.cli.correlation import Cluster, Level
from tests.cli.conftest import Run
from tests.llmfao import PAIRS, VERDICTS, VOTES, llmfao, mapped

DEMO = ("--study", "demo", "--population", "simulated", "--criterion", "fit", "--format", "json")


def test_the_options_name_every_level_and_cluster() -> None:
    assert {one.value for one in Level} == set(LEVELS)
    assert {one.value for one in Cluster} == {
        cluster for level in LEVELS.values() for cluster in level.clusters
    }


def test_levels_statistics_and_clusters_can_be_chosen(demo: Run) -> None:
    said = demo(
        *("analyze", "correlation", *DEMO, "--level", "by_item", "--level", "pooled"),
        *("--statistic", "kendall_b", "--statistic", "pearson", "--cluster", "both"),
    )
    assert said.code == 0, said.err
    rows = json.loads(said.out, parse_constant=pytest.fail)
    assert {(row["level"], row["statistic"]) for row in rows} == {
        (level, name) for level in ("by_item", "pooled") for name in ("kendall_b", "pearson")
    }
    assert {row["cluster"] for row in rows} == {"both"}
    reader = next(row for row in rows if row["metric"] == "reader_model" and row["level"] == "by_item")
    assert reader["n_groups"] == 38
    assert reader["low"] < reader["value"] < reader["high"]


def test_statistics_that_a_cluster_does_not_fit_are_left_out_unless_named(demo: Run) -> None:
    command = ("analyze", "correlation", *DEMO, "--level", "system", "--cluster", "raters")
    rows = json.loads(demo(*command).out)
    assert "soft_pairwise_accuracy" not in {row["statistic"] for row in rows}
    sentence = demo(*command, "--statistic", "soft_pairwise_accuracy").refused()
    assert sentence == (
        "unknown cluster of soft_pairwise_accuracy 'raters'; allowed: items, profiles, systems, both, "
        "systems_and_profiles"
    )
    assert "unknown statistic 'pearsonn'" in demo(*command, "--statistic", "pearsonn").refused()


def test_two_metrics_are_compared(demo: Run) -> None:
    options = ("--level", "system", "--statistic", "pearson", "--resamples", "50")
    said = demo("analyze", "metric-differences", "reader_model", "length", *DEMO, *options)
    assert said.code == 0, said.err
    rows = json.loads(said.out, parse_constant=pytest.fail)
    assert [row["test"] for row in rows][:3] == ["Williams' t", "Steiger's Z", "Meng's Z"]
    printed = demo("analyze", "metric-differences", "reader_model", "length", *DEMO[:-2], *options)
    assert "Williams' t" in printed.out
    assert all(row["p_value"] is None or 0 < row["p_value"] <= 1 for row in rows)
    assert (
        "unknown metric 'lenght'"
        in demo("analyze", "metric-differences", "reader_model", "lenght", *DEMO).refused()
    )


def test_judges_without_verdicts_are_refused_with_the_way_in(demo: Run) -> None:
    assert "import --format verdicts" in demo("analyze", "judges", *DEMO).refused()


def test_gpt_4_on_llmfao_has_its_published_figures(run: Run, database_path: Path) -> None:
    """ORACLES.md: Bradley-Terry Spearman .731, 74.6% of 1,043 untied pairs, 38.7% three-way; longer wins 41.0%."""
    for file, columns in (("pairs-crowd.jsonl", PAIRS), ("crowd-comparisons.csv", VOTES)):
        assert run("import", llmfao(file), "--study", "llmfao", *mapped(columns)).code == 0
    verdicts = llmfao("gpt4-crowd-comparisons.csv")
    options = ("--study", "llmfao", "--format", "verdicts", "--judge", "GPT-4", *mapped(VERDICTS))
    assert run("import", verdicts, *options).code == 0
    rows = json.loads(run("analyze", "judges", "--study", "llmfao", "--format", "json").out)
    found = {row["statistic"]: (round(row["value"], 3), row["n"]) for row in rows if row["value"] is not None}
    assert found["strength_spearman"] == (0.731, 59)
    assert found["agreement_untied"] == (0.746, 1043)
    assert found["agreement_three_way"] == (0.387, 2139)
    command = ("analyze", "correlation", "--study", "llmfao", "--level", "comparison", "--format", "json")
    rows = json.loads(run(*command, "--statistic", "pairwise_accuracy_untied").out)
    longer = next(row for row in rows if row["metric"] == "length")
    assert (round(longer["value"], 3), longer["n_judgments"]) == (0.410, 8931)
