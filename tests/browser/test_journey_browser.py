"""The whole way: open the demo, judge it by keyboard, come back, finish; see it in every analysis page; export."""

import io
import itertools
import os
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from study import store
from tests.browser.conftest import (
    KEY,
    ROOT,
    SCREENSHOTS,
    App,
    press,
    settle,
    start_judging,
    wait_for_question,
)

ANSWERS = "1b0a2n" * 4  # 12 comparisons, two questions each
GROUND = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
SCREEN = {"1": "left", "a": "left", "2": "right", "b": "right", "0": "tie", "n": "both_bad"}


@pytest.fixture
def researcher(
    tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> tuple[App, Page]:
    app = run_app(tmp_path / "journey.duckdb")
    page = new_context().new_page()
    page.goto(f"{app.url}/?key={KEY}")
    page.get_by_role("button", name="Open the demo study").click()
    page.get_by_text("judge?study=").wait_for(timeout=60_000)
    return app, page


def test_a_study_from_the_link_to_the_export(
    researcher: tuple[App, Page], new_context: Callable[..., BrowserContext]
) -> None:
    """Long, since it is the whole way: 24 answers, three pages of analysis and an export."""
    app, page = researcher
    link = re.search(r"http\S+/judge\?study=[\w-]+", page.inner_text("body"))
    assert link is not None
    rater_context = new_context()
    rater = rater_context.new_page()
    start_judging(rater, link[0])
    given = []
    for number, key in enumerate(ANSWERS):
        if number == 9:
            rater.close()
            rater = rater_context.new_page()
            rater.goto(link[0])
            wait_for_question(rater)
            expect(rater.get_by_text("5 of 12")).to_be_visible()
        given.append((shown(rater), SCREEN[key]))
        press(rater, key, wait_ms=950)
    expect(rater.get_by_text("HEADLINE-7Q2K")).to_be_visible()

    for name in ("agreement", "ranking", "correlation"):
        page.goto(f"{app.url}/{name}")
        page.get_by_text("Human", exact=True).first.wait_for()
        counted = page.get_by_text(re.compile(r"12 comparisons|12 judgments")).filter(visible=True)
        expect(counted.first).to_be_visible()
        assert page.get_by_text("simulated raters, not by people").count() == 0
    exported = download(page, app, "Judgments, one per row (CSV)")
    assert exported["response"].tolist() == [answer for _, answer in given]
    assert exported["simulated"].unique().tolist() == [False]
    assert "rater_external_id" not in exported.columns
    assert_exported_by_output_and_by_side(app, exported, [texts for texts, _ in given])


def shown(page: Page) -> tuple[str, str]:
    """Return the texts of the two sides, once they are those of the question."""
    page.wait_for_timeout(500)
    left, right = (
        page.locator(f".st-key-panels [data-title={letter}] .panel").inner_text() for letter in "AB"
    )
    return left, right


def download(page: Page, app: App, label: str) -> pd.DataFrame:
    page.goto(f"{app.url}/export")
    page.get_by_text("Internal", exact=True).click()  # the ids of the store, to hold the rows against it
    page.get_by_text("Internal: everything except access tokens").wait_for()
    button = page.get_by_role("button", name="Download")
    card = page.locator("[data-testid='stVerticalBlock']").filter(has_text=label, has=button).last
    card.wait_for()
    with page.expect_download() as waiting:
        card.get_by_role("button", name="Download").click()
    return pd.read_csv(io.BytesIO(waiting.value.path().read_bytes()))


def assert_exported_by_output_and_by_side(
    app: App, exported: pd.DataFrame, texts: list[tuple[str, str]]
) -> None:
    """Hold each exported row against the texts that stood left and right on the rater's screen."""
    app.process.terminate()
    app.process.wait()
    db = store.open_database(app.database)
    outputs = store.output_texts(db, "demo").set_index("output_id")["content"]
    db.close()
    for row, (left, right) in zip(exported.itertuples(), texts, strict=True):
        a, b = (
            pd.io.json.ujson_loads(outputs[output])["text"] for output in (row.output_a_id, row.output_b_id)
        )
        assert (a, b) == ((left, right) if row.side_of_a == "left" else (right, left))
        preferred = {"left": left, "right": right}.get(row.response)
        assert (preferred is None) == pd.isna(row.preferred_output_id)
        if preferred is not None:
            assert {"a": a, "b": b}[row.preference] == preferred
            assert row.preferred_system == (row.left_system if row.response == "left" else row.right_system)
        else:
            assert row.preference == row.response


@pytest.mark.thorough
def test_every_researcher_page_fits_the_window(
    researcher: tuple[App, Page], new_context: Callable[..., BrowserContext]
) -> None:
    """Each page is loaded once, and then drawn on a phone and on a wide screen, light and dark."""
    app, _ = researcher
    page = new_context(viewport={"width": 1280, "height": 900}, color_scheme="light").new_page()
    SCREENSHOTS.mkdir(exist_ok=True)
    page.goto(f"{app.url}/?key={KEY}")
    for name in ("", "import", "design", "progress", "agreement", "ranking", "correlation", "export"):
        page.goto(f"{app.url}/{name}")
        page.locator("h1").wait_for()
        settle(page)
        page.wait_for_timeout(1000)
        grounds = {}
        for scheme, width in itertools.product(("light", "dark"), (390, 1280)):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(400)
            settle(page)
            page.screenshot(path=SCREENSHOTS / f"{name or 'studies'}-{width}-{scheme}.png")
            assert page.get_by_test_id("stException").count() == 0
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, width)
            grounds[scheme] = page.evaluate(GROUND)
        assert grounds["light"] != grounds["dark"], "the theme follows the system"


@pytest.mark.thorough
def test_the_screenshot_of_the_readme(
    researcher: tuple[App, Page], new_context: Callable[..., BrowserContext]
) -> None:
    """With BLINDPAIR_README_SCREENSHOT=1 this writes the picture that README.md shows."""
    _, page = researcher
    link = re.search(r"http\S+/judge\?study=[\w-]+", page.inner_text("body"))
    assert link is not None
    rater = new_context(viewport={"width": 1280, "height": 620}, device_scale_factor=1).new_page()
    start_judging(rater, link[0])
    for key in "1212":
        press(rater, key, wait_ms=950)
    rater.wait_for_timeout(1000)
    rater.mouse.move(5, 5)
    assert shown(rater)[0] != shown(rater)[1]
    SCREENSHOTS.mkdir(exist_ok=True)
    wanted = os.environ.get("BLINDPAIR_README_SCREENSHOT")
    folder = ROOT / "data" / "demo" if wanted else SCREENSHOTS
    rater.screenshot(path=folder / "screenshot.png")
    assert (ROOT / "data" / "demo" / "screenshot.png").exists(), "README.md shows it"
