"""Import a study, or judgments for an existing one, after a preview."""

import streamlit as st

from study.errors import StudyError
from study.formats.problems import Unclear
from study.ui import state
from study.ui.shared import heading
from study.ui.studies import import_steps

state.require_researcher()

heading.page_title("Import")
st.write(
    "Upload a CSV, JSON Lines or Parquet file with one row per output or one row per pair, or a study "
    "bundle (.zip). You can also add votes or battles from elsewhere, verdicts of an automatic "
    "judge, or metric scores to an existing study. You will see a preview before anything is saved."
)
upload = st.file_uploader("File", type=["csv", "jsonl", "parquet", "zip"])
if upload is None:
    import_steps.let_go()
    st.page_link("pages/researcher/home.py", label="No file at hand? Open the demo study.")
    st.stop()

try:
    choices = import_steps.choose_import(upload.getvalue(), upload.name)
    preview = import_steps.look(choices)
except Unclear as unclear:
    import_steps.ask(unclear)
    st.stop()
except StudyError as error:
    st.error(state.harmless(str(error)))
    st.stop()

import_steps.show_preview(preview)
if import_steps.can_import(choices, preview) and st.button("Import", type="primary"):
    bar = st.progress(0.0, "reading")
    try:
        study_id = import_steps.import_file(choices, preview, progress=bar.progress)
    except StudyError as error:
        st.error(state.harmless(str(error)))
        st.stop()
    bar.empty()
    state.choose_study(study_id)
    st.success(
        "Imported. A new study is a draft: set its questions on the Design page, and launch it to get the "
        "link for raters."
    )
    st.page_link("pages/researcher/home.py", label="Go to the study")
    st.stop()
