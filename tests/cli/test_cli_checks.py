"""Commands for what pages show beside their first table: one metric, models of ties, groups, stopping, raters, metrics."""

import json
from pathlib import Path
from typing import Any

import pytest

from study import store
from study.analysis.keys import ANALYSES
from study.cli.one_metric import WITHOUT_UNITS, MetricSubject
from study.cli.reproducing import RUN
from study.cli.shared import opened
from study.frames import Subset
from tests.cli.conftest import Run

SIMULATED = ("--study", "demo", "--population", "simulated", "--criterion", "fit", "--format", "json")


def rows(run: Run, *command: str) -> list[dict[str, Any]]:
    said = run(*command)
    assert said.code == 0, said.err
    found: list[dict[str, Any]] = json.loads(said.out)
    return found


def test_the_models_of_ties_are_printed_with_theta(demo: Run) -> None:
    found = rows(demo, "analyze", "models", *SIMULATED)
    [theta] = [one for one in found if one["model"] == "rao_kupper"]
    assert theta["parameter"].startswith("θ")
    assert theta["low"] < theta["value"] < theta["high"]
    assert min(one["aic_difference"] for one in found) == 0


def test_the_conditional_ranking_is_printed_with_its_log_loss(demo: Run) -> None:
    [board] = rows(demo, "analyze", "conditional", "--by", "profile", *SIMULATED)
    assert board["value"] == pytest.approx(board["global_log_loss"] - board["conditional_log_loss"])
    strengths = rows(demo, "analyze", "conditional", "--by", "profile", "--look", "strengths", *SIMULATED)
    assert {one["group"] for one in strengths} == {f"r{n:02}" for n in range(1, 13)}
    assert "allowed" in demo("analyze", "conditional", "--by", "age", *SIMULATED).refused()


def test_stopping_prints_every_look_for_programs_and_a_dozen_for_people(demo: Run) -> None:
    looks = rows(demo, "analyze", "stopping", *SIMULATED)
    assert [one["n"] for one in looks] == list(range(1, looks[-1]["n_units"] + 1))
    ranking = rows(demo, "analyze", "ranking", *SIMULATED)
    assert [looks[0]["system"], looks[0]["opponent"]] == [one["system"] for one in ranking[:2]]
    people = demo("analyze", "stopping", *SIMULATED[:-2]).out.splitlines()
    assert 5 < len(people) - 1 < 20
    assert people[1].split()[4] == str(looks[-1]["n"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--system", "nobody"), "unknown system 'nobody'"),
        (("--system", "generic", "--opponent", "generic"), "against itself"),
    ],
)
def test_stopping_is_about_two_systems_of_the_study(demo: Run, options: tuple[str, ...], said: str) -> None:
    assert said in demo("analyze", "stopping", *SIMULATED, *options).refused()


def test_one_metric_prints_what_the_page_computes(demo: Run, database_path: Path) -> None:
    found = rows(demo, "analyze", "metric", "rouge_l", *SIMULATED)
    with opened(database_path) as db:
        tables = [store.BIG_READS[name](db, "demo") for name in ANALYSES["prediction_table"].reads]
        seed = store.study(db, "demo").seed
    page = ANALYSES["prediction_table"].function(
        *tables, criterion="fit", metric="rouge_l", subset=Subset("simulated"), seed=seed
    )
    assert [one["value"] for one in found] == page["value"].tolist()
    assert {one["statistic"] for one in found} >= {"accuracy", "auc", "log_loss"}


@pytest.mark.parametrize("look", WITHOUT_UNITS)
def test_units_are_refused_where_a_metric_has_none(demo: Run, look: MetricSubject) -> None:
    said = demo("analyze", "metric", "length", "--look", look.value, "--cluster", "items", *SIMULATED)
    assert "--cluster does not go with" in said.refused()


def test_a_metric_is_held_constant_for_its_association_only(demo: Run) -> None:
    found = rows(
        demo, "analyze", "metric", "rouge_l", "--look", "association", "--held", "length", *SIMULATED
    )
    assert any("given length" in one["label"] for one in found)
    assert (
        "--held goes with" in demo("analyze", "metric", "rouge_l", "--held", "length", *SIMULATED).refused()
    )
    assert "unknown metric" in demo("analyze", "metric", "nothing", *SIMULATED).refused()


def test_a_run_of_metrics_is_printed_before_it_is_made(demo: Run) -> None:
    asked = ("metrics", "run", "--study", "demo", "--metric", "words")
    [before] = rows(demo, *asked, "--dry-run", "--format", "json")
    assert (before["known"], before["to_compute"] > 0) == (0, True)
    assert demo(*asked).code == 0
    [after] = rows(demo, *asked, "--dry-run", "--format", "json")
    assert (after["known"], after["to_compute"]) == (152, 0)
    said = demo("metrics", "run", "--study", "demo", "--metric", "nothing", "--dry-run")
    assert "nothing" in said.refused()


def test_what_was_withdrawn_and_done_is_printed(demo: Run) -> None:
    assert rows(demo, "withdrawals", "--study", "demo", "--format", "json") == []

    assert demo("withdraw", "--study", "demo", "--item", "s6-r11", "--reason", "broken").code == 0
    [one] = rows(demo, "withdrawals", "--study", "demo", "--format", "json")
    assert (one["name"], one["reason"]) == ("s6-r11", "broken")
    rater = rows(demo, "raters", "--study", "demo", "--simulated", "--format", "json")[0]["rater_id"]
    assert demo("rater", rater, "--study", "demo", "--status", "excluded", "--reason", "no").code == 0
    [done] = rows(demo, "raters", "--study", "demo", "--simulated", "--show", "actions", "--format", "json")
    assert done["rater_id"] == rater


@pytest.mark.parametrize("by", ["pair", "profile", "tag", "comparison"])
def test_progress_prints_coverage_by_every_part(demo: Run, by: str) -> None:
    said = demo("progress", "--study", "demo", "--simulated", "--by", by, "--format", "json")
    assert all(one["judged"] >= one["filled"] for one in json.loads(said.out))
    assert "684 of 684 places filled" in said.err
    assert "Widest interval of a win rate on" in said.err


@pytest.mark.parametrize(
    "command",
    [
        ("models",),
        ("orders", "--orders", "3"),
        ("stopping",),
        ("conditional", "--look", "strengths"),
        ("metric", "length", "--look", "calibration"),
        ("raters", "--look", "pairs"),
    ],
    ids=" ".join,
)
def test_a_new_command_is_reproduced_from_its_manifest(
    demo: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    path = tmp_path / "manifest.json"
    assert ("analyze",) in RUN
    assert demo("analyze", *command, *SIMULATED, "--manifest", path).code == 0
    assert "the same to the last digit" in demo("reproduce", path).out
