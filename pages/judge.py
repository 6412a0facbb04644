"""The rater's session: consent, comparisons, the end. Needs a study link or a personal link."""

import streamlit as st

from study import store
from study.ui import judging, state

rater = state.tell_rater(state.rater)
if rater is None:
    study = state.tell_rater(state.linked_study)
    if study is None:
        judging.no_link_screen()
    else:
        judging.consent_screen(study)
    st.stop()

state.become(rater)
found = state.tell_rater(lambda: (store.current_task(state.database(), rater),))
if found is None:
    st.stop()
(task,) = found
if task is None:
    judging.end_screen(rater)
else:
    judging.comparison_screen(rater, task)
