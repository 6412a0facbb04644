"""Mechanical Turk in real Chromium: the form at the end posts to the platform, and only the judge page stands in its frame."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlencode

from playwright.sync_api import BrowserContext, Request, Route

from study import store
from study.protocol.design import parse_design
from tests.browser.conftest import App, answer_by, wait_for_question
from tests.conftest import small_study

SANDBOX = "https://workersandbox.mturk.com"


def test_the_form_is_posted_from_within_the_platforms_frame(
    tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    path = tmp_path / "mturk.duckdb"
    db = store.open_database(path)
    design = parse_design(
        {
            "criteria": [{"key": "fit", "question": "?"}],
            "quota": 1,
            "min_view_seconds": 0.2,
            "completion_code": "DONE-42",
            "crowd": {"platform": "mturk"},
        }
    )
    store.save_records(db, small_study(design=design))
    db.close()
    app = run_app(path)
    posted: list[Request] = []

    def platform(route: Route) -> None:
        """Answer as the platform: a page with the task in a frame, and the end of the form."""
        if route.request.method == "POST":
            posted.append(route.request)
            route.fulfill(body="Thank you from the platform", content_type="text/html")
        else:
            query = urlencode(
                {"workerId": "W1", "assignmentId": "A1", "hitId": "H1", "turkSubmitTo": SANDBOX}
            )
            frame = f'<iframe width="1000" height="760" src="{app.judge_url("link-small")}&{query}"></iframe>'
            route.fulfill(body=f"<!doctype html>{frame}", content_type="text/html")

    context = new_context()
    page = context.new_page()
    page.route(f"{SANDBOX}/**", platform)
    page.goto(f"{SANDBOX}/projects/1/tasks/2")
    task = page.frame(url=f"{app.url}/**")
    assert task is not None
    task.get_by_role("button", name="I agree").click()
    wait_for_question(task)
    answer_by(task, task.get_by_role("button", name="A is better").click)
    task.get_by_text("DONE-42").wait_for()
    task.get_by_role("button", name="Submit to Mechanical Turk").click()
    task.get_by_text("Thank you from the platform").wait_for()
    assert [request.url for request in posted] == [f"{SANDBOX}/mturk/externalSubmit"]
    assert parse_qs(posted[0].post_data or "") == {
        "assignmentId": ["A1"],
        "outcome": ["success"],
        "completion_code": ["DONE-42"],
    }
    html = {"accept": "text/html"}
    judge, progress = (
        context.request.get(f"{app.url}/{name}", headers=html).headers for name in ("judge", "progress")
    )
    assert "frame-ancestors 'self' https://www.mturk.com" in judge["content-security-policy"]
    assert "x-frame-options" not in judge
    assert "frame-ancestors 'none'" in progress["content-security-policy"]
    assert progress["x-frame-options"] == "DENY"
