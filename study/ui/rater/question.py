"""What answering and skipping share: the question on the screen, and guards against stray clicks."""

from dataclasses import dataclass
from hashlib import blake2b

import streamlit as st

from study import store
from study.records import Rater
from study.ui import state
from study.ui.rater.pausing import rater_action
from study.ui.shared import error_messages


@dataclass(frozen=True, slots=True)
class Asked:
    """One question on one rater's screen.

    ``question`` is an opaque digest, the same as long as it is the same question; ``moved_on`` says that it came by itself,
    in the place of another one that had no answer here.
    """

    rater: Rater
    task: store.Task
    criterion: str
    question: str
    shown: state.Since
    has_profile: bool
    moved_on: bool = False


def too_early(asked: Asked, since: state.Since, guard: float) -> bool:
    """Say whether a click came too soon after the question appeared to be meant for it; log it if so."""
    early = since.passed() < guard
    if early:
        note_early_click(asked)
    return early


@rater_action
def note_early_click(asked: Asked) -> None:
    """Log a click that came too soon, and say so."""
    error_messages.tell_next(store.log_early_click, state.database(), asked.rater, asked.task.assignment_id)
    st.toast("That was too quick to be counted: please look at the pair first.")


def tell_if_withdrawn(asked: Asked) -> None:
    """Say why an answer was not taken, where its comparison was withdrawn meanwhile."""
    if store.is_withdrawn(state.database(), asked.rater.study_id, asked.task.comparison_id):
        st.toast(
            "That pair was taken out of the study, so your answer to it was not needed. Here is another."
        )


def opaque(*parts: object) -> str:
    """Return a digest: the same for the same question, and nothing can be read from it."""
    return blake2b("|".join(map(str, parts)).encode(), digest_size=8).hexdigest()
