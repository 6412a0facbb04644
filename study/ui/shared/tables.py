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
from study.workers.analysis_worker import function_call

if TYPE_CHECKING:
    import pandas as pd

Result = TypeVar("Result")
Key = tuple[Hashable, ...]
MOST_KEPT = 256
MOST_TABLES = 4
MOST_COUNTS = 16

# Results of any type: what made one is part of its key.
Cache = LRUCache[Key, Any]
_kept: Cache = LRUCache(MOST_KEPT)
_counts: Cache = LRUCache(MOST_COUNTS)
_tables: Cache = LRUCache(MOST_TABLES)
_turns: dict[Key, threading.Lock] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class StudyTable:
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
        return cached_table(
            (self.study_id, self.data_hash, self.name), lambda: read(state.database(), self.study_id)
        )

    def handed(self) -> analysis_worker.TableKey:
        """Return the worker's name for it."""
        owner = (str(state.database_path()), self.study_id, str(sees_identities()))
        return analysis_worker.TableKey(owner, self.name, self.data_hash)


def study_table(study_id: str, name: str, hashes: Mapping[str, str] | None = None) -> StudyTable:
    """Return a study's table by its name in ``store.BIG_READS``; ``hashes`` come from ``data_version.data_hashes``."""
    reads = store.BIG_READS[name].reads
    hashes = hashes or data_version.data_hashes(study_id, reads)
    data_hash = stable_id(*(hashes[one] for one in reads))
    return StudyTable(study_id, name, data_hash, data_version.is_big(study_id))


def cached_table(key: Key, make: Callable[[], Result]) -> Result:
    """Return the cached table for a key, or read it; the last :data:`MOST_TABLES` are cached for all sessions."""
    return _recalled(_tables, key, make)


def cached_call(
    function: Callable[..., Result],
    *tables: StudyTable,
    beside: Mapping[str, object] | None = None,
    **options: Hashable,
) -> Result:
    """Return what a function other than an analysis computes from tables, once for the same data and options.

    ``beside`` holds further options that follow from the data, so they are not part of the cache key.
    """
    name = f"{function.__module__}.{function.__qualname__}"
    data = [(one.study_id, one.name, one.data_hash) for one in tables]
    key = (str(state.database_path()), name, *data, *sorted(options.items()))
    return _recalled(_kept, key, lambda: computed_from(function, *tables, **options, **(beside or {})))


def cached_count(study_id: str, name: str, count: Callable[[], Result], **options: Hashable) -> Result:
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


def computed_from(function: Callable[..., Result], *tables: object, **options: object) -> Result:
    """Return a function's result for tables, computed here or by the worker if one of them is big."""
    if not any(_is_big(one) for one in tables):
        return function(*map(_frame, tables), **options)
    return worker_pool.call(function_call(function, tuple(map(_handed, tables)), options))


def computed_from_with_progress(
    function: Callable[..., Result],
    progress: Callable[[float, str], None],
    *tables: object,
    **options: object,
) -> Result:
    """Return a long function's result, computed by a separate process if a table is big.

    An exception from ``progress`` ends it.
    """
    if not any(_is_big(one) for one in tables):
        return function(*map(_frame, tables), progress=progress, **options)
    task = function_call(function, tuple(map(_handed, tables)), options, tells_progress=True)
    return worker_pool.call_with_progress(task, progress)


def _is_big(table: object) -> bool:
    return isinstance(table, StudyTable) and table.is_big


def _frame(table: object) -> object:
    return table.frame if isinstance(table, StudyTable) else table


def _handed(table: object) -> object:
    return table.handed() if isinstance(table, StudyTable) else table


def forget_results() -> None:
    """Clear all caches."""
    with _lock:
        _kept.clear()
        _counts.clear()
        _tables.clear()
    data_version.forget_hashes()


def cached_result(key: Key, make: Callable[[], Result]) -> Result:
    """Return the cached result for a key, or compute it; the last :data:`MOST_KEPT` are cached for all sessions."""
    return _recalled(_kept, key, make)


def known_result(key: Key) -> Any:
    """Return the cached result for a key; None if there is none."""
    key = (sees_identities(), *key)
    with _lock:
        return _kept.get(key)


def keep_result(key: Key, made: object) -> None:
    """Cache a result."""
    with _lock:
        _kept[(sees_identities(), *key)] = made


def _recalled(store: Cache, key: Key, make: Callable[[], Result]) -> Result:
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
