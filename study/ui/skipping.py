"""Passing a comparison over: one press opens the reasons, a second one gives a reason or none."""

from typing import Any

import streamlit as st

from study import store
from study.responses import SKIP_REASONS
from study.ui import state
from study.ui.asking import Asked, label, listening, opaque, tell_if_withdrawn, too_early
from study.ui.pausing import rater_action

GUARD = 0.3
ALL_SAID = "The reason, or none: either way the pair is skipped and you get another."


def keys(asked: Asked) -> dict[str, Any]:
    """Return what is listened to while the reasons are shown."""
    names = {reason.key: _name(asked, reason.key) for reason in SKIP_REASONS.values()}
    names |= {key: _name(asked, key) for key in ("s", "u")}
    return listening(asked, opaque(asked.question, "skipping"), names, dict.fromkeys(names.values(), GUARD))


def reasons(asked: Asked) -> None:
    """Show the reasons for skipping in the place of the answers."""
    st.markdown("**What is wrong with this pair?**", help=ALL_SAID)
    with st.container(horizontal=True, key="choices", gap="small"):
        for code, reason in SKIP_REASONS.items():
            st.button(
                label(reason.label, reason.key),
                key=_name(asked, reason.key),
                width="stretch",
                on_click=_skip,
                args=(asked, code),
            )
    with st.container(horizontal=True, key="aside", gap="small", vertical_alignment="center"):
        # The box comes first: the second half of a double click on Skip lands on it, and does nothing.
        st.text_input(
            "In your words (optional)",
            key=f"note_{asked.question}",
            placeholder="In your words (optional)",
            label_visibility="collapsed",
            max_chars=2000,
        )
        st.button(label("Back", "u"), key=_name(asked, "u"), type="tertiary", on_click=_back, args=(asked,))
        st.button(
            label("Just skip", "s"),
            key=_name(asked, "s"),
            type="tertiary",
            on_click=_skip,
            args=(asked, None),
        )


def _name(asked: Asked, key: str) -> str:
    """Return the name of the button that a key presses."""
    return f"reason_{asked.question}_{key}"


@rater_action
def _back(asked: Asked) -> None:
    """Show the answers again; the second half of a double click on Skip does not."""
    since = state.skipping_since(asked.question)
    if since is not None and not too_early(asked, since, GUARD):
        state.stop_skipping()


@rater_action
def _skip(asked: Asked, reason: str | None) -> None:
    since = state.skipping_since(asked.question)
    if since is None or too_early(asked, since, GUARD):
        return
    note = state.note(f"note_{asked.question}")
    if reason == "other" and not note:
        st.toast("Please say in a few words what it is, then press once more.")
        return
    done = state.tell_next(
        store.skip,
        state.database(),
        asked.rater,
        asked.task.assignment_id,
        asked.task.revisions,
        asked.shown,
        reason=reason,
        note=note,
        evidence=asked.evidence(),
        has_profile=asked.has_profile,
    )
    state.stop_skipping()
    if done is False:
        tell_if_withdrawn(asked)
