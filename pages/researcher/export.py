"""Exports: long table, battles, preference pairs, the whole study; each with its dictionary and manifest."""

import streamlit as st

from study.ui import state
from study.ui.shared import filters
from study.ui.studies import export
from study.workflows.exporting import FORMATS

state.require_viewer()

view = filters.judged_study("Export", filtered=False)
asked = export.chosen(view)
for format in FORMATS:
    with st.container(border=True):
        export.offer(view.study, asked, format)
