"""The planning page by Streamlit's AppTest: it needs no study, simulates when asked, and refuses in a sentence."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from study.stats.planning.plans import QUANTITIES
from study.ui import state
from study.ui.server import access
from study.ui.shared import tables
from study.ui.studies import planning

PAGE = Path(__file__).parents[2] / "pages" / "researcher" / "planning.py"


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    state.close_database()
    tables.forget_results()
    monkeypatch.setenv("BLINDPAIR_DB", str(tmp_path / "none.duckdb"))
    page = AppTest.from_file(str(PAGE), default_timeout=60)
    page.query_params["key"] = access.KEY
    page.run()
    assert not page.exception
    yield page
    state.close_database()


def number(at: AppTest, label: str):  # type: ignore[no-untyped-def]
    return next(one for one in at.number_input if one.label == label)


def simulate(at: AppTest, label: str = "Simulate") -> None:
    next(button for button in at.button if button.label == label).click().run()
    assert not at.exception


def test_nobody_but_the_researcher_plans() -> None:
    page = AppTest.from_file(str(PAGE), default_timeout=30).run()
    assert not page.number_input


def test_the_quantities_of_the_page_are_those_that_can_be_planned() -> None:
    assert set(planning.EFFECTS) == set(QUANTITIES)


def test_nothing_is_simulated_unasked(at: AppTest) -> None:
    assert not at.dataframe
    assert [button.label for button in at.button] == ["Simulate"]


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_study_of_a_size_has_power_precision_and_coverage(at: AppTest, quantity: str) -> None:
    at.selectbox[0].set_value(quantity).run()
    number(at, "Simulated studies").set_value(20)
    number(at, "Items (comparisons)").set_value(40).run()
    simulate(at)
    row = at.dataframe[0].value.iloc[0]
    assert (row["Items"], row["Judgments"]) == (40, 120)
    assert "±" in row["Power ± error"]
    assert any("120 judgments" in one.value for one in at.markdown)
    assert "20 studies are simulated (seed 0)" in at.caption[-1].value
    assert "simulation of 20 studies" in at.code[0].value


def test_the_smallest_study_for_a_power_is_found(at: AppTest) -> None:
    at.button_group[0].set_value("power").run()
    number(at, "Expected win rate").set_value(0.75)
    number(at, "Simulated studies").set_value(30).run()
    simulate(at, "Find the smallest study")
    assert float(at.dataframe[0].value["Power ± error"].iloc[0].split(" ")[0]) >= 0.8


def test_what_is_not_possible_is_said_in_a_sentence(at: AppTest) -> None:
    number(at, "Expected win rate").set_value(0.95)
    number(at, "Simulated studies").set_value(2).run()
    simulate(at)
    assert "allowed with these ties" in at.error[0].value
    assert not at.dataframe
