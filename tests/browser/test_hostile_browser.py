"""A rater who clicks twice, goes back, and reloads without end, at each step: nothing is lost, doubled or skipped."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from study import store
from tests.browser.conftest import App, click_twice, press
from tests.browser.steps import NOTED, STEPS, Step, landing, reopened, save_live, walk_to, way_study


def assert_gone_once(app: App) -> None:
    """Hold what is stored against one way through the study."""
    db = reopened(app)
    (rater,) = store.raters(db, "small")
    assert [(step.phase, step.outcome) for step in store.steps(db, rater)] == [
        (phase, "passed" if phase == "practice" else "done") for phase in NOTED
    ]
    assert store.judgments(db, "small")["purpose"].tolist() == ["practice", "main", "main"]
    with db.reading() as cursor:
        assert cursor.execute("select count(*) from judgment").fetchall() == [(3,)]
    db.close()


def act(page: Page, step: Step, gap_ms: int) -> None:
    """Do what a step asks for, with a double click on its button."""
    if step.name in ("practice", "first pair", "second pair"):
        press(page, "1", wait_ms=300)
        return
    if step.name == "screening":
        page.get_by_text("yes", exact=True).click()
    if step.name != "finish":
        name = "I agree" if step.name == "consent" else "Continue"
        click_twice(page, page.get_by_role("button", name=name), gap_ms)


@pytest.mark.parametrize("gap_ms", [pytest.param(0, marks=pytest.mark.thorough), 250])
def test_a_double_click_at_each_step_takes_one_step_and_says_nothing_odd(
    gap_ms: int, tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    """Long, since each of nine steps waits for a late second click."""
    app = run_app(save_live(tmp_path / "way.duckdb", way_study()), slow=True)
    page = new_context().new_page()
    page.goto(landing(app))
    for step in STEPS:
        step.wait(page)
        page.wait_for_timeout(600)  # the second click has arrived too
        assert page.get_by_test_id("stAlert").all_inner_texts() == (
            ["As expected. The reader likes it short."] if step.name == "practised" else []
        )
        assert page.get_by_test_id("stException").count() == 0
        act(page, step, gap_ms)
    assert_gone_once(app)


@pytest.mark.thorough
def test_back_and_a_storm_of_reloads_at_each_step_change_nothing(
    tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    app = run_app(save_live(tmp_path / "way.duckdb", way_study()))
    page = new_context().new_page()
    page.goto(landing(app))
    for step in STEPS:
        step.wait(page)
        if step.name != "consent":
            page.go_back()
            page.wait_for_timeout(100)
            if page.url == "about:blank":  # out of the app, and in again
                page.go_forward()
            step.wait(page)
        for _ in range(4):
            page.reload(wait_until="commit")
            page.wait_for_timeout(60)
        step.wait(page)
        step.act(page)
    assert_gone_once(app)


def notice(page: Page) -> str:
    script = "getComputedStyle(document.querySelector('[data-testid=stApp]'), '::after').content"
    return str(page.evaluate(script))


def test_a_lost_connection_is_said_and_the_step_goes_on_without_a_reload(
    tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    app = run_app(save_live(tmp_path / "way.duckdb", way_study()))
    page = new_context().new_page()
    page.goto(landing(app))
    for step in STEPS:
        step.wait(page)
        if step.name not in ("demographics", "first pair"):
            step.act(page)
            continue
        assert notice(page) == "none"
        app.kill()
        page.wait_for_selector("[data-testid=stApp]:not([data-test-connection-state=CONNECTED])")
        assert "Your answers are saved" in notice(page)
        app = run_app(app.database, port=int(app.url.rsplit(":", 1)[1]))
        expect(page.locator("html[data-away]")).to_have_count(0)
        assert notice(page) == "none"
        step.act(page)
    assert_gone_once(app)


def test_a_double_click_on_the_way_out_erases_once(
    tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    app = run_app(save_live(tmp_path / "way.duckdb", way_study()), slow=True)
    page = new_context().new_page()
    walk_to(page, landing(app), "instructions")
    page.get_by_role("button", name="Withdraw and erase").click()
    page.get_by_role("heading", name="Withdraw").wait_for()
    click_twice(page, page.get_by_role("button", name="Erase everything"), 100)
    expect(page.get_by_role("heading", name="Your data were erased")).to_be_visible()
    page.wait_for_timeout(900)
    expect(page.get_by_role("heading", name="Your data were erased")).to_be_visible()
    assert page.get_by_test_id("stAlert").count() == 0
    db = reopened(app)
    assert len(store.events(db, "small", "withdrawn")) == 1
    assert store.raters(db, "small") == []
    db.close()
