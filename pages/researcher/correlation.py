"""Does a metric prefer what raters prefer? Accuracy on pairs, correlation over systems."""

import streamlit as st

from study import analysis, metrics, store
from study.ui import charts, estimates, filters, results, sentences, state

state.require_researcher()

view = filters.judged_study("Correlation")
criterion, selection = filters.judged_criterion(view)
study_id = view.study.study_id
scores = store.metric_scores(state.database(), study_id)
texts = store.output_texts(state.database(), study_id)

missing = metrics.missing_metrics(scores, texts)
if missing:
    names = " and ".join(metrics.METRICS[key].label for key in missing)
    st.write(f"{names}: not computed yet for all of the {len(texts):,} outputs.")
    if st.button("Compute them now", type="primary"):
        bar = st.progress(0.0, "Computing")
        computed = metrics.score_outputs(texts, missing, study_id=study_id, progress=bar.progress)
        store.save_scores(state.database(), computed)
        st.rerun()
if scores.empty:
    st.info("There are no metric scores yet: compute the built-in ones here, or import your own.")
    st.stop()

table = results.of(view, analysis.correlation_table, scores, criterion=criterion, seed=view.study.seed)
labels = {
    key: metrics.METRICS[key].label if key in metrics.METRICS else key
    for key in sorted(set(scores["metric"]))
}
st.markdown(sentences.correlation_sentence(table, labels))

estimates.crossed_table(
    table.assign(
        metric_label=table["metric"].map(labels),
        row=table["label"].str.removesuffix(" of systems")
        + table["level"].map({"comparison": "", "system": ", systems"}),
    ),
    "correlation",
    title="All metrics, with 95% intervals",
    row="row",
    column="metric_label",
    counts={"n_systems": "Systems", "n_pairs": "Comparisons", "n_judgments": "Judgments"},
)

metric = st.selectbox("Metric", list(labels), format_func=labels.__getitem__)
points = results.of(view, analysis.metric_points, scores, criterion=criterion, metric=metric)
if points["metric_mean"].notna().any():
    charts.show(
        charts.metric_scatter(points, metric=labels[metric]), "Mean metric and win rate of each system"
    )
else:
    st.info(f"This metric has no value for the judged outputs: {points['reason'].iloc[0]}.")
estimates.estimate_table(
    points,
    "metric-points",
    title="Systems, with 95% intervals",
    columns={
        "system": "System",
        "metric_mean": "Mean metric",
        "win_rate": "Win rate",
        "n_outputs": "Outputs",
        "n_judgments": "Judgments",
    },
)
st.caption(
    f"How this is computed: {filters.left_out_note(selection)} Both bad counts as a tie. Comparisons: the difference of the "
    "metric against each judgment, intervals by the jackknife over items. Systems: mean over judged outputs against win "
    f"rate (ties as half), intervals by the bootstrap over items (2,000 resamples, seed {view.study.seed})."
)
