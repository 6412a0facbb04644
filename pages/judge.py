"""The rater's session: consent, comparisons, the end. Needs a study link or a personal link."""

import streamlit as st

from study import store
from study.errors import NotAllowed
from study.ui import judging, state

rater = state.rater()
if rater is None:
    study = state.linked_study()
    if study is None:
        judging.no_link_screen()
    else:
        judging.consent_screen(study)
    st.stop()

state.become(rater)
try:
    task = store.current_task(state.database(), rater)
except NotAllowed as error:
    st.info(str(error))
    st.stop()

if task is None:
    judging.end_screen(rater)
else:
    judging.comparison_screen(rater, task)
