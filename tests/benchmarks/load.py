"""Many raters at once over Streamlit's own protocol: the judge page beside the minimal page, in turns, in one run.

`python -m tests.benchmarks load [seconds per row]`. Think time is 2 to 6 s (mean 4). A click counts from the message that
holds it to the end of the script's run, when the next pair is whole.
"""

import asyncio
import os
import random
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
from websockets.exceptions import WebSocketException

from study import store
from study.design import Design
from tests.benchmarks.pace import start_minimal
from tests.benchmarks.websocket_rater import WebsocketRater
from tests.browser.conftest import App, start_app
from tests.conftest import CRITERIA, small_study

RATERS = (1, 10, 50, 100, 200)
THINK = (2.0, 6.0)
SECONDS = 30.0
N_ITEMS = 700


@dataclass
class Seen:
    """What the raters of one row saw."""

    times: list[float] = field(default_factory=list)
    acknowledged: int = 0
    errors: list[str] = field(default_factory=list)
    bytes_received: int = 0


def main() -> None:
    """Print a line per number of raters and page."""
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    print(
        f"{'page':13} {'raters':>6} {'answers':>7} {'rows':>7} {'p50 ms':>7} {'p95 ms':>7} {'errors':>6} {'kB/click':>8} {'MB/rater':>8}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for n_raters in RATERS:
            tails = {}
            for name, (start, query, wanted, count) in PAGES.items():
                app = start(Path(folder) / f"{name}-{n_raters}.duckdb")
                try:
                    tails[name] = _row(name, app, query, wanted, count, n_raters, seconds)
                finally:
                    app.kill()
            print(
                f"{'ratio of p95':13} {n_raters:6} {tails['judge page'] / tails['minimal page']:31.2f}",
                flush=True,
            )
    print(f"Load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, raters among it.")


def _row(
    name: str,
    app: App,
    query: str,
    wanted: Callable[[str], bool],
    count: Callable[[App], int],
    n_raters: int,
    seconds: float,
) -> float:
    before = resident(app)
    seen = asyncio.run(judge_together(app, query, wanted, n_raters, seconds))
    grown = resident(app) - before
    app.process.terminate()
    app.process.wait(30)
    median, tail = np.quantile(seen.times, [0.5, 0.95]) * 1000
    print(
        f"{name:13} {n_raters:6} {seen.acknowledged:7} {count(app):7} {median:7.0f} {tail:7.0f} {len(seen.errors):6} "
        f"{seen.bytes_received / len(seen.times) / 1000:8.1f} {grown / n_raters / 1e6:8.1f}",
        flush=True,
    )
    for error in sorted(set(seen.errors)):
        print(f"    {error}")
    return float(tail)


async def judge_together(
    app: App,
    query: str,
    wanted: Callable[[str], bool],
    n_raters: int,
    seconds: float,
    think: tuple[float, float] = THINK,
) -> Seen:
    """Let raters come one after the other within a think time, judge for some seconds, and tell what they saw."""
    seen = Seen()
    raters = [
        _judge(app, query, wanted, seconds, think, random.Random(number), seen) for number in range(n_raters)
    ]
    await asyncio.gather(*raters)
    return seen


async def _judge(
    app: App,
    query: str,
    wanted: Callable[[str], bool],
    seconds: float,
    think: tuple[float, float],
    rng: random.Random,
    seen: Seen,
) -> None:
    await asyncio.sleep(rng.uniform(0, think[1]))
    end = asyncio.get_running_loop().time() + seconds
    try:
        async with WebsocketRater(app.url, "judge" if query else "", query) as rater:
            if query:
                await rater.press(lambda label: "agree" in label)
            seen.bytes_received -= rater.bytes_received
            while asyncio.get_running_loop().time() < end:
                await asyncio.sleep(rng.uniform(*think))
                before = list(rater.buttons)
                seen.times.append(await rater.press(wanted))
                seen.acknowledged += list(rater.buttons) != before  # another question has other buttons
            seen.bytes_received += rater.bytes_received
    except (OSError, RuntimeError, TimeoutError, WebSocketException) as error:
        seen.errors.append(f"{type(error).__name__}: {error}")


def resident(app: App) -> int:
    """Return the server's resident memory in bytes."""
    pages = int(Path(f"/proc/{app.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _start_judge(path: Path) -> App:
    db = store.open_database(path)
    design = Design(criteria=CRITERIA[:1], min_view_seconds=0, overlap=1000)
    store.save_records(db, small_study(n_items=N_ITEMS, design=design))
    db.close()
    return start_app(path)


def _judged(app: App) -> int:
    db = store.open_database(app.database)
    found = len(store.judgments(db, "small"))
    db.close()
    return found


def _answered(app: App) -> int:
    with duckdb.connect(str(app.database)) as connection:
        return int(connection.execute("select count(*) from answer").fetchall()[0][0])


PAGES = {
    "judge page": (_start_judge, "study=link-small", lambda label: "A is better" in label, _judged),
    "minimal page": (start_minimal, "", lambda label: label == "A is better", _answered),
}
