"""Two starts at once, after a checkpoint that was cut short: neither takes away what the other has opened."""

import select
from pathlib import Path

import pytest

from study import store
from study.errors import DatabaseBusy
from study.store.engine import file_checkpoint as database_file
from tests import programs
from tests.conftest import small_study
from tests.store.test_database import answer, contents
from tests.store.test_file import die

OTHER = """
import sys
from study import store
print("starts", flush=True)
db = store.open_database(sys.argv[1])
store.log_action(db, "looked", "small")
print("at work", flush=True)
sys.stdin.read()
"""
LEAD = 3.0  # seconds that the other start gets, more than it needs where nothing holds it up


class Start:
    """Another process that opens the database, works, and is killed at the end."""

    def __init__(self, path: Path) -> None:
        self.process = programs.start(
            *("-c", OTHER, path), stdin=programs.PIPE, stdout=programs.PIPE, stderr=programs.DEVNULL
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "starts\n"

    def is_at_work(self) -> bool:
        """Say whether it has the database open, or will within the lead that it gets."""
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], LEAD)
        return bool(ready) and self.process.stdout.readline() == "at work\n"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()


@pytest.fixture
def cut_short(database_path: Path) -> Path:
    """A database whose checkpoint was cut short, with answers in its log."""
    db = store.open_database(database_path)
    store.save_records(db, small_study())
    answer(db, store.enrol(db, "small"))
    database_file._set_aside(db.path, db.file._stream)
    return die(db)


@pytest.mark.file_only
@pytest.mark.parametrize("step", ["take_back", "the log"])
def test_a_start_that_is_late_takes_nothing_away_from_another(
    cut_short: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    others: list[Start] = []
    at_work: list[bool] = []

    def another_starts() -> None:
        if not others:
            others.append(Start(cut_short))
            at_work.append(others[0].is_at_work())

    if step == "take_back":
        take_back = database_file.take_back
        monkeypatch.setattr(database_file, "take_back", lambda path: (another_starts(), take_back(path)))
    else:
        database_file.drop_aside(cut_short)
        log = store.log_path(cut_short)
        log.write_bytes(log.read_bytes()[:200] + b"\xff" * 400 + log.read_bytes()[600:])
        now = database_file.utc_now
        monkeypatch.setattr(database_file, "utc_now", lambda: (another_starts(), now())[1])
    try:
        db = store.open_database(cut_short)
    except DatabaseBusy:
        db = None
    (other,), (was_at_work,) = others, at_work
    is_alone = db is not None
    assert is_alone != was_at_work, "one of the two has it"
    if db is not None:
        store.log_action(db, "looked", "small")
        die(db)
    other.kill()
    again = store.open_database(cut_short)
    assert len(store.events(again, "small", "looked")) == 1
    assert len(contents(again)["judgment"]) == 2
    again.close()
