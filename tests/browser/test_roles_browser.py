"""Who sees what: the first request to a fresh server, keys, headers."""

import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from study import store
from tests.browser.conftest import KEY, ROOT, App
from tests.browser.test_blinding_browser import Received
from tests.conftest import small_study

PAGES = sorted(path.stem for path in (ROOT / "pages" / "researcher").glob("*.py"))

ADDRESSES = {"home": "", "importing": "import"}


@pytest.fixture
def fresh_app(tmp_path: Path, run_app: Callable[..., App]) -> App:
    db = store.open_database(tmp_path / "fresh.duckdb")
    store.save_records(db, small_study(systems=("alphanet-7b", "betanet-large")))
    db.close()
    return run_app(tmp_path / "fresh.duckdb")


@pytest.mark.parametrize(
    "name",
    ["export", *(pytest.param(name, marks=pytest.mark.thorough) for name in ("", "agreement"))],
)
def test_the_first_request_to_a_fresh_server_shows_a_researcher_page_to_nobody(
    name: str, fresh_app: App, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context(cold=True).new_page()
    received = Received()
    received.listen(page)
    page.goto(f"{fresh_app.url}/{name}")
    expect(page.get_by_label("Researcher key")).to_be_visible()
    page.get_by_label("Researcher key").fill("not the key")
    page.keyboard.press("Enter")
    expect(page.get_by_text("That is not the key")).to_be_visible()
    received.texts.append(("document", page.content()))
    everything = "\n".join(text for _, text in received.texts).lower()
    assert "alphanet" not in everything
    assert "the small study" not in everything


@pytest.mark.parametrize(
    "pages", [["importing", "judges"], pytest.param(PAGES, marks=pytest.mark.thorough)], ids=["two", "all"]
)
def test_the_key_opens_the_pages_with_their_help_and_leaves_the_address(
    pages: list[str], fresh_app: App, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    page.goto(f"{fresh_app.url}/?key={KEY}")
    expect(page.get_by_role("heading", name="Studies")).to_be_visible()
    assert KEY not in page.url
    page.reload()
    expect(page.get_by_role("heading", name="Studies")).to_be_visible()
    for name in pages:
        page.goto(f"{fresh_app.url}/{ADDRESSES.get(name, name)}")
        expect(page.locator("h1")).to_be_visible()
        assert page.get_by_label("Researcher key").count() == 0
    page.goto(f"{fresh_app.url}/planning")
    with page.context.expect_page() as opened:
        page.get_by_test_id("stMain").get_by_role("link", name="Help").click()
    part = opened.value.get_by_role("heading", name="Planning", exact=True)
    expect(part).to_be_in_viewport()


def test_security_headers_and_the_cookie_are_sent(fresh_app: App) -> None:
    request = urllib.request.Request(fresh_app.url + "/judge", headers={"Accept": "text/html"})
    with urllib.request.urlopen(request) as answer:
        headers = {name.lower(): value for name, value in answer.headers.items()}
    assert "img-src 'self' data: blob:" in headers["content-security-policy"]
    assert "frame-ancestors 'self' https://www.mturk.com" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert "HttpOnly" in headers["set-cookie"]
    assert "SameSite=Lax" in headers["set-cookie"]


def test_the_terminal_names_the_address_and_not_a_key_that_was_set(fresh_app: App) -> None:
    printed = fresh_app.output.read_text()
    assert f"Researchers: {fresh_app.url}/" in printed
    assert KEY not in printed
