"""Which system is preferred? Bradley-Terry strengths, win rates and the win matrix."""

import streamlit as st

from study import analysis
from study.ui import charts, estimates, filters, results, sentences, state

state.require_researcher()

view = filters.judged_study("Ranking")
criterion, selection = filters.judged_criterion(view)
cluster = st.segmented_control(
    "Intervals over",
    ["rater", "item"],
    default="rater",
    required=True,
    format_func={"rater": "Raters", "item": "Items"}.__getitem__,
    help="Judgments of one rater (or of one item) belong together: intervals say how other raters (items) might differ.",
)
table = results.of(view, analysis.ranking_table, criterion=criterion, cluster=cluster)
matrix = results.of(view, analysis.win_matrix_table, criterion=criterion)

st.markdown(sentences.ranking_sentence(table))
if table["strength"].notna().any():
    figure = charts.interval_plot(
        table,
        label="system",
        value="strength",
        axis_title="Bradley-Terry strength (logits, mean 0)",
        lines={0: ""},
    )
    charts.show(figure, "Bradley-Terry strength of each system with 95% intervals")
estimates.estimate_table(
    table,
    "ranking",
    title="Systems, with 95% intervals",
    columns={
        "system": "System",
        "strength": "Strength (logits)",
        "win_rate": "Win rate",
        "n_comparisons": "Comparisons",
        "n_judgments": "Judgments",
        "n_raters": "Raters",
    },
)
charts.show(
    charts.win_matrix_plot(matrix, table["system"].tolist()), "Win rate of each system against each other"
)
estimates.estimate_table(
    matrix,
    "win-matrix",
    title="Pairs of systems",
    columns={
        "system": "System",
        "opponent": "Against",
        "win_rate": "Win rate",
        "wins": "Wins",
        "ties": "Ties",
        "losses": "Losses",
    },
)
st.caption(
    f"How this is computed: {filters.left_out_note(selection)} A tie, or both bad, is half a win for each. Strengths: "
    f"{table['method'].iloc[0]}; clusters are {cluster}s. Win rates: {table['win_rate_method'].iloc[0]}. Pairs of "
    f"systems: {matrix['method'].iloc[0]}. Equal strengths win half of the time; one logit more wins 73%."
)
