"""What a newcomer meets in real Chromium: an unsaved change, two studies called alike, two scales on one screen, other keys."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from study import store
from study.protocol.design import Design, Question
from tests.browser.conftest import App, press, question_shown, settle, start_app, start_judging
from tests.conftest import small_study

SCALES = (
    Question(key="fit", question="Which one fits better?", response_format="preference_5"),
    Question(key="quality", question="Which one is written better?"),
)
TITLE = "Headlines for readers at the harbour"  # longer than the box in the side bar is wide
# What stands in an element and cannot be seen because it is cut off.
IS_CUT = "node => node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1"
# The contrast of an element's text with the page, from 1 to 21 (WCAG 2.2).
CONTRAST = """node => {
    const light = (colour) => {
        const [red, green, blue] = colour.match(/[\\d.]+/g).slice(0, 3).map((one) => one / 255)
            .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const page = getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor;
    const [dark, bright] = [light(getComputedStyle(node).color), light(page)].sort((one, other) => one - other);
    return (bright + 0.05) / (dark + 0.05);
}"""
DESIGN = Design(criteria=SCALES, quota=4, min_view_seconds=0.1)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One app for all of these tests: a draft, and two live studies of one title, with two scales."""
    path = tmp_path_factory.mktemp("screens") / "screens.duckdb"
    db = store.open_database(path)
    for study_id, title in (("draft", "A draft"), ("first", TITLE), ("second", TITLE)):
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


def opened(box: Locator, option: Locator) -> None:
    """Open a list of options, and try again if a redraw closed it."""
    for _ in range(5):
        box.click()
        with suppress(PlaywrightTimeout):
            option.wait_for(timeout=3000)
            return
    option.wait_for()


def test_two_studies_called_alike_are_told_apart(
    app: App, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    page.goto(app.page_url("progress"))
    for study_id, places in (("second", 27), ("first", 18)):
        settle(page)
        option = page.get_by_role("option", name=f"{TITLE} · {study_id}")
        opened(page.get_by_test_id("stSidebar").get_by_role("combobox"), option)
        assert not option.evaluate(IS_CUT)
        assert not option.locator("> div").evaluate(IS_CUT)
        option.click()
        expect(page.get_by_text(f"of {places}")).to_be_visible()
        # In the side bar and on the page, as the box has no room for the end of it.
        expect(page.get_by_text(f"{TITLE} · {study_id}")).to_have_count(2)
    for number in page.get_by_test_id("stMetricLabel").all():
        assert not number.locator("p").evaluate(IS_CUT), number.inner_text()


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


def test_the_button_of_the_instructions_is_readable_while_they_are_open(judged: Page) -> None:
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        judged.emulate_media(color_scheme=scheme)
        button = judged.get_by_role("button", name="Instructions")
        for _ in range(2):
            judged.mouse.move(5, 700)
            expect(button).to_be_visible()
            judged.wait_for_timeout(500)  # colours fade
            assert button.evaluate(CONTRAST) >= 4.5
            button.click()


def test_keys_of_other_keyboards_answer(judged: Page) -> None:
    expected = {
        ("&", "Digit1"): True,  # French: digits want the shift key
        ("à", "Digit0"): True,
        ("ф", "KeyA"): True,  # Russian
        ("1", "Numpad1"): True,
        ("End", "Numpad1"): False,  # without the number lock
        ("q", "KeyA"): False,  # French: a Latin letter is what it says
        ("a", "KeyQ"): True,
    }
    assert {(key, code): is_answer(judged, key=key, code=code) for key, code in expected} == expected
    assert not is_answer(judged, key="!", code="Digit1", shiftKey=True)
