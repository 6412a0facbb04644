"""The personalization and judges pages with something to show."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from study import store
from study.metrics.judges import Judge, template
from study.ui import state
from study.workers import threads
from study.workflows.judge_runs import judge_study
from tests.metrics.chat_servers import scripted
from tests.pages.conftest import Judge as JudgeAll
from tests.pages.conftest import page, shown_texts
from tests.test_judging import longer


def button(at, label):  # type: ignore[no-untyped-def]
    return next(one for one in at.button if one.label == label)


def widget(kind, label):  # type: ignore[no-untyped-def]
    return next(one for one in kind if one.label == label)


def test_personalization_shows_duels_and_measures(judge: JudgeAll) -> None:
    judge("link", 4)
    at = page("personalization")
    assert "Choose at least one generic system" in shown_texts(at), "no name says which system is generic"
    widget(at.multiselect, "Generic systems").set_value(["alpha-net"]).run()
    assert not at.exception
    text = shown_texts(at)
    assert "Personalized outputs win" in text
    assert at.dataframe[0].value["Profile"].tolist() == ["all", *(f"reader {n}" for n in range(4))]
    assert widget(at.multiselect, "Generic systems").value == ["alpha-net"]
    measures = at.dataframe[2].value
    assert "PerSEval (1 best)" in measures["Statistic"].tolist()
    assert {"alpha-net", "beta-net", "gamma-net"} <= set(measures.columns)
    assert "ROUGE-L" in text
    over = widget(at.selectbox, "Intervals of measures over")
    assert over.value == "by design"
    assert text.count("umbers hold for ") >= 5
    over.set_value("source").run()
    assert not at.exception
    assert at.dataframe[2].value.shape == measures.shape
    widget(at.selectbox, "Intervals of measures over").set_value("by design").run()
    widget(at.button_group, "Against generic outputs, by").set_value("tag").run()
    assert not at.exception
    assert at.dataframe[0].value["Tag"].tolist() == ["all", "domain: garden", "domain: rail"]
    widget(at.selectbox, "Distance").set_value("jsd").run()
    assert not at.exception
    assert not at.dataframe[2].value.equals(measures)
    widget(at.multiselect, "Generic systems").set_value([]).run()
    assert "Choose at least one generic system" in at.info[0].value


def test_personalization_says_better_or_worse_where_it_is_declared(judge: JudgeAll) -> None:
    judge("link", 4)
    with state.database().writing() as cursor:
        # Pages know a table that they have read by its contents, in whatever test.
        cursor.execute("update output set content = replace(content, 'Headline', 'Title')")
        cursor.execute("update output set condition = 'zero' where system = 'alpha-net'")
        cursor.execute(
            "update output set system = 'alpha-net', condition = 'history' where system = 'beta-net'"
        )
    at = page("personalization")
    widget(at.multiselect, "Generic systems").set_value(["gamma-net"]).run()
    assert not at.exception
    assert "No verdict: it is not known which prompt condition is the richer one." in shown_texts(at)
    undeclared = at.dataframe[-1].value
    assert undeclared["Change"].tolist() == ["no verdict"]
    assert {"EGISES from", "EGISES to"} <= set(undeclared.columns)
    order = widget(at.multiselect, "Prompt conditions, from the poorest to the richest")
    order.set_value(["zero", "history"]).run()
    assert not at.exception
    declared = at.dataframe[-1].value
    assert declared["From"].tolist()[0] == "alpha-net (zero)"
    assert declared["Change"].tolist() != ["no verdict"]


def test_judges_are_set_beside_people(judge: JudgeAll) -> None:
    judge("link", 4)
    db = state.database()
    for name, persona in (("plain", "none"), ("personal", "all")):
        judge_study(db, "small", Judge(name, "tiny", template("pairwise"), persona), longer)
    at = page("judges")
    text = shown_texts(at)
    assert "agrees with third-party raters on" in text
    assert {"plain", "personal", "jury of 2", "a third-party rater"} <= set(at.dataframe[0].value["Who"])
    assert at.dataframe[1].value["Judge"].unique().tolist() == ["personal", "plain"]
    certainty = at.dataframe[2].value
    assert "80 and above" in certainty["Certainty"].tolist()
    assert "Coverage holds for" in text
    assert {"Only one is right", "Units"} <= set(at.dataframe[3].value.columns), "both say the same: no P"
    assert "of those answered" in text
    assert "a judge's tie is half right, in every table" in text
    widget(at.selectbox, "A judge's tie").set_value("wrong").run()
    assert not at.exception
    assert "a judge's tie is wrong, in every table" in shown_texts(at)
    widget(at.selectbox, "Intervals and tests over").set_value("item").run()
    assert not at.exception
    assert at.dataframe[0].value["Units"].str.contains("item").any()
    widget(at.button_group, "The right answer is that of").set_value("owner").run()
    assert not at.exception


@pytest.mark.parametrize("fails", [False, True])
def test_a_judge_is_asked_from_the_page_in_the_background(judge: JudgeAll, fails: bool) -> None:
    judge("link", 2)
    with scripted((lambda prompt, heat: 500) if fails else longer) as server:
        at = page("judges")
        widget(at.button_group, "Section").set_value("Ask a judge").run()
        assert "You judge for one person" in at.code[0].value
        assert button(at, "Ask the judge").disabled
        widget(at.text_input, "Base URL").set_value(server.url)
        widget(at.text_input, "Model").set_value("tiny").run()
        button(at, "Ask the judge").click().run()
        assert not at.exception
        key = ("judge", str(state.database_path()), "small")
        run = threads.run_of(key)
        assert run is not None
        until = time.monotonic() + 60
        while run.running and time.monotonic() < until:
            time.sleep(0.05)
        at.run()
        assert not at.exception
    if fails:
        assert "answered 500" in at.error[0].value
        assert store.verdicts(state.database(), "small").empty
    else:
        assert "48 questions asked" in at.success[0].value
        assert set(store.verdicts(state.database(), "small")["judge"]) == {"tiny (all, pairwise)"}
    button(at, "Close").click().run()
    assert threads.run_of(key) is None


def test_a_wrong_address_is_one_sentence(judge: JudgeAll) -> None:
    judge("link", 2)
    at = page("judges")
    widget(at.button_group, "Section").set_value("Ask a judge").run()
    widget(at.text_input, "Base URL").set_value("file:///etc/passwd")
    widget(at.text_input, "Model").set_value("tiny").run()
    button(at, "Ask the judge").click().run()
    assert "base_url 'file:///etc/passwd'; allowed" in at.error[0].value


def test_metrics_stand_beside_sentinels_and_one_is_made_of_many(judge: JudgeAll) -> None:
    judge("link", 6)
    at = page("calibration")
    text = shown_texts(at)
    assert "Here the source alone predicts nothing" in text  # all outputs are compared equally often
    table = at.dataframe[0].value
    assert {"Sentinel: source only", "Length (characters)"} <= set(table["Metric"])
    assert {"Compared with sentinels", "Units"} <= set(table.columns)
    assert "Numbers hold for these" in text
    widget(at.number_input, "Search steps").set_value(5).run()
    button(at, "Fit the weights").click().run()
    assert not at.exception
    until = time.monotonic() + 60
    while any(run.running for run in threads.runs()) and time.monotonic() < until:
        time.sleep(0.05)
    at.run()
    assert not at.exception
    shown = shown_texts(at)
    assert "On items that it has not seen, the calibrated metric reaches" in shown
    assert "tried, on resampled items. Winata et al. 2024" in shown
    assert "calibrated (fit)" in at.dataframe[1].value["Metric"].tolist()
    assert "Units" in at.dataframe[1].value.columns
    button(at, "Store its scores in this study").click().run()
    assert not at.exception
    assert "calibrated (fit)" in set(store.metric_scores(state.database(), "small")["metric"])


def test_a_draft_can_ask_a_judge_and_apply_a_recipe_and_is_told_to_launch(judge: JudgeAll) -> None:
    db = state.database()
    db_state = store.study(db, "small").state
    at = page("judges")
    text = shown_texts(at)
    assert "There are no judgments yet" in text
    assert ("launch it on the Design page" in text) == (db_state == "draft")
    assert widget(at.text_input, "Model").value == ""
    judge_study(db, "small", Judge("plain", "tiny", template("pairwise"), "none"), longer)
    assert page("judges").dataframe[0].value["Judge"].unique().tolist() == ["plain"]
    assert "can score this one without any" in shown_texts(page("calibration"))


@pytest.mark.parametrize(
    ("kinds", "chosen", "cluster"),
    [
        (("by design", "rater", "item", "profile"), "profile", "profiles"),
        (("by design", "rater", "item", "profile"), "item", "items"),
        (("by design", "rater", "item", "profile"), "by design", None),
        (("by design", "rater", "item"), None, None),
    ],
)
def test_units_of_metrics_are_chosen_where_items_belong_to_people(
    kinds: tuple[str, ...], chosen: str | None, cluster: str | None
) -> None:
    def script(kinds: tuple[str, ...]) -> None:
        import streamlit as st

        from study.ui.shared import unit_choice

        st.write(f"over {unit_choice.chosen_metric_units(kinds, key='units')}")

    at = AppTest.from_function(script, kwargs={"kinds": kinds}).run()
    assert len(at.selectbox) == (chosen is not None)
    if chosen:
        at.selectbox[0].set_value(chosen).run()
    assert at.markdown[0].value == f"over {cluster}"
