"""Influences on judgments besides the systems: the left side, and the length of an output."""

import pandas as pd
import streamlit as st

from study import analysis, frames
from study.ui import state
from study.ui.ranking import sentences
from study.ui.shared import estimates, filters, results, unit_choice
from study.ui.shared.view import View
from study.wording import counted, form, p_text


def draw(view: View, criterion: str, selection: frames.Counts) -> None:
    """Show the odds in words, the effects for all raters and by role, and each rater's left-win rate."""
    cluster = unit_choice.chosen_units(selection)
    lengths = view.table("lengths")
    effects = results.of(view, analysis.effect_table, lengths, criterion=criterion, cluster=cluster)
    for sentence in sentences.effects_answer(effects):
        st.markdown(sentence)
    _effects(effects)
    raters = results.of(view, analysis.rater_position_table, criterion=criterion)
    _raters(raters)
    st.caption(
        f"How this is computed: {filters.left_out_note(selection)} Observed: share of the judgments that "
        f"prefer one output, {state.escaped(effects['method'].iloc[0])}. Odds: side and length in one model "
        "with the systems' strengths, a tie as half a win; "
        f"{state.escaped(effects['adjusted_method'].iloc[0])}."
    )


def _effects(effects: pd.DataFrame) -> None:
    shown = effects.assign(
        p=[p_text(value) for value in effects["p_value"]],
        reason=effects["reason"].where(effects["win_rate"].isna(), effects["adjusted_reason"]),
        n_decided=effects["n_wins"] + effects["n_losses"],
    )
    estimates.estimate_table(
        shown,
        "effects",
        title="Left side and length, with 95% intervals",
        columns={
            "effect": "Effect",
            "raters": "Raters",
            "win_rate": "Observed win rate",
            "n_decided": "Untied",
            "p": "P",
            "odds": "Odds ratio, adjusted",
            "unit": "Per",
            "n_judgments": "Judgments",
            "units": "Over",
        },
        report=sentences.effects_report(effects),
    )
    unit_choice.estimand_note(effects)


def _raters(raters: pd.DataFrame) -> None:
    one_sided = int((raters["adjusted_p"] <= 0.05).sum())
    st.markdown(
        f"**{one_sided} of {counted(len(raters), 'rater')}** {form(one_sided, 'prefers', 'prefer')} one side beyond chance (Holm over raters, P at most .05)."
    )
    shown = raters.assign(
        raters=raters["raters"].map(state.short_id),
        p=[p_text(value) for value in raters["p_value"]],
        adjusted=[p_text(value) for value in raters["adjusted_p"]],
        reason=raters["reason"].where(raters["left_win_rate"].isna(), raters["adjusted_reason"]),
    )
    estimates.estimate_table(
        shown,
        "rater-position",
        title="Left-win rate of each rater, with 95% intervals",
        columns={
            "raters": "Rater",
            "left_win_rate": "Left-win rate",
            "n_left": "Left",
            "n_right": "Right",
            "n_ties": "Ties",
            "p": "P",
            "adjusted": "Adjusted P",
            "adjusted_rate": "Between equal systems",
        },
    )
    unit_choice.estimand_note(raters)
    methods = [_first(raters[column]) for column in ("method", "adjusted_method")]
    st.caption(
        f"Left-win rate: over the rater's judgments that prefer one output, {methods[0]}. P tests that left "
        "and right are equally likely, adjusted by Holm's method for the number of raters; over items for "
        "raters who judged an item more than once. Between equal systems: the left-win rate that the model "
        f"gives the rater if both systems are equally strong, {methods[1]}."
    )


def _first(methods: pd.Series) -> str:
    """Return the method of the first rater who has a value."""
    named = methods[methods.notna() & methods.ne("none")]
    return state.escaped(str(named.iloc[0])) if len(named) else "undefined for all"
