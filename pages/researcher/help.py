"""The guide: how to run a study, every page, statistic and command, and the glossary."""

import streamlit as st

from study.ui import state
from study.ui.help import guide

state.require_viewer()

st.html(guide.CSS)
st.title("Help")
topics = guide.topics()
asked = state.parameter("topic")
topic = st.segmented_control(
    "Topic",
    list(topics),
    default=asked if asked in topics else next(iter(topics)),
    required=True,
    format_func=topics.__getitem__,
    label_visibility="collapsed",
)
st.query_params["topic"] = topic
text = guide.page_text(topic)
st.header(topics[topic])
st.markdown(guide.contents_line(text))
st.markdown(guide.shown(text))
