"""Rankings by group: win rates within tags, profiles or roles, and whether the groups differ at all."""

import pandas as pd
import streamlit as st

from study import analysis, frames
from study.ui import state
from study.ui.ranking import charts as ranking_charts
from study.ui.ranking import sentences
from study.ui.shared import charts, estimates, filters, results, unit_choice
from study.ui.shared.view import View

QUICK = 600
"""Up to this many strengths per group times groups, the conditional leaderboard is computed without asking."""


def draw(view: View, criterion: str, selection: frames.Counts) -> None:
    """Show whether groups differ, their win rates, and the strengths within each."""
    there = results.of(view, analysis.groups_there, criterion=criterion)
    if not there:
        st.info(
            (
                "There is nothing to group by: all judgments share one profile, one role and one value of "
                "each tag. "
            )
            + filters.left_out_note(selection)
        )
        return
    by = st.selectbox("Group by", there, format_func=lambda name: name.removeprefix("tag: ").capitalize())
    cluster = unit_choice.chosen_units(selection)
    table = results.of(view, analysis.group_table, criterion=criterion, by=by, cluster=cluster)
    quick = len(selection.systems) * (1 + table["group"].nunique()) <= QUICK
    options = {"criterion": criterion, "by": by, "cluster": cluster, "seed": view.study.seed}
    found: tuple[pd.DataFrame, pd.DataFrame] | None
    if quick:
        found = results.of(view, analysis.conditional_tables, **options)
    else:
        found = results.long(view, analysis.conditional_tables, "Test whether the groups differ", **options)
    if found is not None:
        _held_out(*found, by)
    order = results.of(view, analysis.ranking_table, criterion=criterion, seed=view.study.seed)
    figure = ranking_charts.group_plot(table, order["system"].tolist())
    charts.show(figure, "Win rate of each system within each group")
    estimates.estimate_table(
        table,
        "groups",
        title="Systems within groups, with 95% intervals",
        columns={
            "group": "Group",
            "system": "System",
            "win_rate": "Win rate",
            "strength": "Strength (logits)",
            "n_judgments": "Judgments",
            "units": "Over",
        },
    )
    unit_choice.estimand_note(table)
    st.caption(
        f"How this is computed: {filters.left_out_note(selection)} Each group is ranked on its own judgments, ties and both "
        f"bad as half a win. Strengths: {state.escaped(table['method'].iloc[0])}; win rates: "
        f"{state.escaped(table['win_rate_method'].iloc[0])}."
    )


def _held_out(held_out: pd.DataFrame, strengths: pd.DataFrame, by: str) -> None:
    row = held_out.iloc[0].to_dict()
    st.markdown(sentences.held_out_answer(row))
    report = sentences.held_out_report(row, by.removeprefix("tag: "))
    if strengths.empty or report is None:
        return
    with st.expander("Strengths that depend on the group", icon=":material/call_split:"):
        estimates.estimate_table(
            strengths,
            "conditional",
            title="Conditional leaderboard, with 95% intervals",
            columns={
                "group": "Group",
                "system": "System",
                "strength": "Strength (logits)",
                "deviation": "Minus the common strength",
                "n_items": "Items",
            },
            report=report,
        )
        st.caption(state.escaped(f"Shrunken towards one common ranking: {strengths['method'].iloc[0]}."))
