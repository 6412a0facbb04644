"""Click to painted in real Chromium: the judge page beside the minimal page, in turns, in one run.

`python -m tests.benchmarks pace [clicks]`.
"""

import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from study import store
from study.protocol.design import Design
from tests import programs
from tests.browser.conftest import (
    ARGUMENTS,
    CHROMIUM,
    App,
    free_port,
    start_app,
    start_judging,
    wait_until_up,
)
from tests.conftest import CRITERIA, small_study

CLICKS = 60
SMOKE = ("3",)
TURNS = 3
TIMED_CLICK = """
async ([button, panel]) => {
    // The judge page's component is drawn in a shadow root.
    const find = (selector, root = document) => root.querySelector(selector) ?? [...root.querySelectorAll("*")]
        .filter((node) => node.shadowRoot).map((node) => find(selector, node.shadowRoot)).find(Boolean);
    const text = () => find(panel)?.textContent;
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const before = text(), start = performance.now();
    find(button).click();
    while (text() === before) {
        if (performance.now() - start > 10000) throw new Error("nothing changed in 10 s");
        await frame();
    }
    await frame();
    return performance.now() - start;
}
"""


def main() -> None:
    """Print p50 and p95 of both pages, and their ratio."""
    clicks = int(sys.argv[2]) if len(sys.argv) > 2 else CLICKS
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        judge = start_app(_filled(Path(folder) / "judge.duckdb"))
        minimal = start_minimal(Path(folder) / "minimal.duckdb")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            ours, floor = browser.new_page(), browser.new_page()
            start_judging(ours, judge.judge_url("link-small"))
            floor.goto(minimal.url)
            floor.locator(".st-key-answer_A button").wait_for()
            times: dict[str, list[float]] = {"judge page": [], "minimal page": []}
            for _ in range(TURNS):
                n = clicks // TURNS
                times["judge page"] += _clicks(ours, n, ".choices button", ".board .rows")
                times["minimal page"] += _clicks(
                    floor, n, ".st-key-answer_A button", "[data-testid='stText']"
                )
        finally:
            browser.close()
            judge.kill()
            minimal.kill()
    _show(times)


def _clicks(page: Page, count: int, button: str, panel: str) -> list[float]:
    page.bring_to_front()
    times = []
    for _ in range(count):
        page.wait_for_timeout(200)
        times.append(page.evaluate(TIMED_CLICK, [button, panel]))
    return times


def _show(times: dict[str, list[float]]) -> None:
    print(f"{'click to painted, ms':24} {'n':>4} {'p50':>7} {'p95':>7}")
    quantiles = {name: np.quantile(values, [0.5, 0.95]) for name, values in times.items()}
    for name, (median, tail) in quantiles.items():
        print(f"{name:24} {len(times[name]):4} {median:7.0f} {tail:7.0f}")
    ratio = quantiles["judge page"] / quantiles["minimal page"]
    print(f"{'ratio':24} {'':4} {ratio[0]:7.2f} {ratio[1]:7.2f}")


def _filled(path: Path) -> Path:
    db = store.open_database(path)
    design = Design(criteria=CRITERIA[:1], min_view_seconds=0)
    store.save_records(db, small_study(n_items=60, design=design))
    db.close()
    return path


def start_minimal(database: Path) -> App:
    """Start the minimal page on a database file of its own."""
    port = free_port()
    output = database.with_suffix(".log")
    with output.open("wb") as log:
        process = programs.start(
            *("-m", "streamlit", "run", "tests/benchmarks/minimal_page.py"),
            *("--server.headless", "true", "--server.port", port),
            env=os.environ | {"BLINDPAIR_DB": str(database)},
            stdout=log,
            stderr=programs.STDOUT,
        )
    app = App(f"http://127.0.0.1:{port}", database, process, output)
    wait_until_up(app)
    return app
