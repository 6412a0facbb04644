"""The line at the foot of researchers' pages, and the version wherever it is named."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from study import __version__, store
from study.cli import main
from study.records import utc_now
from study.ui.shared import status_line
from tests.browser.conftest import KEY, App
from tests.security.wire import connected, signed_in_cookie


def test_the_line_says_what_runs_and_who_is_at_work(db: store.Database) -> None:
    now = utc_now()
    line = status_line.status_line(db, now)
    assert line.startswith(f"Blindpair {__version__} · DuckDB file of ")
    assert line.endswith(" MB · no backup yet · 0 raters in the last 5 minutes")
    rater = store.enrol(db, "small")
    task = store.current_task(db, rater)
    assert task is not None
    store.record_judgment(db, rater, task.assignment_id, "fit", task.revisions["fit"], "left")
    store.backup(db)
    store.begin_maintenance(db)
    assert status_line.status_line(db, now) == line, "kept for 10 s"
    later = utc_now() + timedelta(seconds=11)
    assert status_line.status_line(db, later).endswith(
        "last backup 0 minutes ago · 1 rater in the last 5 minutes · paused for maintenance"
    )
    tomorrow = later + timedelta(days=1)
    assert "last backup 1 day ago · 0 raters" in status_line.status_line(db, tomorrow)


def test_imported_and_simulated_answers_are_nobody_at_work(db: store.Database) -> None:
    for source in ("imported", "simulated"):
        rater = store.enrol(db, "small", source=source)
        task = store.current_task(db, rater)
        assert task is not None
        store.record_judgment(db, rater, task.assignment_id, "fit", task.revisions["fit"], "left")
    assert status_line.status_line(db).endswith(" · 0 raters in the last 5 minutes")


def test_a_researcher_sees_it_on_every_page_and_a_stranger_on_none(run_live: Callable[..., App]) -> None:
    app = run_live()
    researcher = connected(app.url, cookie=signed_in_cookie(app.url, KEY))
    for page in ("", "progress", "agreement"):  # the last one stops early: there is nothing to analyse yet
        assert researcher.open(page).count(f"Blindpair {__version__}") == 1
    researcher.close()
    stranger = connected(app.url)
    assert __version__ not in stranger.open("progress")
    assert f"Blindpair {__version__}" not in stranger.open("judge", "study=link-small")
    stranger.close()


def test_the_command_line_names_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"Blindpair {__version__}\n"
