"""Automatic metrics: compute them, look at them, and see how far each may be trusted."""

import streamlit as st

from study.ui import metric_sections, state

state.require_researcher()

st.title("Metrics")
study = state.chosen_study()
st.caption(state.escaped(study.title))
section = st.segmented_control(
    "Section",
    list(metric_sections.SECTIONS),
    default="Compute",
    required=True,
    label_visibility="collapsed",
)
metric_sections.SECTIONS[section](study)
