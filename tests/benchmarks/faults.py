"""kill -9 over and over, in the middle of everything that writes: what was acknowledged is there, once, and every file opens.

`python -m tests.benchmarks faults [kills]`, 200 unless told; and as many power cuts, simulated (:mod:`tests.store.power`): what
was written since the last fsync is not there, or torn.
"""

import asyncio
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from study import store
from study.errors import StudyError
from tests import programs
from tests.benchmarks.load import Seen, judge_together
from tests.browser.conftest import ROOT, start_app
from tests.conftest import small_study
from tests.store.power import Disk, judge_while_power_goes
from tests.store.test_crash import (
    N_ITEMS,
    acknowledged_in,
    new_database,
    start_writer,
    stored,
    wait_for,
)

KILLS = 200
SMOKE = ("7",)
ROUNDS_OF_A_FILE = 25
CUT_SHARE = 0.1


@dataclass
class Tally:
    """What happened to one kind of victim."""

    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    unopened: int = 0
    taken_back: int = 0
    notes: list[str] = field(default_factory=list)


def main() -> None:
    """Print a line per kind of victim, and what was lost in all."""
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else KILLS
    rng = random.Random(20261124)
    print(
        f"{'killed':34} {'kills':>5} {'acknowledged':>12} {'lost':>5} {'doubled':>7} {'unopened':>8} {'from copy':>9}"
    )
    total = Tally()
    shares = sum(share for share, _ in VICTIMS.values())
    for name, (share, strike) in VICTIMS.items():
        tally = Tally()
        wanted = max(1, round(kills * share / shares))
        while tally.kills < wanted:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "study.duckdb"
                new_database(path)
                for _ in range(min(ROUNDS_OF_A_FILE, wanted - tally.kills)):
                    strike(path, tally, rng)
                    tally.kills += 1
        _show(name, tally, total)
    _power_cuts(kills, total, rng)
    print(
        f"{'all':34} {total.kills:5} {total.acknowledged:12} {total.lost:5} {total.doubled:7} {total.unopened:8} {total.taken_back:9}"
    )
    sys.exit(bool(total.lost or total.doubled or total.unopened))


def _power_cuts(wanted: int, total: Tally, rng: random.Random) -> None:
    """Let the power go so many times, while raters judge, checkpoints are made and the app is started again."""
    tally = Tally()
    while tally.kills < wanted:
        left = Counter[str](all=wanted - tally.kills)

        def goes(_what: str, left: Counter[str] = left) -> bool:
            if left["all"] < 1 or rng.random() > CUT_SHARE:
                return False
            left["all"] -= 1
            return True

        with tempfile.TemporaryDirectory() as data, tempfile.TemporaryDirectory() as images:
            disk = Disk(Path(data) / "study.duckdb", Path(images), random.Random(rng.random()), goes)
            found = judge_while_power_goes(disk, rounds=30)
        tally.kills += found.cuts.total()
        tally.acknowledged += found.acknowledged
        tally.lost += len(found.lost)
        tally.doubled += len(found.doubled)
        tally.unopened += len(found.unopened)
        tally.taken_back += found.from_copy
        tally.notes += [*found.lost, *found.doubled, *found.unopened]
    _show("power cuts, simulated", tally, total)


def _show(name: str, tally: Tally, total: Tally) -> None:
    """Print a line, and count it in."""
    print(
        f"{name:34} {tally.kills:5} {tally.acknowledged:12} {tally.lost:5} {tally.doubled:7} {tally.unopened:8} {tally.taken_back:9}",
        flush=True,
    )
    for note in tally.notes:
        print(f"    {note}")
    for key in ("kills", "acknowledged", "lost", "doubled", "unopened", "taken_back"):
        setattr(total, key, getattr(total, key) + getattr(tally, key))


def _held(path: Path, tally: Tally) -> Counter[tuple[str, str, int, str]]:
    """Open the file that the victim left; what cannot be opened is counted."""
    tally.taken_back += path.with_name(path.name + ".checkpointing").exists()
    try:
        db = store.open_database(path)
    except StudyError as error:
        tally.unopened += 1
        tally.notes.append(str(error))
        return Counter()
    held = stored(db)
    db.close()
    return held


def _compare(expected: Counter[tuple[str, str, int, str]], path: Path, tally: Tally) -> None:
    held = _held(path, tally)
    keys = Counter(key[:3] for key in held.elements())
    tally.lost += (expected - held).total()
    tally.doubled += sum(count - 1 for count in keys.values())


def _writers(limit: int, seconds: float) -> Callable[[Path, Tally, random.Random], None]:
    """Return a strike at four threads that judge; with a small limit of the log, most time goes into checkpoints."""

    def strike(path: Path, tally: Tally, rng: random.Random) -> None:
        output = path.with_name("acknowledged.txt")
        before = _held(path, tally)
        writer = start_writer(path, output, seed=rng.randrange(10**9), limit=limit)
        wait_for(lambda: output.stat().st_size > 0 or writer.poll() is not None)
        time.sleep(rng.uniform(0, seconds))
        _kill(writer)
        acknowledged = Counter(acknowledged_in(output))
        tally.acknowledged += acknowledged.total()
        _compare(before + acknowledged, path, tally)

    return strike


def _opening(path: Path, tally: Tally, rng: random.Random) -> None:
    """Kill a process that opens a database whose log is full."""
    db = store.open_database(path)
    rater = store.enrol(db, "small")
    task = store.current_task(db, rater)
    assert task is not None
    for criterion, revision in task.revisions.items():
        store.record_judgment(db, rater, task.assignment_id, criterion, revision, "left")
    before = stored(db)
    db.file.close()
    db.journal.close()
    _interrupt(["-c", _OPEN, str(path)], rng, 1.0)
    tally.acknowledged += 2
    _compare(before, path, tally)


_OPEN = "import sys; from study import store; store.open_database(sys.argv[1]).close()"


def _command(*words: str, patience: float) -> Callable[[Path, Tally, random.Random], None]:
    """Return a strike at a command; ``DB`` and ``BACKUP`` in its words stand for the files."""

    def strike(path: Path, tally: Tally, rng: random.Random) -> None:
        db = store.open_database(path)
        rater = store.enrol(db, "small")
        task = store.current_task(db, rater)
        assert task is not None
        for criterion, revision in task.revisions.items():
            store.record_judgment(db, rater, task.assignment_id, criterion, revision, "right")
        before = stored(db)
        made = (
            store.backups(path)[0].path if store.backups(path) and "BACKUP" not in words else store.backup(db)
        )
        db.close()
        names = {
            "DB": str(path),
            "BACKUP": str(made),
            "BUNDLE": str(ROOT / "data" / "demo"),
            "NEW": f"s{rng.randrange(10**9)}",
        }
        _interrupt(["-m", "study", *(names.get(word, word) for word in words)], rng, patience)
        tally.acknowledged += 2
        _compare(before, path, tally)
        _check_halves(path, tally)

    return strike


def _check_halves(path: Path, tally: Tally) -> None:
    """Look for what a command may have left half done: a study without its outputs, a backup that does not open."""
    db = store.open_database(path)
    with db.reading() as cursor:
        sizes = cursor.execute(
            "select study_id, (select count(*) from output o where o.study_id = s.study_id) from study s"
        ).fetchall()
    db.close()
    whole = len(small_study(n_items=N_ITEMS).outputs)
    for study_id, n_outputs in sizes:
        if (study_id == "small" and n_outputs != whole) or n_outputs == 0:
            tally.lost += 1
            tally.notes.append(f"study {study_id} has {n_outputs} outputs")
    for one in store.backups(path):
        try:
            copy = store.open_database(one.path)
            copy.close()
        except StudyError as error:
            tally.unopened += 1
            tally.notes.append(str(error))


def _app(path: Path, tally: Tally, rng: random.Random) -> None:
    """Kill the app while twenty raters judge over websockets; a click counts when its run has come to its end."""
    before = _held(path, tally)
    app = start_app(path)

    async def load() -> Seen:
        loop = asyncio.get_running_loop()
        loop.call_later(rng.uniform(4, 9), app.process.send_signal, signal.SIGKILL)
        return await judge_together(app, "study=link-small", 20, 30, (0.1, 0.4))

    seen = asyncio.run(load())
    app.process.wait()
    held = _held(path, tally)
    given = (held - before).total()
    tally.acknowledged += seen.acknowledged
    tally.lost += max(0, seen.acknowledged - given) + (before - held).total()
    tally.doubled += sum(count - 1 for count in Counter(key[:3] for key in held.elements()).values())


def _interrupt(command: list[str], rng: random.Random, patience: float) -> None:
    """Run a command and kill it after a while, if it has not come to its end."""
    process = programs.start(*command, stdout=programs.DEVNULL, stderr=programs.DEVNULL)
    try:
        process.wait(rng.uniform(0.1, patience))
    except subprocess.TimeoutExpired:
        _kill(process)


def _kill(process: programs.Program | subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


VICTIMS: dict[str, tuple[int, Callable[[Path, Tally, random.Random], None]]] = {
    "four judging threads": (12, _writers(16_000_000, 0.4)),
    "four threads, checkpoints all along": (12, _writers(8_000, 0.4)),
    "opening, with a log to write": (4, _opening),
    "import": (4, _command("import", "BUNDLE", "--study", "NEW", "--db", "DB", patience=3.0)),
    "backup": (3, _command("backup", "--db", "DB", patience=2.0)),
    "restore": (3, _command("restore", "BACKUP", "--db", "DB", patience=2.0)),
    "app, twenty websocket raters": (2, _app),
}
