"""Results of analyses, kept by the data that they were computed from; long computations show progress and can be stopped."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from study import reproducing
from study.errors import StudyError
from study.store import sees_identities
from study.ui import state

if TYPE_CHECKING:
    from study.ui.filters import View

Result = TypeVar("Result")
Key = tuple[Hashable, ...]
MOST_KEPT = 256
MOST_TABLES = 4
PAUSE = 0.1

_kept: OrderedDict[Key, Any] = OrderedDict()
_tables: OrderedDict[Key, Any] = OrderedDict()
_turns: dict[Key, threading.Lock] = {}
_lock = threading.Lock()


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
    *tables : DataFrame
        What else it reads of the store; part of the data that ``view.data_hash`` stands for.
    **options : hashable
    """
    recipe = reproducing.recipe_of(analysis, view.study.study_id, view.subset, options)
    return _recalled(
        _kept,
        _key(view, analysis, options),
        lambda: reproducing.marked(analysis(view.judgments, *tables, subset=view.subset, **options), recipe),
        MOST_KEPT,
    )


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
            analysis(view.judgments, *tables, subset=view.subset, progress=progress, **options), recipe
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
        _tables.clear()


def _key(view: "View", analysis: Callable[..., Any], options: dict[str, Any]) -> Key:
    name = f"{analysis.__module__}.{analysis.__qualname__}"
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
        made = make()
        with _lock:
            _remember(store, key, made, most)
            _turns.pop(key, None)
    return made


def _remember(store: OrderedDict[Key, Any], key: Key, made: Any, most: int) -> None:
    store[key] = made
    store.move_to_end(key)
    while len(store) > most:
        store.popitem(last=False)
