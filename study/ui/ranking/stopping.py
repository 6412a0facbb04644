"""May the study stop? The win rate of two systems with an interval that is valid at every look."""

import streamlit as st

from study import analysis, frames
from study.ui.ranking import charts as ranking_charts
from study.ui.ranking import notes, sentences
from study.ui.shared import charts, estimates, filters, results, unit_choice
from study.ui.shared.view import View

UNITS = {
    "rater": "Raters",
    "profile": "Profiles",
    "source": "Sources",
    "item": "Items",
    "judgment": "Judgments",
}
SHOWN = 12


def draw(view: View, criterion: str, selection: frames.Counts) -> None:
    """Show the running win rate of two systems, by default the two leading ones."""
    ranking = results.of(view, analysis.ranking_table, criterion=criterion, seed=view.study.seed)
    systems = ranking["system"].tolist()
    left, right = st.columns(2)
    system = left.selectbox("System", systems)
    opponent = right.selectbox("Against", [name for name in systems if name != system])
    unit = st.segmented_control(
        "One after the other",
        [name for name in UNITS if name in ("rater", "judgment", *selection.clusters)],
        default="rater",
        required=True,
        format_func=UNITS.__getitem__,
        help="Raters: the mean of each rater, in the order of their last judgments; it applies to other "
        "raters on these items. Profiles and items: likewise, for other people or items and these "
        "raters. Judgments: each counts on its own. The interval is narrower, but correct only if "
        "judgments by one rater, or on one item, are as independent as those of two.",
    )
    table = results.of(
        view, analysis.sequence_table, criterion=criterion, system=system, opponent=opponent, unit=unit
    )
    notes.show_side_note(ranking)
    if table["sides"].iloc[0] == "adjusted":
        st.caption("The win rate below is as observed: sequences are not adjusted for the left side.")
    st.markdown(sentences.sequence_answer(table))
    if table["win_rate"].notna().any():
        charts.show(
            ranking_charts.sequence_plot(table), "Win rate after each look with its confidence sequence"
        )
    if unit == "rater":
        matrix = results.of(view, analysis.win_matrix_table, criterion=criterion)
        st.caption(sentences.beside_pairs(matrix, system, opponent))
    last = table.iloc[sorted({*range(len(table) - 1, -1, -max(1, len(table) // SHOWN))})].iloc[::-1]
    estimates.estimate_table(
        last.reset_index(drop=True),
        "sequence",
        title="Looks, the latest first",
        columns={"n": f"After ({UNITS[unit].lower()})", "win_rate": "Win rate"},
        report=sentences.sequence_report(table),
    )
    st.caption(
        f"How this is computed: {filters.left_out_note(selection)} Ties, and both bad, are half a win. "
        f"{table['method'].iloc[0].capitalize()}: all its intervals hold jointly with 95% confidence, whatever stops the "
        "study. How many judgments a new study needs: see Planning."
    )
    unit_choice.estimand_note(table)
