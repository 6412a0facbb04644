"""Shared by answering and skipping: the question on screen, and guards against stray clicks."""

from dataclasses import dataclass
from hashlib import blake2b

import streamlit as st

from study import store
from study.records import Rater
from study.ui import state
from study.ui.rater.pausing import rater_action
from study.ui.shared import error_messages


@dataclass(frozen=True, slots=True)
class ShownQuestion:
    """One question, or several that are answered together, on one rater's screen.

    ``question`` is an opaque digest, constant for the same question; ``word`` is what the rater knows the task as;
    ``moved_on`` means that it appeared by itself, replacing one without an answer from this page.
    """

    rater: Rater
    task: store.CurrentTask
    question: str
    word: str
    shown: state.Since
    has_profile: bool
    moved_on: bool = False


def too_early(asked: ShownQuestion, since: state.Since, guard: float) -> bool:
    """Return whether a click came too soon after the question appeared to be intended; log it if so."""
    early = since.passed() < guard
    if early:
        note_early_click(asked)
    return early


@rater_action
def note_early_click(asked: ShownQuestion) -> None:
    """Log a click that came too soon, and tell the rater."""
    error_messages.tell_next(store.log_early_click, state.database(), asked.rater, asked.task.assignment_id)
    st.toast(f"That was too quick to be counted. Please look at the {asked.word} first.")


def tell_if_withdrawn(asked: ShownQuestion) -> None:
    """Explain why an answer was not stored, if its comparison has been withdrawn."""
    if store.is_withdrawn(state.database(), asked.rater.study_id, asked.task.task_id):
        st.toast(
            f"That {asked.word} was taken out of the study, so your answer was not needed. Here is another one."
        )


def opaque(*parts: object) -> str:
    """Return an opaque digest, the same for the same question."""
    return blake2b("|".join(map(str, parts)).encode(), digest_size=8).hexdigest()
