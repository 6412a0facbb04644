"""Which system is preferred? Strengths, pairs, other influences on judgments, groups, and when to stop."""

import streamlit as st

from study.ui import state
from study.ui.ranking import groups, overview, pairs, position, stopping
from study.ui.shared import filters

state.require_viewer()

SECTIONS = {
    "Overview": overview.draw,
    "Pairs": pairs.draw,
    "Position and length": position.draw,
    "By group": groups.draw,
    "Stopping": stopping.draw,
}

view = filters.judged_study("Ranking")
criterion, selection = filters.judged_criterion(view)
section = st.segmented_control(
    "Section", list(SECTIONS), default="Overview", required=True, label_visibility="collapsed"
)
SECTIONS[section](view, criterion, selection)
