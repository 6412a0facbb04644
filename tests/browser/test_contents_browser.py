"""Hostile and awkward content in real Chromium: shown as it is, never obeyed."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Request

from study import store
from study.protocol.design import Design
from study.records import Content, StudyRecords, text_content
from tests.browser.conftest import SCREENSHOTS, App, start_judging
from tests.cases import cases
from tests.conftest import CRITERIA, small_study

HOSTILE = (
    "<script>window.owned = 1</script><img src=x onerror='window.owned=1'> ![x](http://tracker.example/x.png)\n"
    "  $5-$10 and $x$, `code`, **bold**, :red[red], [a](http://tracker.example)\r\n\ttab  two  blanks\u202e abc\u2066 <b>"
)
LONG = "word and " * 23_000


def study_with(content: Content) -> StudyRecords:
    """Return a study of one pair in which both outputs, the request and the profile hold the content."""
    records = small_study(n_items=1, systems=("one", "two"), design=Design(criteria=CRITERIA[:1]))
    records.items = [replace(records.items[0], content=content)]
    records.outputs = [replace(output, content=content) for output in records.outputs]
    return records


@pytest.fixture
def show(
    tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> Callable[..., tuple[Page, list[Request]]]:
    def open_page(content: Content, **options: object) -> tuple[Page, list[Request]]:
        db = store.open_database(tmp_path / "content.duckdb")
        store.save_records(db, study_with(content))
        db.close()
        app = run_app(tmp_path / "content.duckdb")
        page = new_context(**options).new_page()
        requests: list[Request] = []
        page.on("request", lambda request: requests.append(request))
        start_judging(page, app.judge_url("link-small"))
        page.wait_for_timeout(1000)
        return page, requests

    return open_page


def test_hostile_text_is_shown_exactly_and_loads_nothing(
    show: Callable[..., tuple[Page, list[Request]]],
) -> None:
    page, requests = show(text_content(HOSTILE))
    for letter in "AB":
        assert (
            page.locator(f".st-key-panels [data-title={letter}] .text").evaluate("node => node.textContent")
            == HOSTILE
        )
    assert page.evaluate("window.owned") is None
    assert [
        request.url for request in requests if "127.0.0.1" not in request.url and request.url[:4] == "http"
    ] == []


def test_markdown_is_formatted_without_images_links_or_scripts(
    show: Callable[..., tuple[Page, list[Request]]],
) -> None:
    page, requests = show(
        text_content("# Head\n\n**bold** costs $5 to $6\n\n- one\n- two\n\n" + HOSTILE, "markdown")
    )
    panel = page.locator(".st-key-panels .html").last
    assert panel.locator("strong").first.inner_text() == "bold"
    assert panel.locator("li").count() == 2
    assert panel.locator("img, a, script, .katex").count() == 0
    assert "$5 to $6" in panel.inner_text()
    assert "![x](http://tracker.example/x.png)" in panel.inner_text()
    assert page.evaluate("window.owned") is None
    assert [request.url for request in requests if "tracker" in request.url] == []


def test_a_text_of_200_kb_scrolls_inside_its_panel(show: Callable[..., tuple[Page, list[Request]]]) -> None:
    page, _ = show(text_content(LONG))
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_timeout(400)
        for letter in "AB":
            panel = page.locator(f".st-key-panels [data-title={letter}] .panel")
            assert panel.evaluate("node => node.scrollHeight > 10 * node.clientHeight"), width
            assert panel.evaluate("node => node.clientHeight <= 0.6 * window.innerHeight"), width
            assert panel.evaluate("node => node.textContent.length") == len(LONG)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
        vote = page.locator(".choices").bounding_box()
        assert vote is not None
        assert vote["y"] + vote["height"] <= 844, width


@pytest.mark.parametrize(
    ("content", "shown"),
    cases(
        [
            (
                {
                    "kind": "dialogue",
                    "turns": [{"role": "user", "text": "Hi <b>"}, {"role": "assistant", "text": "Hello"}],
                },
                ["user", "Hi <b>", "assistant", "Hello"],
            ),
            ({"kind": "ranked_list", "entries": ["first", "second"]}, ["1. first", "2. second"]),
            (
                {"kind": "facets", "facets": {"Likes": ["tea", "rain"], "Note": "short & dry"}},
                ["Likes", "tea", "rain", "Note", "short & dry"],
            ),
        ],
        lambda case: case[0]["kind"] == "facets",
    ),
    ids=["dialogue", "ranked_list", "facets"],
)
def test_each_kind_of_content_is_drawn(
    content: Content, shown: list[str], show: Callable[..., tuple[Page, list[Request]]]
) -> None:
    page, _ = show(content)
    drawn = page.locator(".st-key-panels [data-title=A] .panel").evaluate(
        "node => [...node.querySelectorAll('div:not(.chips)')].map(inner => inner.textContent)"
    )
    assert drawn == shown


def test_the_judge_page_fits_the_window(show: Callable[..., tuple[Page, list[Request]]]) -> None:
    page, _ = show(text_content("A short output."))
    for scheme, width in itertools.product(("light", "dark"), (390, 1280)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_timeout(400)
        assert_fits(page, width, scheme)


def assert_fits(page: Page, width: int, scheme: str) -> None:
    """Hold what stands on the judge page against the window, and keep a picture of it."""
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"judge-{width}-{scheme}.png")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    boxes = [button.bounding_box() for button in page.locator(".choices button").all()]
    assert all(
        box and box["x"] >= 0 and box["x"] + box["width"] <= width and box["height"] >= 36 for box in boxes
    )
    left, right = (page.locator(f".st-key-panels [data-title={letter}]").bounding_box() for letter in "AB")
    assert left is not None
    assert right is not None
    assert abs(left["width"] - right["width"]) <= 1
