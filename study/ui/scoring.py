"""Runs of metrics in the background: a thread starts the worker and stores what comes; every session sees the same run."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from study import scoring, store
from study.errors import StudyError
from study.metrics import metric_label
from study.ui import state

log = logging.getLogger("blindpair")

_runs: dict[tuple[Path, str], "Run"] = {}
_lock = threading.Lock()


@dataclass
class Run:
    """A run of metrics over a study: how far it is, and how it ended."""

    names: tuple[str, ...]
    progress: scoring.Progress | None = None
    outcome: scoring.Outcome | None = None
    error: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)


def current_run(study_id: str) -> Run | None:
    """Return the latest run over a study since the app was started."""
    return _runs.get((state.database_path(), study_id))


def start_run(study_id: str, names: Sequence[str]) -> Run:
    """Start a run over a study, unless one is under way; return the run."""
    key = (state.database_path(), study_id)
    with _lock:
        known = _runs.get(key)
        if known and not known.ended.is_set():
            return known
        run = _runs[key] = Run(tuple(names))
    db = state.database()
    threading.Thread(target=_work, args=(db, study_id, run), name=f"metrics {study_id}", daemon=True).start()
    return run


def dismiss_run(study_id: str) -> None:
    """Forget a run that has ended."""
    with _lock:
        run = _runs.get((state.database_path(), study_id))
        if run and run.ended.is_set():
            del _runs[state.database_path(), study_id]


def show_run(study_id: str) -> bool:
    """Draw the run over a study, if there is one: its progress while it lasts, then what it did. Say whether it lasts."""
    run = current_run(study_id)
    if run is None:
        return False
    if run.ended.is_set():
        _show_end(study_id, run)
        return False
    _show_progress(study_id)
    return True


@st.fragment(run_every=1.0)
def _show_progress(study_id: str) -> None:
    run = current_run(study_id)
    if run is None or run.ended.is_set():
        st.rerun()
    progress = run.progress
    with st.container(horizontal=True, vertical_alignment="center"):
        if progress is None:
            st.progress(0.0, "Starting", width="stretch")
        else:
            st.progress(min(progress.part, 1.0), state.escaped(str(progress)), width="stretch")
        if st.button("Stop", key="stop metrics", icon=":material/stop:"):
            run.stop.set()
    st.caption(
        "What has come is stored already; you can go to other pages meanwhile, and stop and go on at any time."
    )


def _show_end(study_id: str, run: Run) -> None:
    if run.error:
        st.warning(state.escaped(run.error), icon=":material/warning:")
    outcome = run.outcome
    if outcome is not None:
        st.success(f"Done: {outcome.computed:,} scores computed, {outcome.known:,} were known already.")
        for name, why in outcome.errors.items():
            st.error(state.escaped(f"{metric_label(name)}: {why}"))
        if outcome.unscorable:
            with st.expander(f"{sum(outcome.unscorable.values()):,} scores are undefined: why"):
                for (name, reason), count in sorted(outcome.unscorable.items()):
                    st.write(state.escaped(f"{metric_label(name)}: {count:,} outputs, {reason}."))
    st.button("Dismiss", key="dismiss metrics", on_click=dismiss_run, args=(study_id,), type="tertiary")


def _work(db: store.Database, study_id: str, run: Run) -> None:
    def show(progress: scoring.Progress) -> None:
        run.progress = progress

    try:
        run.outcome = scoring.score_study(db, study_id, run.names, progress=show, stopped=run.stop.is_set)
    except StudyError as error:
        run.error = str(error)
    except Exception as error:  # the end of a thread: there is nobody above to tell but the page and the log
        log.exception("a run of metrics failed")
        run.error = (
            f"The run failed ({type(error).__name__}); what it had computed is stored. The log says more."
        )
    finally:
        run.ended.set()
