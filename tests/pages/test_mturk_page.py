"""Mechanical Turk: the preview, the form at the end, and an address that would send it somewhere else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from study import store
from study.protocol.design import parse_design
from study.protocol.design_parts import mturk_submit_address
from study.ui import state
from study.ui.rater import components, steps
from study.ui.server import browser
from tests.conftest import small_study
from tests.pages.test_other_pages import button, page

SANDBOX = "https://workersandbox.mturk.com"
ADDRESS = {
    "study": "link-small",
    "workerId": "W1",
    "assignmentId": "A1",
    "hitId": "H1",
    "turkSubmitTo": SANDBOX,
}
HOSTILE = (
    "https://evil.example",
    "https://www.mturk.com.evil.example",
    "https://www.mturk.com@evil.example",
    "https://www.mturk.com:8443",
    "http://www.mturk.com",
    "//www.mturk.com",
    "https://www.mturk.com/../../evil",
    "https://www.mturk.com\\@evil.example",
    "https://WWW.MTURK.COM.",
    "javascript:alert(1)//www.mturk.com",
    " https://www.mturk.com",
    "https://www.mturk.com\n",
    "",
)
Sent = list[tuple[str, dict[str, str]]]


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[store.Database]:
    state.close_database()
    monkeypatch.setenv("BLINDPAIR_DB", str(tmp_path / "study.duckdb"))
    design = parse_design(
        {
            "criteria": [{"key": "fit", "question": "?"}],
            "quota": 1,
            "min_view_seconds": 0,
            "completion_code": "DONE-42",
            "crowd": {"platform": "mturk"},
        }
    )
    store.save_records(state.database(), small_study(design=design))
    yield state.database()
    state.close_database()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """Return the forms that the page draws: their address and fields."""
    drawn: Sent = []

    def draw(address: str, fields: dict[str, str], label: str) -> None:
        drawn.append((address, fields))

    monkeypatch.setattr(components, "submit_form", draw)
    return drawn


def finished(parameters: dict[str, str]) -> Any:
    return button(button(page("pages/judge.py", **parameters), "I agree"), "A is better")


@pytest.mark.parametrize("host", ["www.mturk.com", "workersandbox.mturk.com"])
@pytest.mark.parametrize("end", ["", "/"])
def test_the_form_goes_to_the_platforms_own_hosts(host: str, end: str) -> None:
    assert mturk_submit_address(f"https://{host}{end}") == f"https://{host}/mturk/externalSubmit"


@pytest.mark.parametrize("address", [*HOSTILE, None])
def test_no_other_address_is_taken(address: str | None) -> None:
    assert mturk_submit_address(address) is None


def test_at_the_end_the_form_carries_the_assignment_and_the_code(
    sent: Sent, database: store.Database
) -> None:
    at = finished(ADDRESS)
    assert at.code[0].value == "DONE-42"
    fields = {"assignmentId": "A1", "outcome": "success", "completion_code": "DONE-42"}
    assert sent[-1] == (f"{SANDBOX}/mturk/externalSubmit", fields)
    (rater,) = store.raters(database, "small")
    assert rater.external_id == "W1"
    assert rater.attributes["parameters"]["hitId"] == "H1"


@pytest.mark.parametrize("address", HOSTILE[:4])
def test_a_hostile_address_gets_no_form_and_is_not_kept(
    address: str, sent: Sent, database: store.Database
) -> None:
    at = finished(ADDRESS | {"turkSubmitTo": address})
    assert at.code[0].value == "DONE-42"
    assert sent == []
    assert any("on the platform's page" in one.value for one in at.caption)
    (rater,) = store.raters(database, "small")
    assert "turkSubmitTo" not in rater.attributes["parameters"]
    assert "evil" not in str(at.main)


def test_the_preview_comes_without_a_worker_and_enrols_nobody(database: store.Database) -> None:
    preview = {name: value for name, value in ADDRESS.items() if name != "workerId"}
    at = page("pages/judge.py", **preview | {"assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE"})
    assert "This is a preview" in at.info[0].value
    assert not [one for one in at.button if "I agree" in one.label]
    assert store.raters(database, "small") == []


def test_the_last_assignment_of_a_worker_is_the_one_that_is_submitted(
    sent: Sent, database: store.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "device", lambda: "the worker's browser")
    monkeypatch.setattr(state, "device", lambda: "the worker's browser")
    button(page("pages/judge.py", **ADDRESS), "I agree")
    at = page("pages/judge.py", **ADDRESS | {"assignmentId": "A2"})
    button(at, "A is better")
    assert sent[-1][1]["assignmentId"] == "A2"
    assert len(store.raters(database, "small")) == 1
    (event,) = store.events(database, "small", "rater_came_again")
    assert event.details["before"]["assignmentId"] == "A1"


def test_other_platforms_get_no_form(sent: Sent, database: store.Database) -> None:
    rater = store.enrol(database, "small", attributes={"parameters": ADDRESS})
    steps._mturk_form(rater, parse_design({"completion_code": "DONE-42"}), "success")
    assert sent == []
