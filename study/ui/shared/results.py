"""Analysis results for the current view; long computations show progress and can be stopped."""

import time
from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from study import store
from study.analysis.keys import key_of
from study.errors import StudyError
from study.records import JsonObject
from study.ui import state
from study.ui.server import worker_pool
from study.ui.shared import data_version, tables
from study.ui.shared.view import View
from study.workers import analysis_worker
from study.workers.analysis_worker import function_call
from study.workflows import reproducing

if TYPE_CHECKING:
    import pandas as pd

Result = TypeVar("Result")
PAUSE = 0.1
LONGEST = 900.0


def of(view: View, analysis: Callable[..., Result], *others: object, **options: Hashable) -> Result:
    """Return an analysis of the current view's judgments, computed once for the same data and options.

    Parameters
    ----------
    view : View
    analysis : callable
        ``analysis(judgments, *others, subset=..., **options)``, from :mod:`study.analysis`.
    *others : DataFrame or StudyTable
        Other data it reads from the store, covered by ``view.data_hash``.
    **options : hashable
    """
    recipe = reproducing.recipe_of(analysis, view.study.study_id, view.subset, options)
    return tables.cached_result(
        _key(view, analysis, options),
        lambda: reproducing.marked(
            tables.computed_from(analysis, view.judgments, *others, subset=view.subset, **options), recipe
        ),
    )


def again(recipe: JsonObject) -> tuple[JsonObject, "pd.DataFrame"]:
    """Return the facts of a study and the table of a recipe, both recomputed from current data without the cache.

    A big study is computed by a separate process.
    """
    call, study_id = reproducing.call_of(recipe), reproducing.study_of(recipe)
    db, facts, rows = state.database(), JsonObject(), dict[str, analysis_worker.Rows]()

    def read(wanted: analysis_worker.TableKey | None = None) -> analysis_worker.Rows:
        if not rows:  # a process waiting for its turn has read nothing yet
            with db.moment():
                facts.update(reproducing.study_facts(db, study_id))
                rows.update((name, store.BIG_READS[name].rows(db, study_id)) for name in call.tables)
        return rows[wanted.name] if wanted else rows

    if data_version.is_big(study_id):
        handed = tuple(tables.StudyTable(study_id, name, "now", is_big=True).handed() for name in call.tables)
        made = worker_pool.call_with_progress(
            function_call(call.analysis, handed, call.options), _until(LONGEST), read
        )
    else:
        read()
        frames = (store.BIG_READS[name].frame(found) for name, found in rows.items())
        made = call.analysis(*frames, **call.options)
    return facts, call.part_of(made)


def _until(seconds: float) -> Callable[[float, str], None]:
    """Return a progress callback that aborts a background computation after a timeout."""
    end = time.monotonic() + seconds

    def progress(part: float, text: str) -> None:
        if time.monotonic() > end:
            raise StudyError(
                f"This took longer than {seconds / 60:.0f} minutes and was stopped; compute it with "
                "--manifest on the command line."
            )

    return progress


def long(
    view: View, analysis: Callable[..., Result], label: str, *others: object, **options: Hashable
) -> Result | None:
    """Return the result of a long analysis; None until the researcher starts it, or after it was stopped.

    While it runs, a progress bar and a stop button are shown. A cached result is shown at once.

    Parameters
    ----------
    view, analysis, *others, **options
        As for :func:`of`; the analysis also takes ``progress``, a callable of the fraction done (0 to 1) and a text,
        and calls it at least once a second.
    label : str
        The label of the button that starts it.
    """
    recipe = reproducing.recipe_of(analysis, view.study.study_id, view.subset, options)
    return stoppable(
        _key(view, analysis, options),
        lambda progress: reproducing.marked(
            tables.computed_from_with_progress(
                analysis, progress, view.judgments, *others, subset=view.subset, **options
            ),
            recipe,
        ),
        label,
    )


def stoppable(
    key: tables.Key, compute: Callable[[Callable[[float, str], None]], Result], label: str
) -> Result | None:
    """Return the result of a long computation; None until it is started, or after it was stopped.

    Parameters
    ----------
    key : tuple of hashable
        The cache key.
    compute : callable
        Takes ``progress``, a callable of the fraction done (0 to 1) and a text, and calls it at least once a second.
    label : str
        The label of the button that starts it.
    """
    known: Result | None = tables.known_result(key)
    if known is not None:
        return known
    place = st.empty()
    if not place.button(label, key=f"start {label}", icon=":material/play_arrow:"):
        return None
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, "Computing ...", width="stretch")
        # Any click ends the run that draws the bar: Streamlit stops it at the bar's next update.
        st.button("Stop", key=f"stop {label}", icon=":material/stop:")
    try:
        result = compute(_seldom(bar.progress))
    except StudyError:
        place.empty()
        raise
    tables.keep_result(key, result)
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


def _key(view: View, analysis: Callable[..., object], options: Mapping[str, Hashable]) -> tables.Key:
    name = key_of(analysis) or f"{analysis.__module__}.{analysis.__qualname__}"
    return (
        str(state.database_path()),
        view.study.study_id,
        view.data_hash,
        name,
        view.subset,
        *sorted(options.items()),
    )
