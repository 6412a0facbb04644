"""The Agreement page: each section, judged and judged by one; filters; what is kept; what is stopped."""

from dataclasses import replace

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from study import analysis, store
from study.ui import state
from study.ui.agreement.sections import SECTIONS
from study.ui.shared import tables
from tests.cases import cases
from tests.pages.conftest import Judge, page, shown_texts


def section(at: AppTest, name: str) -> AppTest:
    next(group for group in at.button_group if group.label == "Section").set_value(name).run()
    assert not at.exception
    return at


@pytest.mark.parametrize("n_raters", cases([1, 4], [1]))
@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_shows_numbers_or_says_why_there_are_none(
    judge: Judge, name: str, n_raters: int
) -> None:
    judge("link", n_raters)
    at = section(page("agreement"), name)
    texts = shown_texts(at)
    assert "nan" not in texts.replace("explanation", "").replace("Brennan", "")
    assert at.dataframe or at.info or at.button


def test_all_coefficients_can_be_chosen_at_once(judge: Judge) -> None:
    judge("link", 4)
    at = page("agreement")
    box = next(box for box in at.multiselect if box.label == "Coefficients")
    labels = list(box.options)
    box.set_value(list(analysis.AGREEMENT_LABELS)).run()
    assert not at.exception
    assert len(at.dataframe[0].value) == 2 * len(labels)


def test_the_sentence_to_report_has_its_numbers(judge: Judge) -> None:
    judge("link", 4)
    sentence = page("agreement").code[0].value
    assert "Krippendorff's α (nominal) (Krippendorff 2011) on fit is" in sentence
    assert "95% CI [" in sentence
    assert "4 raters" in sentence


def test_a_filter_leaves_out_and_says_so(judge: Judge) -> None:
    judge("link", 4)
    at = page("agreement")
    before = at.dataframe[0].value["Comparisons"].iloc[0]
    box = next(box for box in at.multiselect if box.label == "Profiles")
    box.set_value([box.options[0]]).run()
    assert not at.exception
    assert at.dataframe[0].value["Comparisons"].iloc[0] < before
    assert "by the filter" in shown_texts(at)


def test_excluded_raters_count_only_when_asked_for(judge: Judge) -> None:
    judge("link", 4)
    db = state.database()
    store.set_status(db, store.raters(db, "small")[0], "excluded", "a test")
    at = page("agreement")
    assert "3 raters" in shown_texts(at)
    next(box for box in at.checkbox if box.label.startswith("Include raters")).check().run()
    assert not at.exception
    assert "4 raters" in shown_texts(at)
    assert "excluded or withdrew are included" in at.warning[0].value


def test_what_was_computed_is_kept_until_the_data_change(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables.forget_results()
    judge("link", 3)
    read: list[str] = []
    original = store.BIG_READS["judgments"]

    def counted(db: store.Database, study_id: str) -> dict[str, pa.Table]:
        read.append(study_id)
        return original.rows(db, study_id)

    monkeypatch.setitem(store.BIG_READS, "judgments", replace(original, rows=counted))
    at = page("agreement")
    section(at, "Raters")
    section(at, "Overview")
    assert read == ["small"]
    judge("link", 1)
    page("agreement")
    assert read == ["small", "small"]


def test_a_model_of_raters_is_fitted_when_asked_for(judge: Judge) -> None:
    judge("link", 4)
    at = section(page("agreement"), "Models of raters")
    assert not at.dataframe
    next(button for button in at.button if button.label.startswith("Fit")).click().run()
    assert not at.exception
    assert at.dataframe[0].value["Competence"].notna().all()
    assert {"Preferred", "Probability"} <= set(at.dataframe[1].value.columns)
    again = section(page("agreement"), "Models of raters")
    assert again.dataframe, "what was fitted once is shown at once"


@pytest.mark.parametrize("name", ["Raters", "Taste and noise"])
def test_rater_by_rater_says_for_whom_numbers_hold_and_takes_other_units(judge: Judge, name: str) -> None:
    judge("link", 4)
    at = section(page("agreement"), name)
    assert "umbers hold for th" in shown_texts(at)
    over = next(box for box in at.selectbox if box.label == "Intervals over")
    over.set_value("item").run()
    assert not at.exception
    assert "item" in " ".join(at.dataframe[0].value["Over"])
