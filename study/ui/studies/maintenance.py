"""The maintenance card of the Studies page."""

import streamlit as st

from study import store
from study.ui import state
from study.ui.shared import error_messages


def maintenance_card() -> None:
    """Show whether raters are asked to wait; let a researcher change it."""
    db = state.database()
    found = store.maintenance(db)
    if found is not None:
        st.warning(
            f"Raters have been asked to wait since {found.since:%Y-%m-%d %H:%M} UTC. Their clicks do not "
            "count, typed text is kept, and their pages continue by themselves when the pause ends."
        )
        if found.message:
            st.text(f"They read: {found.message}")
        if state.may_change():
            st.button("Let raters continue", type="primary", on_click=_end)
    elif state.may_change():
        with st.popover("Pause for maintenance"):
            st.write("Every rater of every study is asked to wait, and sees your message or a neutral one.")
            st.text_input("Message to raters", key="maintenance_message", max_chars=store.LONGEST_MESSAGE)
            st.button("Pause now", on_click=_begin)


def _begin() -> None:
    error_messages.tell_failure(store.begin_maintenance, state.database(), state.note("maintenance_message"))


def _end() -> None:
    error_messages.tell_failure(store.end_maintenance, state.database())
