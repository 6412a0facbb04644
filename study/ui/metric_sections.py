"""The sections of the metrics page: compute, scores by system, metric against metric, the card of one."""

import json
from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from study import analysis, frames, scoring, store
from study.errors import StudyError
from study.metrics import METRICS, description, metric_label, offline_metrics, usual_metrics
from study.records import Study
from study.ui import charts, estimates, metric_charts, state
from study.ui import scoring as runs
from study.wording import counted

# Of the embedded encoder, and of metrics without a model, on two processor cores.
CHARACTERS_A_SECOND = 3000
START_SECONDS = 10
SCORES_A_SECOND = 300
DIRECTIONS = {True: "higher", False: "lower", None: "neither"}


def compute(study: Study) -> None:
    """Let the researcher pick metrics; show what each needs and would cost; run them."""
    texts = store.output_texts(state.database(), study.study_id)
    if texts.empty:
        st.info("This study has no outputs yet.")
        return
    if runs.show_run(study.study_id):
        return
    offered = [key for key, metric in METRICS.items() if metric.model in (None, "encoder")]
    possible = offline_metrics(texts)
    which = st.segmented_control(
        "Choose",
        ["The usual ones", f"All {len(possible)} that can be computed here"],
        default="The usual ones",
        required=True,
        help="Left out are metrics that need a text which no output of this study has.",
    )
    chosen = usual_metrics(texts) if which == "The usual ones" else possible
    names = st.multiselect("Metrics", offered, default=chosen, format_func=metric_label)
    with st.expander("With other parameters, or by a model of yours"):
        names += _named_metrics()
    plans = _plans(study, texts, names)
    estimates.noted_table(_plan_table(list(plans.values())))
    seconds = sum(map(_seconds, plans.values()))
    if seconds:
        st.write(
            f"All of them together take about {scoring.time_text(max(1, seconds))} on two processor cores."
        )
    missing = sum(len(one.missing) for one in plans.values())
    stored = store.metric_scores(state.database(), study.study_id)
    unstored = any(
        ((stored["metric"] == one.chosen.name) & (stored["signature"] == one.signature)).sum() < len(texts)
        for one in plans.values()
    )
    st.caption(
        "Equal texts are scored once, and what is known is not computed again. *Characters* are those that a model reads. Metrics by a model read every different "
        "text once: on two processor cores the embedded one reads about 50 short texts or 10 paragraphs a second; a graphics "
        "card is used where there is one. The rest do hundreds a second. The bar shows the rate and the time left."
    )
    label = f"Compute {counted(missing, 'score')}" if missing or not unstored else "Take the known scores"
    if st.button(label, type="primary", disabled=not unstored, icon=":material/play_arrow:"):
        runs.dismiss_run(study.study_id)
        runs.start_run(study.study_id, list(plans))
        st.rerun()
    if plans and not unstored:
        st.write("Everything here is computed.")


def scores_by_system(study: Study) -> None:
    """Show how the scores of a metric are distributed in each system."""
    scores = _scores(study)
    name = _chosen_metric(scores)
    of_metric = scores[scores["metric"] == name]
    if of_metric["value"].notna().any():
        charts.show(
            metric_charts.score_boxes(of_metric, axis_title=metric_label(name)),
            "Scores of each system's outputs",
        )
    table = analysis.score_table(of_metric)
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
            "n_unscored": "Without score",
        },
    )
    st.caption(
        f"How this is computed: {state.escaped('; '.join(sorted(set(of_metric['signature']))))}. A dot is an output. "
        f"Means: {table['method'].iloc[0]}."
    )


def metric_by_metric(study: Study) -> None:
    """Show how alike metrics order outputs."""
    scores = _scores(study)
    if scores["metric"].nunique() < 2:
        st.info("There are scores of one metric only; compute another one to compare them.")
        return
    level = st.segmented_control(
        "Outputs are compared",
        list(analysis.METRIC_LEVELS),
        default="by_item",
        required=True,
        format_func=analysis.METRIC_LEVELS.__getitem__,
    )
    data_hash = store.data_hash(state.database(), study.study_id)
    with st.spinner("Correlating every two metrics"):
        pairs = state.once(
            "metric pairs",
            (str(state.database_path()), study.study_id, data_hash, level),
            lambda: analysis.metric_correlations(scores, level=level, seed=study.seed),
        )
    labels = {name: metric_label(name) for name in {*pairs["metric"], *pairs["other"]}}
    charts.show(metric_charts.metric_heat_map(pairs, labels), "Spearman correlation of every two metrics")
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
        },
    )
    st.caption(
        f"How this is computed: {pairs['method'].iloc[0]} ({pairs['n_resamples'].iloc[0]:,} resamples, seed {study.seed}). "
        "Within items both metrics see the same request; over all outputs together, easy and hard items mix, which alone can "
        "make two metrics look alike. Distances correlate negatively with similarities."
    )


def card(study: Study) -> None:
    """Show the card of a metric, with downloads."""
    scores = _scores(study)
    name = _chosen_metric(scores)
    texts = store.output_texts(state.database(), study.study_id)
    judgments = store.coded_judgments(state.database(), study.study_id)
    population = frames.default_population(judgments) if len(judgments) else "human"
    correlations = analysis.card_correlations(
        name,
        judgments,
        store.score_matrix(state.database(), study.study_id),
        store.metric_summary(state.database(), study.study_id),
        criteria=[criterion.key for criterion in store.design(state.database(), study.study_id).criteria],
        subset=frames.Subset(population),
        seed=study.seed,
    )
    made = analysis.metric_card(name, description(name), scores, texts, correlations, population=population)
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
    """Let the researcher name metrics with parameters and models; show all that there are."""
    lines = st.text_area(
        "One a line: KEY:PARAMETER=VALUE,...@MODEL",
        placeholder="bert_score:layer=17@models/roberta-large\nperplexity@models/gpt2",
        help="MODEL is a folder on the machine of this app, or a name on the model hub, from which it is then fetched.",
    )
    st.dataframe(_metric_table(), hide_index=True, width="stretch")
    return [line.strip() for line in lines.splitlines() if line.strip()]


def _plans(study: Study, texts: pd.DataFrame, names: Sequence[str]) -> dict[str, scoring.Plan]:
    """Return what a run would do by name; names that mean nothing are said and left out."""

    def made() -> tuple[dict[str, scoring.Plan], list[str]]:
        plans, refused = {}, []
        for name in names:
            try:
                (plans[name],) = scoring.plan(state.database(), texts, [name])
            except StudyError as error:
                refused.append(str(error))
        return plans, refused

    data_hash = store.data_hash(state.database(), study.study_id)
    plans, refused = state.once("metric plans", (study.study_id, data_hash, tuple(names)), made)
    for sentence in refused:
        st.error(state.escaped(sentence))
    return plans


def _scores(study: Study) -> pd.DataFrame:
    scores = store.metric_scores(state.database(), study.study_id)
    if scores.empty:
        st.info("There are no metric scores yet: compute some here, or import your own on the Import page.")
        st.stop()
    return scores


def _chosen_metric(scores: pd.DataFrame) -> str:
    names = sorted(set(scores["metric"]), key=metric_label)
    return str(st.selectbox("Metric", names, format_func=metric_label))


def _plan_table(plans: list[scoring.Plan]) -> pd.DataFrame:
    rows = []
    for one in plans:
        metric = one.chosen.metric
        lacking = sum(any(row.texts[name] is None for name in metric.reads) for row in one.rows)
        rows.append(
            {
                "Metric": one.chosen.label,
                "Needs": ", ".join(metric.needs) or "the output alone",
                "Model": one.chosen.checkpoint.name if one.chosen.checkpoint else "",
                "To compute": len(one.missing),
                "Characters": f"{sum(map(len, _texts(one))):,}" if metric.model else "",
                "Known": sum(row.texts_hash in one.known for row in one.rows),
                "Lack a text": lacking,
                "Takes about": scoring.time_text(_seconds(one)),
                estimates.NOTE: metric.limits or "",
            }
        )
    return pd.DataFrame(rows)


def _seconds(one: scoring.Plan) -> float:
    """Return about how long a plan takes on two processor cores."""
    if one.chosen.metric.model:
        return sum(map(len, _texts(one))) / CHARACTERS_A_SECOND + (START_SECONDS if one.missing else 0)
    return len(one.missing) / SCORES_A_SECOND


def _texts(one: scoring.Plan) -> set[str]:
    return {text for row in one.missing for text in row.texts.values() if text}


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
