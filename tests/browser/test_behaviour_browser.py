"""What the judge page measures, how raters flag a pair, and what they see when one is withdrawn; in real Chromium."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocket, expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from study import store
from study.protocol.design import Design
from tests.browser.conftest import (
    SCREENSHOTS,
    App,
    another_person,
    answer_by,
    choose,
    press,
    question_shown,
    settle,
    start_judging,
    wait_for_change,
    wait_for_question,
)
from tests.browser.test_way_browser import reopened
from tests.conftest import CRITERIA, small_study

HIDE = """hidden => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


class Sent:
    """The messages that a page sends to the app."""

    def __init__(self, page: Page) -> None:
        self.messages: list[BackMsg] = []
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on(
            "framesent", lambda frame: self.messages.append(BackMsg.FromString(frame)) if frame else None
        )

    def evidence(self) -> dict[str, Any]:
        """Return the last evidence that was sent."""
        found = [
            event["value"]
            for message in self.messages
            for widget in message.rerun_script.widget_states.widgets
            for event in json.loads(widget.json_trigger_value or "[]")
            if event["event"] == "press"
        ]
        return dict(found[-1]["evidence"])


@pytest.fixture
def app(tmp_path: Path, run_app: Callable[..., App]) -> App:
    return run_app(filled(tmp_path / "small.duckdb"))


def filled(path: Path, n_items: int = 4) -> Path:
    """Make a database with a study of long profiles and one question."""
    db = store.open_database(path)
    design = Design(criteria=CRITERIA[:1], quota=6, min_view_seconds=0.2)
    records = small_study(n_items=n_items, design=design)
    history = [f"a longer headline that the reader liked, the {n}th of many" for n in range(40)]
    records.profiles = [
        replace(one, content={"kind": "facets", "facets": {"History": history}}) for one in records.profiles
    ]
    store.save_records(db, records)
    db.close()
    return path


def answer_in(page: Page, key: str, wait_ms: int = 400) -> None:
    """Press a key once, as a person who has looked."""
    page.wait_for_timeout(wait_ms)
    before = question_shown(page)
    page.keyboard.press(key)
    wait_for_change(page, before)


def judged(app: App) -> dict[str, Any]:
    """End the app and return its one judgment."""
    db = reopened(app)
    (row,) = store.judgments(db, "small").to_dict("records")
    db.close()
    return dict(row)


def test_what_was_measured_goes_in_the_message_of_the_answer(
    app: App, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    sent = Sent(page)
    start_judging(page, app.judge_url("link-small"))
    page.wait_for_timeout(600)
    sent.messages.clear()
    box = page.get_by_role("button", name="A is better").bounding_box()
    assert box is not None
    before = question_shown(page)
    page.mouse.click(box["x"] + 9, box["y"] + 9)
    wait_for_change(page, before)
    page.wait_for_timeout(500)
    reruns = [one for one in sent.messages if one.WhichOneof("type") == "rerun_script"]
    assert len(reruns) == 1
    assert sent.evidence()["active_ms"] > 500
    row = judged(app)
    assert row["behaviour_source"] == "client"
    assert 0.5 < row["active_seconds"] <= row["seconds"]
    assert row["profile_seconds"] > 0.3
    assert (row["profile_open_seconds"], row["profile_scrolls"], row["changes_of_mind"]) == (0, 0, 0)


def test_a_hidden_tab_is_not_counted(app: App, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context().new_page()
    start_judging(page, app.judge_url("link-small"))
    page.evaluate(HIDE, True)
    page.wait_for_timeout(3000)
    page.evaluate(HIDE, False)
    answer_in(page, "1")
    row = judged(app)
    assert row["behaviour_source"] == "client"
    assert row["active_seconds"] < row["seconds"] - 2.9
    assert row["profile_seconds"] <= row["active_seconds"]


def test_of_a_long_gap_a_minute_counts_and_the_stored_time_is_never_longer_than_the_servers(
    app: App, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    sent = Sent(page)
    page.clock.install()
    start_judging(page, app.judge_url("link-small"))
    page.mouse.move(300, 300)
    page.clock.fast_forward(600_000)
    answer_in(page, "1")
    assert 60_000 <= sent.evidence()["active_ms"] < 120_000
    row = judged(app)
    assert row["active_seconds"] == row["seconds"] < 60


def test_an_opened_and_scrolled_profile_is_counted(
    app: App, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    page.set_viewport_size({"width": 390, "height": 800})
    start_judging(page, app.judge_url("link-small"))
    profile = page.locator(".st-key-panels .context .cell").first
    profile.locator(".panel").hover()
    page.mouse.wheel(0, 60)
    page.wait_for_timeout(700)
    profile.get_by_role("button", name="Show all").click()
    page.wait_for_timeout(1000)
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "judge-profile-390.png")
    profile.get_by_role("button", name="Show less").click()
    answer_in(page, "1")
    row = judged(app)
    assert row["profile_scrolls"] >= 1
    assert 0.9 < row["profile_open_seconds"] < row["profile_seconds"] <= row["active_seconds"]


def test_another_answer_pressed_before_the_one_that_counts_is_a_change_of_mind(
    tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    path = tmp_path / "why.duckdb"
    db = store.open_database(path)
    design = Design(criteria=CRITERIA[:1], rationale="required", rationale_min_chars=3, min_view_seconds=0.2)
    store.save_records(db, small_study(design=design))
    db.close()
    app = run_app(path)
    page = new_context().new_page()
    start_judging(page, app.judge_url("link-small"))
    said = page.get_by_text("Please say why first")
    answer_by(page, lambda: page.keyboard.press("1"), until=said.wait_for)
    page.get_by_placeholder("Why?").click()
    page.keyboard.type("kinder")
    page.keyboard.press("Enter")
    answer_in(page, "2", wait_ms=700)
    row = judged(app)
    assert (row["response"], row["changes_of_mind"]) == ("right", 1)


def test_what_a_browser_makes_up_is_not_believed(
    app: App, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    start_judging(page, app.judge_url("link-small"))
    page.evaluate("window.__blindpair.measured.active = -1e9")
    answer_in(page, "1")
    page.wait_for_timeout(300)
    page.evaluate("window.__blindpair.measured.active = 1e12")
    answer_in(page, "1")
    db = reopened(app)
    made_up, inflated = store.judgments(db, "small").to_dict("records")
    db.close()
    assert made_up["behaviour_source"] == "server"
    assert made_up["active_seconds"] == made_up["seconds"]
    assert inflated["behaviour_source"] == "client"
    assert inflated["active_seconds"] == inflated["seconds"]


def test_a_pair_is_flagged_by_two_keys_or_in_words(
    app: App, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    page.set_viewport_size({"width": 390, "height": 800})
    start_judging(page, app.judge_url("link-small"))
    press(page, "s")
    expect(page.get_by_text("Why are you skipping this pair?")).to_be_visible()
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "judge-reasons-390.png")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    press(page, "u")
    expect(page.get_by_text("Which one suits this reader better?")).to_be_visible()
    press(page, "s")
    press(page, "3")
    press(page, "s")
    page.get_by_placeholder("In your own words").click()
    page.keyboard.type("both 1 and 2 are the request")
    page.keyboard.press("Enter")
    press(page, "5", wait_ms=800)
    expect(page.get_by_text("1 of 6")).to_be_visible()
    db = reopened(app)
    found = store.skips(db, "small")
    long = store.judgments(db, "small")
    db.close()
    assert found["reason"].tolist() == ["other", "broken"]
    assert found["note"].dropna().tolist() == ["both 1 and 2 are the request"]
    assert set(long["behaviour_source"]) == {"client"}


def test_an_item_is_withdrawn_while_a_second_rater_has_it_open(
    tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    app = run_app(filled(tmp_path / "two.duckdb", n_items=2))
    first = new_context().new_page()
    start_judging(first, app.judge_url("link-small"))
    flagged = headline_item(first)
    press(first, "s")
    press(first, "4")
    others = new_context()
    for _ in range(12):  # until a second rater has a pair of the flagged item open
        rater = another_person(others)
        start_judging(rater, app.judge_url("link-small"))
        if headline_item(rater) == flagged:
            break
    open_pair = question_shown(rater)
    researcher = new_context(viewport={"width": 1280, "height": 1600}).new_page()
    researcher.goto(app.page_url("progress") + "&of=small")
    expect(researcher.get_by_text("1 skip (1 comparison)")).to_be_visible()
    settle(researcher)  # what is chosen while the page is still drawn may be lost
    choose(researcher, "Item", flagged)
    researcher.get_by_label("Reason for the withdrawal").fill("an insult in output B")
    SCREENSHOTS.mkdir(exist_ok=True)
    researcher.screenshot(path=SCREENSHOTS / "progress-flags-1280.png", full_page=True)
    researcher.get_by_role("button", name="Withdraw for everyone").click()
    expect(researcher.get_by_text("3 of 6 comparisons are withdrawn")).to_be_visible()

    said = rater.get_by_text("taken out of the study")
    answer_by(rater, lambda: rater.keyboard.press("1"), until=said.wait_for)
    wait_for_change(rater, open_pair)
    wait_for_question(rater)
    rater.wait_for_timeout(600)
    assert headline_item(rater) != flagged
    press(rater, "2")
    db = reopened(app)
    long = store.judgments(db, "small")
    (event,) = store.withdrawal_events(db, "small")
    db.close()
    given = long[long["preference"].notna()]
    assert given["response"].tolist() == ["right"]
    assert not given["comparison_withdrawn"].any()
    assert (event.kind, event.details["reason"]) == ("item_withdrawn", "an insult in output B")


def headline_item(page: Page) -> str:
    """Return the name of the item whose outputs are on the screen: "Headline 2.1 ..." is of item 2."""
    page.wait_for_timeout(300)
    text = page.locator(".st-key-panels [data-title=A] .panel").inner_text()
    return f"item {text.removeprefix('Headline ')[0]}"
