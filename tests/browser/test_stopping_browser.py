"""A long computation shows how far it is, ends when it is stopped, and is kept when it is not."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, expect

from tests.benchmarks.million import make_million
from tests.browser.conftest import App


def test_a_long_computation_is_stopped_and_done_again(
    run_app: Callable[..., App], new_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    database = tmp_path / "large.duckdb"
    make_million(database, n_judgments=100_000, n_metrics=1)
    app = run_app(database)
    page = new_context().new_page()
    page.goto(app.page_url("agreement"))
    page.get_by_role("radio", name="Models of raters").or_(
        page.get_by_role("button", name="Models of raters")
    ).first.click()
    # MACE starts eleven times: long enough to be stopped on any machine.
    page.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name="MACE").click()
    start = page.get_by_role("button", name="Fit MACE")
    start.click()
    page.get_by_role("button", name="Stop").click()
    expect(start).to_be_visible()
    expect(page.get_by_text("Computing")).to_have_count(0)
    expect(page.get_by_text("Raters, the least competent first")).to_have_count(0)
    start.click()
    expect(page.get_by_text("Raters, the least competent first")).to_be_visible(timeout=120_000)
