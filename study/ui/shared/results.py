"""Results of analyses, kept by the data that they were computed from; long computations show progress and can be stopped.

What a small study asks for is computed here. What a big one asks for is computed by a worker process, so that raters do not
wait for it; its tables are handed over and never made here.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from study import store
from study.analysis.keys import key_of
from study.errors import StudyError
from study.records import stable_id
from study.store import sees_identities
from study.ui import state
from study.ui.server import worker_pool
from study.ui.shared import data_version
from study.workers import analysis_worker
from study.workers.analysis_worker import task_of
from study.workflows import reproducing

if TYPE_CHECKING:
    import pandas as pd

    from study.ui.shared.filters import View

Result = TypeVar("Result")
Key = tuple[Hashable, ...]
MOST_KEPT = 256
MOST_TABLES = 4
MOST_COUNTS = 16
PAUSE = 0.1
LONGEST = 900.0

_kept: OrderedDict[Key, Any] = OrderedDict()
_counts: OrderedDict[Key, Any] = OrderedDict()
_tables: OrderedDict[Key, Any] = OrderedDict()
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
    return _recalled(_tables, key, make, MOST_TABLES)


def of(view: "View", analysis: Callable[..., Result], *tables: Any, **options: Any) -> Result:
    """Return what an analysis gives for the judgments that a page is about; computed once for the same data and options.

    Parameters
    ----------
    view : View
    analysis : callable
        ``analysis(judgments, *tables, subset=..., **options)``, from :mod:`study.analysis`.
    *tables : DataFrame or Table
        What else it reads of the store; part of the data that ``view.data_hash`` stands for.
    **options : hashable
    """
    recipe = reproducing.recipe_of(analysis, view.study.study_id, view.subset, options)
    return _recalled(
        _kept,
        _key(view, analysis, options),
        lambda: reproducing.marked(
            computed(analysis, view.judgments, *tables, subset=view.subset, **options), recipe
        ),
        MOST_KEPT,
    )


def again(recipe: dict[str, Any]) -> tuple[dict[str, Any], "pd.DataFrame"]:
    """Return the facts of a study and the table that a recipe stands for, both as of now and not from what is kept.

    For a big study a process of its own computes it.
    """
    call, study_id = reproducing.call_of(recipe), recipe["study_id"]
    db, facts, rows = state.database(), dict[str, Any](), dict[str, analysis_worker.Rows]()

    def read(wanted: analysis_worker.Table | None = None) -> analysis_worker.Rows:
        if not rows:  # a process that waits for its turn has read nothing
            with db.moment():
                facts.update(reproducing.study_facts(db, study_id))
                rows.update((name, store.BIG_READS[name].rows(db, study_id)) for name in call.tables)
        return rows[wanted.name] if wanted else rows

    if data_version.is_big(study_id):
        handed = tuple(Table(study_id, name, "now", is_big=True).handed() for name in call.tables)
        made = worker_pool.call_with_progress(
            task_of(call.analysis, handed, call.options), _until(LONGEST), read
        )
    else:
        read()
        frames = (store.BIG_READS[name].frame(found) for name, found in rows.items())
        made = call.analysis(*frames, **call.options)
    return facts, call.part_of(made)


def _until(seconds: float) -> Callable[[float, str], None]:
    """Return what ends a computation that nobody sees when it takes too long."""
    end = time.monotonic() + seconds

    def progress(part: float, text: str) -> None:
        if time.monotonic() > end:
            raise StudyError(
                f"This was not computed within {seconds / 60:.0f} minutes; use --manifest of the command line."
            )

    return progress


def told(
    function: Callable[..., Result], *tables: Table, beside: Mapping[str, Any] | None = None, **options: Any
) -> Result:
    """Return what a function of tables, which is no analysis, says; computed once for the same data and options.

    ``beside`` are further options that follow from the data.
    """
    name = f"{function.__module__}.{function.__qualname__}"
    data = [(one.study_id, one.name, one.data_hash) for one in tables]
    key = (str(state.database_path()), name, *data, *sorted(options.items()))
    return _recalled(_kept, key, lambda: computed(function, *tables, **options, **(beside or {})), MOST_KEPT)


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
    return _recalled(_counts, key, count, MOST_COUNTS)


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


def long(
    view: "View", analysis: Callable[..., Result], label: str, *tables: Any, **options: Any
) -> Result | None:
    """Return what a long analysis gives; None until the researcher has asked for it, or after it was stopped.

    While it runs a bar shows how far it is, beside a button that stops it. What was computed before is shown at once.

    Parameters
    ----------
    view, analysis, *tables, **options
        As for :func:`of`; the analysis also takes ``progress``, a callable of the part done (0 to 1) and a text, and
        calls it at least once a second.
    label : str
        What the button says that starts it.
    """
    recipe = reproducing.recipe_of(analysis, view.study.study_id, view.subset, options)
    return stoppable(
        _key(view, analysis, options),
        lambda progress: reproducing.marked(
            computed_with_progress(
                analysis, progress, view.judgments, *tables, subset=view.subset, **options
            ),
            recipe,
        ),
        label,
    )


def stoppable(
    key: Key, compute: Callable[[Callable[[float, str], None]], Result], label: str
) -> Result | None:
    """Return what a long computation gives; None until it was asked for, or after it was stopped.

    Parameters
    ----------
    key : tuple of hashable
        What the result is kept under.
    compute : callable
        Of ``progress``, a callable of the part done (0 to 1) and a text, called at least once a second.
    label : str
        What the button says that starts it.
    """
    key = (sees_identities(), *key)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]  # type: ignore[no-any-return]
    place = st.empty()
    if not place.button(label, key=f"start {label}", icon=":material/play_arrow:"):
        return None
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, "Computing ...", width="stretch")
        # Any click ends the run that draws the bar: Streamlit stops it at the next step of the bar.
        st.button("Stop", key=f"stop {label}", icon=":material/stop:")
    try:
        result = compute(_seldom(bar.progress))
    except StudyError:
        place.empty()
        raise
    with _lock:
        _remember(_kept, key, result, MOST_KEPT)
    place.empty()
    return result


def _seldom(show: Callable[[float, str], object]) -> Callable[[float, str], None]:
    """Return a callable that shows progress at most once in :data:`PAUSE` seconds."""
    last = float("-inf")

    def progress(fraction: float, text: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= PAUSE:
            last = now
            show(min(1.0, fraction), text)

    return progress


def forget() -> None:
    """Drop everything that is kept."""
    with _lock:
        _kept.clear()
        _counts.clear()
        _tables.clear()
    data_version.forget()


def _key(view: "View", analysis: Callable[..., Any], options: dict[str, Any]) -> Key:
    name = key_of(analysis) or f"{analysis.__module__}.{analysis.__qualname__}"
    return (
        str(state.database_path()),
        view.study.study_id,
        view.data_hash,
        name,
        view.subset,
        *sorted(options.items()),
    )


def _recalled(store: OrderedDict[Key, Any], key: Key, make: Callable[[], Result], most: int) -> Result:
    key = (sees_identities(), *key)
    with _lock:
        if key in store:
            store.move_to_end(key)
            return store[key]  # type: ignore[no-any-return]
        turn = _turns.setdefault(key, threading.Lock())
    with turn:  # who asks for the same meanwhile waits for it
        with _lock:
            if key in store:
                return store[key]  # type: ignore[no-any-return]
        try:
            made = make()
            with _lock:
                _remember(store, key, made, most)
        finally:
            with _lock:
                _turns.pop(key, None)
    return made


def _remember(store: OrderedDict[Key, Any], key: Key, made: Any, most: int) -> None:
    store[key] = made
    store.move_to_end(key)
    while len(store) > most:
        store.popitem(last=False)
