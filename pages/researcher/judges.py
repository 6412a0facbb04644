"""Automatic judges: ask a language model through the reader's profile; how far it may be trusted beside people."""

import streamlit as st

from study.ui import asking_judges, filters, judges, state

state.require_viewer()

view = filters.judged_study("Judges", without=judges.without_judgments)
sections = ["Report", "Ask a judge"] if state.may_change() else ["Report"]
section = st.segmented_control(
    "Section", sections, default="Report", required=True, label_visibility="collapsed"
)
if section == "Report":
    judges.report_section(view)
else:
    asking_judges.ask_section(view.study, view.design)
