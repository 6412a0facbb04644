"""A rater who reloads, opens another tab, or takes another device goes on where they were, whatever step they are at."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from study import store
from tests.browser.conftest import App, settle
from tests.browser.steps import (
    NOTED,
    PID,
    STEPS,
    agree,
    landing,
    reopened,
    save_live,
    walk,
    walk_to,
    way_study,
)

BACK = "Welcome back: this is where you left off."
OVER = "Each person can take part only once."


@pytest.fixture
def app(tmp_path: Path, run_app: Callable[..., App]) -> App:
    return run_app(save_live(tmp_path / "way.duckdb", way_study()))


def shown(page: Page) -> str:
    """Return what stands on the page when it has come to rest, without the word to who comes back."""
    settle(page)
    before, now = "", texts_of(page)
    while now != before:  # what the script has sent is drawn a moment later
        page.wait_for_timeout(150)
        before, now = now, texts_of(page)
    return now


def texts_of(page: Page) -> str:
    panels = page.locator(".st-key-panels .panel").all_inner_texts()
    texts = page.locator("[data-testid=stMain] :is(h2, label, [data-testid=stText], pre)").all_inner_texts()
    return "\n".join([*texts, *panels])


def assert_gone_once(app: App) -> None:
    """Hold what is stored against one way through the study: nothing lost, nothing doubled."""
    db = reopened(app)
    (rater,) = store.raters(db, "small")
    assert rater.external_id == PID
    assert [step.phase for step in store.steps(db, rater)] == NOTED
    long = store.judgments(db, "small")
    assert long["purpose"].tolist() == ["practice", "main", "main"]
    assert long["revision"].tolist() == [0, 0, 0]
    with db.reading() as cursor:
        assert cursor.execute("select count(*) from assignment").fetchall() == [(3,)]
        assert cursor.execute("select count(*) from judgment").fetchall() == [(3,)]
    db.close()


@pytest.mark.thorough
def test_each_step_is_the_same_after_a_reload_and_in_another_tab(
    app: App, new_context: Callable[..., BrowserContext]
) -> None:
    context = new_context()
    page = context.new_page()
    for step in walk(page, landing(app)):
        before = shown(page)
        assert before.strip(), step.name
        page.reload()
        step.wait(page)
        assert shown(page) == before, step.name
        tab = context.new_page()
        tab.goto(landing(app))
        step.wait(tab)
        assert shown(tab) == before, step.name
        word = tab.get_by_text(OVER if step.name == "finish" else BACK)
        expect(word).to_have_count(0 if step.name == "consent" else 1)
        tab.close()
    assert_gone_once(app)


@pytest.mark.parametrize("started", ["demographics", pytest.param("second pair", marks=pytest.mark.thorough)])
def test_the_same_id_on_a_second_device_goes_on_and_never_starts_anew(
    started: str, app: App, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    walk_to(page, landing(app), started)
    phone = new_context(viewport={"width": 390, "height": 800}).new_page()
    phone.goto(landing(app))
    place = [step.name for step in STEPS].index(started)
    STEPS[place].wait(phone)
    expect(phone.get_by_text(BACK)).to_be_visible()
    assert phone.get_by_role("button", name="I agree").count() == 0
    for step in STEPS[place:]:
        step.wait(phone)
        step.act(phone)
    STEPS[place].act(page)  # the first device still shows what the second one has done
    STEPS[-1].wait(page)
    again = new_context().new_page()
    again.goto(landing(app))
    expect(again.get_by_text(OVER)).to_be_visible()
    expect(again.get_by_text("DONE-42")).to_be_visible()
    assert_gone_once(app)


def test_another_id_in_the_same_browser_is_another_person(
    app: App, new_context: Callable[..., BrowserContext]
) -> None:
    context = new_context()
    walk_to(context.new_page(), landing(app), "demographics")
    other = context.new_page()
    other.goto(landing(app, "&PROLIFIC_PID=pid-8"))
    agree(other)
    STEPS[1].wait(other)
    expect(other.get_by_text(BACK)).to_have_count(0)
    db = reopened(app)
    assert sorted(str(rater.external_id) for rater in store.raters(db, "small")) == [PID, "pid-8"]
    db.close()


def test_two_tabs_that_agree_at_once_are_one_rater(
    app: App, new_context: Callable[..., BrowserContext]
) -> None:
    context = new_context()
    tabs = [context.new_page(), context.new_page()]
    for tab in tabs:
        tab.goto(landing(app))
        STEPS[0].wait(tab)
    for tab in tabs:
        agree(tab)
    for tab in tabs:
        STEPS[1].wait(tab)
    db = reopened(app)
    assert len(store.raters(db, "small")) == 1
    db.close()
