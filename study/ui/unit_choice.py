"""The select box for units: what intervals and tests are over."""

import streamlit as st

from study import frames

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
        "you choose: over raters x profiles it holds for other raters and other people; over raters for these people only.",
    )


def unit_label(kinds: str) -> str:
    """Return kinds of units as a select box names them.

    >>> unit_label("rater x profile"), unit_label("by design")
    ('Raters x profiles', 'By design')
    """
    return " x ".join(LABELS[kind] for kind in kinds.split(" x ")).capitalize()
