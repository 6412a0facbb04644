"""Hostile files by the hundred thousand: every importer gives records or a sentence, writes nothing by half, and stays small.

``python -m tests.benchmarks fuzz [COUNT]`` prints, for each way in, how many inputs were read, refused and saved, and the
most memory that it took. What was read is saved three times: twice with a last row that fails after the rows before it were written, once
in the database and once in the program, and then as it is. Anything else than a sentence ends the run with the input that did it.
"""

import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from study import store
from study.errors import StudyError
from study.formats.reading import read
from study.records import StudyRecords
from tests.benchmarks.fuzz_inputs import MAKERS

COUNT = 100_000
SMOKE = ("350",)
LEAST_SHARE = 0.05
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
            outcomes[name].update(_tried(db, known, name, rng))
            if number % 5000 == 4999:
                print(
                    f"{number + 1:,} inputs, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True
                )
        db.close()
    _show(outcomes, memory, time.monotonic() - started)


def _tried(db: store.Database, known: StudyRecords, name: str, rng: random.Random) -> list[str]:
    data, file, action = MAKERS[name](rng)
    try:
        found = action(data, file, known)
        if not isinstance(found, StudyRecords):
            return ["read"]
        return [*_refused_late(db, found), _saved(db, found)]
    except StudyError as error:
        if str(error).strip():
            return ["refused"]
        raise
    except BaseException:
        print(f"\n{name}, file {file}: {data[:2000]!r}", file=sys.stderr)
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


class Interrupted(list[Any]):
    """Rows that cannot be read to their end: the program fails between two tables, in a transaction that is sound."""

    def __iter__(self) -> Iterator[Any]:
        raise StudyError("the last rows cannot be read")


def _refused_late(db: store.Database, found: StudyRecords) -> list[str]:
    """Save what was read so that its last rows fail, in the database and in the program; nothing of it is there then."""
    written = [one.name for one in fields(found)[1:] if getattr(found, one.name)]
    if not written or (len(written) == 1 and not found.items):
        return []  # no row of another table is written before it
    rows = getattr(found, written[-1])
    for failing in ([*rows, replace(rows[-1], study_id=None)], Interrupted(rows)):
        before = _counts(db)
        try:
            store.save_records(
                db, replace(found, **{written[-1]: failing}), new_study=bool(found.items or found.outputs)
            )
        except StudyError:
            assert _counts(db) == before, "half written"
        else:
            raise AssertionError("rows that fail were saved")
    return ["refused late"]


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
    columns = ("read", "refused", "saved", "not saved", "refused late")
    print(f"{'way in':22}" + "".join(f"{one:>13}" for one in columns))
    for name, found in outcomes.items():
        print(f"{name:22}" + "".join(f"{found[one]:13,}" for one in columns))
    total = sum(found.total() - found["refused late"] for found in outcomes.values())
    for one in ("saved", "refused late"):
        share = sum(found[one] for found in outcomes.values()) / total
        print(f"{one}: {share:.1%} of all inputs")
        assert share >= LEAST_SHARE, f"too few inputs were {one}: what is half written is not reached"
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{total:,} inputs in {seconds:.0f} s; 0 tracebacks, 0 partial writes; memory {memory:.0f} to at most {most:.0f} MB"
    )
