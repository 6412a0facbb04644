"""Replicas on one PostgreSQL server on loopback: critical sections a second, and raters at two apps that share it.

`python -m tests.benchmarks replicas [raters per app] [seconds per row]`. The server writes to its disk, as in production.
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

import numpy as np

from study import store
from study.protocol.design import Design
from tests import programs
from tests.benchmarks.load import Seen, judge_together
from tests.browser.conftest import start_app
from tests.conftest import CRITERIA, small_study
from tests.postgres import Cluster, temporary_cluster

REPLICAS = (1, 2, 4)
SMOKE = ("2", "3")
SECTIONS = """
import sys, time
from study import store
address, kind, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
db = store.open_database(address)
print("open", flush=True)
sys.stdin.readline()
count, end = 0, time.monotonic() + seconds
while time.monotonic() < end:
    if kind == "empty":
        with db.lock:
            count += 1
    else:
        store.log_action(db, "measured")
        count += 1
print(count)
"""


def main() -> None:
    """Print both tables."""
    n_raters = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 20.0
    with temporary_cluster(durable=True) as cluster:
        print(f"{'replicas':>8} {'critical sections/s':>20} {'writes/s':>10}")
        for count in REPLICAS:
            rates = [_rate(cluster, count, kind, seconds / 4) for kind in ("empty", "writing")]
            print(f"{count:8} {rates[0]:20.0f} {rates[1]:10.0f}", flush=True)
        print(
            f"{'apps':>4} {'raters':>6} {'answers':>7} {'rows':>7} {'p50 ms':>7} {'p95 ms':>7} {'errors':>6}"
        )
        for count in REPLICAS[:2]:
            _apps(cluster, count, n_raters, seconds)
    print(
        f"Load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, raters and server among it."
    )


def _rate(cluster: Cluster, count: int, kind: str, seconds: float) -> float:
    address = cluster.new_schema()
    store.open_database(address).close()
    processes = [
        programs.start("-c", SECTIONS, address, kind, seconds, stdin=programs.PIPE, stdout=programs.PIPE)
        for _ in range(count)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    sections = 0
    for process in processes:
        with process:
            sections += int(process.stdout.read())  # type: ignore[union-attr]
    return sections / seconds


def _apps(cluster: Cluster, count: int, n_raters: int, seconds: float) -> None:
    address = cluster.new_schema()
    db = store.open_database(address)
    design = Design(criteria=CRITERIA[:1], min_view_seconds=0, overlap=1000)
    store.save_records(db, small_study(n_items=300, design=design))
    with tempfile.TemporaryDirectory() as folder:
        apps = [start_app(Path(folder) / f"{number}.duckdb", address=address) for number in range(count)]

        async def judge() -> list[Seen]:
            return await asyncio.gather(
                *(
                    judge_together(
                        app,
                        "study=link-small",
                        n_raters // count,
                        seconds,
                    )
                    for app in apps
                )
            )

        try:
            seen = asyncio.run(judge())
        finally:
            for app in apps:
                app.kill()
    with db.lock:
        rows = len(store.judgments(db, "small"))
    db.close()
    times = [one for each in seen for one in each.times]
    errors = [one for each in seen for one in each.errors]
    median, tail = np.quantile(times or [np.nan], [0.5, 0.95]) * 1000  # nan: nobody was answered in time
    answers = sum(each.acknowledged for each in seen)
    print(
        f"{count:4} {n_raters:6} {answers:7} {rows:7} {median:7.0f} {tail:7.0f} {len(errors):6}", flush=True
    )
    for error in sorted(set(errors)):
        print(f"    {error}")
