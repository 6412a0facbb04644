"""The rater's session, phase by phase. Needs a study link or a personal link."""

import streamlit as st

from study import store
from study.phases import FORMS
from study.ui import connection, eliciting, judging, pausing, state, style, way

style.step_style()
pausing.notice()
connection.watch()
if state.has_left():
    way.left_screen()
    st.stop()

rater = state.tell_rater(state.rater)
if rater is None:
    study = state.tell_rater(state.linked_study)
    if study is None:
        judging.no_link_screen()
    else:
        way.consent_screen(study)
    st.stop()

came_back = state.has_come_back()
db = state.database()
rater = way.note_return(rater, store.design(db, rater.study_id))
state.become(rater)
if state.thinks_of_leaving():
    way.withdraw_screen(rater)
    st.stop()

outcome = store.outcome(db, rater)
if outcome in ("screen_out", "failure"):
    if came_back:
        way.welcome_back(is_over=True)
    way.finish_screen(rater, outcome)
    st.stop()

phase = state.tell_rater(store.phase, db, rater)
design = store.design(db, rater.study_id)
if phase is None:
    st.stop()
if came_back and phase == "main":
    state.note_coming_back()
elif came_back:
    way.welcome_back(is_over=phase == "finish")
if phase == "consent":
    way.invited_screen(rater, design)
elif phase in FORMS:
    way.form_screen(rater, design, phase)
elif phase == "elicitation":
    eliciting.elicitation_screen(rater, design)
    way.leave_button(rater)
elif phase == "instructions":
    way.instructions_screen(rater, design)
elif phase == "practice":
    way.practice_screen(rater, design)
elif phase == "main":
    judging.comparisons(rater)
else:
    way.finish_screen(rater, store.outcome(db, rater))
