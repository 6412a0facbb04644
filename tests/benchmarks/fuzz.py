"""Hostile files by the hundred thousand: every importer gives records or a sentence, writes nothing by half, and stays small.

``python -m tests.benchmarks fuzz [COUNT]`` prints, for each way in, how many inputs were read, refused and saved, and the
most memory that it took. Anything else than a sentence ends the run with the input that did it. One way in are whole studies
that are all saved; half of them fail on purpose after their first rows are written.
"""

import random
import resource
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from study import store
from study.errors import StudyError
from study.formats.reading import read
from study.records import MetricScore, StudyRecords, Verdict
from study.store.engine import file_database
from tests.benchmarks.fuzz_inputs import MAKERS, WHOLE

COUNT = 100_000
SMOKE = ("350",)
SAVED_EVERY = 20
# What was refused after its first rows were written, and how many of the inputs are to be that, or saved.
LATE = "failed late"
LEAST_SHARE = 0.05
BASE = b"pair_id,item_id,system_a,output_a,system_b,output_b\n7,i,alpha,X,beta,Y\n8,k,alpha,X2,beta,Y2\n"


def main() -> None:
    """Fuzz every way in, by turns, and print a table."""
    count = int(sys.argv[2]) if len(sys.argv) > 2 else COUNT
    started = time.monotonic()
    outcomes, memory = fuzzed(count)
    _show(outcomes, memory, time.monotonic() - started)
    total = sum((found for found in outcomes.values()), Counter())
    seldom = [one for one in ("saved", LATE) if total[one] < LEAST_SHARE * count]
    if seldom:
        sys.exit(f"too few inputs were {' and '.join(seldom)}: fewer than {LEAST_SHARE:.0%}")


def fuzzed(count: int) -> tuple[dict[str, Counter[str]], float]:
    """Fuzz every way in, by turns; return what became of the inputs, and the memory before the first, in MB."""
    rng = random.Random(20261124)
    started = time.monotonic()
    outcomes: dict[str, Counter[str]] = {name: Counter() for name in MAKERS}
    # The file is not written anew after each import: thousands of them come.
    with tempfile.TemporaryDirectory() as folder, patch.object(file_database, "SMALL_FILE", 0):
        db = store.open_database(Path(folder) / "fuzz.duckdb")
        base = read(BASE, name="base.csv")
        store.save_records(db, base)
        known = store.study_records(db, base.study.study_id, answers=True)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        for number in range(count):
            name = list(MAKERS)[number % len(MAKERS)]
            outcomes[name][_tried(db, known, name, rng, number)] += 1
            if number % 5000 == 4999:
                print(
                    f"{number + 1:,} inputs, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True
                )
        db.close()
    return outcomes, memory


def _tried(db: store.Database, known: StudyRecords, name: str, rng: random.Random, number: int) -> str:
    data, file, action = MAKERS[name](rng)
    try:
        found = action(data, file, known)
        if isinstance(found, StudyRecords) and (name == WHOLE or number % SAVED_EVERY == 0):
            return _saved(db, found, fails=name == WHOLE and number // len(MAKERS) % 2 == 1, rng=rng)
        return "read"
    except StudyError as error:
        if str(error).strip():
            return "refused"
        raise
    except BaseException:
        print(f"\n{name}, input {number}, file {file}: {data[:2000]!r}", file=sys.stderr)
        raise


def _saved(db: store.Database, found: StudyRecords, *, fails: bool, rng: random.Random) -> str:
    """Save what was read, or what fails after its first rows; whatever comes of it, all of it is there or nothing."""
    before = _counts(db)
    adds = not found.items and not found.outputs
    if fails:
        _spoil(found, rng)
    try:
        store.save_records(db, found, new_study=not adds)
    except (StudyError, UnicodeEncodeError):
        assert _counts(db) == before, "half written"
        return LATE if fails else "not saved"
    assert not fails, "what cannot be stored was stored"
    _erase(db, found, adds)
    assert _counts(db) == before, "more was written than was read"
    return "saved"


def _spoil(found: StudyRecords, rng: random.Random) -> None:
    """Give one of the tables a row that cannot be stored; not the first, so that others are written before it.

    Either the database refuses it, which ends the transaction by itself, or it never gets there, which does not. Scores and
    verdicts take the place of earlier ones, and are refused never.
    """
    tables = [rows for kind, rows in found.tables() if rows and kind not in (MetricScore, Verdict)]
    table = rng.choice(tables[1:])
    twice = rng.choice(table)
    table.append(twice if rng.random() < 0.5 else replace(twice, study_id="\ud800"))


def _counts(db: store.Database) -> dict[str, int]:
    tables = (
        "study",
        "profile",
        "item",
        "output",
        "task",
        "task_output",
        "rater",
        "assignment",
        "judgment",
        "metric_score",
        "verdict",
    )
    with db.reading() as cursor:
        return {name: cursor.execute(f"select count(*) from {name}").fetchall()[0][0] for name in tables}


def _erase(db: store.Database, found: StudyRecords, adds: bool) -> None:
    with db.writing(forget=True) as cursor:
        if not adds:
            for table in _counts(db):
                cursor.execute(f"delete from {table} where study_id = ?", [found.study.study_id])
            return
        for table in ("rater", "assignment", "judgment", "metric_score", "verdict"):
            cursor.execute(f"delete from {table}")


def _show(outcomes: dict[str, Counter[str]], memory: float, seconds: float) -> None:
    columns = ("read", "refused", "saved", "not saved", LATE)
    print(f"{'way in':22}" + "".join(f"{one:>13}" for one in columns))
    for name, found in outcomes.items():
        print(f"{name:22}" + "".join(f"{found[one]:13,}" for one in columns))
    total = sum(found.total() for found in outcomes.values())
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{total:,} inputs in {seconds:.0f} s; 0 tracebacks, 0 partial writes; memory {memory:.0f} to at most {most:.0f} MB"
    )
