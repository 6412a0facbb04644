"""Do raters prefer the same outputs? Coefficients with intervals: overall, by group, by rater, on repeats; taste and noise."""

import streamlit as st

from study.ui import state
from study.ui.agreement import choices, sections
from study.ui.shared import filters

state.require_viewer()

view = filters.judged_study("Agreement")
section = st.segmented_control(
    "Section",
    list(sections.SECTIONS),
    default="Overview",
    required=True,
    label_visibility="collapsed",
)
coding = choices.chosen_coding()
sections.SECTIONS[section](view, coding)
