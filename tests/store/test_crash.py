"""kill -9 at random moments, and damage to the log: what was acknowledged is there, once.

Run as a program, this file is the writer that the tests kill.
"""

import os
import random
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from study import store
from study.protocol.design import Design
from study.records import Rater
from tests import programs
from tests.examples import rounds

N_ROUNDS = rounds(50)
N_FLIPS = rounds(120)
N_ITEMS = 140
N_THREADS = 4
Acknowledged = tuple[str, str, int, str]


def write_until_killed(path: Path, *, seed: int, limit: int, most: int, n_threads: int) -> None:
    """Enrol raters and judge in threads; after each acknowledgement write it to standard output, in one piece."""
    db = store.open_database(path)
    db.log_limit = limit

    def judge(number: int) -> None:
        rng = random.Random(f"{seed} {number}")
        while True:
            rater = store.enrol(db, "small", external_id=f"rater {number} of {seed}")
            for _ in range(rng.randint(1, most)):
                judge_once(db, rater, rng)

    threads = [threading.Thread(target=judge, args=(number,), daemon=True) for number in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def judge_once(db: store.Database, rater: Rater, rng: random.Random) -> None:
    task = store.current_task(db, rater)
    assert task is not None
    for criterion, revision in task.revisions.items():
        response = rng.choice(["left", "right", "tie"])
        if criterion not in task.answers and store.record_judgment(
            db, rater, task.assignment_id, criterion, revision, response
        ):
            os.write(1, f"{task.assignment_id} {criterion} {revision} {response}\n".encode())
    if rng.random() < 0.2:
        last = store.last_judgment(db, rater)
        assert last is None or store.undo(db, rater, last)


def acknowledged_in(output: Path) -> list[Acknowledged]:
    """Return the complete lines that a writer wrote."""
    lines = [line.split() for line in output.read_text().split("\n")[:-1]]
    return [
        (assignment, criterion, int(revision), response)
        for assignment, criterion, revision, response in lines
    ]


def stored(db: store.Database) -> Counter[Acknowledged]:
    with db.reading() as cursor:
        return Counter(
            cursor.execute("select assignment_id, question, revision, response from judgment").fetchall()
        )


def restored(db: store.Database) -> list[str]:
    """Return the details of each restoration that the audit log tells of."""
    with db.reading() as cursor:
        found = cursor.execute("select details from event where kind = 'judgments_restored'").fetchall()
    return [details for (details,) in found]


def start_writer(path: Path, output: Path, **options: object) -> programs.Program:
    arguments = {"seed": 0, "limit": 16_000_000, "most": 8, "n_threads": N_THREADS} | options
    with output.open("wb") as stream:
        return programs.start(__file__, path, *arguments.values(), stdout=stream)


def kill(writer: programs.Program) -> None:
    assert writer.poll() is None, "the writer ended by itself"
    writer.send_signal(signal.SIGKILL)
    writer.wait()


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the writer did not begin"
        time.sleep(0.01)


def new_database(path: Path) -> None:
    from tests.conftest import (
        CRITERIA,
        small_study,
    )  # not for the writer: it would import pytest's fixtures

    db = store.open_database(path)
    design = Design(overlap=10_000, criteria=CRITERIA)
    store.save_records(db, small_study(n_items=N_ITEMS, design=design))
    db.close()


@pytest.mark.slow
def test_no_acknowledged_judgment_is_lost_or_doubled_by_many_kills(
    database_path: Path, tmp_path: Path
) -> None:
    new_database(database_path)
    rng = random.Random(20261101)
    acknowledged: Counter[Acknowledged] = Counter()
    for number in range(N_ROUNDS):
        output = tmp_path / f"round-{number}.txt"
        limit = 16_000 if number % 3 == 0 else 16_000_000
        writer = start_writer(database_path, output, seed=number, limit=limit)
        if number % 5 == 0:  # perhaps while the file is being opened
            time.sleep(rng.uniform(0.0, 0.3))
        else:
            least = rng.randint(4, 16)  # answers, however slow the machine is
            wait_for(lambda output=output, least=least: output.read_bytes().count(b"\n") >= least)
            time.sleep(rng.uniform(0.0, 0.05))
        kill(writer)
        acknowledged.update(acknowledged_in(output))
        db = store.open_database(database_path)
        held = stored(db)
        with db.reading() as cursor:
            keys = cursor.execute("select assignment_id, question, revision from judgment").fetchall()
        assert len(keys) == len(set(keys))
        assert acknowledged - held == Counter()
        db.close()
    print(f"{N_ROUNDS} kills, {acknowledged.total()} acknowledged, {held.total()} stored")
    assert max(acknowledged.values()) == 1
    assert acknowledged.total() > 5 * N_ROUNDS


@pytest.fixture
def killed(database_path: Path, tmp_path: Path) -> tuple[Path, list[Acknowledged]]:
    """A database whose writer was killed, with its log and journal, and what the writer acknowledged."""
    new_database(database_path)
    output = tmp_path / "acknowledged.txt"
    writer = start_writer(database_path, output, most=12, n_threads=1)
    wait_for(lambda: output.read_bytes().count(b"\n") >= 12)
    kill(writer)
    return database_path, acknowledged_in(output)


def log_of(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def test_a_log_that_is_gone_is_put_back_from_the_journal_and_told(killed) -> None:
    path, acknowledged = killed
    log_of(path).unlink()
    db = store.open_database(path)
    assert Counter(acknowledged) - stored(db) == Counter()
    assert len(restored(db)) == 1
    assert restored(db)[0].startswith('{"count": ')
    long = store.judgments(db, "small")
    rater = store.rater_by_token(db, store.raters(db, "small")[0].token)
    assert rater.rater_id in set(long["rater_id"])
    assert store.current_task(db, rater) is not None
    db.close()
    db = store.open_database(path)
    assert Counter(acknowledged) - stored(db) == Counter()
    assert len(restored(db)) == 1
    db.close()


def test_a_log_with_a_torn_end_is_completed_from_the_journal(killed) -> None:
    path, acknowledged = killed
    log = log_of(path)
    os.truncate(log, log.stat().st_size // 2)
    db = store.open_database(path)
    assert Counter(acknowledged) - stored(db) == Counter()
    assert len(restored(db)) == 1
    db.close()


def opened_copy(path: Path, folder: Path, flip: tuple[int, int] | None = None) -> store.Database:
    """Open a copy of what a killed writer left, perhaps with a bit of the log flipped."""
    folder.mkdir()
    copies = [shutil.copy(file, folder) for file in (path, log_of(path), store.journal_path(path))]
    if flip:
        damaged = bytearray(Path(copies[1]).read_bytes())
        damaged[flip[0]] ^= flip[1]
        Path(copies[1]).write_bytes(damaged)
    return store.open_database(copies[0])


@pytest.mark.slow
@pytest.mark.thorough
def test_a_flipped_bit_in_the_log_loses_no_acknowledged_judgment(killed, tmp_path) -> None:
    path, acknowledged = killed
    size = log_of(path).stat().st_size
    outcomes: Counter[str] = Counter()
    undamaged = opened_copy(path, tmp_path / "undamaged")
    not_yet_in_the_tables = restored(undamaged)
    undamaged.close()
    for number, offset in enumerate(
        range(0, size, size // N_FLIPS)
    ):  # silence threatens in headers: begin with one
        folder = tmp_path / f"flip-{number}"
        db = opened_copy(path, folder, flip=(offset, 1 << number % 8))
        assert Counter(acknowledged) - stored(db) == Counter()
        refused = any(".wal.damaged-" in file.name for file in folder.iterdir())
        lost = restored(db) != not_yet_in_the_tables
        outcomes["refused, restored" if refused else "accepted, restored" if lost else "no loss"] += 1
        db.close()
    print("flips", dict(outcomes))
    assert outcomes["refused, restored"]
    assert outcomes["accepted, restored"]


def test_a_torn_last_line_of_the_journal_is_left_out(killed) -> None:
    path, acknowledged = killed
    journal = store.journal_path(path)
    *_, last = journal.read_bytes().splitlines()
    os.truncate(journal, journal.stat().st_size - 40)
    db = store.open_database(path)
    lost = Counter(acknowledged) - stored(db)
    assert all(assignment.encode() in last for assignment, *_ in lost)
    assert lost.total() <= 1
    db.close()
    assert len(journal.read_text().splitlines()) == 1, "the line that names the database"


def test_the_journal_alone_gives_back_all_but_a_torn_last_line(killed) -> None:
    path, acknowledged = killed
    journal = store.journal_path(path)
    *_, last = journal.read_bytes().splitlines()
    os.truncate(journal, journal.stat().st_size - 40)
    log_of(path).unlink()
    db = store.open_database(path)
    lost = Counter(acknowledged) - stored(db)
    assert all(assignment.encode() in last for assignment, *_ in lost)
    assert lost.total() <= 1
    db.close()


if __name__ == "__main__":
    target, seed, limit, most, n_threads = sys.argv[1:]
    write_until_killed(
        Path(target), seed=int(seed), limit=int(limit), most=int(most), n_threads=int(n_threads)
    )
