"""The select box for units, which intervals and tests generalise over."""

from collections.abc import Sequence

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
OF_METRICS = {frames.BY_DESIGN: None, "profile": "profiles", "item": "items"}


def chosen_units(selection: frames.Counts, *, key: str | None = None) -> str:
    """Let the researcher choose the units of intervals and tests; the design's come first."""
    return units_among(selection.units, key=key)


def units_among(kinds: Sequence[str], *, key: str | None = None) -> str:
    """Let the researcher choose one of several units, or sets of units."""
    return st.selectbox(
        "Intervals and tests over",
        kinds,
        format_func=unit_label,
        key=key,
        help="Judgments by one rater, or about one profile, belong together. A number generalises to the "
        "kinds of units that you choose: over raters x profiles, to other raters and other people; "
        "over raters, to other raters for these people only.",
    )


def chosen_metric_units(kinds: Sequence[str], *, key: str) -> str | None:
    """Let the researcher choose people or items as the units of metrics; None if the design decides.

    Where items have no profiles, there is nothing to choose. ``kinds`` are the available ones.
    """
    if "profile" not in kinds:
        return None
    chosen = st.selectbox(
        "Intervals over",
        list(OF_METRICS),
        format_func=unit_label,
        key=key,
        help="Items of one profile belong together. By design, numbers generalise to other people with "
        "their items, if there are enough profiles; over items, to other items of these people only.",
    )
    return OF_METRICS[chosen]


def estimand_note(table: pd.DataFrame) -> None:
    """Show beneath a table to whom its numbers generalise."""
    for line in frames.estimand_lines(table):
        st.caption(state.escaped(line))


def unit_label(kinds: str) -> str:
    """Return units as labelled in a select box.

    >>> unit_label("rater x profile"), unit_label("by design")
    ('Raters x profiles', 'By design')
    """
    return " x ".join(LABELS[kind] for kind in kinds.split(" x ")).capitalize()
