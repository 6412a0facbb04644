"""The tables that analyses read, and results computed from them, cached by their data.

Small studies are computed here. Big ones are computed by a worker process, so that raters do not wait; their tables are
handed to the worker and never built here.
"""

import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from cachetools import LRUCache

from study import store
from study.records import stable_id
from study.store import sees_identities
from study.ui import state
from study.ui.server import worker_pool
from study.ui.shared import data_version
from study.workers import analysis_worker
from study.workers.analysis_worker import task_of

if TYPE_CHECKING:
    import pandas as pd

Result = TypeVar("Result")
Key = tuple[Hashable, ...]
MOST_KEPT = 256
MOST_TABLES = 4
MOST_COUNTS = 16

_kept: LRUCache[Key, Any] = LRUCache(MOST_KEPT)
_counts: LRUCache[Key, Any] = LRUCache(MOST_COUNTS)
_tables: LRUCache[Key, Any] = LRUCache(MOST_TABLES)
_turns: dict[Key, threading.Lock] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Table:
    """A table that analyses read, by its name in ``store.BIG_READS``; read when it is needed.

    ``is_big`` means that the worker reads it, not this process.
    """

    study_id: str
    name: str
    data_hash: str
    is_big: bool

    @property
    def frame(self) -> "pd.DataFrame":
        """The table as a frame in this process; shared between sessions, so never modify it."""
        read = store.BIG_READS[self.name]
        return kept((self.study_id, self.data_hash, self.name), lambda: read(state.database(), self.study_id))

    def handed(self) -> analysis_worker.Table:
        """Return the worker's name for it."""
        owner = (str(state.database_path()), self.study_id, str(sees_identities()))
        return analysis_worker.Table(owner, self.name, self.data_hash)


def table(study_id: str, name: str, hashes: Mapping[str, str] | None = None) -> Table:
    """Return a study's table by its name in ``store.BIG_READS``; ``hashes`` come from ``data_version.data_hashes``."""
    reads = store.BIG_READS[name].reads
    hashes = hashes or data_version.data_hashes(study_id, reads)
    data_hash = stable_id(*(hashes[one] for one in reads))
    return Table(study_id, name, data_hash, data_version.is_big(study_id))


def kept(key: Key, make: Callable[[], Result]) -> Result:
    """Return the cached table for a key, or read it; the last :data:`MOST_TABLES` are cached for all sessions."""
    return _recalled(_tables, key, make)


def told(
    function: Callable[..., Result], *tables: Table, beside: Mapping[str, Any] | None = None, **options: Any
) -> Result:
    """Return what a function other than an analysis computes from tables, once for the same data and options.

    ``beside`` holds further options that follow from the data, so they are not part of the cache key.
    """
    name = f"{function.__module__}.{function.__qualname__}"
    data = [(one.study_id, one.name, one.data_hash) for one in tables]
    key = (str(state.database_path()), name, *data, *sorted(options.items()))
    return _recalled(_kept, key, lambda: computed(function, *tables, **options, **(beside or {})))


def counted(study_id: str, name: str, count: Callable[[], Result], **options: Hashable) -> Result:
    """Return a count from the database; for a big study, the count cached since its answers were last read."""
    if not data_version.is_big(study_id):
        return count()
    key = (
        str(state.database_path()),
        study_id,
        name,
        data_version.read_at(study_id),
        *sorted(options.items()),
    )
    return _recalled(_counts, key, count)


def computed(function: Callable[..., Result], *tables: Any, **options: Any) -> Result:
    """Return a function's result for tables, computed here or by the worker if one of them is big."""
    if not any(_is_big(one) for one in tables):
        return function(*map(_frame, tables), **options)
    result: Result = worker_pool.call(task_of(function, tuple(map(_handed, tables)), options))
    return result


def computed_with_progress(
    function: Callable[..., Result],
    progress: Callable[[float, str], None],
    *tables: Any,
    **options: Any,
) -> Result:
    """Return a long function's result, computed by a separate process if a table is big.

    An exception from ``progress`` ends it.
    """
    if not any(_is_big(one) for one in tables):
        return function(*map(_frame, tables), progress=progress, **options)
    task = task_of(function, tuple(map(_handed, tables)), options, tells_progress=True)
    result: Result = worker_pool.call_with_progress(task, progress)
    return result


def _is_big(table: Any) -> bool:
    return isinstance(table, Table) and table.is_big


def _frame(table: Any) -> Any:
    return table.frame if isinstance(table, Table) else table


def _handed(table: Any) -> Any:
    return table.handed() if isinstance(table, Table) else table


def forget() -> None:
    """Clear all caches."""
    with _lock:
        _kept.clear()
        _counts.clear()
        _tables.clear()
    data_version.forget()


def result(key: Key, make: Callable[[], Result]) -> Result:
    """Return the cached result for a key, or compute it; the last :data:`MOST_KEPT` are cached for all sessions."""
    return _recalled(_kept, key, make)


def found(key: Key) -> Any:
    """Return the cached result for a key; None if there is none."""
    key = (sees_identities(), *key)
    with _lock:
        return _kept.get(key)


def keep(key: Key, made: Any) -> None:
    """Cache a result."""
    with _lock:
        _kept[(sees_identities(), *key)] = made


def _recalled(store: LRUCache[Key, Any], key: Key, make: Callable[[], Result]) -> Result:
    key = (sees_identities(), *key)
    with _lock:
        if key in store:
            return store[key]  # type: ignore[no-any-return]
        turn = _turns.setdefault(key, threading.Lock())
    with turn:  # concurrent callers with the same key wait for this result
        with _lock:
            if key in store:
                return store[key]  # type: ignore[no-any-return]
        try:
            made = make()
            with _lock:
                store[key] = made
        finally:
            with _lock:
                _turns.pop(key, None)
    return made
