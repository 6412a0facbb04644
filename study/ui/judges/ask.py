"""Asking a judge on the judges page: choose it, see its prompts, start it, watch it."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import streamlit as st

from study import store
from study.metrics.judges import PERSONAS, TEMPLATES, Judge, questions_of, server_chat, template
from study.protocol.design import Design
from study.records import Study
from study.ui import state
from study.ui.shared import error_messages
from study.wording import counted
from study.workers import threads
from study.workers.chat_worker import local_chat
from study.workflows.judge_runs import JudgeOutcome, JudgeProgress, judge_study
from study.workflows.scoring import time_text

WHERE = {"server": "A server (OpenAI-compatible)", "local": "A local model"}


def ask_section(study: Study, design: Design) -> None:
    """Let the researcher choose a judge, see its prompts, and start it."""
    run_key = ("judge", str(state.database_path()), study.study_id)
    _watch(run_key)
    run = threads.run_of(run_key)
    if run and run.running:
        return
    where = st.segmented_control(
        "Location of the model", list(WHERE), default="server", required=True, format_func=WHERE.__getitem__
    )
    columns = st.columns(2)
    base_url, key_variable = "", ""
    if where == "server":
        base_url = columns[0].text_input("Base URL", placeholder="http://127.0.0.1:8000/v1")
        key_variable = columns[1].text_input(
            "Name of the environment variable that holds the API key",
            placeholder="none",
            help="The key is read from the app's environment. It is not shown, logged or stored.",
        )
    model = columns[0].text_input(
        "Model", help=("Its name on the server, or a folder that holds a chat model.")
    )
    chosen = columns[0].selectbox("Prompt", list(TEMPLATES), format_func=TEMPLATES.__getitem__)
    persona = columns[1].selectbox(
        "What the judge is told about the person",
        list(PERSONAS),
        index=list(PERSONAS).index("all"),
        format_func=lambda key: PERSONAS[key][1],
    )
    default = f"{Path(model).name or 'judge'} ({persona}, {chosen})"
    name = columns[1].text_input("Name of the judge", value=default)
    records = store.study_records(state.database(), study.study_id)
    n_main = sum(one.purpose == "main" and not one.withdrawn for one in records.tasks)
    n_comparisons = st.number_input("Comparisons to ask about", 1, max(n_main, 1), max(n_main, 1))
    again = st.checkbox("Ask again where an earlier reply could not be read")
    judge = Judge(name or "judge", Path(model).name or "model", template(chosen), persona)
    questions = list(questions_of(records, judge, design.criteria, n_comparisons=int(n_comparisons)))
    with st.expander(
        f"The first of {counted(len(questions), 'question')}, as the judge reads it (prompt {judge.template.hash})"
    ):
        st.code(questions[0].prompt if questions else judge.template.text, language=None, wrap_lines=True)
    if st.button("Ask the judge", type="primary", disabled=not model, icon=":material/play_arrow:"):
        error_messages.tell_failure(
            _start,
            run_key,
            study.study_id,
            judge,
            where,
            model,
            base_url,
            key_variable,
            int(n_comparisons),
            again,
        )


def _start(
    run_key: tuple[str, ...],
    study_id: str,
    judge: Judge,
    where: str,
    model: str,
    base_url: str,
    key_variable: str,
    n_comparisons: int,
    again: bool,
) -> None:
    db = state.database()
    opened = (
        local_chat(model, max_tokens=judge.max_tokens)
        if where == "local"
        else nullcontext(
            server_chat(base_url, model, key_variable=key_variable or None, max_tokens=judge.max_tokens)
        )
    )

    def work(report: Callable[[JudgeProgress], None], stopped: Callable[[], bool]) -> JudgeOutcome:
        with opened as chat:
            return judge_study(
                db,
                study_id,
                judge,
                chat,
                n_comparisons=n_comparisons,
                failures_again=again,
                progress=report,
                stopped=stopped,
            )

    threads.start(run_key, work)
    st.rerun()


def _watch(run_key: tuple[str, ...]) -> None:
    """Show the progress and the outcome of a run; the page stays usable."""
    started = threads.run_of(run_key)
    was_running = started is not None and started.running

    @st.fragment(run_every=1.0 if was_running else None)
    def watch() -> None:
        run = threads.run_of(run_key)
        if run is None:
            return
        if run.running:
            progress: JudgeProgress | None = run.progress
            st.progress(progress.part if progress else 0.0, _progress_text(progress))
            if st.button("Stop", icon=":material/stop:"):
                threads.stop(run_key)
            return
        if was_running:
            st.rerun()
        if run.error:
            st.error(
                f"The judge stopped: {run.error} Its answers so far are saved. Ask again to continue "
                "from there."
            )
        elif run.result is not None:
            st.success(_outcome_text(run.result))
        if st.button("Close"):
            threads.dismiss(run_key)
            st.rerun()

    watch()


def _progress_text(progress: JudgeProgress | None) -> str:
    if progress is None:
        return "Starting the judge"
    left = f", {time_text(progress.seconds_left)} left" if progress.done else ""
    failed = f", {progress.failures:,} without a readable reply" if progress.failures else ""
    return f"{progress.done:,} of {counted(progress.total, 'question')}{failed}{left}"


def _outcome_text(outcome: JudgeOutcome) -> str:
    failed = sum(outcome.failures.values())
    return (
        f"{('Stopped' if outcome.stopped else 'Done')}: {counted(outcome.asked, 'question')} asked, "
        f"{outcome.known:,} answered before, {counted(outcome.retries, 'reply', 'replies')} requested "
        f"again, {failed:,} without a readable reply."
    )
