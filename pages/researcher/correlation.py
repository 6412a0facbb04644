"""Does a metric, or a judge, prefer what raters prefer?"""

import streamlit as st

from study.ui import state
from study.ui.correlation import one_metric, sections
from study.ui.shared import filters

state.require_viewer()

SECTIONS = ("Overview", "One metric", "Two metrics", "Judges")

view = filters.judged_study("Correlation")
criterion, selection = filters.judged_criterion(view)
scores, about = sections.score_tables(view)
sections.offer_built_in(view, about)
section = st.segmented_control(
    "Section", SECTIONS, default=SECTIONS[0], required=True, label_visibility="collapsed"
)

labels = sections.labels_of(about)
if section == "Judges":
    sections.judges(view, criterion)
elif about.empty:
    st.info("There are no metric scores yet: compute the built-in ones here, or import your own.")
elif section == "Overview":
    sections.metric_overview(view, criterion, scores, about, labels)
    sections.beside_sentinels(view, criterion)
elif section == "One metric":
    one_metric.one_metric(view, criterion, scores, labels)
else:
    sections.two_metrics(view, criterion, scores, labels)
st.caption(filters.left_out_note(selection))
