"""Automatic metrics: compute them, look at their scores, and see how far to trust each one."""

import streamlit as st

from study.ui import state
from study.ui.metrics import sections as metric_sections
from study.ui.shared import heading

state.require_viewer()

heading.page_title("Metrics")
study = state.chosen_study()
st.caption(state.title_of(study))
sections = [name for name in metric_sections.SECTIONS if state.may_change() or name != "Compute"]
section = st.segmented_control(
    "Section",
    sections,
    default=sections[0],
    required=True,
    label_visibility="collapsed",
)
metric_sections.SECTIONS[section](study)
