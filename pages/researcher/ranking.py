"""Which system is preferred? Strengths, pairs, what else moves the judgments, groups, and when to stop."""

import streamlit as st

from study.ui import (
    filters,
    ranking_groups,
    ranking_overview,
    ranking_pairs,
    ranking_position,
    ranking_stopping,
    state,
)

state.require_viewer()

SECTIONS = {
    "Overview": ranking_overview.draw,
    "Pairs": ranking_pairs.draw,
    "Position and length": ranking_position.draw,
    "By group": ranking_groups.draw,
    "Stopping": ranking_stopping.draw,
}

view = filters.judged_study("Ranking")
criterion, selection = filters.judged_criterion(view)
section = st.segmented_control(
    "Section", list(SECTIONS), default="Overview", required=True, label_visibility="collapsed"
)
SECTIONS[section](view, criterion, selection)
