"""Do raters prefer the same outputs? Percent agreement and Krippendorff's alpha, per question."""

import streamlit as st

from study import analysis
from study.ui import charts, estimates, filters, results, sentences, state

state.require_researcher()

view = filters.judged_study("Agreement")
criteria = [criterion.key for criterion in view.design.criteria]
coding = st.segmented_control(
    "“Both bad” counts as",
    ["separate", "merged"],
    default="separate",
    required=True,
    format_func={"separate": "A category of its own", "merged": "A tie"}.__getitem__,
)
table = results.of(view, analysis.agreement_table, criteria=tuple(criteria), coding=coding)

for criterion in criteria:
    st.markdown(sentences.agreement_sentence(table, criterion))

short = {
    "percent_agreement": "percent",
    "krippendorff_alpha_nominal": "α nominal",
    "krippendorff_alpha_ordinal": "α ordinal",
}
named = table.assign(name=table["criterion"] + ": " + table["statistic"].map(short))
if table["value"].notna().any():
    figure = charts.interval_plot(
        named,
        label="name",
        value="value",
        axis_title="Agreement (1 = always; α: 0 = chance)",
        lines={0: "", sentences.TENTATIVE: "α .667", sentences.RELIABLE: "α .800"},
    )
    charts.show(figure, "Agreement of raters with 95% intervals")

estimates.estimate_table(
    table,
    "agreement",
    title="Agreement, with 95% intervals",
    columns={
        "criterion": "Question",
        "label": "Statistic",
        "value": "Estimate",
        "n_units": "Comparisons",
        "n_ratings": "Judgments",
        "n_raters": "Raters",
        "categories": "Categories",
    },
)
with st.container(gap="xxsmall"):
    for criterion in criteria:
        once = int(table.loc[table["criterion"] == criterion, "n_units_judged_once"].iloc[0])
        alone = f" {once:,} comparisons were judged once and say nothing on agreement." if once else ""
        st.caption(f"{state.escaped(criterion)}: {filters.left_out_note(view.selection(criterion))}{alone}")
    st.caption(
        "How this is computed: answers are turned from screen sides into outputs first. A unit is a comparison that at "
        f"least two raters judged. Intervals: {table['method'].iloc[0]}, 95%."
    )
