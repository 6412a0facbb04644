"""The elicitation in real Chromium: what a rater tells of themselves survives a reload at each step and stands beside the pairs."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from study import store
from study.protocol.design import parse_design
from tests.browser.conftest import App, press, wait_for_question
from tests.browser.steps import go_on, reopened
from tests.conftest import SYSTEMS
from tests.store.test_elicitation import saved

DESIGN = {
    "criteria": [{"key": "fit", "question": "Which one suits this reader better?"}],
    "quota": 2,
    "min_view_seconds": 0.2,
    "elicitation": {"examples": 2, "pairs": 1},
    "completion_code": "DONE-42",
}


@pytest.fixture
def app(tmp_path: Path, run_app: Callable[..., App]) -> App:
    path = tmp_path / "elicitation.duckdb"
    db = store.open_database(path)
    saved(db, parse_design(DESIGN))
    store.set_state(db, "small", "live")
    db.close()
    return run_app(path)


def like(page: Page, number: int, button: str) -> None:
    expect(page.get_by_text(f"{number} of 2")).to_be_visible()
    page.reload()
    comment = page.get_by_label("What do you like or dislike about it?")
    comment.fill(f"Reason {number}")
    comment.blur()
    page.get_by_role("button", name=button).click()


def test_what_a_rater_tells_of_themselves_survives_reloads_and_is_the_profile(
    app: App, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    received: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(str(frame))))
    page.goto(app.judge_url("link-small"))
    page.get_by_role("button", name="I agree").click()
    page.get_by_label("What would you like to ask for?").wait_for()
    page.reload()
    page.get_by_label("What would you like to ask for?").fill("News of the ferry")
    page.get_by_label("What do you need it for").fill("I read it on the train")
    go_on(page)
    expect(page.get_by_text("1 of 2")).to_be_visible()
    like(page, 1, "I like it")
    like(page, 2, "I don't like it")
    expect(page.get_by_text("Which one would you rather get?")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Which one would you rather get?")).to_be_visible()
    page.wait_for_timeout(1500)  # a click right after the pair appears is no answer to it
    page.get_by_role("button", name="A", exact=True).click()
    page.get_by_role("heading", name="Your profile").wait_for()
    page.reload()
    expect(page.get_by_text("News of the ferry")).to_be_visible()
    go_on(page)
    page.get_by_role("heading", name="What to do").wait_for()
    go_on(page)
    wait_for_question(page)
    expect(page.get_by_text("I read it on the train")).to_be_visible()
    press(page, "1")
    press(page, "2")
    expect(page.get_by_text("DONE-42")).to_be_visible()
    assert not [name for name in SYSTEMS if any(name in frame for frame in received)]

    db = reopened(app)
    (rater,) = store.raters(db, "small")
    long = store.judgments(db, "small")
    assert set(long["profile_id"]) == {rater.profile_id}
    assert set(long["rater_role"]) == {"owner"}
    (profile,) = store.study_records(db, "small").profiles
    assert "(Reason 1)" in profile.content["facets"]["Likes"][0]
    assert "(Reason 2)" in profile.content["facets"]["Dislikes"][0]
    db.close()
