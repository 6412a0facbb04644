"""Raters and checks on the command line."""

import csv
import io
from pathlib import Path

import pytest

from study import store
from study.cli.raters import Status
from study.protocol.design import parse_design
from study.records import STATUSES
from tests.cli.conftest import Run
from tests.conftest import small_study

DESIGN = {"completion_code": "DONE-1", "crowd": {"platform": "prolific"}, "quota": 2}


@pytest.fixture
def rater_id(database_path: Path) -> str:
    db = store.open_database(database_path)
    store.save_records(db, small_study(design=parse_design(DESIGN)))
    attributes = {"parameters": {"PROLIFIC_PID": "p1", "SESSION_ID": "s1"}}
    rater = store.enrol(db, "small", external_id="p1", attributes=attributes)
    while (task := store.current_task(db, rater)) is not None:
        store.record_judgment(db, rater, task.assignment_id, "overall", 0, "left")
    store.current_task(db, store.enrol(db, "small", external_id="p2"))
    db.close()
    return rater.rater_id


def payments(run: Run) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run("raters", "--study", "small", "--format", "csv").out)))


def test_the_payments_hold_what_the_platform_needs(run: Run, rater_id: str) -> None:
    row, unfinished = payments(run)
    assert (unfinished["phase"], unfinished["code"]) == ("main", "")
    assert row["rater_id"] == rater_id
    assert (row["SESSION_ID"], row["status"], row["outcome"], row["code"]) == (
        "s1",
        "active",
        "success",
        "DONE-1",
    )
    assert row["judged"] == "2"


def test_approvals_reminders_and_the_release_of_places(run: Run, rater_id: str) -> None:
    approvals = run("raters", "--study", "small", "--show", "approvals", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(approvals)))
    assert [(row["participant_id"], row["submission_id"], row["decision"]) for row in rows] == [
        ("p1", "s1", "approve"),
        ("p2", "", "wait"),
    ]
    reminders = run("raters", "--study", "small", "--show", "reminders", "--format", "csv").out
    (row,) = csv.DictReader(io.StringIO(reminders))
    assert (row["external_id"], row["phase"], row["held"]) == ("p2", "main", "1")
    assert run("release", "--study", "small").out == "places: 0\n"
    assert (
        "0 minutes of absence; give 1 or more"
        in run("release", "--study", "small", "--minutes", "0").refused()
    )
    assert "no study 'other'" in run("release", "--study", "other").refused()


def test_a_rater_is_excluded_with_a_reason_and_taken_back(run: Run, rater_id: str) -> None:
    command = ("rater", rater_id, "--study", "small", "--status")
    assert "the reason is empty" in run(*command, "excluded").refused()
    assert "status: excluded" in run(*command, "excluded", "--reason", "too fast").out
    assert payments(run)[0]["status"] == "excluded"
    assert "status: active" in run(*command, "active", "--reason", "a mistake").out
    assert "no rater 'nobody'" in run("rater", "nobody", "--study", "small", "--status", "returned").refused()


def test_checks_are_made_and_read_for_a_draft(run: Run, tmp_path: Path, pairs: Path) -> None:
    assert run("import", pairs, "--study", "pairs", "--draft").code == 0
    file = tmp_path / "answers.csv"
    file.write_text("comparison,purpose,answer\np1,gold,x\n")
    said = run("checks", file, "--study", "pairs", "--attention", "2")
    assert set(said.out.split("\n")) == {"attention: 2", "gold: 1", "main: 1", ""}
    file.write_text("pair,purpose,answer\np1,gold,x\n")
    assert "needed: comparison, purpose, answer" in run("checks", file, "--study", "pairs").refused()
    file.write_text("comparison,purpose,answer\np1,golden,x\n")
    assert "unknown purpose 'golden'" in run("checks", file, "--study", "pairs").refused()


def test_the_command_knows_every_status() -> None:
    assert [one.value for one in Status] == list(STATUSES)


def test_invited_raters_have_links_of_their_own_and_are_asked_for_consent(
    run: Run, rater_id: str, tmp_path: Path, database_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text("rater,profile\nada,reader 1\nbob,\n")
    first = run("invite", file, "--study", "small", "--url", "https://study.example.org/")
    links = [row["link"] for row in csv.DictReader(io.StringIO(first.out))]
    assert links[0].startswith("https://study.example.org/judge?rater=")
    assert run("invite", file, "--study", "small", "--url", "https://study.example.org/").out == first.out
    db = store.open_database(database_path)
    ada = store.rater_by_token(db, links[0].partition("rater=")[2])
    assert ada.profile_id is not None
    assert store.phase(db, ada) == "consent"
    store.finish_phase(db, ada, "consent")
    assert store.phase(db, ada) == "main"
    db.close()
    file.write_text("rater,profile\nada,reader 99\n")
    assert "unknown profile 'reader 99'" in run("invite", file, "--study", "small").refused()
    file.write_text("name\nada\n")
    assert "needed: rater, and profile if any" in run("invite", file, "--study", "small").refused()
