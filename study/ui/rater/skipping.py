"""Skipping a comparison: one press shows the reasons, a second one gives a reason or none."""

from functools import partial

import streamlit as st

from study import store
from study.responses import SKIP_REASONS
from study.ui import state
from study.ui.rater.answer_buttons import AnswerButtons, Box, Button, PressData
from study.ui.rater.pausing import rater_action
from study.ui.rater.question import ShownQuestion, opaque, tell_if_withdrawn, too_early
from study.ui.shared import error_messages

GUARD = 0.3
TITLE = "Why are you skipping this {word}?"
ALL_SAID = "Giving a reason is optional. You will get another {word} either way."


def vote(asked: ShownQuestion) -> AnswerButtons:
    """Return the reasons for skipping, which replace the answers."""
    reasons = tuple(
        Button(f"reason_{code}", reason.label, (reason.key,), GUARD, partial(_skip, asked, code))
        for code, reason in SKIP_REASONS.items()
    )
    aside = (
        Button("back", "Back", ("u",), GUARD, partial(_back, asked)),
        Button("just_skip", "Skip without a reason", ("s",), GUARD, partial(_skip, asked, None)),
    )
    # The text field comes first: the second half of a double click on Skip lands on it, and does nothing.
    box = Box("In your own words (optional)", "In your own words (optional)", leads=True)
    return AnswerButtons(
        opaque(asked.question, "skipping"),
        TITLE.format(word=asked.word),
        reasons,
        aside,
        help=ALL_SAID.format(word=asked.word),
        box=box,
    )


@rater_action
def _back(asked: ShownQuestion, _given: PressData) -> None:
    """Show the answers again, but not on the second half of a double click on Skip."""
    since = state.skipping_since(asked.question)
    if since is not None and not too_early(asked, since, GUARD):
        state.stop_skipping()


@rater_action
def _skip(asked: ShownQuestion, reason: str | None, given: PressData) -> None:
    since = state.skipping_since(asked.question)
    if since is None or too_early(asked, since, GUARD):
        return
    if reason == "other" and not given.words:
        st.toast("Please describe the problem in a few words, then press the button again.")
        return
    done = error_messages.tell_next(
        store.skip,
        state.database(),
        asked.rater,
        asked.task.assignment_id,
        asked.task.revisions,
        asked.shown.at(),
        reason=reason,
        note=given.words,
        evidence=given.evidence,
        has_profile=asked.has_profile,
    )
    state.stop_skipping()
    if done is False:
        tell_if_withdrawn(asked)
