"""A study with every step of a rater's way, and how a browser walks it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from study import store
from study.protocol.design import parse_design
from study.records import StudyRecords
from tests.browser.conftest import App, press, settle, wait_for_question
from tests.conftest import small_study

DESIGN: dict[str, Any] = {
    "criteria": [{"key": "fit", "question": "Which one suits this reader better?"}],
    "quota": 2,
    "min_view_seconds": 0.2,
    "practice": {"pass_mark": 1, "explanations": {"practice 1": "The reader likes it short."}},
    "screening": [
        {
            "key": "adult",
            "question": "Are you 18 or older?",
            "kind": "choice",
            "options": ["yes", "no"],
            "accept": ["yes"],
        }
    ],
    "demographics": [{"key": "age", "question": "How old are you?", "kind": "number"}],
    "closing": [{"key": "why", "question": "How was it?", "required": False}],
    "completion_code": "DONE-42",
    "screen_out_code": "OUT-42",
    "crowd": {"platform": "prolific"},
    "contact": "study@example.org",
}
PID = "pid-7"
PARAMETERS = f"&PROLIFIC_PID={PID}&STUDY_ID=their-study&SESSION_ID=session-9"
# The steps that are noted of who goes the whole way, in their order.
NOTED = ["screening", "demographics", "instructions", "practice", "closing", "finish"]


def save_live(path: Path, records: StudyRecords) -> Path:
    """Write a study of which the first comparison is practice (left is right) into a new database, live."""
    db = store.open_database(path)
    records.study = replace(records.study, state="draft")
    first, *rest = records.tasks
    records.tasks = [replace(first, name="practice 1"), *rest]
    store.save_records(db, records)
    store.set_expected(db, records.study.study_id, "practice", {"practice 1": "left"})
    store.set_state(db, records.study.study_id, "live")
    db.close()
    return path


def way_study(**rules: Any) -> StudyRecords:
    return small_study(design=parse_design(DESIGN | rules))


def landing(app: App, parameters: str = PARAMETERS) -> str:
    return app.judge_url("link-small") + parameters


def reopened(app: App) -> store.Database:
    """End the app and open its database."""
    app.process.terminate()
    app.process.wait()
    return store.open_database(app.database)


def go_on(page: Page) -> None:
    settle(page)
    page.get_by_role("button", name="Continue").click()


def agree(page: Page) -> None:
    page.get_by_role("button", name="I agree").click()


def is_adult(page: Page) -> None:
    page.get_by_text("yes", exact=True).click()
    go_on(page)


def a_heading(name: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_role("heading", name=name).wait_for()


def a_pair(top: str) -> Callable[[Page], None]:
    def wait(page: Page) -> None:
        page.get_by_text(top, exact=True).wait_for()
        wait_for_question(page)

    return wait


@dataclass(frozen=True)
class Step:
    """One step: how it is known that it is there, and what brings the rater to the next one."""

    name: str
    wait: Callable[[Page], None]
    act: Callable[[Page], None]


STEPS = (
    Step("consent", a_heading("Welcome"), agree),
    Step("screening", a_heading("A few questions first"), is_adult),
    Step("demographics", a_heading("About you"), go_on),
    Step("instructions", a_heading("What to do"), go_on),
    Step("practice", a_pair("Practice 1"), lambda page: press(page, "1")),
    Step("practised", lambda page: page.get_by_text("1 of 1 as expected").wait_for(), go_on),
    Step("first pair", a_pair("1 of 2"), lambda page: press(page, "1")),
    Step("second pair", a_pair("2 of 2"), lambda page: press(page, "2")),
    Step("closing", a_heading("Before you go"), go_on),
    Step(
        "finish",
        lambda page: page.get_by_role("link", name="Back to the platform").wait_for(),
        lambda page: None,
    ),
)


def walk(page: Page, address: str, *, until: str = "finish") -> Iterator[Step]:
    """Open the address and yield each step when it is there; what the caller leaves is acted on."""
    page.goto(address)
    for step in STEPS:
        step.wait(page)
        yield step
        if step.name == until:
            return
        step.act(page)


def walk_to(page: Page, address: str, until: str) -> None:
    for _ in walk(page, address, until=until):
        pass
