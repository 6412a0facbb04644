"""The audit page: a clean study, a leak, and no study."""

from dataclasses import replace

from study import store
from study.records import text_content
from study.ui import state
from tests.conftest import small_study
from tests.pages.conftest import Judge, page, shown_texts


def test_a_clean_study_has_no_leak_and_its_surface_is_measured(judge: Judge) -> None:
    at = page("audit", scored=False)
    texts = shown_texts(at)
    assert "No leak was found" in texts
    assert "is not known" in texts, "the small study has too few items to learn from"
    assert "P(more than others)" in at.dataframe[0].value.columns


def test_a_leak_is_shown_with_where_it_stands(judge: Judge) -> None:
    records = small_study("leaky")
    records.outputs[0] = replace(records.outputs[0], content=text_content("Written by alpha_net"))
    store.save_records(state.database(), records)
    at = page("audit", scored=False)
    next(box for box in at.selectbox if box.label == "Study").set_value("leaky").run()
    assert not at.exception
    assert "1 leak was found" in shown_texts(at)
    assert at.dataframe[0].value["Excerpt"].iloc[0] == "Written by alpha_net"
