"""A rater with two tabs: what one tab has done changes the other, and no key there answers what was not seen."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from study import store
from study.protocol.design import Design, Question
from study.ui.rater.comparison import MOVED_ON
from tests.browser.conftest import (
    App,
    press,
    question_shown,
    settle,
    start_app,
    wait_for_change,
    wait_for_question,
)
from tests.browser.steps import agree, reopened
from tests.conftest import small_study

QUESTIONS = (
    Question(key="fit", question="Which one fits better?"),
    Question(key="quality", question="Which one is written better?"),
)
DESIGN = Design(criteria=QUESTIONS, quota=4, min_view_seconds=0.1)
# As a browser does with a tab behind another one, and with the one that is looked at.
HIDE = """hidden => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    path = tmp_path_factory.mktemp("tabs") / "tabs.duckdb"
    db = store.open_database(path)
    store.save_records(db, small_study(design=DESIGN))
    db.close()
    app = start_app(path)
    yield app
    app.kill()


def first_tab(app: App, context: BrowserContext) -> Page:
    """Open a tab that shows the first question, and lies behind another one before it has told so."""
    page = context.new_page()
    page.goto(app.judge_url("link-small"))
    agree(page)
    wait_for_question(page)
    page.evaluate(HIDE, True)
    return page


def second_tab(app: App, context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto(app.judge_url("link-small"))
    wait_for_question(page)
    return page


# Clicks as soon as what has come stands for longer than the design asks, and for less than anybody needs to see it.
CLICK = "window.__blindpair.board.querySelector('.choices button').click()"
CLICK_AT_ONCE = f"""
async (before) => {{
    const page = window.__blindpair, wait = () => new Promise((done) => setTimeout(done, 10));
    while (page.drawn.view === before || performance.now() - page.shownAt < 150) await wait();
    {CLICK};
}}
"""


def look_at(page: Page) -> str:
    """Come back to a tab, and click when it shows what was done in the other one; return the question that has come."""
    before = question_shown(page)
    page.evaluate(HIDE, False)
    page.evaluate(CLICK_AT_ONCE, before)
    return question_shown(page)


def answered(app: App) -> list[str]:
    """Return the questions that have an answer, in the order in which they were given."""
    db = reopened(app)
    found: list[str] = store.judgments(db, "small")["criterion"].tolist()
    db.close()
    return found


@pytest.mark.parametrize(
    "n_answers",
    [
        pytest.param(1, marks=pytest.mark.thorough, id="the next question"),
        pytest.param(2, id="the next pair"),
    ],
)
def test_a_press_meant_for_what_another_tab_has_answered_is_no_answer_to_what_has_come(
    n_answers: int, app: App, new_context: Callable[..., BrowserContext]
) -> None:
    context = new_context()
    tab = first_tab(app, context)
    other = second_tab(app, context)
    for _ in range(n_answers):
        press(other, "1")
    shown = look_at(tab)
    expect(tab.get_by_text("That was too quick to be counted")).to_be_visible()
    expect(tab.get_by_text(MOVED_ON.format(word="pair"))).to_be_visible()
    assert question_shown(tab) == shown
    press(tab, "1", wait_ms=1500)  # now it was seen
    expect(tab.get_by_text(MOVED_ON.format(word="pair"))).to_have_count(0)
    press(tab, "1")  # what follows by its own answer counts as ever
    assert answered(app) == ["fit", "quality", "fit", "quality"][: n_answers + 2]


def test_a_press_that_came_first_in_another_tab_counts_once(
    app: App, new_context: Callable[..., BrowserContext]
) -> None:
    """The tab that was not redrawn sends the press for the question that it shows, which has its answer already."""
    context = new_context()
    tab = first_tab(app, context)
    other = second_tab(app, context)
    press(other, "1")
    other.close()
    press(tab, "2")
    assert answered(app) == ["fit"]


def test_a_question_drawn_behind_another_tab_counts_as_seen_from_the_first_look(
    app: App, new_context: Callable[..., BrowserContext]
) -> None:
    context = new_context()
    context.add_init_script(f"({HIDE})(true)")
    tab = context.new_page()
    tab.goto(app.judge_url("link-small"))
    agree(tab)
    wait_for_question(tab)
    settle(tab)
    tab.wait_for_timeout(300)
    shown = question_shown(tab)
    tab.evaluate(
        f"() => {{ ({HIDE})(false); {CLICK}; }}"
    )  # in one go, as who comes back with a key held down
    expect(tab.get_by_text("That was too quick to be counted")).to_be_visible()
    assert question_shown(tab) == shown
    press(tab, "1")
    assert answered(app) == ["fit"]


def test_who_presses_on_a_page_that_calls_itself_hidden_is_heard(
    app: App, new_context: Callable[..., BrowserContext]
) -> None:
    """A frame of another site can stand before the rater's eyes and be hidden to the browser."""
    context = new_context()
    context.add_init_script("Object.defineProperty(document, 'hidden', { get: () => true });")
    tab = context.new_page()
    tab.goto(app.judge_url("link-small"))
    agree(tab)
    wait_for_question(tab)
    settle(tab)
    first = question_shown(tab)
    tab.keyboard.press("1")
    expect(tab.get_by_text("That was too quick to be counted")).to_be_visible()
    assert question_shown(tab) == first
    tab.wait_for_timeout(600)
    tab.keyboard.press("1")  # the press before it has shown that somebody looks
    wait_for_change(tab, first, timeout=10_000)
    second = question_shown(tab)
    tab.wait_for_timeout(600)
    tab.keyboard.press("1")  # and that the browser's word counts for nothing here
    wait_for_change(tab, second, timeout=10_000)
    assert answered(app) == ["fit", "quality"]
