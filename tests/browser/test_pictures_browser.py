"""Each step of a rater's way at the width of a phone and of a desktop.

With BLINDPAIR_STEP_PICTURES=1 this writes the pictures that data/demo/steps/README.md shows.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from study import store
from study.protocol.design import parse_design
from study.records import StudyRecords
from study.workflows.demo import demo_records
from tests.browser.conftest import SCREENSHOTS, App, settle, wait_for_question
from tests.browser.pictures import FOLDER, PICTURES, take
from tests.browser.steps import DESIGN, STEPS, agree, go_on, landing, save_live

TARGET = FOLDER if os.environ.get("BLINDPAIR_STEP_PICTURES") else SCREENSHOTS / "steps"
AGES = ["18 to 29", "30 to 49", "50 or older"]
RULES: dict[str, Any] = {
    "criteria": [
        {
            "key": "fit",
            "question": "Which headline suits this reader better?",
            "help": "Think of what this reader likes to read, and of how they like it said.",
        }
    ],
    "rationale": "optional",
    "profile_title": "The reader",
    "request_title": "The story",
    "practice": {"pass_mark": 1, "explanations": {"practice 1": "This reader wants it dry and factual."}},
    "screening": [
        {
            "key": "english",
            "question": "How well do you read English?",
            "kind": "choice",
            "options": ["As well as my first language", "Well", "A little"],
            "accept": ["As well as my first language", "Well"],
        },
        {"key": "age", "question": "How old are you?", "kind": "number", "accept_from": 18},
    ],
    "demographics": [
        {"key": "age_group", "question": "Your age group", "kind": "choice", "options": AGES},
        {
            "key": "news",
            "question": "Where do you read the news?",
            "kind": "several",
            "options": ["Paper", "Web"],
        },
        {"key": "job", "question": "What is your work about?"},
    ],
    "closing": [{"key": "how", "question": "How did you decide?", "required": False}],
    "completion_code": "HEADLINE-7Q2K",
    "screen_out_code": "THANKS-3F9D",
    "contact": "headlines@example.org",
}


# What raters say about themselves, and no other step.
ELICITATION: dict[str, Any] = {
    "criteria": RULES["criteria"],
    "profile_title": "The reader",
    "request_title": "The story",
    "elicitation": {
        "query": "What would you like to read about? Write it as you would type it.",
        "need": "When do you read, and what should a good headline do for you?",
        "examples": 1,
        "pairs": 1,
        "pair_question": "Which headline would you rather get?",
    },
    "completion_code": "HEADLINE-7Q2K",
    "contact": "headlines@example.org",
}


def demo_study(rules: dict[str, Any]) -> StudyRecords:
    """Return the demo under other rules, with its own consent and instructions, and nobody's answers."""
    records = demo_records()
    texts = {name: getattr(parse_design(records.study.design), name) for name in ("consent", "instructions")}
    design = parse_design(texts | rules)
    records.study = replace(
        records.study,
        study_id="demo",
        design=design.to_json(),
        design_hash=design.hash(),
        link_token="link-small",
    )
    records.raters, records.assignments, records.judgments = [], [], []
    records.scores = []
    return records


def fill(page: Page, step: str) -> None:
    """Fill in a form as a rater would."""
    if step == "screening":
        page.get_by_text("Well", exact=True).click()
        page.get_by_label("How old are you?").fill("34")
        page.keyboard.press("Tab")
    elif step == "demographics":
        page.get_by_text(AGES[1], exact=True).click()
    elif step == "closing":
        page.get_by_label("How did you decide?").fill("By what the reader has read before.")
        page.keyboard.press("Tab")


@pytest.mark.thorough
def test_each_step_is_drawn_at_both_widths(
    tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    app = run_app(save_live(tmp_path / "steps.duckdb", demo_study(DESIGN | RULES)))
    page = new_context().new_page()
    page.goto(landing(app))
    names = {"practised": "feedback", "first pair": "pair"}
    for step in STEPS:
        step.wait(page)
        fill(page, step.name)
        name = names.get(step.name, step.name)
        if name in PICTURES:
            take(page, name, TARGET)
        if step.name == "second pair":
            other = new_context().new_page()
            other.goto(landing(app))
            step.wait(other)
            take(other, "second-device", TARGET)
        if step.name in ("screening", "demographics", "closing"):
            go_on(page)
        else:
            step.act(page)
    page.get_by_role("button", name="Withdraw and erase").click()
    expect(page.get_by_role("heading", name="Withdraw")).to_be_visible()
    take(page, "withdraw", TARGET)
    page.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_role("heading", name="Your data were erased")).to_be_visible()
    take(page, "erased", TARGET)

    page.goto(landing(app))
    STEPS[0].act(page)
    STEPS[1].wait(page)
    page.get_by_text("A little", exact=True).click()
    page.get_by_label("How old are you?").fill("34")
    page.keyboard.press("Tab")
    go_on(page)
    expect(page.get_by_text("THANKS-3F9D")).to_be_visible()
    take(page, "screen-out", TARGET)


@pytest.mark.thorough
def test_each_part_of_the_elicitation_and_the_reasons_to_skip_are_drawn_at_both_widths(
    tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext]
) -> None:
    app = run_app(_elicitation_live(tmp_path / "elicitation.duckdb"))
    page = new_context().new_page()
    page.goto(app.judge_url("link-small"))
    agree(page)
    page.get_by_label("What would you like to read about?").fill("News of the ferry")
    page.get_by_label("When do you read").fill(
        "On the train, with ten minutes to spare. It should say what happened."
    )
    take(page, "query", TARGET)
    go_on(page)
    page.get_by_label("What do you like or dislike about it?").fill("It says what happened")
    page.keyboard.press("Tab")
    take(page, "example", TARGET)
    page.get_by_role("button", name="I like it").click()
    expect(page.get_by_text("Which headline would you rather get?")).to_be_visible()
    take(page, "which", TARGET)
    page.get_by_role("button", name="B", exact=True).click()
    expect(page.get_by_role("heading", name="Your profile")).to_be_visible()
    take(page, "profile", TARGET)
    go_on(page)
    expect(page.get_by_role("heading", name="What to do")).to_be_visible()
    go_on(page)
    wait_for_question(page)
    settle(page)
    page.wait_for_timeout(1500)  # a click right after the pair appears is refused
    page.get_by_role("button", name="Skip").click()
    expect(page.get_by_text("Why are you skipping this pair?")).to_be_visible()
    take(page, "skip", TARGET)


def _elicitation_live(path: Path) -> Path:
    """Write the demo, live, of which items belong to nobody: raters judge them for the profile that they tell of."""
    records = demo_study(ELICITATION)
    records.study = replace(records.study, state="draft")
    records.items = [replace(item, profile_id=None) for item in records.items]
    records.profiles = []
    db = store.open_database(path)
    store.save_records(db, records)
    store.draw_pool(db, "demo", 2)
    store.set_state(db, "demo", "live")
    db.close()
    return path
