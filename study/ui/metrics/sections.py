"""The sections of the metrics page: compute, scores by system, pairs of metrics, the card of one."""

import json
from collections.abc import Callable, Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from study import analysis, frames, store
from study.metrics import METRICS, metric_label, offline_metrics, usual_metrics
from study.records import Study
from study.ui import state
from study.ui.calibration import sections
from study.ui.metrics import charts as metric_charts
from study.ui.metrics import runs
from study.ui.shared import charts, estimates, results, tables, unit_choice
from study.wording import counted
from study.workflows import scoring, scoring_plan
from study.workflows.known_scores import known_scores

# For the embedded encoder, and for metrics without a model, on two processor cores.
CHARACTERS_A_SECOND = 3000
START_SECONDS = 10
SCORES_A_SECOND = 300
DIRECTIONS = {True: "higher", False: "lower", None: "neither"}


def compute(study: Study) -> None:
    """Let the researcher choose metrics; show their requirements and cost; run them."""
    n_outputs = store.output_count(state.database(), study.study_id)
    if not n_outputs:
        st.info("This study has no outputs yet.")
        return
    if runs.show_run(study.study_id):
        return
    texts = tables.study_table(study.study_id, "texts")
    offered = [key for key, metric in METRICS.items() if metric.model in (None, "encoder")]
    possible = tables.cached_call(offline_metrics, texts)
    which = st.segmented_control(
        "Choose",
        ["The usual ones", f"All {len(possible)} that can be computed here"],
        default="The usual ones",
        required=True,
        help="Metrics that need a text that no output of this study has are left out.",
    )
    chosen = tables.cached_call(usual_metrics, texts) if which == "The usual ones" else possible
    names = st.multiselect("Metrics", offered, default=chosen, format_func=metric_label)
    with st.expander("With other parameters, or with a model of your own"):
        names += _named_metrics()
    plans = _plans(study, texts, names)
    extents = [extent for _, extent in plans.values()]
    estimates.noted_table(_plan_table(extents))
    seconds = sum(map(_seconds, extents))
    if seconds:
        st.write(
            f"All of them together take about {scoring.time_text(max(1, seconds))} on two processor cores."
        )
    missing = sum(one.n_missing for one in extents)
    stored = store.score_counts(state.database(), study.study_id)
    unstored = any(stored.get((one.name, one.signature), 0) < n_outputs for one, _ in plans.values())
    st.caption(
        "Equal texts are scored once, and known scores are not computed again. *Characters* counts what a "
        "model reads. Metrics with a model read each distinct text once: on two processor cores the "
        "included model reads about 50 short texts or 10 paragraphs a second; a graphics card is used if "
        "there is one. All other metrics score hundreds of texts a second. The bar shows the rate and the "
        "time left."
    )
    label = f"Compute {counted(missing, 'score')}" if missing or not unstored else "Use the known scores"
    if st.button(label, type="primary", disabled=not unstored, icon=":material/play_arrow:"):
        runs.dismiss_run(study.study_id)
        runs.start_run(study.study_id, list(plans))
        st.rerun()
    if plans and not unstored:
        st.write("All of these scores are computed.")


def scores_by_system(study: Study) -> None:
    """Show how the scores of a metric are distributed in each system."""
    name = _chosen_metric(study)
    scores = tables.study_table(study.study_id, "metric_scores")
    kinds = tables.cached_call(frames.possible_units_of, scores)
    over = unit_choice.units_among(kinds, key="score units") if len(kinds) > 2 else frames.BY_DESIGN
    table = tables.cached_call(analysis.score_table_of, scores, metric=name, cluster=over)
    if table["n_outputs"].any():
        charts.show(_boxes(study, scores, name), "Scores of each system's outputs")
    estimates.estimate_table(
        table,
        "scores-by-system",
        title="Systems, means with 95% intervals",
        columns={
            "system": "System",
            "mean": "Mean",
            "sd": "SD",
            "minimum": "Least",
            "median": "Median",
            "maximum": "Greatest",
            "n_outputs": "Outputs",
            "n_unscored": "Without a score",
            "units": "Units",
        },
    )
    unit_choice.estimand_note(table)
    dots = "" if scores.is_big else "Each dot is an output. "
    st.caption(
        f"How this is computed: {state.escaped('; '.join(sorted(set(table['signature']))))}. {dots}"
        f"Means: {table['method'].iloc[0]}."
    )


def _boxes(study: Study, scores: tables.StudyTable, name: str) -> go.Figure:
    """Return the scores of a metric in each system as boxes, with single scores if the study is small."""
    if scores.is_big:
        quartiles = tables.cached_call(analysis.score_quartiles, scores, metric=name)
        return metric_charts.quartile_boxes(quartiles, axis_title=metric_label(name))
    of_metric = store.scores_of_metric(state.database(), study.study_id, name)
    return metric_charts.score_boxes(of_metric, axis_title=metric_label(name))


def metric_by_metric(study: Study) -> None:
    """Show how similarly metrics order outputs."""
    if len(_metrics(study)) < 2:
        st.info("There are scores of only one metric. Compute another one to compare them.")
        return
    level = st.segmented_control(
        "Outputs are compared",
        list(analysis.METRIC_LEVELS),
        default="by_item",
        required=True,
        format_func=analysis.METRIC_LEVELS.__getitem__,
    )
    kinds = tables.cached_call(frames.possible_units_of, tables.study_table(study.study_id, "metric_scores"))
    cluster = unit_choice.chosen_metric_units(kinds, key="pair units")
    pairs = _metric_pairs(study, level, cluster)
    if pairs is None:
        return
    labels = {name: metric_label(name) for name in {*pairs["metric"], *pairs["other"]}}
    charts.show(metric_charts.metric_heat_map(pairs, labels), "Spearman correlation of each pair of metrics")
    shown = pairs.assign(metric=pairs["metric"].map(labels), other=pairs["other"].map(labels))
    estimates.estimate_table(
        shown,
        "metric-correlations",
        title="Spearman's ρ of two metrics, with 95% intervals",
        columns={
            "metric": "Metric",
            "other": "And",
            "value": "ρ",
            "n_outputs": "Outputs",
            "n_items": "Items",
            "units": "Units",
        },
    )
    unit_choice.estimand_note(pairs)
    st.caption(
        f"How this is computed: {pairs['method'].iloc[0]} (seed {study.seed}). Within items both metrics "
        "see the same request; over all outputs together, easy and hard items mix, which alone can make "
        "two metrics look alike. Distances correlate negatively with similarities."
    )


def _metric_pairs(study: Study, level: str, cluster: str | None) -> pd.DataFrame | None:
    """Return the similarity of each pair of metrics; with many scores, None until the researcher asks for it."""
    scores, seed = tables.study_table(study.study_id, "metric_scores"), study.seed
    if sum(store.score_counts(state.database(), study.study_id).values()) <= sections.MOST_UNASKED:
        with st.spinner("Correlating all pairs of metrics"):
            return tables.cached_call(
                analysis.metric_correlations, scores, level=level, cluster=cluster, seed=seed
            )
    return results.stoppable(
        (str(state.database_path()), study.study_id, "metric pairs", scores.data_hash, level, cluster, seed),
        lambda progress: tables.computed_from_with_progress(
            analysis.metric_correlations, progress, scores, level=level, cluster=cluster, seed=seed
        ),
        "Correlate all pairs of metrics",
    )


def card(study: Study) -> None:
    """Show the card of a metric, with downloads."""
    name = _chosen_metric(study)
    read = ("judgments", "scores", "about", "metric_scores", "texts")
    made = tables.cached_call(
        analysis.card_of,
        *(tables.study_table(study.study_id, one) for one in read),
        name=name,
        criteria=tuple(one.key for one in store.design(state.database(), study.study_id).criteria),
        seed=study.seed,
    )
    text = analysis.card_markdown(made)
    with st.container(horizontal=True):
        st.download_button("Markdown", text, f"{made['metric']}.md", "text/markdown", on_click="ignore")
        data = json.dumps(made, indent=2, ensure_ascii=False, allow_nan=False)
        st.download_button("JSON", data, f"{made['metric']}.json", "application/json", on_click="ignore")
    st.code(text, language=None, wrap_lines=True)


SECTIONS: dict[str, Callable[[Study], None]] = {
    "Compute": compute,
    "By system": scores_by_system,
    "Metric by metric": metric_by_metric,
    "Card": card,
}


def _named_metrics() -> list[str]:
    """Let the researcher name metrics with parameters and models; show all available ones."""
    lines = st.text_area(
        "One per line: KEY:PARAMETER=VALUE,...@MODEL",
        placeholder="bert_score:layer=17@models/roberta-large\nperplexity@models/gpt2",
        help=(
            "MODEL is a folder on the machine that runs this app, or a name on the model hub, from which "
            "the model is downloaded."
        ),
    )
    st.dataframe(_metric_table(), hide_index=True, width="stretch", placeholder="")
    return [line.strip() for line in lines.splitlines() if line.strip()]


def _plans(
    study: Study, texts: tables.StudyTable, names: Sequence[str]
) -> dict[str, tuple[scoring_plan.Signed, scoring_plan.Extent]]:
    """Return the plan of a run by name; names that mean nothing are reported and left out."""
    db, distinct = state.database(), tuple(dict.fromkeys(names))
    signed = tables.cached_call(scoring_plan.signed, texts, names=distinct)
    meant = {name: one for name, one in signed.items() if one.refusal is None}
    stored = store.data_hashes(db, study.study_id, ("metric_score",))["metric_score"]
    found = state.once(
        "metric plans",
        (study.study_id, texts.data_hash, stored, tuple(meant)),
        lambda: tables.computed_from(
            scoring_plan.extents,
            texts,
            **known_scores(db, study.study_id, meant),
        ),
    )
    for one in signed.values():
        if one.refusal is not None:
            st.error(state.escaped(one.refusal))
    return {name: (one, found[name]) for name, one in meant.items()}


def _metrics(study: Study) -> set[str]:
    """Return the metrics with scores; stop if there are none."""
    names = {metric for metric, _ in store.score_counts(state.database(), study.study_id)}
    if not names:
        st.info("There are no metric scores yet. Compute some here, or import your own on the Import page.")
        st.stop()
    return names


def _chosen_metric(study: Study) -> str:
    names = sorted(_metrics(study), key=metric_label)
    return str(st.selectbox("Metric", names, format_func=metric_label))


def _plan_table(extents: list[scoring_plan.Extent]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Metric": one.label,
            "Needs": ", ".join(one.needs) or "the output alone",
            "Model": one.model,
            "To compute": one.n_missing,
            "Characters": f"{one.characters:,}" if one.by_model else "",
            "Known": one.n_known,
            "Without the text": one.n_lacking,
            "Takes about": scoring.time_text(_seconds(one)),
            estimates.NOTE: one.limits,
        }
        for one in extents
    )


def _seconds(one: scoring_plan.Extent) -> float:
    """Return the approximate duration of a plan on two processor cores."""
    if one.by_model:
        return one.characters / CHARACTERS_A_SECOND + (START_SECONDS if one.n_missing else 0)
    return one.n_missing / SCORES_A_SECOND


def _metric_table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Key": key,
            "Metric": metric.label,
            "Needs": ", ".join(metric.needs),
            "Model": metric.model or "",
            "Better": DIRECTIONS[metric.higher_is_better],
            "Parameters": ", ".join(f"{name}={value}" for name, value in metric.parameters.items()),
            "Source": metric.source,
            "Limits": metric.limits or "",
        }
        for key, metric in METRICS.items()
    )
