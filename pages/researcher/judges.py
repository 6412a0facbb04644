"""Automatic judges: ask a language model to judge as the reader would, and see how well it agrees with people."""

import streamlit as st

from study.ui import state
from study.ui.judges import ask, report
from study.ui.shared import filters

state.require_viewer()

view = filters.judged_study("Judges", without=report.report_without_judgments)
sections = ["Report", "Ask a judge"] if state.may_change() else ["Report"]
section = st.segmented_control(
    "Section", sections, default="Report", required=True, label_visibility="collapsed"
)
if section == "Report":
    report.report_section(view)
else:
    ask.ask_section(view.study, view.design)
