"""The rater's session, phase by phase. Needs a study link or a personal link."""

import streamlit as st

from study import store
from study.phases import FORMS
from study.ui import arriving, eliciting, entering, judging, leaving, state, telling, way

greeting = entering.frame()
if arriving.has_left():
    leaving.left_screen()
    st.stop()

rater = telling.tell_rater(arriving.rater)
if rater is None:
    study = telling.tell_rater(arriving.linked_study)
    if study is None:
        judging.no_link_screen()
    else:
        entering.consent_screen(study)
    st.stop()

came_back = arriving.has_come_back()
db = state.database()
rater = entering.come_in(rater)
if state.thinks_of_leaving():
    leaving.withdraw_screen(rater)
    st.stop()

outcome = store.outcome(db, rater)
if outcome in ("screen_out", "failure"):
    if came_back:
        entering.welcome_back(greeting, is_over=True)
    way.finish_screen(rater, outcome)
    st.stop()

phase = telling.tell_rater(store.phase, db, rater)
design = store.design(db, rater.study_id)
if phase is None:
    st.stop()
vacancy = entering.vacancy_of(rater) if phase == "main" else None
if came_back and phase == "main" and vacancy is None:
    state.note_coming_back()
elif came_back:
    entering.welcome_back(greeting, is_over=phase == "finish")
if phase == "consent":
    way.invited_screen(rater, design)
elif phase in FORMS:
    way.form_screen(rater, design, phase)
elif phase == "elicitation":
    eliciting.elicitation_screen(rater, design)
    leaving.leave_button(rater)
elif phase == "instructions":
    way.instructions_screen(rater, design)
elif phase == "practice":
    way.practice_screen(rater, design)
elif vacancy is not None:
    entering.wait_screen(rater, vacancy)
elif phase == "main":
    judging.comparisons(rater)
else:
    way.finish_screen(rater, store.outcome(db, rater))
