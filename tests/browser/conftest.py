"""A running app and a real browser. Skipped with a reason where Chromium is missing, unless it is required."""

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Frame,
    Locator,
    Page,
    Playwright,
    expect,
    sync_playwright,
)
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests import programs

ROOT = Path(__file__).parents[2]
# The shell is the same engine without the windows, menus and services around it: a quarter less work for each page.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium") or "/usr/bin/chromium"
KEY = "a-key-for-tests"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page that a test serves for a platform may frame the app, which stands on this machine.
    "--disable-features=LocalNetworkAccessChecks",
]
# A new machine compiles every module on the first start.
expect.set_options(timeout=30_000)
# Below the ports that systems give away by themselves.
FIRST_PORT = 21_700
STORAGE = "local_storage,indexeddb,cache_storage,service_workers,websql"
VIEW = {"width": 1280, "height": 800}
SCREENSHOTS = Path(__file__).parent / "screenshots"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = not Path(CHROMIUM).exists()
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if missing and os.environ.get("BLINDPAIR_BROWSER") != "required":
                item.add_marker(pytest.mark.skip(reason="browser test: chromium is not installed"))


@dataclass
class App:
    """A running app: its address, its database file, its process and what it printed."""

    url: str
    database: Path
    process: programs.Program | subprocess.Popen[str]
    output: Path

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def judge_url(self, link: str) -> str:
        return f"{self.url}/judge?study={link}"

    def page_url(self, name: str) -> str:
        return f"{self.url}/{name}?key={KEY}"


def start_app(
    database: Path,
    port: int | None = None,
    *,
    slow: bool = False,
    address: str | None = None,
    program: Path | None = None,
    settings: dict[str, str] | None = None,
    errors: Path | None = None,
) -> App:
    """Start the app; ``program`` stands in for `streamlit`, and what goes to stderr may have a file of its own."""
    port = port or usual_port()
    output = database.with_suffix(f".{port}.log")
    program = Path(__file__).with_name("slow_streamlit.py") if slow else program
    with output.open("wb") as log, (errors or Path(os.devnull)).open("wb") as error_log:
        process = programs.start(
            *([program] if program else ["-m", "streamlit"]),
            *("run", "app.py", "--server.headless", "true"),
            *("--server.port", port, "--server.address", "127.0.0.1"),
            env=os.environ
            | {
                "BLINDPAIR_DB": address or str(database),
                "BLINDPAIR_RESEARCHER_KEY": KEY,
                "PYTHONPATH": str(ROOT),
            }
            | (settings or {}),
            stdout=log,
            stderr=error_log if errors else programs.STDOUT,
        )
    app = App(f"http://127.0.0.1:{port}", database, process, output)
    wait_until_up(app)
    return app


def wait_until_up(app: App) -> None:
    for _ in range(1200):
        if app.process.poll() is not None:
            pytest.fail(f"the app ended: {app.output.read_text()}")
        try:
            with urllib.request.urlopen(f"{app.url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the app did not start: {app.output.read_text()}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def usual_port() -> int:
    """Return a port that is the same for one app after the other, so that a browser knows the program's files already."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    port = FIRST_PORT + int(worker)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return free_port()
    return port


@pytest.fixture
def run_app(tmp_path: Path) -> Iterator[Callable[..., App]]:
    """Start an app on a database that ``fill`` may have filled; all are ended at the end of the test."""
    started: list[App] = []

    def run(database: Path | None = None, **options: object) -> App:
        app = start_app(database or tmp_path / "app.duckdb", **options)  # type: ignore[arg-type]
        started.append(app)
        return app

    yield run
    for app in started:
        app.process.terminate()
        try:
            app.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            app.kill()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def returning(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A browser that has a folder, where it keeps the program's files and their compiled code from test to test."""
    context = playwright.chromium.launch_persistent_context(
        tmp_path_factory.mktemp("browser"), executable_path=CHROMIUM, args=ARGUMENTS, viewport=VIEW
    )
    context.set_default_timeout(60_000)
    yield context
    context.close()


def forget(context: BrowserContext) -> None:
    """Let a browser forget all but the files that it has loaded."""
    for page in context.pages:
        session = context.new_cdp_session(page)
        for frame in page.frames:
            place = {"origin": urljoin(frame.url, "/"), "storageTypes": STORAGE}
            if frame.url.startswith("http"):
                session.send("Storage.clearDataForOrigin", place)
    context.unroute_all()
    for page in context.pages:
        page.close()
    context.clear_cookies()
    context.clear_permissions()


@pytest.fixture
def new_context(request: pytest.FixtureRequest) -> Iterator[Callable[..., BrowserContext]]:
    """Open a browser of one's own (own cookies); all are closed at the end of the test.

    The first one has been here before, and knows the files of the program; one with options, or ``cold``, never has.
    """
    used: list[BrowserContext] = []
    own: list[BrowserContext] = []

    def new(*, cold: bool = False, **options: object) -> BrowserContext:
        if not (cold or options or used):
            used.append(request.getfixturevalue("returning"))
            return used[0]
        browser: Browser = request.getfixturevalue("browser")
        context = browser.new_context(**({"viewport": VIEW} | options))  # type: ignore[arg-type]
        context.set_default_timeout(60_000)
        own.append(context)
        return context

    yield new
    for context in own:
        context.close()
    for context in used:
        forget(context)


def another_person(context: BrowserContext) -> Page:
    """Open a page on which the browser is not known; what it has loaded of the program stays with it."""
    for page in context.pages:
        page.close()
    context.clear_cookies()
    return context.new_page()


def click_twice(page: Page, place: Locator, gap_ms: int) -> None:
    """Click on a place of the screen, and there again, whatever stands there by then."""
    box = place.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.click(x, y)
    if gap_ms:
        page.wait_for_timeout(gap_ms)
    page.mouse.click(x, y)


def start_judging(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="I agree").click()
    wait_for_question(page)


def settle(page: Page | Frame) -> None:
    """Wait until the page is drawn whole: while it is drawn, buttons of the step before still stand on it."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def choose(page: Page, label: str, option: str) -> None:
    """Choose from a searchable list; open it again if it closes because the page is redrawn."""
    for _ in range(3):
        settle(page)
        box = page.get_by_role("combobox", name=label)
        box.click()
        box.fill(option)
        try:
            page.get_by_role("option", name=option, exact=True).click(timeout=10_000)
        except PlaywrightTimeout:
            page.keyboard.press("Escape")
            continue
        settle(page)
        return
    pytest.fail(f"{option!r} could not be chosen as {label!r}")


STATE_OF_PAGE = """() => {
    const page = window.__blindpair;
    return JSON.stringify({
        view: page?.drawn?.view, shown: page?.shownAt, now: performance.now(), early: page?.early,
        connected: page?.board?.isConnected, boards: document.querySelectorAll(".board").length,
        hidden: document.hidden, state: document.querySelector("[data-testid=stApp]")?.dataset.testScriptState,
    });
}"""


def wait_for_question(page: Page | Frame) -> None:
    page.locator(".choices button").first.wait_for()
    page.wait_for_function("() => window.__blindpair?.board")  # the keys are listened to


def question_shown(page: Page | Frame) -> str:
    """Return the mark of what is asked: it is another one for every question, and for reasons to skip."""
    return page.locator(".vote").first.get_attribute("data-view") or ""


def wait_for_change(page: Page | Frame, before: str, *, timeout: float = 60_000) -> None:
    page.wait_for_function(
        """before => {
            const page = window.__blindpair;
            return !page?.board?.isConnected || page.drawn.view !== before;
        }""",
        arg=before,
        timeout=timeout,
    )


def answer_by(
    page: Page | Frame,
    act: Callable[[], None],
    *,
    wait_ms: int = 600,
    until: Callable[..., None] | None = None,
) -> None:
    """Answer, and wait for the next question or the end, or for ``until``.

    An answer that comes before a slow machine has drawn the page is not counted: answer again, as a person would.
    """
    settle(page)
    wait_for_result = until or partial(wait_for_change, page, question_shown(page))
    for _ in range(3):
        page.wait_for_timeout(wait_ms)
        act()
        try:
            wait_for_result(timeout=10_000)
        except PlaywrightTimeout:
            continue
        return
    found = page.evaluate(STATE_OF_PAGE)
    pytest.fail(f"nothing came of three answers: {found}; {page.locator('body').inner_text()[:500]!r}")


def press(page: Page, key: str, wait_ms: int = 600) -> None:
    """Answer by a key."""
    answer_by(page, lambda: page.keyboard.press(key), wait_ms=wait_ms)
