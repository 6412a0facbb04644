"""What a rater sees while the study is paused, or its server is away: calm words, and the page goes on with what was typed."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from study import store
from study.protocol.design import Design, FormQuestion
from tests.browser.conftest import App, free_port, settle, wait_for_question
from tests.conftest import CRITERIA, small_study

pytestmark = pytest.mark.browser

PHONE: ViewportSize = {"width": 390, "height": 800}
FIRST, SECOND = re.compile("^1 of "), re.compile("^2 of ")
# Buttons do nothing while the server is away, however they are pressed.
TAP_EVERYTHING = (
    "() => document.querySelectorAll('[data-testid=stMain] button').forEach(button => button.click())"
)
STATE = "[data-testid=stApp][data-test-connection-state=CONNECTED]"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "study.duckdb"
    design = Design(
        criteria=CRITERIA[:1],
        min_view_seconds=0,
        rationale="optional",
        demographics=(FormQuestion(key="work", question="What do you do?", kind="text"),),
    )
    db = store.open_database(path)
    store.save_records(db, small_study(design=design))
    db.close()
    return path


def typed_reason(page: Page, text: str) -> None:
    box = page.get_by_placeholder("Why?")
    box.fill(text)
    box.press("Tab")
    settle(page)


def answer(page: Page) -> None:
    """Click once, on the first question, and wait for the second."""
    expect(page.get_by_text(FIRST)).to_be_visible()
    page.get_by_role("button", name="A is better").click()
    expect(page.get_by_text(SECOND)).to_be_visible()


def reasons_stored(path: Path) -> list[str]:
    db = store.open_database(path)
    found = store.judgments(db, "small")["rationale"].tolist()
    db.close()
    return found


def begin(page: Page, app: App) -> None:
    page.goto(app.judge_url("link-small"))
    page.get_by_role("button", name="I agree").click()
    expect(page.get_by_label("What do you do?")).to_be_visible()
    settle(page)


def read_instructions(page: Page) -> None:
    expect(page.get_by_role("heading", name="What to do")).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Continue").click()
    wait_for_question(page)


def test_a_rater_waits_and_goes_on_with_what_was_typed(
    database: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    app = run_app(database)
    page = new_context().new_page()
    page.set_viewport_size(PHONE)
    begin(page, app)
    page.get_by_role("button", name="Continue").click()
    read_instructions(page)
    typed_reason(page, "because of the trains")
    researcher = new_context().new_page()
    researcher.goto(app.page_url(""))
    researcher.get_by_text("Pause for maintenance").click()
    researcher.get_by_label("Message to raters").fill("A picture is broken; back at 14:00.")
    researcher.get_by_role("button", name="Pause now").click()
    expect(researcher.get_by_text("They read: A picture is broken; back at 14:00.")).to_be_visible()
    page.get_by_role("button", name="A is better").click(force=True)  # the notice may lie over it already
    notice = page.get_by_text("A picture is broken; back at 14:00. Your answers are saved.")
    expect(notice).to_be_visible()
    box = notice.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    expect(page.get_by_text(FIRST)).to_be_visible()
    researcher.get_by_role("button", name="Let raters continue").click()
    expect(notice).to_have_count(0)
    expect(page.get_by_text(FIRST)).to_be_visible()
    expect(page.get_by_placeholder("Why?")).to_have_value("because of the trains")
    answer(page)
    app.process.terminate()
    assert app.process.wait(30) == 0
    assert reasons_stored(database) == ["because of the trains"]


@pytest.mark.parametrize(
    "slow", [pytest.param(False, marks=pytest.mark.thorough, id="fast"), pytest.param(True, id="slow")]
)
def test_a_page_whose_server_was_away_goes_on_by_itself(
    slow: bool, database: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    """Long, since the server stops and starts again twice."""
    port = free_port()
    app = run_app(database, port=port, slow=slow)
    page = new_context().new_page()
    page.set_viewport_size(PHONE)
    begin(page, app)
    page.get_by_label("What do you do?").fill("I drive trains")
    app = restarted(app, run_app, port, page, slow=slow)
    expect(page.get_by_label("What do you do?")).to_have_value("I drive trains")
    page.get_by_role("button", name="Continue").click()  # once
    read_instructions(page)
    typed_reason(page, "it is shorter")
    app = restarted(app, run_app, port, page, slow=slow)
    expect(page.get_by_placeholder("Why?")).to_have_value("it is shorter")
    answer(page)
    app.process.terminate()
    assert app.process.wait(30) == 0
    assert reasons_stored(database) == ["it is shorter"]
    db = store.open_database(database)
    (rater,) = store.raters(db, "small")
    answers = [step.answers for step in store.steps(db, rater) if step.phase == "demographics"]
    db.close()
    assert answers == [{"work": "I drive trains"}]


def restarted(app: App, run_app: Callable[..., App], port: int, page: Page, *, slow: bool) -> App:
    """Stop the server, look at the page while it is away, and start it again: the next click waits for the page."""
    app.process.terminate()
    assert app.process.wait(30) == 0
    expect(page.locator(STATE)).to_have_count(0)
    page.locator("[data-testid=stDialog]").wait_for(state="attached")  # Streamlit's own
    expect(page.locator("[data-testid=stDialog]")).to_be_hidden()
    said = page.evaluate(
        "() => getComputedStyle(document.querySelector('[data-testid=stApp]'), '::after').content"
    )
    assert "Your answers are saved" in said
    page.evaluate(TAP_EVERYTHING)
    again = run_app(app.database, port=port, slow=slow)
    expect(page.locator(STATE)).to_have_count(1)
    return again
