"""All studies at a glance: open the demo, launch or close a study, copy the rater link."""

import streamlit as st

from study import store
from study.ui import state
from study.ui.server import backup_schedule
from study.ui.shared import error_messages, heading
from study.ui.studies import maintenance, study_card
from study.workflows.demo import DEMO_ID, open_demo

state.require_viewer()

heading.page_title("Studies")
db = state.database()
overview = store.overview(db)

if overview.empty:
    st.write("Blindpair shows raters two outputs at a time without saying which system made them.")
if state.may_change() and DEMO_ID not in set(overview["study_id"]):
    with st.container(border=True):
        st.markdown(
            "**Start with the demo study:** personalized news headlines, four systems, and the answers of "
            "*simulated* raters, so that every page has something to show."
        )
        if st.button("Open the demo study", type="primary"):
            with st.spinner("Opening the demo study ..."):
                state.choose_study(open_demo(db).study_id)
            st.rerun()

if not overview.empty:
    maintenance.maintenance_card()
for row in overview.itertuples():
    with st.container(border=True):
        study_card.study_card(row)

if state.may_change():
    st.caption("Import your own outputs or judgments on the Import page.")
if (
    state.may_change()
    and not overview.empty
    and st.button("Back up the database", help="A consistent copy, made while raters continue to judge.")
):
    path = error_messages.tell_failure(store.backup, db)
    if path:
        st.success(f"Backup written and checked: {path}")
if not overview.empty:
    st.caption(backup_schedule.last_backup(db))
if age := state.age_line():
    st.caption(age)
state.sign_out_button()
