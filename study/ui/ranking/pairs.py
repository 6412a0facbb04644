"""Pairs of systems: the win matrix, and which differences are beyond chance."""

import streamlit as st

from study import analysis, frames
from study.stats.multiplicity import ADJUSTMENTS
from study.ui import state
from study.ui.ranking import notes, sentences
from study.ui.shared import charts, estimates, filters, results, unit_choice
from study.ui.shared.view import View
from study.wording import p_text

MOST_SHOWN = 500


def draw(view: View, criterion: str, selection: frames.Counts) -> None:
    """Show how many pairs differ, the win matrix and the table of pairs."""
    adjustment = st.segmented_control(
        "P adjusted for the number of pairs by",
        list(ADJUSTMENTS),
        default="holm",
        required=True,
        format_func=lambda key: ADJUSTMENTS[key].label,
        help="Holm: the chance of any false finding is at most 5%. Benjamini-Hochberg: at most 5% of findings are false.",
    )
    options = {"criterion": criterion, "cluster": unit_choice.chosen_units(selection)}
    pairs = results.of(view, analysis.pair_table, adjustment=adjustment, **options)
    matrix = results.of(view, analysis.win_matrix_table, **options)
    ranking = results.of(view, analysis.ranking_table, criterion=criterion, seed=view.study.seed)
    notes.show_side_note(ranking)
    st.markdown(sentences.pairs_answer(pairs))
    figure = charts.win_matrix_plot(matrix, ranking["system"].tolist())
    charts.show(figure, "Win rate of each system against each other system")
    shown = pairs.assign(
        p=[p_text(value) for value in pairs["p_value"]],
        adjusted=[p_text(value) for value in pairs["adjusted_p"]],
    )
    estimates.estimate_table(
        shown,
        "pairs",
        title="Pairs of systems, with 95% intervals",
        columns={
            "system": "System",
            "opponent": "Against",
            "win_rate": "Win rate",
            "wins": "Wins",
            "ties": "Ties",
            "losses": "Losses",
            "p": "P",
            "adjusted": "Adjusted P",
            "units": "Over",
        },
        report=sentences.pairs_report(pairs),
    )
    unit_choice.estimand_note(pairs)
    how = state.escaped(pairs["method"].iloc[0]) if len(pairs) else "no pair was compared"
    st.caption(
        f"How this is computed: {filters.left_out_note(selection)} A tie, or both bad, is half a win for each. {how}."
    )
