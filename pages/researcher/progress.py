"""How far is the study, who judged how, and what is each rater owed?"""

import streamlit as st

from study import store
from study.ui import progressing, queueing, state, withdrawing

state.require_viewer()

st.title("Progress")
study = state.chosen_study()
sources = {rater.source for rater in store.raters(state.database(), study.study_id)}
simulated = "simulated" in sources and "link" not in sources
if {"simulated", "link"} <= sources:
    simulated = st.toggle("Show simulated raters instead of people")
st.caption(f"{state.title_of(study)} · {study.state}")
if simulated:
    st.info("These are simulated raters, not people.")
progressing.coverage_section(study, simulated=simulated)
progressing.raters_section(study, simulated=simulated)
withdrawing.skips_section(study, simulated=simulated)
queueing.ties_section(study, simulated=simulated)
