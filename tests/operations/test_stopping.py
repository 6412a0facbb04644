"""SIGTERM: what raters have begun is finished and on disk, the rest is refused in peace, and the file is left whole."""

import asyncio
import json
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from websockets.exceptions import WebSocketException

from study import store
from study.errors import DatabaseError
from study.store.engine.file_checkpoint import aside_path, log_path
from study.ui.server import open_database, pauses
from study.ui.server.pauses import Traffic
from tests import loops
from tests.benchmarks.websocket_rater import WebsocketRater
from tests.browser.conftest import App
from tests.operations.conftest import HELD, health

N_RATERS = 12
SLOW = Path(__file__).parents[1] / "browser" / "slow_streamlit.py"


class Count:
    """What raters know: how many of their answers were acknowledged by the next question, and what they sent."""

    def __init__(self) -> None:
        self.acknowledged = 0
        self.sent = 0
        self.refused = 0
        self.judging = threading.Event()


async def judge_until_it_ends(app: App, count: Count, enough: int) -> None:
    """Judge one pair after the other until the server goes away; tell when some answers were acknowledged."""
    try:
        async with WebsocketRater(app.url, "judge", "study=link-small") as rater:
            await rater.press(lambda label: "agree" in label)
            while True:
                before = list(rater.buttons)
                count.sent += 1
                await rater.press(lambda label: "A is better" in label)
                if list(rater.buttons) != before:  # another question has other buttons
                    count.acknowledged += 1
                else:
                    count.refused += 1
                    await asyncio.sleep(0.05)
                if count.acknowledged >= enough:
                    count.judging.set()
    except (OSError, WebSocketException):
        return


async def stop_under_load(app: App, count: Count, enough: int) -> None:
    raters = [asyncio.create_task(judge_until_it_ends(app, count, enough)) for _ in range(N_RATERS)]
    await asyncio.to_thread(count.judging.wait, 60)
    app.process.send_signal(signal.SIGTERM)
    await asyncio.gather(*raters)


@pytest.mark.parametrize("program", [None, SLOW], ids=["quick answers", "answers under way"])
def test_a_stop_under_load_loses_nothing_and_leaves_a_whole_file(
    program: Path | None, run_live: Callable[..., App], tmp_path: Path
) -> None:
    """Long, since raters judge until forty of their answers are stored."""
    errors = tmp_path / "errors.jsonl"
    app = run_live(program=program, settings={"BLINDPAIR_LOG": "json"}, errors=errors)
    count = Count()
    loops.run(stop_under_load(app, count, 40))
    assert app.process.wait(30) == 0
    lines = [json.loads(line) for line in errors.read_text().splitlines()]
    events = [line["event"] for line in lines]
    assert events.index("started") < events.index("stopping") < events.index("stopped")
    assert not [line for line in lines if "error" in line]
    # All is in the file itself: no log of DuckDB's beside it, no judgment in the journal, no copy of a checkpoint.
    path = app.database
    assert not log_path(path).exists()
    assert not aside_path(path).exists()
    assert len(store.journal_path(path).read_text().splitlines()) == 1  # the name of its database
    db = store.open_database(path)
    stored = store.judgments(db, "small")
    with db.reading() as cursor:
        assert cursor.execute("select count(*) from event where kind = 'judgments_restored'").fetchall() == [
            (0,)
        ]
    db.close()
    assert stored["assignment_id"].is_unique
    assert count.acknowledged >= 40
    # An answer that was under way when the socket closed is stored, though nobody could be told.
    assert count.acknowledged <= len(stored) <= count.sent - count.refused


def test_a_click_that_comes_while_an_answer_is_finished_is_refused_in_peace(
    run_live: Callable[..., App],
) -> None:
    app = run_live(program=HELD, settings={"SECONDS_PER_ANSWER": "4"})
    loops.run(_click_late(app))
    assert app.process.wait(30) == 0
    db = store.open_database(app.database)
    assert len(store.judgments(db, "small")) == 1  # the one that was under way
    db.close()


async def _click_late(app: App) -> None:
    async with (
        WebsocketRater(app.url, "judge", "study=link-small") as early,
        WebsocketRater(app.url, "judge", "study=link-small") as late,
    ):
        for rater in (early, late):
            await rater.press(lambda label: "agree" in label)
        before = list(late.buttons)
        answered = asyncio.create_task(early.press(lambda label: "A is better" in label))
        for _ in range(10):  # meanwhile the answer has come to the store, where it takes its time
            assert (await asyncio.to_thread(health, app))[0] == 200
        app.process.send_signal(signal.SIGTERM)
        while (await asyncio.to_thread(health, app))[1]["status"] != "stopping":
            pass
        await late.press(lambda label: "A is better" in label)
        assert list(late.buttons) == before, "the question stays"
        assert "Just a moment, please" in late.texts
        assert pauses.STOPPING in late.texts
        await answered


def test_waiting_for_raters_has_an_end() -> None:
    traffic = Traffic()
    assert traffic.wait_until_still(0)
    with traffic.under_way():
        assert not traffic.wait_until_still(0.01)
        with traffic.under_way():
            pass
        assert not traffic.wait_until_still(0)
    assert traffic.wait_until_still(0)


def test_a_database_that_was_closed_for_good_opens_no_more(
    database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLINDPAIR_DB", str(database_path))
    monkeypatch.setattr(open_database, "_ended", threading.Event())
    assert open_database.opened_database() is open_database.opened_database()
    open_database.close_for_good()
    with pytest.raises(DatabaseError, match="shutting down"):
        open_database.opened_database()


def test_ctrl_c_ends_it_in_peace_and_a_start_after_it_finds_all(run_live: Callable[..., App]) -> None:
    app = run_live()
    app.process.send_signal(signal.SIGINT)
    assert app.process.wait(30) == 0
    assert "everything is saved in the database" in app.output.read_text()
    assert health(run_live())[0] == 200
