"""Manifests of the demo: computed again they are the same to the last digit; what differs is named."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from study import store
from study.formats.writers import heds
from study.workflows import corrections, reproducing
from study.workflows.corrections import Correction
from study.workflows.exporting import FORMATS
from tests.cases import cases
from tests.cli.conftest import Run

SIMULATED = ("--study", "demo", "--population", "simulated")
ANALYSES = [
    ("agreement",),
    ("agreement", "--by", "tag", "--coefficient", "gwet_ac1"),
    ("raters", "--look", "taste"),
    ("ranking", "--model", "davidson", "--cluster", "item"),
    ("ranking", "--method", "score-bootstrap", "--criterion", "fit"),
    ("pairs",),
    ("position", "--tag", "domain: transport"),
    ("correlation", "--criterion", "fit", "--level", "system"),
    ("personalization", "--generic", "generic"),
]


@pytest.mark.parametrize("analysis", ANALYSES, ids=" ".join)
def test_an_analysis_of_the_demo_is_reproduced(demo: Run, tmp_path: Path, analysis: tuple[str, ...]) -> None:
    path = tmp_path / "m.json"
    assert demo("analyze", *analysis, *SIMULATED, "--manifest", path).code == 0
    said = demo("reproduce", path)
    assert said.code == 0, said.err
    assert said.out.startswith("the same to the last digit: ")


@pytest.mark.parametrize("key", cases(FORMATS, list(FORMATS)[:3]))
@pytest.mark.parametrize("tier", cases(["internal", "public"], ["public"]))
def test_an_export_of_the_demo_is_reproduced(demo: Run, tmp_path: Path, key: str, tier: str) -> None:
    path, target = tmp_path / "m.json", tmp_path / "out"
    command = ("export", *SIMULATED, "--format", key, "--tier", tier)
    assert demo(*command, "--output", target, "--manifest", path).code == 0
    target.unlink()
    said = demo("reproduce", path)
    assert (said.code, target.exists()) == (0, False), said.err
    assert said.out.startswith("the same to the last digit: ")


def test_a_recipe_that_names_a_file_writes_none(demo: Run, tmp_path: Path) -> None:
    path, target = tmp_path / "m.json", tmp_path / "out"
    assert demo("export", *SIMULATED, "--output", tmp_path / "first", "--manifest", path).code == 0
    content = json.loads(path.read_text())
    content["recipe"]["arguments"].append(f"-o{target}")
    path.write_text(json.dumps(content))
    demo("reproduce", path)
    assert not target.exists()


def test_the_sentinels_of_the_demo_are_reproduced(demo: Run, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    assert demo("metrics", "sentinels", *SIMULATED, "--criterion", "fit", "--manifest", path).code == 0
    assert demo("reproduce", path).code == 0


def test_a_result_and_what_its_manifest_says_of_the_data_are_of_one_moment(
    demo: Run, tmp_path: Path, database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where judgments live on a server, raters go on while a command runs."""
    path, facts_of = tmp_path / "m.json", reproducing.study_facts

    def facts(db: store.Database, study_id: str) -> dict[str, Any]:
        with ThreadPoolExecutor(1) as pool:
            person = store.raters(db, study_id)[0]
            pool.submit(store.set_status, db, person, "excluded", "too fast").result()
        return facts_of(db, study_id)

    monkeypatch.setattr(reproducing, "study_facts", facts)
    assert demo("analyze", "pairs", *SIMULATED, "--manifest", path).code == 0
    monkeypatch.undo()
    db = store.open_database(database_path)
    person = next(one for one in store.raters(db, "demo") if one.status == "excluded")
    store.set_status(db, person, "active", "a mistake")
    db.close()
    assert demo("reproduce", "--db", database_path, path).code == 0


def test_changed_data_are_the_first_difference(demo: Run, tmp_path: Path, database_path: Path) -> None:
    path = tmp_path / "m.json"
    demo("analyze", "pairs", *SIMULATED, "--manifest", path)
    db = store.open_database(database_path)
    store.set_status(db, store.raters(db, "demo")[0], "excluded", "too fast")
    db.close()
    said = demo("reproduce", path)
    assert said.code == 1
    assert "not the same: study, data hash: " in said.err
    assert ", column 'win_rate': " in said.err


def test_one_digit_that_was_changed_in_the_manifest_is_found(demo: Run, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    demo("analyze", "ranking", *SIMULATED, "--manifest", path)
    content = json.loads(path.read_text())
    place = content["result"]["columns"].index("strength")
    content["result"]["rows"][2][place] += 1e-15
    path.write_text(json.dumps(content))
    assert "not the same: row 3, column 'strength': " in demo("reproduce", path).refused()


PLANTED = Correction("0.1.0", ("analyze ranking",), "Strengths were too strong.", ("strength",))


def planted(
    demo: Run, path: Path, monkeypatch: pytest.MonkeyPatch, *columns: str, version: str = "0.0.9"
) -> None:
    """Write a manifest of an older version, with other figures in some columns, and make a correction known."""
    demo("analyze", "ranking", *SIMULATED, "--manifest", path)
    content = json.loads(path.read_text())
    content["program"]["version"] = version
    for column in columns:
        content["result"]["rows"][1][content["result"]["columns"].index(column)] += 0.25
    path.write_text(json.dumps(content))
    monkeypatch.setattr(corrections, "CORRECTIONS", (PLANTED,))


def not_same(demo: Run, path: Path) -> str:
    """Reproduce what is not the same; return what was said."""
    said = demo("reproduce", path)
    assert (said.code, said.out) == (1, "")
    return said.err


def test_figures_of_a_method_that_was_corrected_have_an_exit_code_of_their_own(
    demo: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(demo, tmp_path / "m.json", monkeypatch, "strength")
    said = demo("reproduce", tmp_path / "m.json")
    assert said.code == 3
    same, corrected, first = said.out.splitlines()
    assert same.startswith("data and design are the same: data ")
    assert corrected == "corrected in version 0.1.0: Strengths were too strong."
    assert first.startswith("the figures differ, first row 2, column 'strength': ")


def test_a_correction_explains_no_other_column_no_newer_manifest_and_no_other_data(
    demo: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_path: Path
) -> None:
    planted(demo, tmp_path / "other.json", monkeypatch, "strength", "win_rate")
    planted(demo, tmp_path / "newer.json", monkeypatch, "strength", version="0.1.0")
    planted(demo, tmp_path / "data.json", monkeypatch, "strength")
    planted(demo, tmp_path / "same.json", monkeypatch)
    assert "not the same: row 2, column 'strength'" in not_same(demo, tmp_path / "other.json")
    assert "not the same: row 2, column 'strength'" in not_same(demo, tmp_path / "newer.json")
    assert demo("reproduce", tmp_path / "same.json").code == 0
    db = store.open_database(database_path)
    store.set_status(db, store.raters(db, "demo")[0], "excluded", "too fast")
    db.close()
    assert "not the same: study, data hash" in not_same(demo, tmp_path / "data.json")


def test_the_version_that_a_sheet_names_is_no_difference_and_all_else_is(
    demo: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.json"
    with monkeypatch.context() as patch:
        patch.setattr(heds, "__version__", "0.0.9")
        command = ("export", *SIMULATED, "--format", "heds", "-o", tmp_path / "sheet")
        assert demo(*command, "--manifest", path).code == 0
    content = json.loads(path.read_text())
    content["program"]["version"] = "0.0.9"
    path.write_text(json.dumps(content))
    assert demo("reproduce", path).code == 0
    monkeypatch.setattr(heds, "TO_FILL", "[something else]")
    assert "not the same: line 3 of the file" in not_same(demo, path)


def test_a_column_that_came_since_is_said_and_no_difference(demo: Run, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    demo("analyze", "ranking", *SIMULATED, "--manifest", path)
    content = json.loads(path.read_text())
    place = content["result"]["columns"].index("win_rate")
    for row in (content["result"]["columns"], *content["result"]["rows"]):
        del row[place]
    path.write_text(json.dumps(content))
    said = demo("reproduce", path)
    assert said.code == 0
    assert "columns that the manifest lacks: win_rate" in said.err
    content["result"]["rows"][0][place] = "something else"
    path.write_text(json.dumps(content))
    assert "not the same: row 1, column " in not_same(demo, path)
    content["result"]["columns"][0] = "a column that is gone"
    path.write_text(json.dumps(content))
    assert "columns of the table: ['a column that is gone']" in not_same(demo, path)


def test_a_manifest_is_not_written_over(demo: Run, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text("precious")
    assert "already exists" in demo("analyze", "pairs", *SIMULATED, "--manifest", path).refused()
    assert path.read_text() == "precious"


@pytest.mark.parametrize(
    ("recipe", "sentence"),
    [
        ({"kind": "command", "arguments": ["simulate", "--study", "demo"]}, "'simulate' cannot be run again"),
        ({"kind": "command", "arguments": ["analyze", "nothing"]}, "No such command 'nothing'"),
        ({"kind": "command"}, "neither an analysis nor a command"),
        ({"kind": "analysis", "function": "os:system"}, "'os:system' is not an analysis"),
        ({"kind": "analysis", "function": "study.analysis.ranking.pairs:used"}, "is not an analysis"),
    ],
)
def test_a_manifest_runs_nothing_but_analyses_and_exports(
    demo: Run, tmp_path: Path, recipe: dict[str, object], sentence: str
) -> None:
    path = tmp_path / "m.json"
    demo("analyze", "pairs", *SIMULATED, "--manifest", path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"recipe": recipe}))
    assert sentence in demo("reproduce", path).refused()
