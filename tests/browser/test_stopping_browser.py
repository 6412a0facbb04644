"""A long computation shows how far it is, and Stop stops it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import App

pytestmark = pytest.mark.browser


def test_stop_ends_a_simulation_and_leaves_no_result(
    run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    app, page = run_app(), new_context().new_page()
    page.goto(app.page_url("planning"))
    page.get_by_text("Simulation", exact=True).click()
    many = page.get_by_label("Simulated studies")
    many.fill("10000")
    many.press("Enter")
    page.get_by_role("button", name="Simulate").click()
    expect(page.get_by_text("Study", exact=False).filter(has_text="of 10,000").first).to_be_visible()
    page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Simulate")).to_be_visible()
    expect(page.get_by_test_id("stMain").get_by_role("button", name="Stop")).to_have_count(0)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.get_by_test_id("stDataFrame")).to_have_count(0)
