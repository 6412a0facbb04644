"""How large must a study be? Power and precision by size, from simulated and analysed studies."""

import streamlit as st

from study.ui import state
from study.ui.shared import heading
from study.ui.studies import planning

state.require_viewer()

heading.page_title("Planning")
st.caption("How large must your study be, and how precise will it be? You need no data to find out.")
asked = planning.question()
found = planning.answered_plan(asked)
if found is not None:
    planning.show_plan(asked, found)
