"""Tables of a study that analyses read, and what functions of them give; each is kept by the data that it was made from.

What a small study asks for is computed here. What a big one asks for is computed by a worker process, so that raters do not
wait for it; its tables are handed over and never made here.
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
    """A table of a study that analyses read, by its name in ``store.BIG_READS``; made where it is needed.

    ``is_big`` says that this is in the worker, and not here.
    """

    study_id: str
    name: str
    data_hash: str
    is_big: bool

    @property
    def frame(self) -> "pd.DataFrame":
        """The table as a frame of this process; shared between sessions, never to be written to."""
        read = store.BIG_READS[self.name]
        return kept((self.study_id, self.data_hash, self.name), lambda: read(state.database(), self.study_id))

    def handed(self) -> analysis_worker.Table:
        """Return what the worker knows it as."""
        owner = (str(state.database_path()), self.study_id, str(sees_identities()))
        return analysis_worker.Table(owner, self.name, self.data_hash)


def table(study_id: str, name: str, hashes: Mapping[str, str] | None = None) -> Table:
    """Return a table of a study, by its name in ``store.BIG_READS``; ``hashes`` are those of ``data_version.data_hashes``."""
    reads = store.BIG_READS[name].reads
    hashes = hashes or data_version.data_hashes(study_id, reads)
    data_hash = stable_id(*(hashes[one] for one in reads))
    return Table(study_id, name, data_hash, data_version.is_big(study_id))


def kept(key: Key, make: Callable[[], Result]) -> Result:
    """Return the table that was read for a key, or read it; the last :data:`MOST_TABLES` are kept, for all sessions."""
    return _recalled(_tables, key, make)


def told(
    function: Callable[..., Result], *tables: Table, beside: Mapping[str, Any] | None = None, **options: Any
) -> Result:
    """Return what a function of tables, which is no analysis, says; computed once for the same data and options.

    ``beside`` are further options that follow from the data.
    """
    name = f"{function.__module__}.{function.__qualname__}"
    data = [(one.study_id, one.name, one.data_hash) for one in tables]
    key = (str(state.database_path()), name, *data, *sorted(options.items()))
    return _recalled(_kept, key, lambda: computed(function, *tables, **options, **(beside or {})))


def counted(study_id: str, name: str, count: Callable[[], Result], **options: Hashable) -> Result:
    """Return what the database counts of a study now; of a big study what it counted since its answers were read."""
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
    """Return what a function gives for tables: computed here, or by the worker where one of them is big."""
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
    """Return what a long function gives; where a table is big, a process of its own computes it.

    What ``progress`` raises ends it.
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
    """Drop everything that is kept."""
    with _lock:
        _kept.clear()
        _counts.clear()
        _tables.clear()
    data_version.forget()


def result(key: Key, make: Callable[[], Result]) -> Result:
    """Return the result that is kept under a key, or make it; the last :data:`MOST_KEPT` are kept, for all sessions."""
    return _recalled(_kept, key, make)


def found(key: Key) -> Any:
    """Return the result that is kept under a key; None where there is none."""
    key = (sees_identities(), *key)
    with _lock:
        return _kept.get(key)


def keep(key: Key, made: Any) -> None:
    """Keep a result."""
    with _lock:
        _kept[(sees_identities(), *key)] = made


def _recalled(store: LRUCache[Key, Any], key: Key, make: Callable[[], Result]) -> Result:
    key = (sees_identities(), *key)
    with _lock:
        if key in store:
            return store[key]  # type: ignore[no-any-return]
        turn = _turns.setdefault(key, threading.Lock())
    with turn:  # who asks for the same meanwhile waits for it
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
