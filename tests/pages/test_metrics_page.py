"""The metrics page: empty, computing in the background, computed."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from study import metrics, store
from study.ui import state
from study.ui.metrics import runs
from study.ui.server import access
from tests.conftest import small_study

PAGE = Path(__file__).parents[2] / "pages" / "researcher" / "metrics.py"
SECTIONS = ("Compute", "By system", "Metric by metric", "Card")
QUICK = ["length", "words", "rouge_l"]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[store.Database]:
    state.close_database()
    monkeypatch.setenv("BLINDPAIR_DB", str(tmp_path / "study.duckdb"))
    store.save_records(state.database(), small_study())
    yield state.database()
    state.close_database()


def page(section: str = "Compute", *, study: str = "small") -> AppTest:
    at = AppTest.from_file(str(PAGE), default_timeout=60)
    at.query_params["key"] = access.KEY
    at.query_params["of"] = study
    at.run()
    if section != "Compute":
        at.segmented_control[0].set_value(section).run()
    assert not at.exception
    return at


def shown_texts(at: AppTest) -> str:
    parts = [*at.markdown, *at.caption, *at.info, *at.title, *at.error, *at.warning, *at.success, *at.code]
    return "\n".join(str(part.value) for part in parts) + "".join(
        frame.value.to_csv() for frame in at.dataframe
    )


def plan_table(at: AppTest) -> pd.DataFrame:
    return next(frame.value for frame in at.dataframe if "To compute" in frame.value).set_index("Metric")


def wait(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    pytest.fail("it never came")


def score(db: store.Database, names: list[str]) -> None:
    store.save_scores(db, metrics.score_outputs(store.output_texts(db, "small"), names, study_id="small"))


def judge(db: store.Database) -> None:
    rng = Random(4)
    rater = store.enrol(db, "small", source="link")
    while task := store.current_task(db, rater):
        for criterion, revision in task.revisions.items():
            response = rng.choice(["left", "right", "tie"])
            store.record_judgment(db, rater, task.assignment_id, criterion, revision, response)


def test_nobody_but_the_researcher_sees_anything(small: store.Database) -> None:
    score(small, QUICK)
    at = AppTest.from_file(str(PAGE), default_timeout=30).run()
    assert not at.exception
    assert "alpha-net" not in shown_texts(at)
    assert not at.dataframe


def test_what_a_run_needs_and_costs_is_shown_before_it_and_a_run_goes_on_in_the_background(
    small: store.Database,
) -> None:
    at = page()
    table = plan_table(at)
    assert table.loc["Length (characters)", "To compute"] == 12
    assert table.loc["BERTScore", "Model"] == "all-MiniLM-L6-v2"
    assert int(table.loc["BERTScore", "Characters"].replace(",", "")) > 100
    at.multiselect[0].set_value(QUICK).run()
    next(button for button in at.button if button.label == "Compute 36 scores").click().run()
    assert not at.exception
    run = runs.current_run("small")
    assert run is not None
    wait(lambda: not run.running)
    assert set(store.metric_scores(small, "small")["metric"]) == set(QUICK)
    after = page()
    assert "Done: 36 scores computed" in shown_texts(after)
    next(button for button in after.button if button.label == "Dismiss").click().run()
    assert "Done" not in shown_texts(after)
    after.multiselect[0].set_value(QUICK).run()
    assert "All of these scores are computed." in shown_texts(after)


def test_a_run_can_be_stopped(small: store.Database) -> None:
    run = runs.start_run("small", ["bert_score"])
    assert runs.start_run("small", ["length"]) is run
    at = page()
    if run.running:
        stop = [button for button in at.button if button.label == "Stop"]
        assert stop
        stop[0].click().run()
    wait(lambda: not run.running)
    assert run.stop.is_set()
    assert "was stopped" in shown_texts(page())
    runs.dismiss_run("small")


def test_a_name_that_means_nothing_is_said_in_a_sentence(small: store.Database) -> None:
    at = page()
    at.multiselect[0].set_value(["length"])
    at.text_area[0].set_value("perplexity@/nowhere\n\n").run()
    assert "there is no folder" in at.error[0].value
    assert plan_table(at).index.tolist() == ["Length (characters)"]


@pytest.mark.parametrize("section", SECTIONS[1:])
def test_without_scores_a_section_says_so(small: store.Database, section: str) -> None:
    assert "There are no metric scores yet" in page(section).info[0].value


def test_scores_are_shown_by_system_with_intervals(small: store.Database) -> None:
    score(small, QUICK)
    at = page("By system")
    (table,) = (frame.value for frame in at.dataframe)
    assert table["System"].tolist() == ["alpha-net", "beta-net", "gamma-net"]
    assert table["Mean"].str.contains(r"\[").all()
    assert table["Units"].eq("none").all(), "3 items are too few"
    assert "Numbers hold" in shown_texts(at)


def test_every_two_metrics_are_correlated(small: store.Database) -> None:
    score(small, QUICK)
    at = page("Metric by metric")
    (table,) = (frame.value for frame in at.dataframe)
    assert len(table) == 3
    assert (
        table.loc[table["And"] == "ROUGE-L (F1)", "ρ"].str.contains("-").all()
    )  # longer ones overlap less here
    assert "seed 7" in shown_texts(at)
    assert "Numbers hold" in shown_texts(at)


def test_a_card_holds_version_references_and_what_raters_say(small: store.Database) -> None:
    score(small, QUICK)
    assert "nothing is judged yet" in shown_texts(page("Card"))
    judge(small)
    at = page("Card")
    text = shown_texts(at)
    assert "references: 4 of 4 items, 4 different" in text
    assert "Correlation with humans: fit" in text
    assert "signature: `length" in text or "signature: `rougeL" in text


def test_a_few_metrics_are_offered_first_with_what_they_cost(small: store.Database) -> None:
    at = page()
    assert set(at.multiselect[0].value) <= set(metrics.USUAL)
    assert "Takes about" in plan_table(at).columns
    assert "take about" in shown_texts(at)
    choose = next(group for group in at.segmented_control if group.label == "Choose")
    choose.set_value(next(option for option in choose.options if option.startswith("All "))).run()
    assert not at.exception
    assert len(at.multiselect[0].value) > len(metrics.USUAL)
