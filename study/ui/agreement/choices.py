"""The researcher's choices on the Agreement page."""

import streamlit as st

from study import analysis
from study.responses import RESPONSE_FORMATS
from study.ui.shared.view import View

CODING_LABELS = {"separate": "A separate category", "merged": "A tie"}


def chosen_coding() -> str:
    """Let the researcher choose how "both bad" counts."""
    coding: str = st.segmented_control(
        "“Both bad” counts as",
        list(CODING_LABELS),
        default="separate",
        required=True,
        format_func=CODING_LABELS.__getitem__,
        help="On an ordered scale (ordinal α, AC2, ICC), both bad always counts as a tie, in the middle.",
    )
    return coding


def chosen_scale(view: View) -> str:
    """Let the researcher choose the ordered scale, where any question asks how much better an output is."""
    formats = [RESPONSE_FORMATS[criterion.response_format] for criterion in view.design.criteria]
    if all(option.strength < 2 for entry in formats for option in entry.options):
        return "ordinal"
    scale: str = st.segmented_control(
        "Ordered scale",
        list(analysis.AGREEMENT_SCALES),
        default="ordinal",
        required=True,
        format_func=analysis.AGREEMENT_SCALES.__getitem__,
        help="The scale for ordinal and interval α, AC2 and ICC: three steps, or all steps of the answers.",
    )
    return scale


def chosen_interval() -> tuple[str, str]:
    """Let the researcher choose the units of intervals, and their method."""
    left, right = st.columns(2)
    with left:
        cluster = chosen_cluster()
    method = right.segmented_control(
        "Method",
        list(analysis.INTERVAL_METHODS),
        default="jackknife",
        required=True,
        format_func=analysis.INTERVAL_METHODS.__getitem__,
    )
    return cluster, method


def chosen_cluster() -> str:
    """Let the researcher choose the units of intervals of agreement."""
    cluster: str = st.selectbox(
        "Intervals over",
        list(analysis.AGREEMENT_CLUSTERS),
        format_func=analysis.AGREEMENT_CLUSTERS.__getitem__,
        help="Comparisons of one item, of one source or of one profile may be alike, so they are kept "
        "together. By design: the largest of these units of which there are at least 5. Figures "
        "always hold for these raters only.",
    )
    return cluster
