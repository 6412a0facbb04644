"""What answering and skipping share: the question on the screen, its buttons' labels, guards against stray clicks."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import streamlit as st

from study import store
from study.behaviour import Evidence, evidence_of
from study.records import Rater, utc_now
from study.ui import components, state
from study.ui.pausing import rater_action


@dataclass(frozen=True, slots=True)
class Asked:
    """One question on one rater's screen; ``question`` is an opaque digest, the same as long as it is the same question."""

    rater: Rater
    task: store.Task
    criterion: str
    question: str
    shown: datetime
    has_profile: bool

    def evidence(self) -> Evidence | None:
        """Return what the browser sent with the click that is being handled; None where it sent nothing of use."""
        sent = state.sent_by(components.PAGE, "evidence")
        return evidence_of(sent, self.question)


def listening(asked: Asked, view: str, names: dict[str, str], guards: dict[str, float]) -> dict[str, Any]:
    """Return what lets keys press buttons, refuses clicks that come too early, and has the browser measure the question.

    Parameters
    ----------
    asked : Asked
    view : str
        An opaque digest of what is drawn; guards begin when it changes.
    names : mapping of str to str
        The name of the button that each key presses.
    guards : mapping of str to float
        By the name of a button, the seconds in which it is not to be pressed.
    """
    return {
        "question": view,
        "measured": asked.question,
        "comparison": opaque(asked.task.assignment_id),
        "keys": names,
        "guards": {name: round(1000 * seconds) for name, seconds in guards.items()},
    }


def too_early(asked: Asked, since: datetime, guard: float) -> bool:
    """Say whether a click came too soon after the question appeared to be meant for it; log it if so."""
    early = (utc_now() - since).total_seconds() < guard
    if early:
        note_early_click(asked)
    return early


@rater_action
def note_early_click(asked: Asked) -> None:
    """Log a click that came too soon, and say so."""
    state.tell_next(store.log_early_click, state.database(), asked.rater, asked.task.assignment_id)
    st.toast("That was too quick to be counted: please look at the pair first.")


def tell_if_withdrawn(asked: Asked) -> None:
    """Say why an answer was not taken, where its comparison was withdrawn meanwhile."""
    if store.is_withdrawn(state.database(), asked.rater.study_id, asked.task.comparison_id):
        st.toast(
            "That pair was taken out of the study, so your answer to it was not needed. Here is another."
        )


def label(text: str, key: str) -> str:
    """Return a button's label with its key."""
    return f"{text} :gray-badge[{key.upper()}]"


def opaque(*parts: object) -> str:
    """Return a widget key's digest: the same question has the same key, and nothing can be read from it."""
    return blake2b("|".join(map(str, parts)).encode(), digest_size=8).hexdigest()
