"""The analysis pages by Streamlit's AppTest: empty, judged by people, by simulated raters, by both."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from study import analysis, store
from study.ui import state
from tests.cases import cases
from tests.pages.conftest import FOLDER, SYSTEM_NAMES, Judge, page, shown_texts

PAGES = ("agreement", "ranking", "correlation", "personalization", "judges", "calibration")


@pytest.mark.parametrize("name", PAGES)
def test_nobody_but_the_researcher_sees_anything(judge: Judge, name: str) -> None:
    judge("link", 2)
    at = AppTest.from_file(str(FOLDER / f"{name}.py"), default_timeout=30).run()
    assert not at.exception
    assert not at.dataframe
    assert not any(system in shown_texts(at) for system in SYSTEM_NAMES)


@pytest.mark.parametrize("name", PAGES)
def test_a_study_without_judgments_says_so(judge: Judge, name: str) -> None:
    at = page(name)
    assert "There are no judgments yet" in at.info[0].value
    assert not at.dataframe


@pytest.mark.parametrize("name", PAGES)
def test_there_is_no_study_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    state.close_database()
    monkeypatch.setenv("BLINDPAIR_DB", str(tmp_path / "none.duckdb"))
    at = page(name)
    assert "no studies yet" in at.info[0].value
    state.close_database()


@pytest.mark.parametrize("name", cases(PAGES, ["agreement", "judges"]))
def test_human_judgments_are_shown_without_a_banner(judge: Judge, name: str) -> None:
    judge("link", 4)
    at = page(name)
    assert "simulated" not in shown_texts(at)
    assert "4 raters" in shown_texts(at)
    assert "Judgments by" not in [group.label for group in at.button_group]


@pytest.mark.parametrize("name", cases(PAGES, ["ranking", "calibration"]))
def test_simulated_judgments_carry_a_banner(judge: Judge, name: str) -> None:
    judge("simulated", 4)
    assert page(name).info[0].value == "These are judgments by simulated raters, not by people."


@pytest.mark.parametrize("name", cases(PAGES, ["correlation", "personalization"]))
def test_populations_mix_only_when_asked(judge: Judge, name: str) -> None:
    judge("simulated", 4)
    judge("link", 2)
    at = page(name)
    assert "by 2 raters" in shown_texts(at)
    assert "simulated raters" not in shown_texts(at)
    group = next(group for group in at.button_group if group.label == "Judgments by")
    group.set_value("both").run()
    assert not at.exception
    assert "by 6 raters" in shown_texts(at)
    assert at.info[0].value == "These are judgments by people and by simulated raters together."


def test_agreement_names_each_question_and_what_was_left_out(judge: Judge) -> None:
    judge("link", 5)
    db = state.database()
    rater = store.raters(db, "small")[0]
    store.set_status(db, rater, "withdrawn")
    at = page("agreement")
    table = at.dataframe[0].value
    shown = len(analysis.AGREEMENT_STATISTICS)
    assert table["Question"].tolist() == ["fit"] * shown + ["quality"] * shown
    assert "excluded or withdrew" in shown_texts(at)
    before = table["Beyond coin-flips"].tolist()
    next(group for group in at.button_group if "Both bad" in group.label).set_value("merged").run()
    assert not at.exception
    assert at.dataframe[0].value["Beyond coin-flips"].tolist() != before


def test_one_rater_leaves_agreement_undefined_with_the_reason(judge: Judge) -> None:
    judge("link", 1)
    at = page("agreement")
    assert set(at.dataframe[0].value["Beyond coin-flips"]) == {"undefined"}
    assert set(at.dataframe[0].value["Note"]) == {"1", "2"}
    assert "Note 1: no unit was rated by two raters" in shown_texts(at)
    assert "Note 2: no unit was rated by two raters" in shown_texts(at)


def test_metrics_are_computed_on_demand_and_stored(judge: Judge) -> None:
    judge("link", 5)
    at = page("correlation", scored=False)
    assert "There are no metric scores yet" in shown_texts(at)
    next(button for button in at.button if button.label == "Compute now").click().run()
    assert not at.exception
    assert sorted(at.dataframe[0].value["Metric"]) == ["Length (characters)", "ROUGE-L (F1)"]
    stored = store.metric_scores(state.database(), "small")
    assert set(stored["metric"]) == {"length", "rouge_l"}
    assert stored["value"].notna().all()
    again = page("correlation", scored=False)
    assert not [button for button in again.button if button.label == "Compute now"]
    metric = next(box for box in again.selectbox if box.label == "Systems by")
    metric.set_value("rouge_l").run()
    assert not again.exception
    assert sorted(again.dataframe[1].value["System"]) == list(SYSTEM_NAMES)
