"""The rater's way in real Chromium: from the platform's link to its code, practice failed twice, withdrawal, resuming."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from study import store
from study.design import parse_design
from tests.browser.conftest import SCREENSHOTS, App, press, wait_for_question
from tests.conftest import small_study

DESIGN = {
    "criteria": [{"key": "fit", "question": "Which one suits this reader better?"}],
    "quota": 2,
    "min_view_seconds": 0.2,
    "practice": {"pass_mark": 1, "explanations": {"practice 1": "The reader likes it short."}},
    "screening": [
        {
            "key": "adult",
            "question": "Are you 18 or older?",
            "kind": "choice",
            "options": ["yes", "no"],
            "accept": ["yes"],
        }
    ],
    "demographics": [{"key": "age", "question": "How old are you?", "kind": "number"}],
    "closing": [{"key": "why", "question": "How was it?", "required": False}],
    "completion_code": "DONE-42",
    "screen_out_code": "OUT-42",
    "crowd": {"platform": "prolific"},
    "contact": "study@example.org",
}
PARAMETERS = "&PROLIFIC_PID=pid-7&STUDY_ID=their-study&SESSION_ID=session-9"


@pytest.fixture
def app(tmp_path: Path, run_app: Callable[..., App]) -> App:
    path = tmp_path / "way.duckdb"
    db = store.open_database(path)
    records = small_study(design=parse_design(DESIGN))
    records.study = replace(records.study, state="draft")
    first, *rest = records.comparisons
    records.comparisons = [replace(first, name="practice 1"), *rest]
    store.save_records(db, records)
    store.set_expected(db, "small", "practice", {"practice 1": "left"})
    store.set_state(db, "small", "live")
    db.close()
    return run_app(path)


def landing(app: App) -> str:
    return app.judge_url("link-small") + PARAMETERS


def to_practice(page: Page, app: App) -> None:
    page.goto(landing(app))
    page.get_by_role("button", name="I agree").click()
    page.get_by_text("yes", exact=True).click()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("heading", name="About you").wait_for()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("heading", name="What to do").wait_for()
    page.get_by_role("button", name="Go on").click()
    wait_for_question(page)


def picture(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(700)
        page.screenshot(path=SCREENSHOTS / f"way-{name}-{width}.png")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def reopened(app: App) -> store.Database:
    app.process.terminate()
    app.process.wait()
    return store.open_database(app.database)


def test_the_prolific_way_from_the_landing_link_to_the_redirect_with_the_code(
    app: App, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    page.goto(app.judge_url("link-small"))
    expect(page.get_by_text("the address lacks PROLIFIC_PID")).to_be_visible()
    page.goto(landing(app))
    expect(page.get_by_text("Contact: study@example.org")).to_be_visible()
    picture(page, "consent")
    page.get_by_role("button", name="I agree").click()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Please answer: Are you 18 or older?")).to_be_visible()
    picture(page, "screening")
    page.get_by_text("yes", exact=True).click()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("heading", name="About you").wait_for()
    page.reload()  # a reload comes back to the same phase
    page.get_by_role("heading", name="About you").wait_for()
    picture(page, "demographics")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("heading", name="What to do").wait_for()
    picture(page, "instructions")
    page.get_by_role("button", name="Go on").click()
    wait_for_question(page)
    picture(page, "practice")
    press(page, "1")
    expect(page.get_by_text("The reader likes it short.")).to_be_visible()
    picture(page, "practised")
    page.get_by_role("button", name="Go on").click()
    wait_for_question(page)
    expect(page.get_by_text("1 of 2")).to_be_visible()
    press(page, "1")

    phone = new_context(viewport={"width": 390, "height": 800}).new_page()
    phone.goto(landing(app))  # the same person on another device goes on where they were
    wait_for_question(phone)
    expect(phone.get_by_text("2 of 2")).to_be_visible()
    press(phone, "2")
    phone.get_by_role("heading", name="Before you go").wait_for()
    picture(phone, "closing")
    phone.get_by_role("button", name="Go on").click()
    expect(phone.get_by_text("DONE-42")).to_be_visible()
    picture(phone, "finish")
    link = phone.get_by_role("link", name="Back to the platform")
    assert link.get_attribute("href") == "https://app.prolific.com/submissions/complete?cc=DONE-42"

    db = reopened(app)
    (rater,) = store.raters(db, "small")
    assert rater.external_id == "pid-7"
    assert rater.attributes["parameters"]["SESSION_ID"] == "session-9"
    assert len(store.judgments(db, "small").query("purpose == 'main'")) == 2
    db.close()


def test_failing_practice_twice_gives_the_screen_out_code_and_nothing_else(
    app: App, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    to_practice(page, app)
    for _ in range(2):
        press(page, "2")
        expect(page.get_by_text("0 of 1 as expected")).to_be_visible()
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_text("0 of 1 as expected")).to_be_hidden()
    expect(page.get_by_text("OUT-42")).to_be_visible()
    page.goto(landing(app))
    expect(page.get_by_text("OUT-42")).to_be_visible()
    assert page.get_by_text("DONE-42").count() == 0


def test_withdrawing_erases_everything(app: App, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context().new_page()
    to_practice(page, app)
    page.get_by_role("button", name="Instructions").click()
    page.get_by_role("button", name="Withdraw and erase").click()
    page.get_by_role("button", name="Go back").click()
    wait_for_question(page)
    press(page, "1")
    page.get_by_role("button", name="Go on").click()
    wait_for_question(page)
    press(page, "1")
    page.get_by_role("button", name="Instructions").click()
    page.get_by_role("button", name="Withdraw and erase").click()
    picture(page, "withdraw")
    page.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_role("heading", name="Everything was erased")).to_be_visible()
    db = reopened(app)
    assert store.raters(db, "small") == []
    assert store.judgments(db, "small").empty
    assert [event.kind for event in store.events(db, "small", "withdrawn")] == ["withdrawn"]
    db.close()
