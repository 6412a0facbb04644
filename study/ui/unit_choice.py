"""The select box for units: what intervals and tests are over."""

import pandas as pd
import streamlit as st

from study import frames
from study.ui import state

LABELS = {
    frames.BY_DESIGN: "By design",
    "rater": "Raters",
    "item": "Items",
    "source": "Sources",
    "profile": "Profiles",
}


def chosen_units(selection: frames.Counts, *, key: str | None = None) -> str:
    """Let the researcher choose what intervals and tests are over; those of the design come first."""
    return st.selectbox(
        "Intervals and tests over",
        selection.units,
        format_func=unit_label,
        key=key,
        help="Judgments of one rater, or about one profile, belong together. A number generalises to the kinds of units that "
        "you choose: over raters x profiles, to other raters and other people; over raters, to these people only.",
    )


def estimand_note(table: pd.DataFrame) -> None:
    """Say beneath a table to whom its numbers generalise."""
    for line in frames.estimand_lines(table):
        st.caption(state.escaped(line))


def unit_label(kinds: str) -> str:
    """Return kinds of units as a select box names them.

    >>> unit_label("rater x profile"), unit_label("by design")
    ('Raters x profiles', 'By design')
    """
    return " x ".join(LABELS[kind] for kind in kinds.split(" x ")).capitalize()
