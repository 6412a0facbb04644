"""The analyze and simulate commands: tables, strict JSON and CSV."""

import io
import json
from pathlib import Path

import pandas as pd
import pytest

from study import store
from study.stats.multiplicity import ADJUSTMENTS, holm
from study.stats.statistic import Statistic
from tests.cases import cases
from tests.cli.conftest import Run
from tests.conftest import small_study
from tests.llmfao import PAIRS, VOTES, llmfao, mapped

ANALYSES = ["agreement", "ranking", "correlation", "pairs", "position"]


def studies(path: Path) -> pd.DataFrame:
    db = store.open_database(path)
    try:
        return store.overview(db).set_index("study_id")
    finally:
        db.close()


@pytest.mark.parametrize("name", cases(ANALYSES, ["agreement", "ranking", "correlation"]))
def test_every_analysis_prints_a_table_json_and_csv(demo: Run, name: str) -> None:
    command = ["analyze", name, "--study", "demo", "--population", "simulated"]
    table, as_json, as_csv = (demo(*command, "--format", how) for how in ("table", "json", "csv"))
    assert table.code == as_json.code == as_csv.code == 0
    rows = json.loads(as_json.out, parse_constant=pytest.fail)
    assert {row["criterion"] for row in rows} == {"fit", "quality"}
    assert len(pd.read_csv(io.StringIO(as_csv.out))) == len(rows)
    assert len(table.out.splitlines()) == len(rows) + 1
    only = json.loads(demo(*command, "--criterion", "fit", "--format", "json").out)
    assert only == [row for row in rows if row["criterion"] == "fit"]


def test_what_is_undefined_is_null_with_its_reason(run: Run, pairs: Path, votes: Path) -> None:
    votes.write_text("\n".join(votes.read_text().splitlines()[:2]))
    assert run("import", pairs, votes, "--study", "tiny").code == 0
    rows = json.loads(run("analyze", "agreement", "--study", "tiny", "--format", "json").out)
    assert all(row["value"] is None and row["reason"] for row in rows)


@pytest.mark.parametrize("name", ANALYSES)
def test_simulated_judgments_are_analysed_only_when_asked_for(demo: Run, name: str) -> None:
    sentence = demo("analyze", name, "--study", "demo").refused()
    assert "it has 0 human and 1,368 simulated ones" in sentence


def test_an_unknown_criterion_is_refused_with_the_known_ones(demo: Run) -> None:
    command = ["analyze", "ranking", "--study", "demo", "--population", "simulated"]
    sentence = demo(*command, "--criterion", "style").refused()
    assert sentence == "unknown criterion 'style'; allowed: fit, quality"


def test_an_added_adjustment_is_accepted_and_an_unknown_one_refused(
    demo: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["analyze", "pairs", "--study", "demo", "--population", "simulated", "--format", "json"]
    monkeypatch.setitem(ADJUSTMENTS, "copied_holm", Statistic(holm, "Copied Holm", "Nobody 2026", (0, 1)))
    found, holms = (json.loads(demo(*command, "--adjust", name).out) for name in ("copied-holm", "holm"))
    assert [row["adjusted_p"] for row in found] == [row["adjusted_p"] for row in holms]
    assert {row["adjustment"] for row in found} == {"Copied Holm"}
    assert "copied-holm" in demo(*command, "--adjust", "bonferroni").refused()


def test_simulated_raters_judge_with_the_strengths_given(run: Run, database_path: Path) -> None:
    db = store.open_database(database_path)
    store.save_records(db, small_study())
    db.close()
    strengths = [
        f"--strength={system}={value}"
        for system, value in (("alpha-net", 5), ("beta-net", 0), ("gamma-net", -5), ("quality:alpha-net", -9))
    ]
    said = run("simulate", "--study", "small", "--raters", "8", "--seed", "3", *strengths)
    assert (said.code, said.out) == (0, "72 judgments\n")
    assert "per second" in said.err
    command = ["analyze", "ranking", "--study", "small", "--population", "simulated", "--format", "json"]
    rows = json.loads(run(*command).out)
    best = {row["criterion"]: row["system"] for row in reversed(rows)}
    assert best == {"fit": "alpha-net", "quality": "beta-net"}
    assert "nothing left for simulated raters" in run("simulate", "--study", "small").err


@pytest.mark.parametrize(
    ("strength", "sentence"),
    [
        ("generic", "--strength 'generic' is not SYSTEM=VALUE"),
        ("generic=high", "--strength 'generic=high' is not SYSTEM=VALUE"),
        ("genric=1", "unknown system 'genric' (did you mean 'generic'?)"),
        ("generic=1", "no strength is given for history_aware"),
    ],
)
def test_a_strength_that_does_not_fit_is_refused(demo: Run, strength: str, sentence: str) -> None:
    assert sentence in demo("simulate", "--study", "demo", "--strength", strength).refused()


def test_the_llmfao_study_is_imported_and_analysed(run: Run, database_path: Path) -> None:
    for file, columns in (("pairs-crowd.jsonl", PAIRS), ("crowd-comparisons.csv", VOTES)):
        assert run("import", llmfao(file), "--study", "llmfao", *mapped(columns)).code == 0
    row = studies(database_path).loc["llmfao"]
    counts = row[["comparisons", "systems", "human_raters", "human_judgments"]].tolist()
    assert counts == [2139, 59, 124, 8931]
    rows = json.loads(run("analyze", "agreement", "--study", "llmfao", "--format", "json").out)
    alpha = next(row for row in rows if row["statistic"] == "krippendorff_alpha_nominal")
    assert round(alpha["value"], 3) == 0.291
    assert alpha["low"] < 0.291 < alpha["high"]


@pytest.mark.parametrize(
    "options",
    [
        ["--model", "davidson", "--cluster", "item"],
        ["--model", "rao-kupper", "--method", "score-bootstrap"],
        ["--model", "elo"],
        ["--method", "model"],
        ["--ridge", "0.5"],
        ["--by", "profile"],
    ],
)
def test_a_ranking_is_made_as_asked(demo: Run, options: list[str]) -> None:
    command = ["analyze", "ranking", "--study", "demo", "--population", "simulated", "--criterion", "fit"]
    said = demo(*command, *options, "--format", "json")
    rows = json.loads(said.out, parse_constant=pytest.fail)
    assert {row["system"] for row in rows} >= {"generic", "history_aware"}
    assert all(row["strength"] is not None or row["reason"] for row in rows)
    assert all(row["strength_low"] is not None or row["reason"] for row in rows)


def test_what_a_ranking_cannot_be_is_refused(demo: Run) -> None:
    command = ["analyze", "ranking", "--study", "demo", "--population", "simulated"]
    assert "allowed: bradley_terry with" in demo(*command, "--model", "elo", "--ridge", "1").refused()
    assert "allowed: role, profile" in demo(*command, "--by", "mood").refused()


def test_raters_are_listed_with_their_left_win_rates(demo: Run) -> None:
    command = ["analyze", "position", "--study", "demo", "--population", "simulated", "--criterion", "fit"]
    rows = json.loads(demo(*command, "--look", "raters", "--format", "json").out)
    assert len(rows) == 57
    assert all(row["n_left"] + row["n_right"] + row["n_ties"] == row["n_judgments"] for row in rows)


@pytest.mark.parametrize("look", ["raters", "taste"])
def test_raters_and_taste_are_over_the_units_that_someone_names(demo: Run, look: str) -> None:
    command = ["analyze", "raters", "--study", "demo", "--population", "simulated", "--criterion", "fit"]
    command += ["--look", look]
    by_design, over_items = (
        pd.DataFrame(json.loads(demo(*command, *more, "--format", "json").out))
        for more in ([], ["--cluster", "item"])
    )
    assert by_design["estimand"].notna().all()
    column = {"raters": "agreement", "taste": "value"}[look]
    assert by_design[column].equals(over_items[column])
    of_item = over_items[over_items["cluster"] == "item"]
    assert len(of_item)
    assert of_item["units"].str.endswith(("item", "items")).all()
    assert "umbers hold for th" in demo(*command).err
    assert "allowed: by design, comparison, item" in demo(*command, "--cluster", "mood").refused()


def test_agreement_of_forced_choice_has_two_categories_and_two_questions(run: Run, tmp_path: Path) -> None:
    """Two raters of 50 pairs, [[20, 5], [10, 15]]: .400 under both namings, Gwet's AC1 .406 named by system."""
    table = (
        [("left", "left")] * 20
        + [("left", "right")] * 5
        + [("right", "left")] * 10
        + [("right", "right")] * 15
    )
    pairs = ["pair_id,prompt,system_a,output_a,system_b,output_b"]
    pairs += [f"u{n},Prompt {n},A,out a {n},B,out b {n}" for n in range(50)]
    votes = ["pair_id,rater,left_system,right_system,answer"]
    votes += [
        f"u{n},{who},A,B,{one}" for n, both in enumerate(table) for who, one in zip("xy", both, strict=True)
    ]
    design = "criteria:\n- {key: overall, question: 'Which is better?', ties: false, both_bad: false}\n"
    for name, text in (("p.csv", "\n".join(pairs)), ("v.csv", "\n".join(votes)), ("d.yaml", design)):
        (tmp_path / name).write_text(text)
    assert run("import", tmp_path / "p.csv", "--study", "fc", "--design", tmp_path / "d.yaml", "-y").code == 0
    assert run("import", tmp_path / "v.csv", "--study", "fc", "-y").code == 0
    names = ("gwet_ac1", "brennan_prediger", "krippendorff_alpha_nominal")
    asked = [part for name in names for part in ("--coefficient", name)]
    said = run("analyze", "agreement", "--study", "fc", *asked)
    found = pd.read_csv(
        io.StringIO(run("analyze", "agreement", "--study", "fc", "--format", "csv", *asked).out)
    )
    assert found["value"].round(3).tolist() == [0.4, 0.4, 0.406]
    assert found["beyond_rates"].round(3).tolist() == [0.406, 0.4, 0.4]
    assert "raters see more than which system is the better one" in said.err
    assert "these 2 raters" in said.err
