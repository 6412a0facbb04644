"""Withdrawal: it erases everything, and needs the browser in which the rater started, or the personal link."""

import streamlit as st

from study import store
from study.records import Rater, personal_link
from study.ui import state
from study.ui.rater import arrival
from study.ui.rater.pausing import rater_action
from study.ui.server.addresses import reached_at
from study.ui.shared import error_messages

LINK_BOX = "Your personal link"


def withdraw_screen(rater: Rater) -> None:
    """Ask for confirmation to erase everything; a rater in another browser must give the personal link first."""
    with st.container(width=720):
        st.header("Withdraw")
        st.write(
            "You can withdraw your consent. All your answers and everything else stored about you will be "
            "erased. This cannot be undone."
        )
        is_theirs = arrival.may_withdraw(rater)
        if not is_theirs:
            st.write(
                "You started in another browser. Please withdraw there, or enter your personal link, which "
                "this page shows in that browser."
            )
            st.text_input(LINK_BOX, key="personal_link", autocomplete="off", max_chars=500)
        st.button("Erase everything and leave", type="primary", on_click=_withdraw, args=(rater,))
        st.button("Go back", on_click=state.think_of_leaving, args=(False,))
        if is_theirs:
            st.caption(
                "With your personal link you can also continue or withdraw later, on any device. Keep "
                "it to yourself."
            )
            st.code(personal_link(rater, reached_at()), language=None, wrap_lines=True)


def left_screen() -> None:
    """Say goodbye to a rater whose data was erased."""
    with st.container(width=720):
        st.header("Your data were erased")
        st.write("You have withdrawn from the study. None of your answers are stored any more.")


def leave_button(rater: Rater) -> None:
    """Offer to withdraw."""
    st.button("Withdraw and erase my answers", type="tertiary", on_click=state.think_of_leaving, args=(True,))


@rater_action
def _withdraw(rater: Rater) -> None:
    if not arrival.may_withdraw(rater) and not arrival.names_link_of(
        rater, state.note("personal_link") or ""
    ):
        st.toast("That is not your personal link, so nothing was erased.")
        return

    def erased() -> bool:
        store.withdraw(state.database(), rater)
        return True

    if error_messages.tell_rater(erased):
        arrival.leave()
