"""Which metrics do better than sentinels, and which combination of metrics follows people best?"""

import streamlit as st

from study.ui import state
from study.ui.calibration import sections
from study.ui.shared import filters

state.require_viewer()

view = filters.judged_study("Calibration", without=sections.apply_without_judgments)
criterion, selection = filters.judged_criterion(view)
st.caption(filters.left_out_note(selection))
st.subheader("Metrics and sentinels", divider="gray")
sections.sentinel_section(view, criterion)
st.subheader("A calibrated metric", divider="gray")
sections.calibrated_section(view, criterion)
sections.apply_section(view.study)
