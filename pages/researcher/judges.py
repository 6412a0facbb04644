"""Automatic judges: ask a language model through the reader's profile; how far it may be trusted beside people."""

import streamlit as st

from study.ui import asking_judges, filters, judges, state

state.require_researcher()

view = filters.judged_study("Judges", without=judges.without_judgments)
section = st.segmented_control(
    "Section", ["Report", "Ask a judge"], default="Report", required=True, label_visibility="collapsed"
)
if section == "Report":
    judges.report_section(view)
else:
    asking_judges.ask_section(view.study, view.design)
