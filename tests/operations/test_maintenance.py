"""Maintenance: raters are asked to wait, nothing that they do counts, and they go on afterwards where they were."""

import ast
import asyncio
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from study import store
from study.access import NOBODY, Person
from study.errors import DatabaseBusy, InvalidInput, NotAllowed
from study.store.session import maintenance
from tests import loops, programs
from tests.benchmarks.websocket_rater import WebsocketRater
from tests.browser.conftest import KEY, ROOT, App
from tests.operations.conftest import health
from tests.security.wire import connected, signed_in_cookie

ADA = Person("ada@example.org", "researcher")
ANSWER = "A is better"


def run(*arguments: str, database: Path) -> subprocess.CompletedProcess[str]:
    return programs.run("-m", "study", "maintenance", *arguments, "--db", database)


def test_what_holds_is_the_last_line_of_the_audit_log(db: store.Database, database_path: Path) -> None:
    assert store.maintenance(db) is None
    with store.acting(ADA):
        store.begin_maintenance(db, "  Back\nat 14:00. ")
        store.begin_maintenance(db, "Back at 15:00.")
    found = store.maintenance(db)
    assert found is not None
    assert found.message == "Back at 15:00."
    db.close()
    again = store.open_database(database_path)  # a restart does not end it
    assert store.maintenance(again) == found
    with store.acting(ADA):
        store.end_maintenance(again)
        store.end_maintenance(again)
    assert store.maintenance(again) is None
    logged = [(one.kind, one.actor, one.details) for one in reversed(store.actions(again))]
    assert logged == [
        ("maintenance_on", ADA.name, {"message": "Back at 14:00."}),
        ("maintenance_on", ADA.name, {"message": "Back at 15:00."}),
        ("maintenance_off", ADA.name, {}),
    ]
    again.close()


def test_only_a_researcher_asks_raters_to_wait(db: store.Database) -> None:
    for person in (NOBODY, Person("bob@example.org", "viewer")):
        with store.acting(person):
            with pytest.raises(NotAllowed):
                store.begin_maintenance(db)
            with pytest.raises(NotAllowed):
                store.end_maintenance(db)
    assert store.maintenance(db) is None


def test_a_message_that_no_rater_would_read_is_refused(db: store.Database) -> None:
    with pytest.raises(InvalidInput, match="301 characters; give raters at most 300"):
        store.begin_maintenance(db, "x" * 301)
    store.begin_maintenance(db, "x" * 300)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"on": true}', '{"on": true, "message": 3}', "null"])
def test_a_wish_that_cannot_be_read_is_dropped(text: str, db: store.Database) -> None:
    maintenance.request_path(db.path).write_text(text)
    assert store.take_up_request(db)
    assert store.maintenance(db) is None
    assert not store.take_up_request(db)


def test_the_command_line_works_where_no_app_runs(database_path: Path, db: store.Database) -> None:
    db.close()
    assert run(database=database_path).stdout == "off\n"
    assert run("on", "--message", "Back soon.", database=database_path).stdout.endswith(": Back soon.\n")
    assert run("off", database=database_path).stdout == "off\n"
    refused = run("off", "--message", "x", database=database_path)
    assert refused.returncode == 1
    assert "--message is only for" in refused.stderr


def test_a_wish_that_nobody_takes_up_is_withdrawn(
    db: store.Database, database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is no app holds the file."""
    from study.cli import operating

    monkeypatch.setattr(operating, "PATIENCE_SECONDS", 0)
    with pytest.raises(DatabaseBusy, match="nothing was changed"):
        operating._leave_to_the_app(database_path, None, on=True)
    assert not maintenance.request_path(database_path).exists()
    assert not store.take_up_request(db)


def test_raters_wait_while_the_app_runs_and_go_on_where_they_were(
    run_live: Callable[..., App], live_database: Path
) -> None:
    app = run_live()
    loops.run(_wait_and_go_on(app, live_database))
    app.process.terminate()
    assert app.process.wait(30) == 0
    db = store.open_database(live_database)
    assert len(store.judgments(db, "small")) == 2
    with db.reading() as cursor:
        found = cursor.execute(
            "select kind from event where kind like 'maintenance%' order by logged_at"
        ).fetchall()
    db.close()
    assert found == [("maintenance_on",), ("maintenance_off",), ("maintenance_on",), ("maintenance_off",)]


async def _wait_and_go_on(app: App, database: Path) -> None:
    async with WebsocketRater(app.url, "judge", "study=link-small") as rater:
        await rater.press(lambda label: "agree" in label)
        asked = await asyncio.to_thread(run, "on", "--message", "Back at 14:00.", database=database)
        assert (asked.stdout, asked.returncode) == ("on\n", 0), asked.stderr
        assert await asyncio.to_thread(health, app) == (200, {**health(app)[1], "status": "maintenance"})
        before = list(rater.buttons)
        await rater.press(lambda label: ANSWER in label)
        assert list(rater.buttons) == before
        assert "Back at 14:00. Your answers are saved." in rater.texts
        assert (await asyncio.to_thread(run, "off", database=database)).stdout == "off\n"
        await rater.run()
        assert "Back at 14:00" not in rater.texts
        await rater.press(lambda label: ANSWER in label)
        assert list(rater.buttons) != before
        # The same on the page of a researcher.
        researcher = await asyncio.to_thread(_press, app, "Pause now")
        assert "Raters have been asked to wait since" in researcher
        before = list(rater.buttons)
        await rater.press(lambda label: ANSWER in label)
        assert list(rater.buttons) == before
        assert "paused for maintenance" in rater.texts
        assert "Pause for maintenance" in await asyncio.to_thread(_press, app, "Let raters continue")
        await rater.press(lambda label: ANSWER in label)
        assert list(rater.buttons) != before


def _press(app: App, label: str) -> str:
    client = connected(app.url, cookie=signed_in_cookie(app.url, KEY))
    client.open("")
    came = client.open("", button=client.buttons()[label])
    client.close()
    return came


RATER_MODULES = ("comparison", "elicitation", "question", "skipping", "steps")
HARMLESS = {"state.think_of_leaving", "comparison.reopen"}


@pytest.mark.parametrize("name", RATER_MODULES)
def test_everything_a_rater_can_click_waits(name: str) -> None:
    """Each callback is a `rater_action`, or changes nothing that is stored."""
    tree = ast.parse((ROOT / "study" / "ui" / "rater" / f"{name}.py").read_text("utf-8"))
    wait = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and "rater_action" in [ast.unparse(one) for one in node.decorator_list]
    }
    called = {
        ast.unparse(word.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for word in node.keywords
        if word.arg in ("on_click", "on_change")
    }
    assert wait
    assert called - wait - HARMLESS - {"action"} == set()
