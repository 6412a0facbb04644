"""A study on the home page: its content, its state, and the link for raters."""

from typing import Any

import streamlit as st

from study import store
from study.records import State, rater_link, utc_now
from study.ui import state
from study.ui.server.addresses import reached_at
from study.ui.shared import error_messages
from study.wording import counted

STATES = {"draft": ":gray-badge[draft]", "live": ":green-badge[live]", "closed": ":orange-badge[closed]"}


def study_card(row: Any) -> None:
    """Draw one row of :func:`study.store.overview`."""
    study = store.study(state.database(), row.study_id)
    st.markdown(f"#### {state.escaped(study.title)} {STATES[study.state]}")
    st.caption(
        f"`{study.study_id}` · {counted(row.systems, 'system')} · {counted(row.items, 'item')} · {counted(row.comparisons, 'comparison')}"
    )
    st.markdown(_judged(row))
    _remind(study.study_id)
    changes = state.may_change()
    for sentence in store.never_given(state.database(), study.study_id) if study.state == "draft" else ():
        st.warning(f"{sentence}.")
    if changes and study.state == "live":
        st.caption("Link for raters: send it to everyone who should judge.")
        st.code(rater_link(study, reached_at()), language=None, wrap_lines=True)
    with st.container(horizontal=True):
        if changes and study.state == "live":
            st.button(
                "Close", key=f"close {study.study_id}", on_click=_set_state, args=(study.study_id, "closed")
            )
        elif changes:
            label = "Launch" if study.state == "draft" else "Reopen"
            st.button(label, key=f"open {study.study_id}", on_click=_set_state, args=(study.study_id, "live"))
        if st.button("Results", key=f"results {study.study_id}"):
            state.choose_study(study.study_id)
            st.switch_page("pages/researcher/ranking.py")


def _remind(study_id: str) -> None:
    """Show when personal data must be erased, and whether that is due."""
    until = store.design(state.database(), study_id).retention_until
    if until is None:
        return
    if study_id in store.due(state.database(), utc_now().date()):
        st.warning(
            f"The personal data of this study should have been erased by {until}. Stop the app and run "
            f"`python -m study erase --due --study {study_id}`.",
            icon=":material/event_busy:",
        )
    else:
        st.caption(f"Personal data are kept until {until}.")


def _judged(row: Any) -> str:
    parts = []
    if row.human_judgments or not row.simulated_judgments:
        parts.append(f"{_bold(row.human_judgments)} by {counted(row.human_raters, 'rater')}")
    if row.simulated_judgments:
        parts.append(
            f"{_bold(row.simulated_judgments)} by {counted(row.simulated_raters, '*simulated* rater')}"
        )
    return " · ".join(parts)


def _bold(n_judgments: int) -> str:
    number, noun = counted(n_judgments, "judgment").split(" ")
    return f"**{number}** {noun}"


def _set_state(study_id: str, new: State) -> None:
    error_messages.tell_failure(store.set_state, state.database(), study_id, new)
