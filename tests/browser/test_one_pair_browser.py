"""A rater never sees two pairs at once: the page is watched at every change while one pair follows another."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from study import store
from study.protocol.design import parse_design
from tests.browser.conftest import App, press, settle, wait_for_question
from tests.browser.steps import DESIGN, agree, go_on, landing, save_live, walk, way_study
from tests.conftest import small_study

# Counts what stands on the page at every change of it, also what stands there for less than a frame.
LATE = Path(__file__).with_name("late_streamlit.py")
WATCH = """
() => {
  window.__seen = { panels: 0, votes: 0, at: [] };
  const count = () => {
    const panels = document.querySelectorAll('.st-key-panels').length;
    if (panels > window.__seen.panels) window.__seen.at.push(document.body.innerText.slice(0, 300));
    window.__seen.panels = Math.max(window.__seen.panels, panels);
  };
  new MutationObserver(count).observe(document, { childList: true, subtree: true });
  count();
}
"""


def watched(page: Page) -> Page:
    page.add_init_script(f"({WATCH})()")
    return page


def most_panels(page: Page) -> int:
    """Return how many boards of panels stood on the page at once, at most, since it was opened."""
    found: int = page.evaluate("() => window.__seen.panels")
    return found


def test_consent_practice_pairs_skips_and_the_last_answer_again(
    tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    records = way_study(practice={"pass_mark": 0}, quota=2)
    path = save_live(tmp_path / "way.duckdb", records)
    db = store.open_database(path)
    db.close()
    app = run_app(path, program=LATE)
    page = watched(new_context().new_page())
    for step in walk(page, landing(app)):
        if step.name == "first pair":
            before = page.locator(".vote").first.get_attribute("data-view")
            page.wait_for_timeout(400)
            page.get_by_role("button", name="Skip").click()
            page.get_by_role("button", name="Skip without a reason").wait_for()
            page.wait_for_timeout(400)
            page.get_by_role("button", name="Skip without a reason").click()
            page.wait_for_function(
                "before => window.__blindpair.drawn.view !== before && !document.querySelector('[data-name=just_skip]')",
                arg=before,
            )
    page.get_by_role("button", name="Change my last answer").click()
    wait_for_question(page)
    assert most_panels(page) == 1


def test_a_pause_that_begins_and_ends(
    tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    """Long, since a pause is noticed after up to two seconds, twice."""
    path = tmp_path / "study.duckdb"
    db = store.open_database(path)
    design = parse_design(DESIGN | {"practice": {}, "screening": [], "demographics": [], "closing": []})
    store.save_records(db, small_study(design=design))
    db.close()
    app = run_app(path, program=LATE)
    page = watched(new_context().new_page())
    page.goto(landing(app))
    agree(page)
    wait_for_question(page)
    researcher = new_context().new_page()
    researcher.goto(app.page_url(""))
    for _ in range(2):
        researcher.get_by_text("Pause for maintenance").click()
        researcher.get_by_role("button", name="Pause now").click()
        researcher.get_by_role("button", name="Let raters continue").wait_for()
        page.wait_for_timeout(2500)  # what is known of a pause is two seconds old at most
        page.get_by_role("button", name="A is better").click(force=True)  # the notice may lie over it already
        notice = page.get_by_text("The study is paused for maintenance.")
        expect(notice).to_be_visible()
        researcher.get_by_role("button", name="Let raters continue").click()
        expect(notice).to_have_count(0)
        settle(page)
        wait_for_question(page)
        assert most_panels(page) == 1
    press(page, "1")
    assert most_panels(page) == 1


def test_who_comes_back_and_practises(
    tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    """The word to who comes back, and that on the last pair of practice, come and go above the pair."""
    records = way_study(screening=[], demographics=[], practice={"pass_mark": 2})
    path = tmp_path / "way.duckdb"
    db = store.open_database(path)
    records.study = records.study.__class__(**(as_dict(records.study) | {"state": "draft"}))
    names = {one.task_id: f"practice {number}" for number, one in enumerate(records.tasks[:3])}
    records.tasks = [named(one, names.get(one.task_id)) for one in records.tasks]
    store.save_records(db, records)
    store.set_expected(db, "small", "practice", dict.fromkeys(names.values(), "left"))
    store.set_state(db, "small", "live")
    db.close()
    app = run_app(path, program=LATE)
    context = new_context()
    page = watched(context.new_page())
    page.goto(landing(app))
    agree(page)
    page.get_by_role("heading", name="What to do").wait_for()
    go_on(page)
    wait_for_question(page)
    page.goto(landing(app))
    page.get_by_text("Welcome back").wait_for()
    wait_for_question(page)
    for _ in range(3):
        press(page, "1")
    page.get_by_text("of 3 as expected").wait_for()
    go_on(page)
    wait_for_question(page)
    press(page, "1")
    assert most_panels(page) == 1


def as_dict(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def named(record: Any, name: str | None) -> Any:
    return record.__class__(**(as_dict(record) | {"name": name or record.name}))


@pytest.mark.thorough
def test_the_profile_that_a_rater_has_told_follows_the_last_pair(
    tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    path = tmp_path / "told.duckdb"
    db = store.open_database(path)
    rules = {"criteria": [{"key": "fit", "question": "?"}], "min_view_seconds": 0.2, "quota": 2}
    design = parse_design(rules | {"elicitation": {"examples": 1, "comments": "required", "pairs": 2}})
    records = small_study(n_items=4, design=design)
    records.study = records.study.__class__(**(as_dict(records.study) | {"state": "draft"}))
    records.profiles.clear()
    records.items = [one.__class__(**(as_dict(one) | {"profile_id": None})) for one in records.items]
    store.save_records(db, records)
    store.draw_pool(db, "small", 2)
    store.set_state(db, "small", "live")
    db.close()
    app = run_app(path, program=LATE)
    page = watched(new_context().new_page())
    page.goto(app.judge_url("link-small"))
    agree(page)
    boxes = page.locator("[data-testid=stMain] textarea")
    boxes.first.wait_for()
    boxes.nth(0).fill("A headline on trains, please write to me@example.org")
    boxes.nth(1).fill("For my club")
    go_on(page)
    page.get_by_text("Do you like it?").wait_for()
    settle(page)
    page.wait_for_timeout(500)
    page.get_by_role("button", name="I like it", exact=True).click()
    page.get_by_text("Please say first what you like").wait_for()  # the page below stays where it is
    page.get_by_label("What do you like or dislike about it?").fill("It is short")
    settle(page)
    page.get_by_role("button", name="I like it", exact=True).click()
    for number in (1, 2):
        page.get_by_text(f"{number} of 2").wait_for()
        settle(page)
        page.wait_for_timeout(600)
        page.locator(".st-key-choices button").first.click()
    page.get_by_role("heading", name="Your profile").wait_for()
    settle(page)
    assert most_panels(page) == 1
    page.get_by_text("[e-mail]").first.wait_for()
    assert page.get_by_text("me@example.org").count() == 0
    go_on(page)
    page.get_by_role("heading", name="What to do").wait_for()
    go_on(page)
    wait_for_question(page)
    assert most_panels(page) == 1
