"""Each analysis page on a million judgments in real Chromium: seconds until its last table, and memory.

`python -m tests.benchmarks pages [a number of judgments, or a database made before [pages]]`.

Three openings: at once after the app's start, after a look at the Studies page (the app reads ahead meanwhile), and again.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.benchmarks.million import make_million
from tests.browser.conftest import ARGUMENTS, CHROMIUM, App, start_app

PAGES = ("agreement", "ranking", "correlation")
PATIENCE = 120
LOOK = 5
SMOKE = ("2000", "ranking")
MOST_SECONDS, MOST_GIGABYTES = 3.0, 1.5
# Nothing runs any more, there is a table, and no part of the page is from the run before.
DONE = """() => {
    const app = document.querySelector("[data-testid=stApp]");
    const tables = document.querySelectorAll("[data-testid=stDataFrame]").length;
    const stale = document.querySelectorAll("[data-stale=true]").length;
    return app && app.dataset.testScriptState === "notRunning" && tables > 0 && stale === 0 ? tables : 0;
}"""


def main() -> None:
    """Print a line per page."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "million.duckdb"
        start = time.perf_counter()
        _fill(path)
        print(f"the study: {time.perf_counter() - start:.0f} s, {path.stat().st_size / 1e6:.0f} MB")
        print(
            f"{'page':14} {'tables':>6} {'at once':>7} {'of CPU':>7} {'a look':>7} {'again':>7} {'goal s':>7}   {'peak GB':>7} {'goal GB':>7}"
        )
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            for name in sys.argv[3:] or PAGES:
                _measure(browser, path, name)
        finally:
            browser.close()
    print(
        f"Seconds from the click in the side bar to the last table; a look: {LOOK} s on the Studies page before it. Load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores."
    )


def _fill(path: Path) -> None:
    """Make the study, or copy one that was made before."""
    given = sys.argv[2] if len(sys.argv) > 2 else "1000000"
    if given.isdecimal():
        make_million(path, n_judgments=int(given))
    else:
        path.write_bytes(Path(given).read_bytes())


def _measure(browser: Browser, path: Path, name: str) -> None:
    """Start the app, open a page in three ways, and print how long it took and what the server needed at most."""
    app = start_app(path)
    try:
        page = _signed_in(browser, app)
        before, worked = _peak(app), _worked(app)
        tables, at_once = _opened(page, name)
        worked = _worked(app) - worked
        peak = _peak(app)
    finally:
        _end(app)
    app = start_app(path)
    try:
        page = _signed_in(browser, app)
        page.wait_for_timeout(LOOK * 1000)
        _, after_a_look = _opened(page, name)
        _, again = _opened(_signed_in(browser, app), name)
        peak = max(peak, _peak(app))
    finally:
        _end(app)
    print(
        f"{name:14} {tables:6} {at_once:7.2f} {worked:7.2f} {after_a_look:7.2f} {again:7.2f} {MOST_SECONDS:7.1f}   {peak:7.2f} "
        f"{MOST_GIGABYTES:7.1f}   ({before:.2f} GB before)",
        flush=True,
    )


def _end(app: App) -> None:
    app.process.terminate()
    app.process.wait(30)


def _signed_in(browser: Browser, app: App) -> Page:
    """Return a browser on the Studies page: the front end is loaded, no judgment is read."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(app.page_url(""))
    page.get_by_role("heading", name="Studies", level=1).wait_for()
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
    )
    return page


def _opened(page: Page, name: str) -> tuple[int, float]:
    """Click a page in the side bar; return its tables and the seconds until the last one stands; 0 and inf if none does."""
    start = time.perf_counter()
    page.get_by_role("link", name=name.capitalize(), exact=True).click()
    try:
        page.get_by_role("heading", name=name.capitalize(), level=1).wait_for(timeout=PATIENCE * 1000)
        tables = page.wait_for_function(DONE, polling=50, timeout=PATIENCE * 1000).json_value()
    except PlaywrightTimeout:
        return 0, float("inf")
    return int(tables), time.perf_counter() - start


def _worked(app: App) -> float:
    """Return the seconds that the server has worked on any core: what stays the same on a busy machine."""
    fields = Path(f"/proc/{app.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak(app: App) -> float:
    """Return the server's peak resident memory in gigabytes, as Linux counts it."""
    for line in Path(f"/proc/{app.process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e9
    raise OSError(f"no VmHWM of process {app.process.pid}")
