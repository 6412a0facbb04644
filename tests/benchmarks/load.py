"""Many raters at once over Streamlit's own protocol: the judge page beside the minimal page, in turns, in one run.

`python -m tests.benchmarks load [seconds per row] [raters,raters,...] [judgments stored]`. Think time is 2 to 6 s (mean 4). All raters come
first, and judge when the last is there. A click counts from the message that holds it to the end of the script's run, when the
next pair is whole. The last rows are of a study that holds a million
judgments, or as many as are named, alone and while a researcher opens one page of it after another.
"""

import asyncio
import itertools
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import duckdb
import numpy as np
from websockets.exceptions import WebSocketException

from study import store
from study.protocol.design import Design
from tests.benchmarks.million import STUDY_ID, make_million
from tests.benchmarks.pace import start_minimal
from tests.benchmarks.websocket_rater import WebsocketRater
from tests.browser.conftest import KEY, App, start_app
from tests.conftest import CRITERIA, small_study

RATERS = (1, 10, 50, 100, 200)
THINK = (2.0, 6.0)
SECONDS = 30.0
SMOKE = ("5", "2", "2000")
ARRIVAL_SECONDS = 0.15
PROBLEMS = (
    OSError,
    RuntimeError,
    TimeoutError,
    WebSocketException,
)  # a barrier that breaks is a RuntimeError
N_ITEMS = 700
RATERS_AT_A_MILLION = 50
ANALYSIS = (
    *(
        "agreement",
        "ranking",
        "correlation",
        "personalization",
        "metrics",
        "judges",
        "calibration",
        "progress",
    ),
)


@dataclass
class Seen:
    """What the raters of one row saw."""

    times: list[float] = field(default_factory=list)
    acknowledged: int = 0
    errors: list[str] = field(default_factory=list)
    bytes_received: int = 0
    opened: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """Where raters judge, and how what is stored of it is counted; ``researcher`` says that somebody looks at results meanwhile."""

    start: Callable[[Path], App]
    query: str
    count: Callable[[App], int]
    researcher: bool = False


def main() -> None:
    """Print a line per number of raters and page."""
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    raters = [int(one) for one in sys.argv[3].split(",")] if len(sys.argv) > 3 else RATERS
    print(
        f"{'page':41} {'raters':>6} {'answers':>7} {'rows':>7} {'p50 ms':>7} {'p95 ms':>7} {'errors':>6} {'kB/click':>8} {'MB/rater':>8}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for n_raters in raters:
            _compare(Path(folder), (MINIMAL, JUDGE), n_raters, seconds)
        make_million(Path(folder) / STORED, n_judgments=_stored(), overlap=12)
        _compare(Path(folder), (MINIMAL, JUDGE, *MILLION), min(max(raters), RATERS_AT_A_MILLION), seconds)
    print(f"Load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, raters among it.")


def _compare(folder: Path, names: tuple[str, ...], n_raters: int, seconds: float) -> None:
    """Print a row per page, and how its p95 stands to that of the first."""
    tails = []
    for name in names:
        page = PAGES[name]
        app = page.start(folder / f"{name}-{n_raters}-of-{len(names)}.duckdb")
        try:
            tails.append(_row(name, page, app, n_raters, seconds))
        finally:
            app.kill()
    for name, tail in zip(names[1:], tails[1:], strict=True):
        print(f"{'ratio of p95, ' + name:41} {n_raters:6} {tail / tails[0]:31.2f}", flush=True)


def _row(
    name: str,
    page: Page,
    app: App,
    n_raters: int,
    seconds: float,
) -> float:
    if page.query:
        asyncio.run(_open(app, page.query))
    before = resident(app)
    seen = asyncio.run(_all_together(page, app, n_raters, seconds))
    grown = resident(app) - before
    app.process.terminate()
    app.process.wait(30)
    median, tail = np.quantile(seen.times, [0.5, 0.95]) * 1000
    print(
        f"{name:41} {n_raters:6} {seen.acknowledged:7} {page.count(app):7} {median:7.0f} {tail:7.0f} {len(seen.errors):6} "
        f"{seen.bytes_received / len(seen.times) / 1000:8.1f} {grown / n_raters / 1e6:8.1f}",
        flush=True,
    )
    for error in sorted(set(seen.errors)):
        print(f"    {error}")
    for opened in seen.opened:
        print(f"    {opened}")
    return float(tail)


async def _all_together(page: "Page", app: App, n_raters: int, seconds: float) -> Seen:
    seen, *opened = await asyncio.gather(
        judge_together(app, page.query, n_raters, seconds),
        *([_look_at_results(app, seconds)] if page.researcher else []),
    )
    seen.opened = [one for each in opened for one in each]
    return seen


async def judge_together(
    app: App,
    query: str,
    n_raters: int,
    seconds: float,
    think: tuple[float, float] = THINK,
) -> Seen:
    """Let raters come one after the other, then judge together for some seconds, and tell what they saw."""
    seen, everyone = Seen(), asyncio.Barrier(n_raters)
    raters = [_judge(app, query, number, everyone, seconds, think, seen) for number in range(n_raters)]
    await asyncio.gather(*raters)
    return seen


async def _judge(
    app: App,
    query: str,
    number: int,
    everyone: asyncio.Barrier,
    seconds: float,
    think: tuple[float, float],
    seen: Seen,
) -> None:
    rng = random.Random(number)
    await asyncio.sleep(number * ARRIVAL_SECONDS)
    try:
        async with WebsocketRater(app.url, "judge" if query else "", query) as rater:
            if query:
                await rater.press(_agrees)
            await everyone.wait()
            end = asyncio.get_running_loop().time() + seconds
            await asyncio.sleep(rng.uniform(0, think[1]))
            seen.bytes_received -= rater.bytes_received
            while asyncio.get_running_loop().time() < end:
                before = list(rater.buttons)
                seen.times.append(await rater.press(_prefers_a))
                # Another question has other buttons; the minimal page's are always the same.
                seen.acknowledged += not query or list(rater.buttons) != before
                await asyncio.sleep(rng.uniform(*think))
            seen.bytes_received += rater.bytes_received
    except PROBLEMS as error:
        await everyone.abort()  # nobody waits for who does not come
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


def _start_million(path: Path) -> App:
    shutil.copy(path.with_name(STORED), path)
    return start_app(path)


async def _open(app: App, query: str) -> None:
    """Let one rater open the study, so that it is read before the others come."""
    async with WebsocketRater(app.url, "judge", query) as rater:
        await rater.press(_agrees)


async def _look_at_results(app: App, seconds: float) -> list[str]:
    """Open all analysis pages one after the other, again and again; return how long each took."""
    end = asyncio.get_running_loop().time() + seconds
    took: dict[str, list[float]] = {name: [] for name in ANALYSIS}
    for name in itertools.cycle(ANALYSIS):
        if asyncio.get_running_loop().time() >= end:
            break
        start = time.perf_counter()
        async with WebsocketRater(app.url, name, urlencode({"key": KEY, "of": STUDY_ID})):
            took[name].append(time.perf_counter() - start)
    return [f"{name}: {', '.join(f'{one:.1f} s' for one in times)}" for name, times in took.items()]


def _judged(app: App, study_id: str = "small") -> int:
    db = store.open_database(app.database)
    with db.reading() as cursor:
        query = "select count(*) from judgment where study_id = ?"
        found = cursor.execute(query, [study_id]).fetchall()[0][0]
    db.close()
    return int(found)


def _stored() -> int:
    return int(sys.argv[4]) if len(sys.argv) > 4 else 1_000_000


def _judged_beyond_what_was_stored(app: App) -> int:
    return _judged(app, STUDY_ID) - _stored()


def _answered(app: App) -> int:
    with duckdb.connect(str(app.database)) as connection:
        return int(connection.execute("select count(*) from answer").fetchall()[0][0])


def _agrees(label: str) -> bool:
    return "agree" in label


def _prefers_a(label: str) -> bool:
    return "A is better" in label


MINIMAL, JUDGE = "minimal page", "judge page"
STORED = "million.duckdb"
MILLION = ("judge page, 1e6 judgments stored", "judge page, 1e6, and a researcher")
PAGES = {
    MINIMAL: Page(start_minimal, "", _answered),
    JUDGE: Page(_start_judge, "study=link-small", _judged),
    MILLION[0]: Page(_start_million, f"study={STUDY_ID}", _judged_beyond_what_was_stored),
    MILLION[1]: Page(_start_million, f"study={STUDY_ID}", _judged_beyond_what_was_stored, researcher=True),
}
