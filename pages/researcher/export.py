"""Take the judgments away: long table, battles, preference pairs, each with its dictionary."""

import streamlit as st

from study import frames, store
from study.formats import EXPORTERS
from study.ui import exporting, filters, state

state.require_researcher()

view = filters.judged_study("Export", filtered=False)
release = exporting.chosen_release(view.study)
external = st.checkbox(
    "Include the raters' external ids",
    value=False,
    help="Ids that platforms or files gave to raters; hashed, but in the internal tier. Without this, an export names raters by "
    "opaque ids only.",
)
long = store.judgments(state.database(), view.study.study_id, texts=True)
judgments = frames.of_population(long, view.subset.population)
wanted = exporting.Wanted(view.study, release, view.subset.population, external)
for key, exporter in EXPORTERS.items():
    with st.container(border=True):
        exporting.offer(wanted, key, exporter, judgments)
