"""The design of a study: edit it beside what a rater would see, make checks, launch."""

import streamlit as st

from study.ui import designing, queueing, state

state.require_researcher()

st.title("Design")
study = state.chosen_study()
st.caption(f"{state.title_of(study)} · {study.state} · design `{study.design_hash[:16]}`")
left, right = st.columns(2)
with left:
    design = designing.editor(study)
with right:
    if design is not None:
        designing.preview(study, design)
designing.checks_section(study)
queueing.embedding_section(study, design)
designing.dry_run_section(study, design)
designing.launch_section(study, design)
