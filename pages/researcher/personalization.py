"""For whom does personalization help or hurt? Personalized against generic outputs; EGISES, PerSEval and their components."""

import streamlit as st

from study.ui import state
from study.ui.personalization import sections
from study.ui.shared import filters

state.require_viewer()

view = filters.judged_study("Personalization")
criterion, selection = filters.judged_criterion(view)
generic = sections.generic_systems(selection.systems, filters.left_out_note(selection))
sections.show_duels(view, criterion, selection, generic)
st.caption(
    "How this is computed: only judgments of a personalized against a generic output count; a tie, or both "
    "bad, is half a win. Intervals and P are score tests at the effective number of judgments. An item is "
    "lost if more judgments prefer the generic output. There is no correction for the number of groups."
)
st.subheader("Measures without judgments", divider="gray")
measured = sections.chosen_distance(view)
if measured:
    sections.show_measures(view, criterion, generic, measured)
    st.caption(
        f"How this is computed: distances by {measured.distance}; documents are sources that several "
        "profiles share, and the reference represents what the reader expects. EGISES: Vansh et al. 2023; "
        "PerSEval: Dasgupta et al. 2024, means over documents; intervals are clustered by source and "
        "profile, that of the share of systems that degrade is a bootstrap over documents (2,000 "
        f"resamples, seed {view.study.seed}). Another distance can order systems differently. Compared with "
        "people: signs are reversed where needed, so that more is better; a value over all systems may "
        "only separate personalized from generic ones, so read it together with the values within groups. "
        "With few systems the intervals are wide."
    )
