"""The app's worker processes: one shared by all pages, and a separate one per computation that reports progress."""

import threading
from collections.abc import Callable
from typing import TypeVar

from study import store
from study.ui.server.open_database import opened_database
from study.workers.analysis_worker import FunctionCall, Rows, TableKey, Worker

BIG = 20_000
"""From this many rows, analyses run in a worker process, which takes seconds to start and needs memory."""
MOST_LONG = 2
WAIT_SECONDS = 0.2

Result = TypeVar("Result")

_shared: Worker | None = None
_own: list[Worker] = []
_lock = threading.Lock()
_places = threading.BoundedSemaphore(MOST_LONG)


def is_big(db: store.Database, study_id: str) -> bool:
    """Return whether a worker process computes for a study."""
    return store.rows_to_analyse(db, study_id) >= BIG


def call(task: FunctionCall[Result]) -> Result:
    """Return a task's result, computed by the process that all pages share."""
    global _shared
    with _lock:
        if _shared is None:
            _shared = Worker(rows_of)
        worker = _shared
    return worker.call(task)


def call_with_progress(
    task: FunctionCall[Result],
    progress: Callable[[float, str], None],
    read: Callable[[TableKey], Rows] | None = None,
) -> Result:
    """Return a long task's result, computed by a separate process; an exception from ``progress`` ends both.

    ``read`` returns the rows of its tables, instead of :func:`rows_of`.
    """
    while not _places.acquire(timeout=WAIT_SECONDS):
        progress(0.0, "Waiting for other computations ...")
    worker = Worker(read or rows_of)
    with _lock:
        _own.append(worker)
    try:
        return worker.call(task, progress)
    finally:
        _places.release()
        worker.end()
        with _lock:
            if worker in _own:
                _own.remove(worker)


def end_workers() -> None:
    """End all worker processes and their computations; a later task starts a new one."""
    global _shared
    with _lock:
        known = [*_own, *([_shared] if _shared else [])]
        _own.clear()
        _shared = None
    for worker in known:
        worker.end()


def shared_pid() -> int | None:
    """Return the process id of the shared worker, if it runs."""
    return _shared.pid if _shared else None


def rows_of(wanted: TableKey) -> Rows:
    """Return the rows of a table, limited to what the caller may see."""
    _, study_id, _ = wanted.owner
    return store.BIG_READS[wanted.name].rows(opened_database(), study_id)
