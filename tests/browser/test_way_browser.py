"""The rater's way in real Chromium: from the platform's link to its code, screened out, practice failed twice, withdrawal."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from study import store
from study.store import journal_path
from tests.browser.conftest import App, another_person, press, wait_for_question
from tests.browser.steps import (
    PID,
    STEPS,
    go_on,
    is_adult,
    landing,
    reopened,
    save_live,
    walk,
    walk_to,
    way_study,
)

PLATFORM = "https://app.prolific.com/submissions/complete?cc="


@pytest.fixture
def app(tmp_path: Path, run_app: Callable[..., App]) -> App:
    return run_app(save_live(tmp_path / "way.duckdb", way_study()))


def platform_reached(page: Page) -> str:
    """Press the way back to the platform, which a page of the test stands in for; return the address it was asked for."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body="<h1>Thank you for taking part</h1>", content_type="text/html")

    page.context.route("https://app.prolific.com/**", answer)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Back to the platform").click()
    opened.value.get_by_role("heading", name="Thank you for taking part").wait_for()
    assert asked == [opened.value.url]
    return asked[0]


def restarted(app: App, run_app: Callable[..., App]) -> App:
    app.process.terminate()
    app.process.wait()
    return run_app(app.database, port=int(app.url.rsplit(":", 1)[1]))


def test_the_prolific_way_from_the_landing_link_to_the_redirect_with_the_code(
    app: App, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    page.goto(app.judge_url("link-small"))
    expect(page.get_by_text("the address lacks PROLIFIC_PID")).to_be_visible()
    assert page.get_by_role("button", name="I agree").count() == 0
    for step in walk(page, landing(app)):
        if step.name == "consent":
            expect(page.get_by_text("Contact: study@example.org")).to_be_visible()
        elif step.name == "screening":
            go_on(page)
            expect(page.get_by_text("Please answer: Are you 18 or older?")).to_be_visible()
        elif step.name == "practised":
            expect(page.get_by_text("The reader likes it short.")).to_be_visible()
        if step.name != "finish":
            assert page.get_by_text("DONE-42").count() == 0
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_label("Copy to clipboard").click()
    page.wait_for_function("async () => await navigator.clipboard.readText() === 'DONE-42'")
    assert platform_reached(page) == PLATFORM + "DONE-42"

    db = reopened(app)
    (rater,) = store.raters(db, "small")
    assert rater.external_id == PID
    assert rater.attributes["parameters"]["SESSION_ID"] == "session-9"
    assert len(store.judgments(db, "small").query("purpose == 'main'")) == 2
    db.close()


def test_who_is_screened_out_gets_that_code_and_never_the_other_also_after_a_restart(
    app: App, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    context = new_context()
    page, stale = context.new_page(), context.new_page()
    walk_to(page, landing(app), "screening")
    stale.goto(landing(app))
    STEPS[1].wait(stale)
    page.get_by_text("no", exact=True).click()
    go_on(page)
    expect(page.get_by_text("OUT-42")).to_be_visible()
    is_adult(stale)  # the other answer, in a tab that was left open
    expect(stale.get_by_text("OUT-42")).to_be_visible()
    here = page.url
    assert "go-on=" in here

    app = restarted(app, run_app)
    other = new_context()
    for browser, address in ((context, landing(app)), (context, here), (other, landing(app))):
        again = browser.new_page()
        again.goto(address)
        expect(again.get_by_text("OUT-42")).to_be_visible()
        assert again.get_by_text("DONE-42").count() == 0
        again.close()
    elsewhere = another_person(other)
    elsewhere.goto(here)
    expect(elsewhere.get_by_role("heading", name="This link does not work")).to_be_visible()
    page.goto(landing(app))
    assert platform_reached(page) == PLATFORM + "OUT-42"

    db = reopened(app)
    (rater,) = store.raters(db, "small")
    assert rater.status == "screened_out"
    assert [(step.phase, step.outcome) for step in store.steps(db, rater)] == [("screening", "failed")]
    assert store.judgments(db, "small").empty
    db.close()


def test_failing_practice_twice_gives_the_screen_out_code_and_nothing_else(
    app: App, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    walk_to(page, landing(app), "practice")
    for attempt in range(2):
        press(page, "2")
        expect(page.get_by_text("0 of 1 as expected")).to_be_visible()
        page.reload()
        expect(page.get_by_text("0 of 1 as expected")).to_be_visible()
        go_on(page)
        if attempt == 0:
            STEPS[4].wait(page)
    expect(page.get_by_text("OUT-42")).to_be_visible()
    app = restarted(app, run_app)
    page.goto(landing(app))
    expect(page.get_by_text("OUT-42")).to_be_visible()
    assert page.get_by_text("DONE-42").count() == 0
    db = reopened(app)
    (rater,) = store.raters(db, "small")
    assert [step.outcome for step in store.steps(db, rater)][-2:] == ["failed", "failed"]
    assert store.judgments(db, "small")["purpose"].unique().tolist() == ["practice"]
    db.close()


def test_of_who_withdraws_nothing_is_left_but_the_event(
    tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    records = way_study(
        rationale="optional", demographics=[{"key": "town", "question": "Where do you live?"}]
    )
    app = run_app(save_live(tmp_path / "way.duckdb", records))
    context = new_context()
    page = context.new_page()
    for step in walk(page, landing(app), until="first pair"):
        if step.name == "demographics":
            page.get_by_label("Where do you live?").fill("Secret-on-Sea")
    page.get_by_placeholder("Why?").fill("my secret reason")
    page.keyboard.press("Enter")
    press(page, "1")
    tab = context.new_page()
    tab.goto(page.url)
    STEPS[7].wait(tab)
    with (journal := journal_path(app.database)).open() as lines:
        assert "my secret reason" in lines.read()

    page.get_by_role("button", name="Instructions").click()
    page.get_by_role("button", name="Withdraw and erase").click()
    token = page.get_by_text("/judge?rater=").inner_text().strip().rpartition("=")[2]
    page.get_by_role("button", name="Go back").click()
    wait_for_question(page)
    page.get_by_role("button", name="Instructions").click()
    page.get_by_role("button", name="Withdraw and erase").click()
    page.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_role("heading", name="Your data were erased")).to_be_visible()
    press(tab, "1")  # a tab that was left open
    expect(tab.get_by_role("heading", name="This link does not work")).to_be_visible()
    secrets = ("my secret reason", "Secret-on-Sea", PID, "session-9", token)
    assert [secret for secret in secrets if secret in journal.read_text()] == []

    db = reopened(app)
    with db.reading() as cursor:
        tables = [name for (name,) in cursor.execute("select table_name from duckdb_tables()").fetchall()]
        everything = {name: str(cursor.execute(f"from {name}").fetchall()) for name in tables}
        counts = [
            cursor.execute(f"select count(*) from {name}").fetchall()[0][0]
            for name in ("rater", "step", "assignment", "judgment")
        ]
    assert counts == [0, 0, 0, 0]
    assert [(table, one) for table, text in everything.items() for one in secrets if one in text] == []
    (event,) = store.events(db, "small", "withdrawn")
    assert {table for table, text in everything.items() if str(event.rater_id) in text} == {"event"}
    assert everything["event"].count(str(event.rater_id)) == 1
    db.close()
