"""Every kind of question, answered by keys alone on a wide and a narrow screen, in a session that names no system."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from study import store
from tests.browser.conftest import App, answer_by, start_judging
from tests.cases import cases
from tests.tasks import SYSTEMS, save_study_of_all

# What a rater types on the screen of each question, the last key being the one that saves.
KEYS = {
    "fit": ["1"],
    "likert": ["4"],
    "fluency": [*"714", "Enter"],
    "true": [*"121", "w", "r", "o", "n", "g", "Escape", "Enter"],
    "rank": [*"312", *("5", "Tab", "3", "Tab", "2", "Enter")],
}
TITLES = {
    "Which one fits better?": "fit",
    "How well does it fit?": "likert",
    "How fluent is it?": "fluency",
    "Is it true?": "true",
    "Put them in order": "rank",
}


def answer(page: Page) -> str:
    """Answer the screen by its keys, and return the first question on it."""
    title = page.locator(".vote .asked strong").first.inner_text()
    asked = TITLES[title]

    def type_keys() -> None:
        for key in KEYS[asked]:
            page.keyboard.press(key)

    answer_by(page, type_keys)
    return asked


@pytest.mark.parametrize("width", cases([390, 1280], [390]))
def test_every_kind_is_answered_by_keys_alone(
    tmp_path: Path, run_app: Callable[..., App], new_context: Callable[..., BrowserContext], width: int
) -> None:
    path = tmp_path / "kinds.duckdb"
    db = store.open_database(path)
    save_study_of_all(db, 1, quota=3)
    db.close()
    app = run_app(path)
    page = new_context(viewport={"width": width, "height": 844}).new_page()
    received: list[str | bytes] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(frame)))
    start_judging(page, app.judge_url("link-kinds"))
    asked = []
    while len(asked) < 5:
        asked.append(answer(page))
    assert sorted(asked) == sorted(TITLES.values())
    frames = b"".join(one if isinstance(one, bytes) else one.encode() for one in received)
    assert frames
    assert [name for name in SYSTEMS if name.encode() in frames or name in page.content()] == []
    app.process.terminate()
    app.process.wait(timeout=30)
    db = store.open_database(path)
    answers, judgments = store.answers(db, "kinds"), store.judgments(db, "kinds")
    db.close()
    assert judgments["response"].tolist() == ["left"]
    by_place = answers.sort_values("screen_position")
    numbers = {key: rows["number"].tolist() for key, rows in by_place.groupby("question", observed=True)}
    assert numbers["likert"] == [4]
    assert numbers["fluency"] == [7, 1, 4]
    assert numbers["rank"] == [3, 1, 2]
    assert numbers["coins"] == [5, 3, 2]
    chosen = by_place.query("question == 'true'")["option"].tolist()
    assert chosen == ["yes", "no", "yes"]
    assert answers.query("question == 'why'")["words"].tolist() == ["wrong"]
