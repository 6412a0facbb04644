"""Hostile files by the hundred thousand: every importer gives records or a sentence, writes nothing by half, and stays small.

``python -m tests.benchmarks fuzz [COUNT]`` prints, for each way in, how many inputs were read, refused and saved, and the
most memory that it took. Anything else than a sentence ends the run with the input that did it.
"""

import random
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from study import store
from study.errors import StudyError
from study.formats.reading import read
from study.records import StudyRecords
from tests.benchmarks.fuzz_inputs import MAKERS

COUNT = 100_000
SAVED_EVERY = 20
BASE = b"pair_id,item_id,system_a,output_a,system_b,output_b\n7,i,alpha,X,beta,Y\n8,k,alpha,X2,beta,Y2\n"


def main() -> None:
    """Fuzz every way in, by turns, and print a table."""
    count = int(sys.argv[2]) if len(sys.argv) > 2 else COUNT
    rng = random.Random(20261124)
    started = time.monotonic()
    outcomes: dict[str, Counter[str]] = {name: Counter() for name in MAKERS}
    with tempfile.TemporaryDirectory() as folder:
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
    _show(outcomes, memory, time.monotonic() - started)


def _tried(db: store.Database, known: StudyRecords, name: str, rng: random.Random, number: int) -> str:
    data, file, action = MAKERS[name](rng)
    try:
        found = action(data, file, known)
        if isinstance(found, StudyRecords) and number % SAVED_EVERY == 0:
            return _saved(db, found)
        return "read"
    except StudyError as error:
        if str(error).strip():
            return "refused"
        raise
    except BaseException:
        print(f"\n{name}, input {number}, file {file}: {data[:2000]!r}", file=sys.stderr)
        raise


def _saved(db: store.Database, found: StudyRecords) -> str:
    """Save what was read; whatever comes of it, all of it is there or nothing."""
    before = _counts(db)
    adds = not found.items and not found.outputs
    try:
        store.save_records(db, found, new_study=not adds)
    except StudyError:
        assert _counts(db) == before, "half written"
        return "not saved"
    _erase(db, found, adds)
    assert _counts(db) == before, "more was written than was read"
    return "saved"


def _counts(db: store.Database) -> dict[str, int]:
    tables = (
        "study",
        "profile",
        "item",
        "output",
        "comparison",
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
    columns = ("read", "refused", "saved", "not saved")
    print(f"{'way in':22}" + "".join(f"{one:>11}" for one in columns))
    for name, found in outcomes.items():
        print(f"{name:22}" + "".join(f"{found[one]:11,}" for one in columns))
    total = sum(found.total() for found in outcomes.values())
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{total:,} inputs in {seconds:.0f} s; 0 tracebacks, 0 partial writes; memory {memory:.0f} to at most {most:.0f} MB"
    )
