"""Long work outside the script thread: started by a click, visible in every session, stopped by another click."""

import contextvars
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from study import logs
from study.errors import StudyError

Work = Callable[[Callable[[object], None], Callable[[], bool]], object]
"""Called with a function that reports progress and one that returns whether to stop; returns a result."""

_runs: dict[Hashable, "Run"] = {}
_lock = threading.Lock()


@dataclass(slots=True)
class Run:
    """One piece of work; ``progress`` is its last report."""

    progress: Any = None
    result: Any = None
    error: str | None = None
    thread: threading.Thread | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def running(self) -> bool:
        """Whether the work is running."""
        return self.thread is not None and self.thread.is_alive()


def start(key: Hashable, work: Work) -> Run:
    """Start work under a key, unless it is already running."""
    with _lock:
        known = _runs.get(key)
        if known and known.running:
            return known
        run = _runs[key] = Run()
        # The copied context carries the acting person.
        target, args = contextvars.copy_context().run, (_do, run, work)
        run.thread = threading.Thread(target=target, args=args, daemon=True, name=f"blindpair {key}")
        run.thread.start()
        return run


def run_of(key: Hashable) -> Run | None:
    """Return the work that was last started under a key."""
    return _runs.get(key)


def runs() -> list[Run]:
    """Return all work that was started and not dismissed."""
    with _lock:
        return list(_runs.values())


def stop(key: Hashable) -> None:
    """Ask work to stop; it stores its results so far and ends."""
    run = _runs.get(key)
    if run:
        run.stop.set()


def dismiss(key: Hashable) -> None:
    """Forget work that has ended."""
    with _lock:
        run = _runs.get(key)
        if run and not run.running:
            del _runs[key]


def _do(run: Run, work: Work) -> None:
    def report(progress: object) -> None:
        run.progress = progress

    try:
        run.result = work(report, run.stop.is_set)
    except StudyError as error:
        run.error = str(error)
    except Exception as error:  # nothing else reports a thread's failure: it is logged, and shown on the page
        logs.log_failure("work_failed", error)
        run.error = "it failed on our side; the terminal where the app runs shows why"
