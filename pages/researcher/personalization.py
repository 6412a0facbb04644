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
    "How this is computed: only judgments of a personalized against a generic output "
    "count; a tie, or both bad, is half a win. Intervals and P are score tests at the effective number of judgments. An item is lost where "
    "more judgments prefer the generic output. Groups are not corrected for how many they are."
)
st.subheader("Measures without judgments", divider="gray")
measured = sections.chosen_distance(view)
if measured:
    sections.show_measures(view, criterion, generic, measured)
    st.caption(
        f"How this is computed: distances by {measured.distance}; documents are sources that several profiles share, the "
        "reference stands for what the reader expects. EGISES: Vansh et al. 2023; PerSEval: Dasgupta et al. 2024, "
        "means over documents; intervals clustered by source and profile, the share of systems that degrade by a bootstrap over "
        f"documents (2,000 resamples, seed {view.study.seed}). Another distance can order systems "
        "otherwise. With people: signs are turned so that more is better; a value over all systems may only tell "
        "personalized from generic ones, so read it beside the values within groups. With few systems the intervals are wide."
    )
