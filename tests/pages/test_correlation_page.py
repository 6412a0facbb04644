"""The Correlation page: each section, judged by several and by one; levels, tests, judges; what is stopped."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from study import analysis, store
from study.analysis.correlation import LEVELS
from study.formats import ImportOptions
from study.formats.reading import read
from study.records import Verdict
from study.ui import state
from study.ui.calibration import sections as calibration
from study.ui.correlation import sections
from study.ui.shared import tables
from study.wording import counted
from tests.cases import cases
from tests.conftest import small_study
from tests.llmfao import PAIRS, VERDICTS, VOTES, llmfao
from tests.pages.conftest import Judge, page, shown_texts

SECTIONS = ("Overview", "One metric", "Two metrics", "Judges")


def section(at: AppTest, name: str) -> AppTest:
    next(group for group in at.button_group if group.label == "Section").set_value(name).run()
    assert not at.exception
    return at


def choose(at: AppTest, label: str, value: str) -> AppTest:
    next(box for box in at.selectbox if box.label == label).set_value(value).run()
    assert not at.exception
    return at


def give_verdicts(preferences: tuple[str | None, ...] = ("a", "b", "tie", None)) -> None:
    tasks = small_study().tasks
    verdicts = [
        Verdict(
            "small",
            one.task_id,
            "GPT-4",
            "fit",
            "01" if place % 2 else "10",
            preferences[place % len(preferences)],
            None,
            None if preferences[place % len(preferences)] else "no letter",
            "gpt|v:1",
        )
        for place, one in enumerate(tasks)
    ]
    store.save_verdicts(state.database(), verdicts)


@pytest.mark.parametrize("n_raters", cases([1, 4], [1]))
@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_shows_numbers_or_says_why_there_are_none(
    judge: Judge, name: str, n_raters: int
) -> None:
    judge("link", n_raters)
    give_verdicts()
    at = section(page("correlation"), name)
    texts = shown_texts(at)
    assert "nan" not in texts
    assert at.dataframe or at.info or at.button
    assert f"by {counted(n_raters, 'rater')}." in texts


@pytest.mark.parametrize("level", cases(LEVELS, ["by_item", "system"]))
def test_every_level_has_its_table_of_metrics(judge: Judge, level: str) -> None:
    judge("link", 4)
    at = choose(page("correlation"), "Level", level)
    for statistic in list(LEVELS[level].statistics)[1:3]:
        choose(at, "Statistic", statistic)
        table = at.dataframe[0].value
        assert sorted(table["Metric"]) == ["Length (characters)", "ROUGE-L (F1)"]
        assert table["Value"].notna().all() or table.loc[table["Value"].isna(), "Note"].notna().all()
        assert table["Value"].dropna().is_monotonic_decreasing
        if "Compared with the best" in table:
            assert set(table["Compared with the best"]) <= {"best", "no clear difference", "below the best"}
        else:
            assert [button for button in at.button if button.label.startswith("Run PERM")]
    sentence = at.code[0].value
    assert "95% CI" in sentence or "(no interval)" in sentence
    assert "judgments by 4 raters" in sentence


def test_intervals_generalise_to_what_is_chosen(judge: Judge) -> None:
    """The sentence says so; of four units the intervals themselves may be alike, from 0 to 1."""
    judge("link", 4)
    at = page("correlation")
    before, by_items = at.dataframe[0].value, at.code[0].value
    next(group for group in at.button_group if "interval" in group.label).set_value("raters").run()
    assert not at.exception
    assert before["Value"].tolist() == at.dataframe[0].value["Value"].tolist()
    assert "interval over 4 items" in by_items
    assert "raters like these" not in by_items
    assert "interval over 4 raters" in at.code[0].value
    assert "raters like these 4 raters" in at.code[0].value


@pytest.mark.parametrize("part", ["Prediction", "Ties", "Good outputs", "Length and noise"])
def test_one_metric_is_looked_at_from_every_side(judge: Judge, part: str) -> None:
    judge("link", 5)
    at = section(page("correlation"), "One metric")
    next(group for group in at.button_group if group.label == "Look at").set_value(part).run()
    assert not at.exception
    assert "predicts the choice" in shown_texts(at)
    assert part == "Ties" or "Numbers hold for these" in shown_texts(at)
    assert "nan" not in shown_texts(at)


def test_two_metrics_are_compared_on_demand(judge: Judge) -> None:
    judge("link", 4)
    at = section(page("correlation"), "Two metrics")
    choose(at, "Level", "system")
    assert not at.dataframe
    next(button for button in at.button if button.label == "Compare").click().run()
    assert not at.exception
    tests = at.dataframe[0].value["Test"].tolist()
    assert {"Williams' t", "Meng's Z", "PERM-BOTH"} <= set(tests)
    choose(at, "Second metric", "length")
    assert "Choose two different metrics" in shown_texts(at)


def test_judges_stand_beside_people(judge: Judge) -> None:
    judge("link", 4)
    at = section(page("correlation", scored=False), "Judges")
    assert "No judge has given a verdict on this question yet" in shown_texts(at)
    give_verdicts()
    at = section(page("correlation", scored=False), "Judges")
    texts = shown_texts(at)
    assert "**GPT\\-4** agrees with the majority" in texts or "**GPT\\-4** cannot be compared" in texts
    assert "Share of failures" in texts
    table = at.dataframe[0].value.set_index("Statistic")
    assert table.at["Share of failures", "Estimate"].startswith("0.250 [")


def test_a_judge_with_hostile_name_stays_text(judge: Judge) -> None:
    judge("link", 3)
    one = small_study().tasks[0].task_id
    hostile = "<b>x</b> ![](http://example.org/i.png) [l](http://example.org)"
    store.save_verdicts(state.database(), [Verdict("small", one, hostile, "fit", "01", "a", None, None, "s")])
    at = section(page("correlation", scored=False), "Judges")
    assert all("![](" not in str(part.value) for part in at.markdown)


def test_a_table_that_takes_long_waits_for_the_button_and_is_kept(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge("link", 4)
    monkeypatch.setattr(sections, "is_long", lambda *settings: True)
    monkeypatch.setattr(calibration, "MOST_UNASKED", 0)
    at = page("correlation")
    assert "of this size this takes a while" in shown_texts(at)
    assert not at.dataframe

    button = next(button for button in at.button if button.label == "Compute for all metrics")
    button.click().run()
    assert not at.exception
    assert at.dataframe[0].value["Value"].notna().all()
    again = page("correlation", scored=False)
    assert again.dataframe, "what was computed is shown at once"


def test_sentinels_stand_beside_the_metrics(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    judge("link", 4)
    at = page("correlation")
    assert "Compared with sentinels" in [part.value for part in at.subheader]
    table = at.dataframe[-1].value
    assert {"Sentinel: length only", "Sentinel: source only"} <= set(table["Metric"])
    tables.forget_results()
    monkeypatch.setattr(calibration, "MOST_UNASKED", 0)
    large = page("correlation", scored=False)
    next(button for button in large.button if button.label == "Compute the sentinels").click().run()
    assert not large.exception
    assert large.dataframe[-1].value["Metric"].tolist() == table["Metric"].tolist()


@pytest.mark.thorough
def test_llmfao_through_the_page_has_its_published_figures(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ORACLES.md: Bradley-Terry Spearman .731, 74.6% of 1,043 untied pairs, 38.7% three-way; longer wins 41.0%."""
    pairs = read(llmfao("pairs-crowd.jsonl"), columns=PAIRS)
    state.close_database()
    monkeypatch.setenv("BLINDPAIR_DB", str(tmp_path / "llmfao.duckdb"))
    db = state.database()
    try:
        store.save_records(db, pairs)
        known = store.study_records(db, pairs.study.study_id, answers=True)
        votes = read(llmfao("crowd-comparisons.csv"), columns=VOTES, known=known)
        store.save_records(db, votes, new_study=False)
        options = ImportOptions(judge="GPT-4")
        verdicts = read(llmfao("gpt4-crowd-comparisons.csv"), columns=VERDICTS, known=known, options=options)
        store.save_records(db, verdicts, new_study=False)
        at = section(page("correlation", scored=False), "Judges")
        table = at.dataframe[0].value.set_index("Statistic")
        shown = {name: (row["Estimate"][:5], row["n"]) for name, row in table.iterrows()}
        assert shown["Spearman's ρ of Bradley-Terry strengths"] == ("0.731", 59)
        assert shown["Agreement with the majority, neither says tie"] == ("0.746", 1043)
        assert shown["Agreement with the majority, three-way"] == ("0.387", 2139)
        assert "75% [" in shown_texts(at)
        at = section(page("correlation", scored=False), "Overview")
        next(button for button in at.button if button.label == "Compute now").click().run()
        choose(at, "Statistic", "pairwise_accuracy_untied")
        row = at.dataframe[0].value.set_index("Metric").loc["Length (characters)"]
        assert round(row["Value"], 3) == 0.410
        assert tables.MOST_TABLES >= 3
        assert analysis.judges_of(store.verdicts(db, pairs.study.study_id), "overall") == ["GPT-4"]
    finally:
        state.close_database()
