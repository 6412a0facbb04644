"""Do raters prefer the same outputs? Coefficients with intervals, by group, by rater, on repeats, taste and noise."""

import streamlit as st

from study.ui import agreement_choices, agreement_sections, filters, state

state.require_viewer()

view = filters.judged_study("Agreement")
section = st.segmented_control(
    "Section",
    list(agreement_sections.SECTIONS),
    default="Overview",
    required=True,
    label_visibility="collapsed",
)
coding = agreement_choices.chosen_coding()
agreement_sections.SECTIONS[section](view, coding)
