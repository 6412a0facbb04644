"""The rater's session in real Chromium."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from study import store
from tests.browser.conftest import (
    App,
    press,
    question_shown,
    start_judging,
    wait_for_change,
    wait_for_question,
)
from tests.conftest import CRITERIA, small_study


@pytest.fixture
def small_app(tmp_path: Path, run_app: Callable[..., App]) -> App:
    return run_app(filled(tmp_path / "small.duckdb"))


def filled(path: Path, **options: object) -> Path:
    db = store.open_database(path)
    store.save_records(db, small_study(**options))  # type: ignore[arg-type]
    db.close()
    return path


def stored(app: App) -> list[tuple[str, str, int, str]]:
    """End the app and return (assignment, criterion, revision, response) of every judgment row."""
    app.process.terminate()
    app.process.wait()
    db = store.open_database(app.database)
    with db.reading() as cursor:
        rows = cursor.execute(
            "select assignment_id, question, revision, response from judgment order by judged_at, question"
        ).fetchall()
    db.close()
    return rows


def test_a_rater_judges_by_keyboard_and_gets_the_code(
    small_app: App, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    page.goto(small_app.judge_url("link-small"))
    button = page.get_by_role("button", name="I agree")
    button.wait_for()
    button.focus()
    page.keyboard.press("Enter")
    wait_for_question(page)
    expect(page.get_by_text("1 of 6")).to_be_visible()
    for key in ["1", "b", "0", "n", "a", "2", "t", "1", "1", "2", "1", "2"]:
        press(page, key)
    expect(page.get_by_text("SMALL-DONE")).to_be_visible()
    answers = [response for *_, response in stored(small_app)]
    assert answers == [
        *(
            "left",
            "right",
            "tie",
            "both_bad",
            "left",
            "right",
            "tie",
            "left",
            "left",
            "right",
            "left",
            "right",
        )
    ]


def test_closing_and_coming_back_resumes_at_the_same_comparison(
    small_app: App, new_context: Callable[..., BrowserContext]
) -> None:
    context = new_context()
    page = context.new_page()
    start_judging(page, small_app.judge_url("link-small"))
    for key in "112":
        press(page, key)
    texts, address = panels(page), page.url
    page.close()
    by_study_link = context.new_page()
    by_study_link.goto(small_app.judge_url("link-small"))
    wait_for_question(by_study_link)
    expect(by_study_link.get_by_text("2 of 6")).to_be_visible()
    assert panels(by_study_link) == texts
    elsewhere = new_context().new_page()
    elsewhere.goto(address)
    expect(elsewhere.get_by_text("works only in that browser")).to_be_visible()


def test_a_second_tab_does_not_judge_twice(
    small_app: App, new_context: Callable[..., BrowserContext]
) -> None:
    context = new_context()
    first = context.new_page()
    start_judging(first, small_app.judge_url("link-small"))
    second = context.new_page()
    second.goto(first.url)
    wait_for_question(second)
    second.wait_for_timeout(3000)  # it says after 2 s that the pair is on the screen
    press(first, "1")
    press(second, "2", wait_ms=800)
    assert [(criterion, response) for _, criterion, _, response in stored(small_app)] == [("fit", "left")]


def test_the_back_button_judges_nothing(small_app: App, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context().new_page()
    start_judging(page, small_app.judge_url("link-small"))
    press(page, "1")
    page.go_back()
    page.wait_for_timeout(1500)
    page.go_forward()
    wait_for_question(page)
    assert len(stored(small_app)) == 1


def test_undo_opens_the_last_answer_again(small_app: App, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context().new_page()
    start_judging(page, small_app.judge_url("link-small"))
    press(page, "1")
    press(page, "1")
    expect(page.get_by_text("2 of 6")).to_be_visible()
    press(page, "u")
    expect(page.get_by_text("1 of 6")).to_be_visible()
    press(page, "2")
    rows = stored(small_app)
    assert [(criterion, revision, response) for _, criterion, revision, response in rows] == [
        ("fit", 0, "left"),
        ("quality", 0, "left"),
        ("quality", 1, "undone"),
        ("quality", 2, "right"),
    ]


def test_skip_brings_another_pair(small_app: App, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context().new_page()
    start_judging(page, small_app.judge_url("link-small"))
    before = panels(page)
    press(page, "s")
    assert panels(page) == before
    press(page, "s")
    assert panels(page) != before
    assert [response for *_, response in stored(small_app)] == ["skip", "skip"]


def test_a_held_key_answers_once(small_app: App, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context().new_page()
    start_judging(page, small_app.judge_url("link-small"))
    page.wait_for_timeout(800)
    for _ in range(40):  # a second down without an up is a repeat to the browser, as a held key is
        page.keyboard.down("1")
        page.wait_for_timeout(50)
    page.keyboard.up("1")
    page.wait_for_timeout(500)
    assert len(stored(small_app)) == 1


def test_keys_are_off_while_a_text_box_has_focus(
    tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    from study.protocol.design import Design

    design = Design(criteria=CRITERIA[:1], rationale="optional", confidence=True, quota=3)
    app = run_app(filled(tmp_path / "why.duckdb", design=design))
    page = new_context().new_page()
    start_judging(page, app.judge_url("link-small"))
    box = page.get_by_placeholder("Why?")
    before = question_shown(page)
    page.wait_for_timeout(800)
    box.click()
    page.keyboard.type("12 0 reasons about B and Tables")
    page.wait_for_timeout(400)
    assert question_shown(page) == before
    page.get_by_text("Fairly sure").click()
    page.wait_for_timeout(600)
    page.keyboard.press("2")
    wait_for_change(page, before)
    app.process.terminate()
    app.process.wait()
    db = store.open_database(app.database)
    table = store.judgments(db, "small")
    db.close()
    assert table["rationale"].tolist() == ["12 0 reasons about B and Tables"]
    assert table["confidence"].tolist() == [2]
    assert table["response"].tolist() == ["right"]


def test_a_lost_connection_loses_and_doubles_nothing(
    small_app: App, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    context = new_context()
    page = context.new_page()
    start_judging(page, small_app.judge_url("link-small"))
    press(page, "1")
    press(page, "1")
    texts = panels(page)
    port = int(small_app.url.rsplit(":", 1)[1])
    small_app.kill()
    page.wait_for_timeout(500)
    page.keyboard.press("2")
    again = run_app(small_app.database, port=port)
    page.reload()
    wait_for_question(page)
    assert panels(page) == texts
    assert [response for *_, response in stored(again)] == ["left", "left"]


def panels(page: Page) -> list[str]:
    page.wait_for_timeout(500)  # the texts are drawn a moment after the buttons
    return [page.locator(f".st-key-panels [data-title={letter}] .panel").inner_text() for letter in "AB"]


def test_a_five_step_scale_is_answered_by_its_keys(
    tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    from study.protocol.design import Design, Question

    criterion = Question(key="fit", question="Which one?", response_format="preference_5", both_bad=False)
    design = Design(criteria=(criterion,), min_view_seconds=0.2)
    app = run_app(filled(tmp_path / "five.duckdb", design=design))
    page = new_context().new_page()
    start_judging(page, app.judge_url("link-small"))
    assert page.get_by_role("button", name="Both are bad").count() == 0
    for key in "12034ab":
        press(page, key)
    assert [response for *_, response in stored(app)] == [
        *("left_2", "left_1", "tie", "right_1", "right_2", "left_2", "right_2")
    ]


def test_enter_leaves_the_reason_and_the_next_key_is_an_answer(
    tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    from study.protocol.design import Design

    design = Design(criteria=CRITERIA[:1], rationale="optional", quota=3, min_view_seconds=0.2)
    app = run_app(filled(tmp_path / "enter.duckdb", design=design))
    page = new_context().new_page()
    start_judging(page, app.judge_url("link-small"))
    before = question_shown(page)
    page.get_by_placeholder("Why?").click()
    page.keyboard.type("kinder")
    page.keyboard.press("Enter")
    page.wait_for_timeout(700)
    page.keyboard.press("2")
    wait_for_change(page, before)
    app.process.terminate()
    app.process.wait()
    db = store.open_database(app.database)
    table = store.judgments(db, "small")
    db.close()
    assert table["rationale"].tolist() == ["kinder"]
    assert table["response"].tolist() == ["right"]
