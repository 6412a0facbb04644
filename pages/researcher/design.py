"""The design of a study: edit it next to a rater's preview, add checks, launch."""

import streamlit as st

from study.ui import state
from study.ui.shared import heading
from study.ui.studies import design_editor, queue

state.require_researcher()

heading.page_title("Design")
study = state.chosen_study()
st.caption(f"{state.title_of(study)} · {study.state} · design `{study.design_hash[:16]}`")
left, right = st.columns(2)
with left:
    design = design_editor.editor(study)
with right:
    if design is not None:
        design_editor.preview(study, design)
design_editor.checks_section(study)
queue.embedding_section(study, design)
design_editor.dry_run_section(study, design)
design_editor.launch_section(study, design)
