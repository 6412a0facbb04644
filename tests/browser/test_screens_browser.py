"""What a newcomer meets in real Chromium: an unsaved change, two studies called alike, two scales on one screen, other keys."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from study import store
from study.design import Criterion, Design
from tests.browser.conftest import App, press, question_shown, settle, start_app, start_judging
from tests.conftest import small_study

SCALES = (
    Criterion(key="fit", question="Which one fits better?", response_format="preference_5"),
    Criterion(key="quality", question="Which one is written better?"),
)
DESIGN = Design(criteria=SCALES, quota=4, min_view_seconds=0.1)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One app for all of these tests: a draft, and two live studies of one title, with two scales."""
    path = tmp_path_factory.mktemp("screens") / "screens.duckdb"
    db = store.open_database(path)
    for study_id, title in (("draft", "A draft"), ("first", "Headlines"), ("second", "Headlines")):
        records = small_study(study_id, n_items=3 if study_id == "second" else 2, design=DESIGN)
        state = "draft" if study_id == "draft" else "live"
        records.study = replace(records.study, title=title, state=state)  # type: ignore[arg-type]
        store.save_records(db, records)
    db.close()
    app = start_app(path)
    yield app
    app.process.terminate()
    app.process.wait(timeout=20)


@pytest.fixture
def judged(app: App, new_context: Callable[..., BrowserContext]) -> Page:
    page = new_context().new_page()
    start_judging(page, app.judge_url("link-first"))
    return page


def is_answer(page: Page, **key: object) -> bool:
    """Say whether a key, as some keyboard sends it, is taken for an answer."""
    page.wait_for_timeout(300)
    return bool(
        page.evaluate(
            """key => !document.body.dispatchEvent(
                new KeyboardEvent("keydown", { bubbles: true, composed: true, cancelable: true, repeat: true, ...key }))""",
            key,
        )
    )


def test_launch_does_nothing_with_an_unsaved_change_and_enter_makes_no_checks(
    app: App, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    page.goto(app.page_url("design") + "&of=draft")
    editor = page.get_by_label("Design (YAML)")
    expect(editor).to_have_value(re.compile("overlap: 3"))
    editor.fill(editor.input_value().replace("overlap: 3", "overlap: 4"))
    launch, said = page.get_by_role("button", name="Launch"), page.get_by_text("Not launched")
    launch.click()
    expect(page.get_by_test_id("stAlertContentWarning")).to_be_visible()
    if not said.is_visible():  # the button moved away under the first click
        launch.click()
    expect(said).to_be_visible()
    number = page.get_by_label("Attention checks", exact=True)
    number.fill("2")
    number.press("Enter")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_test_id("stAlertContentWarning")).to_have_count(0)
    expect(page.get_by_text("no checks and no practice")).to_be_visible()
    launch.click()
    expect(page.get_by_text("This design is frozen.")).to_be_visible()
    expect(editor).to_have_value(re.compile("overlap: 4"))


def test_two_studies_called_alike_are_told_apart(
    app: App, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    page.goto(app.page_url("progress"))
    for study_id, places in (("second", 27), ("first", 18)):
        settle(page)
        page.get_by_test_id("stSidebar").get_by_role("combobox").click()
        page.get_by_role("option", name=f"Headlines · {study_id}").click()
        expect(page.get_by_text(f"of {places}")).to_be_visible()


def test_a_key_means_the_same_side_in_both_scales_of_a_screen(judged: Page) -> None:
    shown = judged.locator(".choices kbd")
    expect(shown).to_have_text(["1", "2", "0", "8", "9", "N"])
    judged.get_by_role("button", name="Instructions").click()
    help = judged.get_by_test_id("stPopoverBody")
    expect(help).to_contain_text(
        "Keys for “Which one fits better?”: 1 or A: A much better · 2: A slightly better"
    )
    expect(help).to_contain_text(
        "Keys for “Which one is written better?”: 1 or A: A is better · 0 or T: Tie · 9 or B"
    )
    judged.keyboard.press("Escape")
    press(judged, "8")
    expect(shown).to_have_text(["1", "0", "9", "N"])


def test_keys_are_off_while_the_instructions_are_open(judged: Page) -> None:
    before = question_shown(judged)
    judged.get_by_role("button", name="Instructions").click()
    expect(judged.get_by_test_id("stPopoverBody")).to_be_visible()
    assert not is_answer(judged, key="1", code="Digit1")
    assert not is_answer(judged, key="s", code="KeyS")
    judged.keyboard.press("Escape")
    expect(judged.get_by_test_id("stPopoverBody")).to_have_count(0)
    assert is_answer(judged, key="1", code="Digit1")
    assert question_shown(judged) == before  # a held key is no answer


@pytest.mark.parametrize(
    ("key", "code", "answers"),
    [
        ("&", "Digit1", True),  # French: digits want the shift key
        ("à", "Digit0", True),
        ("ф", "KeyA", True),  # Russian
        ("1", "Numpad1", True),
        ("End", "Numpad1", False),  # without the number lock
        ("q", "KeyA", False),  # French: a Latin letter is what it says
        ("a", "KeyQ", True),
    ],
)
def test_keys_of_other_keyboards_answer(judged: Page, key: str, code: str, answers: bool) -> None:
    assert is_answer(judged, key=key, code=code) == answers
    assert not is_answer(judged, key="!", code="Digit1", shiftKey=True)
