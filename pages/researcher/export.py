"""Take the study away: long table, battles, preference pairs, the whole study; each with its dictionary and manifest."""

import streamlit as st

from study.releasing import FORMATS
from study.ui import exporting, filters, state

state.require_viewer()

view = filters.judged_study("Export", filtered=False)
asked = exporting.chosen(view)
for format in FORMATS:
    with st.container(border=True):
        exporting.offer(view.study, asked, format)
