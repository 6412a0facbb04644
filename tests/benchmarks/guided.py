"""Fuzzing that looks at which lines an input reaches, by atheris (libFuzzer): hostile files grown towards unread code.

`python -m tests.benchmarks guided [SECONDS]`. It starts from the
inputs of `fuzz`, and ends with the input that did it where anything else than a sentence comes of one.
"""

import random
import sys
import tempfile
import time
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

from study.errors import StudyError

SECONDS = 600
SMOKE = ("5",)
MOST_MEGABYTES = 2048
N_SEEDS = 40
# The first byte of an input says as what it is read: as a file of one of these names, or by one of the two other readers.
NAMES = ("x.csv", "x.jsonl", "x.parquet", "x.zip", "study.yaml", "x.csv.gz", "x", "x.tsv")

_outcomes: Counter[str] = Counter()


def main() -> None:
    """Fuzz for some seconds; libFuzzer's own line at the end says how many inputs ran."""
    atheris: Any = import_module("atheris")
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    with atheris.instrument_imports(include=["study.formats", "study.records", "study.responses"]):
        for module in ("study.formats.reading", "study.formats.readers.settings", "study.metrics.meta"):
            import_module(module)
    from tests.benchmarks.fuzz_inputs import MAKERS

    corpus = Path(tempfile.mkdtemp(prefix="guided-"))
    rng = random.Random(20261124)
    for number in range(N_SEEDS):
        for name, maker in MAKERS.items():
            data, file, _ = maker(rng)
            kind = next(
                (place for place, one in enumerate(NAMES) if Path(file).suffix == Path(one).suffix), 0
            )
            (corpus / f"{name.split()[0]}-{number}").write_bytes(bytes([kind]) + data)
    limits = [
        f"-max_total_time={seconds}",
        f"-rss_limit_mb={MOST_MEGABYTES}",
        "-timeout=30",
        "-max_len=20000",
    ]
    options = ["-print_final_stats=1", f"-artifact_prefix={corpus}/", str(corpus)]
    started = time.monotonic()

    def once(data: bytes) -> None:
        _outcomes[_tried(data)] += 1
        if time.monotonic() - started > 10 * (1 + _outcomes["told"]):
            _outcomes["told"] += 1
            print({name: count for name, count in _outcomes.items() if name != "told"}, flush=True)

    atheris.Setup([sys.argv[0], *limits, *options], once)
    atheris.Fuzz()


def _tried(data: bytes) -> str:
    from study.formats import IMPORTERS
    from study.formats.readers.settings import read_design
    from study.formats.reading import read
    from study.metrics.meta import parse_recipe

    kind, data = (data[0] if data else 0), data[1:]
    try:
        if kind % 16 == 14:
            read_design(data, "study.yaml")
        elif kind % 16 == 15:
            parse_recipe(data.decode("utf-8", "replace"))
        else:
            format = (None, *IMPORTERS)[kind // 16 % (len(IMPORTERS) + 1)]
            read(data, name=NAMES[kind % len(NAMES)], format=format)
    except StudyError as error:
        if not str(error).strip():
            raise
        return "refused"
    return "read"
