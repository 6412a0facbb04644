"""A real study: imported by the command line, its published figures, and a person who judges its first pairs."""

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path

import evalica
import numpy as np
import pytest
from playwright.sync_api import BrowserContext, expect

from study import store
from tests import programs
from tests.browser.conftest import App, press, start_judging
from tests.llmfao import PAIRS, VOTES, llmfao, mapped


def command(database: Path, *arguments: str) -> str:
    """Run `python -m study` as a person does, and return what it prints."""
    done = programs.run("-m", "study", *arguments, env=os.environ | {"BLINDPAIR_DB": str(database)})
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("llmfao") / "llmfao.duckdb"
    command(path, "import", str(llmfao("pairs-crowd.jsonl")), "--study", "llmfao", *mapped(PAIRS))
    command(path, "import", str(llmfao("crowd-comparisons.csv")), "--study", "llmfao", *mapped(VOTES))
    return path


def test_llmfao_loads_whole(database: Path) -> None:
    db = store.open_database(database)
    overview = store.overview(db).iloc[0]
    db.close()
    counts = overview[["comparisons", "systems", "human_raters", "human_judgments"]].tolist()
    assert counts == [2139, 59, 124, 8931]


def test_llmfao_has_the_published_agreement(database: Path) -> None:
    """Krippendorff's nominal alpha .291 over left system, tie, right system (ORACLES.md)."""
    rows = json.loads(command(database, "analyze", "agreement", "--study", "llmfao", "--format", "json"))
    alpha = next(row for row in rows if row["statistic"] == "krippendorff_alpha_nominal")
    assert round(alpha["value"], 3) == 0.291
    assert alpha["low"] < alpha["value"] < alpha["high"]
    assert ".291" in command(database, "analyze", "agreement", "--study", "llmfao")


def test_llmfao_is_ranked_as_evalica_ranks_it(database: Path) -> None:
    rows = json.loads(command(database, "analyze", "ranking", "--study", "llmfao", "--format", "json"))
    # Most pairs were seen in one order only, so that strengths are adjusted for the left side; evalica has them as judged.
    ours = {row["system"]: row["strength_unadjusted"] for row in rows}
    assert {row["sides"] for row in rows} == {"adjusted"}
    winners = {"left": evalica.Winner.X, "right": evalica.Winner.Y, "tie": evalica.Winner.Draw}
    with llmfao("crowd-comparisons.csv").open(encoding="utf-8", newline="") as file:
        votes = list(csv.DictReader(file))
    theirs = evalica.bradley_terry(
        [vote["model_x"] for vote in votes],
        [vote["model_y"] for vote in votes],
        [winners[vote["winner"]] for vote in votes],
        tie_weight=0.5,
        tolerance=1e-12,
    ).scores
    systems = sorted(theirs.index)
    assert len(systems) == 59
    expected = np.log(theirs[systems].to_numpy())
    strengths = np.array([ours[system] for system in systems])
    np.testing.assert_allclose(strengths - strengths.mean(), expected - expected.mean(), atol=1e-6)


@pytest.mark.thorough
def test_a_person_judges_the_first_pairs_of_llmfao(
    database: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    db = store.open_database(database)
    link = store.study(db, "llmfao").link_token
    db.close()
    app = run_app(database)
    page = new_context().new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    start_judging(page, app.judge_url(link))
    expect(page.get_by_text("1 of 2139")).to_be_visible()
    for key in "120n":
        press(page, key, wait_ms=1000)
    expect(page.get_by_text("5 of 2139")).to_be_visible()
    app.process.terminate()
    app.process.wait()
    db = store.open_database(database)
    judged = store.judgments(db, "llmfao").query("rater_source == 'link'")
    db.close()
    assert judged["response"].tolist() == ["left", "right", "tie", "both_bad"]
