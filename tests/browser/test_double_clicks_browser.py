"""A double click on an answer counts once, however far its two clicks are apart and however slow the server is."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from study.protocol.design import Design
from tests.browser.conftest import (
    App,
    another_person,
    click_twice,
    question_shown,
    start_judging,
    wait_for_change,
)
from tests.browser.test_judging_browser import filled, stored
from tests.conftest import CRITERIA


@pytest.mark.parametrize(
    "slow",
    [
        pytest.param(False, marks=pytest.mark.thorough, id="fast_server"),
        pytest.param(True, id="slow_server"),
    ],
)
def test_a_double_click_judges_once_and_never_the_next_pair(
    slow: bool, tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    """Long, since each pair waits for a late second click, on a slow server."""
    path = filled(tmp_path / "double.duckdb", design=Design(criteria=CRITERIA[:1], quota=6, overlap=9))
    app = run_app(path, slow=slow)
    context, gaps_ms = new_context(), (0, 300) if slow else (0, 50, 100, 300)
    for gap_ms in gaps_ms:
        page = another_person(context)
        start_judging(page, app.judge_url("link-small"))
        for number in range(3):
            before = question_shown(page)
            page.wait_for_timeout(800)
            click_twice(page, page.locator(".choices button").nth(2 * (number % 2)), gap_ms)
            wait_for_change(page, before)
            page.wait_for_timeout(1500 if slow else 900)
    rows = stored(app)
    assert [response for *_, response in rows] == ["left", "right", "left"] * len(gaps_ms)
    assert len({assignment for assignment, *_ in rows}) == 3 * len(gaps_ms)


@pytest.mark.thorough
@pytest.mark.parametrize("slow", [False, True], ids=["fast_server", "slow_server"])
def test_a_double_click_on_skip_skips_nothing_and_the_next_press_one_pair(
    slow: bool, tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    """Long, since each second click is waited for."""
    path = filled(tmp_path / "skip.duckdb", design=Design(criteria=CRITERIA[:1], quota=6, overlap=9))
    app = run_app(path, slow=slow)
    context, gaps_ms = new_context(), (0, 100, 300)
    for gap_ms in gaps_ms:
        page = another_person(context)
        start_judging(page, app.judge_url("link-small"))
        for _ in range(2):
            before = question_shown(page)
            page.wait_for_timeout(900)
            click_twice(page, page.get_by_role("button", name="Skip S"), gap_ms)
            wait_for_change(page, before)
            page.wait_for_timeout(1500 if slow else 900)
            before = question_shown(page)
            page.get_by_role("button", name="Skip without a reason").click()
            wait_for_change(page, before)
            page.wait_for_timeout(1500 if slow else 900)
    rows = stored(app)
    assert [response for *_, response in rows] == ["skip", "skip"] * len(gaps_ms)
    assert len({assignment for assignment, *_ in rows}) == 2 * len(gaps_ms)
