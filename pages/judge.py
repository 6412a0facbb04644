"""The rater's session, phase by phase. Needs a study link or a personal link."""

import streamlit as st

from study import store
from study.protocol.phases import FORMS
from study.ui import state
from study.ui.rater import arrival, comparison, elicitation, entry, steps, withdrawal
from study.ui.shared import error_messages

greeting = entry.frame()
if arrival.has_left():
    withdrawal.left_screen()
    st.stop()

rater = error_messages.tell_rater(arrival.rater)
if rater is None:
    study = error_messages.tell_rater(arrival.linked_study)
    if study is None:
        comparison.no_link_screen()
    else:
        entry.consent_screen(study)
    st.stop()

came_back = arrival.has_come_back()
db = state.database()
rater = entry.come_in(rater)
if state.thinks_of_leaving():
    withdrawal.withdraw_screen(rater)
    st.stop()

outcome = store.outcome(db, rater)
if outcome in ("screen_out", "failure"):
    if came_back:
        entry.welcome_back(greeting, is_over=True)
    steps.finish_screen(rater, outcome)
    st.stop()

phase = error_messages.tell_rater(store.phase, db, rater)
design = store.design(db, rater.study_id)
if phase is None:
    st.stop()
vacancy = entry.vacancy_of(rater) if phase == "main" else None
if came_back and phase == "main" and vacancy is None:
    state.note_coming_back()
elif came_back:
    entry.welcome_back(greeting, is_over=phase == "finish")
if phase == "consent":
    steps.invited_screen(rater, design)
elif phase in FORMS:
    steps.form_screen(rater, design, phase)
elif phase == "elicitation":
    elicitation.elicitation_screen(rater, design)
    withdrawal.leave_button(rater)
elif phase == "instructions":
    steps.instructions_screen(rater, design)
elif phase == "practice":
    steps.practice_screen(rater, design)
elif vacancy is not None:
    entry.wait_screen(rater, vacancy)
elif phase == "main":
    comparison.comparisons(rater)
else:
    steps.finish_screen(rater, store.outcome(db, rater))
