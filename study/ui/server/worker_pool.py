"""The app's worker processes: one that pages wait for, and one of its own for each computation that shows how far it is."""

import threading
from collections.abc import Callable
from typing import Any

from study import store
from study.ui.server.open_database import opened_database
from study.workers.analysis_worker import Rows, Table, Task, Worker

BIG = 20_000
"""Rows that analyses read from which on a study is big: a worker process computes, which takes seconds to start, and memory."""
MOST_LONG = 2
WAIT_SECONDS = 0.2

_shared: Worker | None = None
_own: list[Worker] = []
_lock = threading.Lock()
_places = threading.BoundedSemaphore(MOST_LONG)


def is_big(db: store.Database, study_id: str) -> bool:
    """Say whether a worker process computes what is asked of a study."""
    return store.rows_to_analyse(db, study_id) >= BIG


def call(task: Task) -> Any:
    """Return what a task gives, computed by the process that all pages share."""
    global _shared
    with _lock:
        if _shared is None:
            _shared = Worker(rows_of)
        worker = _shared
    return worker.call(task)


def call_with_progress(
    task: Task, progress: Callable[[float, str], None], read: Callable[[Table], Rows] | None = None
) -> Any:
    """Return what a long task gives, computed by a process that ends with it; whatever ``progress`` raises ends both.

    ``read`` gives the rows of its tables, in the place of :func:`rows_of`.
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
    """End all worker processes, and what they compute; a later task starts one anew."""
    global _shared
    with _lock:
        known = [*_own, *([_shared] if _shared else [])]
        _own.clear()
        _shared = None
    for worker in known:
        worker.end()


def shared_pid() -> int | None:
    """Return the number of the process that pages share, while there is one."""
    return _shared.pid if _shared else None


def rows_of(wanted: Table) -> Rows:
    """Return the rows of a table, as far as who asks may see them."""
    _, study_id, _ = wanted.owner
    return store.BIG_READS[wanted.name].rows(opened_database(), study_id)
