"""How far along is the study, how does each rater judge, and what is each of them owed?"""

import streamlit as st

from study import store
from study.ui import state
from study.ui.shared import heading
from study.ui.studies import progress, queue, withdrawals

state.require_viewer()

heading.page_title("Progress")
study = state.chosen_study()
sources = {rater.source for rater in store.raters(state.database(), study.study_id)}
simulated = "simulated" in sources and "link" not in sources
if {"simulated", "link"} <= sources:
    simulated = st.toggle("Show simulated raters instead of people")
st.caption(f"{state.title_of(study)} · {study.state}")
if simulated:
    st.info("These are simulated raters, not people.")
progress.coverage_section(study, simulated=simulated)
progress.raters_section(study, simulated=simulated)
withdrawals.skips_section(study, simulated=simulated)
queue.ties_section(study, simulated=simulated)
