"""The queue ordered by how much outputs differ: computing it for a draft, and whether it puts likely ties last."""

from collections.abc import Hashable

import pandas as pd
import streamlit as st

from study import frames, store
from study.analysis.priority import tie_rate_table
from study.protocol.design import Design
from study.records import Study
from study.ui import state
from study.ui.shared import estimates, tables
from study.wording import counted
from study.workers import threads
from study.workflows import divergence, scoring

LABELS = {"edit": "Edit distance of the texts", "embedding": "Distance of the embeddings"}


def embedding_section(study: Study, design: Design | None) -> None:
    """Offer to compute the embedding distances if the design orders by them."""
    if design is None or (design.order, design.priority) != ("priority", divergence.EMBEDDING):
        return
    st.subheader("Queue")
    known = len(store.priorities(state.database(), study.study_id, divergence.EMBEDDING))
    total = store.comparison_count(state.database(), study.study_id)
    st.write(f"The distance of the embeddings is known for {known:,} of {counted(total, 'comparison')}.")
    run = threads.run_of(_key(study))
    if run and run.running:
        _show_run(study)
        return
    if run and run.error:
        st.warning(state.escaped(run.error))
    if st.button("Compute the distances", disabled=known == total):
        threads.dismiss(_key(study))
        db = state.database()
        threads.start(
            _key(study),
            lambda report, stopped: divergence.compute_embedding_divergence(
                db, study.study_id, progress=report, stopped=stopped
            ),
        )
        st.rerun()


def ties_section(study: Study, *, simulated: bool) -> None:
    """Show the tie rate of the first fifth of the queue next to that of a random fifth."""
    db = state.database()
    st.subheader("Does this order put likely ties last?")
    if not st.toggle("Compare the first 20% of the queue with a random 20%"):
        return
    design = store.design(db, study.study_id)
    measures = store.divergence_measures(db, study.study_id)
    columns = st.columns(2)
    measure = columns[0].selectbox(
        "Order comparisons by",
        measures,
        index=measures.index(design.priority) if design.priority in measures else 0,
        format_func=lambda name: LABELS.get(name, name),
    )
    criterion = columns[1].selectbox(
        "Criterion", [one.key for one in design.criteria], key="criterion of ties"
    )
    judgments = tables.study_table(study.study_id, "judgments")
    known = (study.study_id, measure, store.comparison_count(db, study.study_id))
    values = state.once("priorities", known, lambda: store.priorities(db, study.study_id, measure))
    subset = frames.Subset("simulated" if simulated else "human")
    table = tables.computed_from(
        tie_rate_table, judgments, values, criterion=criterion, subset=subset, seed=study.seed
    )
    estimates.estimate_table(
        table,
        f"ties_{study.study_id}_{criterion}",
        title="Tie rates",
        columns={
            "label": "Part",
            "comparisons": "Comparisons",
            "judged": "Judged",
            "n": "n",
            "value": "Tie rate, 95% interval",
        },
        report=_sentence(table, LABELS.get(measure, measure)),
    )
    st.caption(
        f"{state.escaped(' '.join(frames.estimand_lines(table)))} The average tie rate of a random part is "
        "that of all comparisons. A change of -0.54 means 54% fewer ties among the first comparisons than "
        "at random, as Boubdir et al. (2023) report. Comparisons without a value of the measure come last "
        "in the queue and are left out here."
    )


def _sentence(table: pd.DataFrame, measure: str) -> str | None:
    first, random, change = table.to_dict("records")
    if change["value"] != change["value"]:
        return None
    texts = [
        estimates.estimate_text(one["value"], one["low"], one["high"]) for one in (first, random, change)
    ]
    return (
        f"Ordered by {measure[0].lower() + measure[1:]}, the first {first['comparisons']} comparisons had a "
        f"tie rate of {texts[0]} (n = {counted(first['n'], 'judgment')}); the same number drawn at random have "
        f"{texts[1]} on average (n = {random['n']}, all judgments): a relative change of {texts[2]} (95% "
        f"intervals over {first['units']})."
    )


@st.fragment(run_every=1.0)
def _show_run(study: Study) -> None:
    run = threads.run_of(_key(study))
    if run is None or not run.running:
        st.rerun()
    progress: scoring.RunProgress | None = run.progress
    st.progress(progress.part if progress else 0.0, state.escaped(str(progress)) if progress else "Starting")
    if st.button("Stop", key="stop divergence"):
        run.stop.set()


def _key(study: Study) -> Hashable:
    return ("divergence", str(state.database_path()), study.study_id)
