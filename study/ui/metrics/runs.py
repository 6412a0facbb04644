"""Background runs of metrics: a worker computes, scores are stored as they come, all sessions see the same run."""

from collections.abc import Hashable, Sequence

import streamlit as st

from study.metrics import metric_label
from study.ui import state
from study.wording import counted
from study.workers import threads
from study.workflows import scoring


def current_run(study_id: str) -> threads.Run | None:
    """Return the latest run for a study since the app started."""
    return threads.run_of(_key(study_id))


def start_run(study_id: str, names: Sequence[str]) -> threads.Run:
    """Start a run for a study unless one is active; return the run."""
    db = state.database()
    return threads.start(
        _key(study_id),
        lambda report, stopped: scoring.score_study(db, study_id, names, progress=report, stopped=stopped),
    )


def dismiss_run(study_id: str) -> None:
    """Forget a finished run."""
    threads.dismiss(_key(study_id))


def _key(study_id: str) -> Hashable:
    return ("metrics", str(state.database_path()), study_id)


def show_run(study_id: str) -> bool:
    """Draw a study's run, if any: its progress, then its outcome. Return whether it is active."""
    run = current_run(study_id)
    if run is None:
        return False
    if not run.running:
        _show_end(study_id, run)
        return False
    _show_progress(study_id)
    return True


@st.fragment(run_every=1.0)
def _show_progress(study_id: str) -> None:
    run = current_run(study_id)
    if run is None or not run.running:
        st.rerun()
    progress: scoring.RunProgress | None = run.progress
    with st.container(horizontal=True, vertical_alignment="center"):
        if progress is None:
            st.progress(0.0, "Starting", width="stretch")
        else:
            st.progress(min(progress.part, 1.0), state.escaped(str(progress)), width="stretch")
        if st.button("Stop", key="stop metrics", icon=":material/stop:"):
            run.stop.set()
    st.caption("Scores are saved as they are computed. You can leave this page, stop, and continue later.")


def _show_end(study_id: str, run: threads.Run) -> None:
    if run.error:
        st.warning(state.escaped(run.error), icon=":material/warning:")
    outcome: scoring.Outcome | None = run.result
    if outcome is not None:
        st.success(f"Done: {counted(outcome.computed, 'score')} computed, {outcome.known:,} already known.")
        for name, why in outcome.errors.items():
            st.error(state.escaped(f"{metric_label(name)}: {why}"))
        if outcome.unscorable:
            with st.expander(f"{counted(sum(outcome.unscorable.values()), 'undefined score')}: why"):
                for (name, reason), count in sorted(outcome.unscorable.items()):
                    st.write(state.escaped(f"{metric_label(name)}: {counted(count, 'output')}, {reason}."))
    st.button("Dismiss", key="dismiss metrics", on_click=dismiss_run, args=(study_id,), type="tertiary")
