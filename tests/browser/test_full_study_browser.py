"""Who comes when every place is filled is told before consent, and who waits for a place goes on without a click."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, expect

from study import store
from study.protocol.design import parse_design
from tests.browser.conftest import App, press, settle, start_judging, wait_for_question
from tests.conftest import small_study


def test_a_newcomer_waits_for_a_held_pair_gets_it_and_the_next_one_finds_the_study_full(
    tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    """Long, since a waiting page asks for its place at long intervals."""
    path = tmp_path / "full.duckdb"
    design = parse_design(
        {
            "criteria": [{"key": "fit", "question": "?"}],
            "overlap": 1,
            "min_view_seconds": 0.2,
            "full_code": "FULL-42",
        }
    )
    db = store.open_database(path)
    store.save_records(db, small_study(n_items=1, systems=("alpha-net", "beta-net"), design=design))
    db.close()
    app = run_app(path)
    holder = new_context().new_page()
    start_judging(holder, app.judge_url("link-small"))
    newcomer = new_context().new_page()
    newcomer.goto(app.judge_url("link-small"))
    expect(newcomer.get_by_text("Other raters are judging the last pairs.")).to_be_visible()
    expect(newcomer.get_by_text("within 2 hours")).to_be_visible()
    assert newcomer.get_by_role("button", name="I agree").count() == 0
    holder.get_by_role("button", name="Instructions").click()
    holder.get_by_role("button", name="Withdraw and erase").click()
    holder.get_by_role("button", name="Erase everything").click()
    expect(holder.get_by_role("heading", name="Your data were erased")).to_be_visible()
    newcomer.get_by_role("button", name="I agree").click()  # the page goes on by itself
    wait_for_question(newcomer)
    press(newcomer, "1")
    late = new_context().new_page()
    late.goto(app.judge_url("link-small"))
    expect(late.get_by_text("This study has all the answers it needs")).to_be_visible()
    expect(late.get_by_text("FULL-42")).to_be_visible()
    settle(late)
    assert late.get_by_role("button", name="I agree").count() == 0
