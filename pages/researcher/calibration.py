"""Which metrics know more than sentinels do, and one metric made of many that follows people best."""

import streamlit as st

from study.ui import calibration, filters, state

state.require_viewer()

view = filters.judged_study("Calibration", without=calibration.without_judgments)
criterion, selection = filters.judged_criterion(view)
st.caption(filters.left_out_note(selection))
st.subheader("Metrics beside sentinels", divider="gray")
calibration.sentinel_section(view, criterion)
st.subheader("A calibrated metric", divider="gray")
calibration.calibrated_section(view, criterion)
calibration.apply_section(view.study)
