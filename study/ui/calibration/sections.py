"""The sections of the calibration page: metrics against sentinels, and a combination of metrics."""

from collections.abc import Callable, Hashable, Mapping

import pandas as pd
import streamlit as st

from study import store
from study.analysis import meta, sentinels
from study.errors import StudyError
from study.metrics import metric_label
from study.metrics.meta import N_ITERATIONS, parse_recipe
from study.records import Study
from study.stats.correlation.coefficients import COEFFICIENTS
from study.ui import state
from study.ui.shared import error_messages, estimates, results, tables, unit_choice
from study.ui.shared.view import View
from study.wording import counted
from study.workers import threads
from study.workflows import text_embeddings

MOST_UNASKED = 30_000
"""Up to this many scores, sentinels are computed without asking."""
LEVELS = {"by_item": "Within items", "pooled": "Ungrouped", "system_level": "Over systems"}


class Stopped(StudyError):
    """The search was stopped."""


def sentinel_section(view: View, criterion: str) -> None:
    """Show the correlation of metrics and sentinels with the human score, and flag metrics in words.

    Any page on metrics can call it; it computes the sentinels for the judgments that count, on request if there are
    many scores.
    """
    texts = view.table("texts")
    tables = view.table("metric_scores"), texts
    options: dict[str, Hashable] = {"criterion": criterion, "seed": view.study.seed}
    cluster = unit_choice.chosen_metric_units(view.counts(criterion).units, key="sentinel units")
    if cluster:
        options["cluster"] = cluster
    embedding = _embedding(view, texts)
    analysis: Callable[..., pd.DataFrame] = sentinels.beside_sentinels
    if embedding is not None:
        analysis, options = sentinels.beside_embedded_sentinels, {**options, "embedding": embedding}
    table: pd.DataFrame | None
    if sum(store.score_counts(state.database(), view.study.study_id).values()) <= MOST_UNASKED:
        table = results.of(view, analysis, *tables, **options)
    else:
        table = results.long(view, analysis, "Compute the sentinels", *tables, **options)
    if table is None:
        st.caption(
            "Sentinels are regressions on all judged outputs. For a study of this size they take a while."
        )
        return
    for sentence in sentinels.sentinel_sentences(_labelled(table)):
        st.markdown(state.escaped(sentence))
    estimates.estimate_table(
        _labelled(table),
        "sentinels",
        title="Metrics and sentinels: Pearson's r with the human score, with 95% intervals",
        columns={
            "label": "Metric",
            "ungrouped": "Ungrouped",
            "within_item": "Within item",
            "verdict": "Compared with sentinels",
            "n_outputs": "Outputs",
            "n_items": "Items",
            "n_undefined": "Undefined",
            "units": "Units",
        },
    )
    unit_choice.estimand_note(table)
    st.caption(
        "How this is computed: a sentinel is a ridge regression that predicts the human score (share of "
        "comparisons won) from one part of the input, on items that it has not seen; it reads the length, "
        f"or texts as {(embedding.name if embedding else 'hashed character n-grams')}. *Undefined* counts "
        "items on which the metric or people do not vary. The sign of metrics where lower is better is "
        f"reversed. {table['method'].iloc[0]} (seed {view.study.seed}), as in the overview. If all pairs of "
        "outputs of an item are compared equally often, the mean human score of each item is one half, and "
        "source and profile can predict nothing. Perrella et al. 2024."
    )


def _embedding(view: View, texts: tables.StudyTable) -> text_embeddings.Embedding | None:
    """Return the encoder's embedding of the texts if it has read them; else show what sentinels use, and offer to run it."""
    db, study_id, seed = state.database(), view.study.study_id, view.study.seed
    run_key = ("embedding", str(state.database_path()), study_id)
    run = threads.run_of(run_key)
    if (run is None or not run.running) and _is_read(db, texts, seed):
        key = ("embedding", study_id, texts.data_hash, seed)
        return tables.cached_table(key, lambda: text_embeddings.known_embedding(db, texts.frame, seed=seed))
    _watch(run_key, "Computing embeddings", "The embeddings could not be computed: ")
    if run and run.running:
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "Here the sentinels see texts as hashed character n-grams, which capture words but not their "
            "meaning.",
            width="stretch",
        )
        if state.may_change() and st.button(
            "Use sentence embeddings",
            icon=":material/play_arrow:",
            help=(
                "The embeddings are computed once, in a separate process. Sentinels then read what texts "
                "mean."
            ),
        ):
            threads.dismiss(run_key)
            threads.start(run_key, _reading(db, texts, seed))
            st.rerun()
    return None


def _is_read(db: store.Database, texts: tables.StudyTable, seed: int) -> bool:
    """Return whether the encoder has read the texts of a study."""
    signature, hashes = tables.cached_call(text_embeddings.wanted_cosines, texts, seed=seed)
    return bool(hashes) and len(store.cached_scores(db, signature, hashes)) == len(hashes)


def _reading(db: store.Database, texts: tables.StudyTable, seed: int) -> threads.Work:
    def work(report: Callable[[float], None], stopped: Callable[[], bool]) -> None:
        text_embeddings.compute_embedding(
            db,
            texts.frame,
            seed=seed,
            progress=lambda now: report(now.done / max(now.total, 1)),
            stopped=stopped,
        )

    return work


def calibrated_section(view: View, criterion: str) -> None:
    """Let the researcher fit a combination of metrics, see its held-out performance, and download the recipe."""
    study_id = view.study.study_id
    names = store.metric_summary(state.database(), study_id)["metric"].tolist()
    if len(names) < 2:
        st.info(
            "A calibrated metric combines at least two metrics: compute them on the Metrics page, or "
            "import them."
        )
        return
    varied = store.varied_metrics(state.database(), study_id)
    chosen = st.multiselect("Metrics", varied, default=varied[:8], format_func=metric_label)
    columns = st.columns(3)
    coefficient = columns[0].selectbox(
        "Optimise",
        ["kendall_b", "pearson", "acc_eq"],
        format_func=lambda key: COEFFICIENTS[key].label,
    )
    level = columns[1].selectbox("Level", list(LEVELS), format_func=LEVELS.__getitem__)
    iterations = columns[2].number_input("Search steps", 5, 500, N_ITERATIONS)
    cluster = unit_choice.chosen_metric_units(view.counts(criterion).units, key="held out units")
    lower = st.multiselect(
        "Metrics where lower is better",
        chosen,
        default=meta.turned_round(chosen),
        format_func=metric_label,
        key="meta_lower",
    )
    run_key = ("calibrated", str(state.database_path()), study_id, view.data_hash, criterion, view.subset)
    if st.button("Fit the weights", type="primary", disabled=len(chosen) < 2, icon=":material/play_arrow:"):
        weighing = {
            "criterion": criterion,
            "name": f"calibrated ({criterion})",
            "metrics": chosen,
            "lower_is_better": lower,
            "coefficient": coefficient,
            "level": level,
            "n_iterations": int(iterations),
            "cluster": cluster,
        }
        _fit(run_key, view, weighing)
        st.rerun()
    _watch(run_key, "Searching for weights", "No weights were found: ")
    run = threads.run_of(run_key)
    if run and run.result is not None:
        _show(run.result, view)


def apply_without_judgments(study: Study) -> None:
    """Let a recipe from a judged study be applied to one without judgments, which sentinels and weights need."""
    st.write(
        "Sentinels and weights learn from judgments. A recipe fitted on another study can score this "
        "one without any."
    )
    if store.score_counts(state.database(), study.study_id):
        apply_section(study)
        return
    st.page_link("pages/researcher/metrics.py", label="First compute the metrics that the recipe combines.")


def apply_section(study: Study) -> None:
    """Let the researcher apply a recipe from another study."""
    if not state.may_change():
        return
    upload = st.file_uploader("Apply a recipe from another study", type=["json"])
    if upload is None:
        return
    db, study_id = state.database(), study.study_id

    def apply() -> None:
        recipe = parse_recipe(upload.getvalue().decode("utf-8", "replace"))
        scores = tables.study_table(study_id, "metric_scores")
        found = tables.computed_from(meta.recipe_scores, recipe, scores, study_id=study_id)
        store.save_scores(db, found)
        lacking = sum(one.value is None for one in found)
        st.success(
            f"{counted(len(found), 'output')} scored with {state.escaped(recipe.name)}"
            + (f"; {lacking:,} of them have no value, because one of the metrics has none" if lacking else "")
            + "."
        )

    if st.button("Score this study's outputs"):
        error_messages.tell_failure(apply)


def _fit(run_key: tuple[object, ...], view: View, options: Mapping[str, object]) -> None:
    scores = view.table("metric_scores")

    def work(report: Callable[[float], None], stopped: Callable[[], bool]) -> meta.Calibrated:
        def progress(part: float, text: str = "") -> None:
            if stopped():
                raise Stopped("the search was stopped")
            report(part)

        return tables.computed_from_with_progress(
            meta.calibrate,
            progress,
            view.judgments,
            scores,
            study_id=view.study.study_id,
            subset=view.subset,
            seed=view.study.seed,
            **options,
        )

    threads.dismiss(run_key)
    threads.start(run_key, work)


def _watch(run_key: tuple[object, ...], doing: str, failed: str) -> None:
    started = threads.run_of(run_key)
    was_running = started is not None and started.running

    @st.fragment(run_every=1.0 if was_running else None)
    def watch() -> None:
        run = threads.run_of(run_key)
        if run and run.running:
            st.progress(run.progress or 0.0, doing)
            if st.button("Stop", icon=":material/stop:", key=f"stop {doing}"):
                threads.stop(run_key)
        elif was_running:
            st.rerun()
        elif run and run.error:
            st.error(f"{failed}{run.error}")

    watch()


def _show(found: meta.Calibrated, view: View) -> None:
    table = found.table.assign(label=[metric_label(name) for name in found.table["metric"]])
    first, best = table.iloc[0], table.iloc[1]
    gain = estimates.estimate_text(best["difference"], best["difference_low"], best["difference_high"])
    st.markdown(
        "On items that it has not seen, the calibrated metric reaches "
        f"**{estimates.estimate_text(first['value'], first['low'], first['high'])}**; the single metric "
        f"that was best on the fitted items, {state.escaped(best['label'])}, reaches "
        f"{estimates.estimate_text(best['value'], best['low'], best['high'])}: a difference of {gain}."
    )
    estimates.estimate_table(
        table,
        "calibrated",
        title="The calibrated metric and its parts, on held-out items, with 95% intervals",
        columns={
            "label": "Metric",
            "weight": "Weight",
            "train": "On fitted items",
            "value": "On held-out items",
            "difference": "Calibrated minus this one",
            "n_outputs": "Held-out outputs",
            "n_items": "Held-out items",
            "units": "Units",
        },
    )
    unit_choice.estimand_note(table)
    with st.container(horizontal=True):
        st.download_button(
            "Recipe",
            found.recipe.to_json(),
            "recipe.json",
            "application/json",
            on_click="ignore",
            icon=":material/download:",
        )
        if state.may_change() and st.button("Store its scores in this study"):
            scores = view.table("metric_scores")
            made = tables.computed_from(
                meta.recipe_scores, found.recipe, scores, study_id=view.study.study_id
            )
            store.save_scores(state.database(), made)
            st.success(f"{counted(len(made), 'output')} scored as {state.escaped(found.recipe.name)}.")
    st.caption(
        f"How this is computed: {found.table['method'].iloc[0]}. Metrics are clipped to their range on the "
        "fitted items, scaled to 0 to 1, reversed where lower is better, and summed with weights that "
        "Bayesian optimisation finds (Gaussian process, Matérn 5/2), starting from each metric alone. The "
        "interval of a weight is that of the best of the weights that were tried, on resampled "
        f"{found.table['cluster'].iloc[0]}. Winata et al. 2024 (MetaMetrics)."
    )


def _labelled(table: pd.DataFrame) -> pd.DataFrame:
    """Label metrics for people; sentinels have labels already."""
    labels = [
        label if sentinel else metric_label(name)
        for name, label, sentinel in zip(table["metric"], table["label"], table["sentinel"], strict=True)
    ]
    return table.assign(label=labels)
