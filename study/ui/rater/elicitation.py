"""The elicitation screens: a query and its need, liked and disliked examples, pairs, the resulting profile."""

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from study import store
from study.protocol.design import Design, Elicitation
from study.records import SIDES, Rater
from study.responses import TIE
from study.ui import state
from study.ui.rater import components, contents, style
from study.ui.rater.pausing import rater_action
from study.ui.shared import error_messages

TITLES = {
    "query": "First, about you",
    "example": "Do you like it?",
    "pair": "Which one?",
}
PAIR_LABELS = {SIDES[0]: "A", SIDES[1]: "B", TIE: "No difference"}
GUARD_SECONDS = 0.4
NARROW = 720
MASKED = "E-mail addresses, phone numbers, ids and the like are replaced by placeholders, such as [e-mail]."


def elicitation_screen(rater: Rater, design: Design) -> None:
    """Show the current part, or the profile that results from all parts; each answer is stored at once.

    Panels share one place on the page in all parts and in the profile, so that there are never two of them.
    """
    task = error_messages.tell_rater(store.elicitation_task, state.database(), rater)
    style.judge_style()
    rules = design.elicitation
    assert rules is not None
    above = st.container(width="stretch" if task else NARROW)
    shown = st.container(width="stretch" if task else NARROW)
    if task is None:
        _profile(rater, design, above, shown)
        return
    with above:
        _top(task)
    state.first_shown(_shown(task.place))
    if task.part.kind == "query":
        _query(rater, rules, task)
        return
    if task.item is not None:
        titles = zip("AB" if task.part.kind == "pair" else [""], task.outputs, strict=True)
        with shown:
            components.panels(
                context=[(design.request_title, contents.blocks(task.item.content))],
                outputs=[(title, contents.blocks(output.content)) for title, output in titles],
            )
    with st.container(key="vote"):
        (_example if task.part.kind == "example" else _pair)(rater, rules, task)


def _top(task: store.ElicitationTask) -> None:
    part = task.part
    count = f" · {part.number} of {part.of}" if part.of > 1 else ""
    st.markdown(f"**{TITLES[part.kind]}**{count}")
    done = 100 * task.place / task.n_parts
    st.html(f'<div class="bp-progress"><div style="width:{done:.1f}%"></div></div>')


def _query(rater: Rater, rules: Elicitation, task: store.ElicitationTask) -> None:
    with st.container(width=720), st.form(key="elicit_query", border=False, enter_to_submit=False):
        for name, question in (("query", rules.query), ("need", rules.need)):
            st.text_area(state.escaped(question), key=f"elicit_{name}", max_chars=2000, height=110)
        st.form_submit_button("Continue", type="primary", on_click=_send_query, args=(rater, task.place))


def _example(rater: Rater, rules: Elicitation, task: store.ElicitationTask) -> None:
    if rules.comments != "off":
        word = "" if rules.comments == "required" else " (optional)"
        st.text_input(f"What do you like or dislike about it?{word}", key=_key(task), max_chars=2000)
    with st.container(horizontal=True, key="choices", gap="small"):
        for label, liked in (("I like it", True), ("I don't like it", False)):
            st.button(
                label,
                key=f"like_{task.place}_{liked}",
                width="stretch",
                on_click=_send_example,
                args=(rater, task, liked),
            )


def _pair(rater: Rater, rules: Elicitation, task: store.ElicitationTask) -> None:
    st.markdown(f"**{state.escaped(rules.pair_question)}**")
    with st.container(horizontal=True, key="choices", gap="small"):
        for response, label in PAIR_LABELS.items():
            st.button(
                label,
                key=f"prefer_{task.place}_{response}",
                width="stretch",
                on_click=_send,
                args=(rater, task.place, {"response": response}),
            )


def _profile(rater: Rater, design: Design, above: DeltaGenerator, shown: DeltaGenerator) -> None:
    """Show the profile as others will see it, and to whom, before the rater continues."""
    content = error_messages.tell_rater(store.elicited_content, state.database(), rater)
    if content is None:
        return
    rules = design.elicitation
    others = (
        "you, and to other raters who judge for you without knowing your name,"
        if rules and rules.proxies
        else "you"
    )
    with above:
        st.header("Your profile")
        st.write(
            f"Your answers produced this profile. It is shown to {others} next to the comparisons that follow."
        )
        if store.has_masks(state.database(), rater):
            st.info(MASKED)
    with shown:
        components.panels(outputs=[(design.profile_title, contents.blocks(content))])
    st.button("Continue", type="primary", on_click=_finish, args=(rater,))


def _shown(place: int) -> str:
    return f"elicitation {place}"


def _key(task: store.ElicitationTask) -> str:
    return f"comment_{task.place}"


@rater_action
def _send_query(rater: Rater, place: int) -> None:
    given = {name: state.note(f"elicit_{name}") for name in ("query", "need")}
    error_messages.tell_form(store.record_elicited, state.database(), rater, place, given)


@rater_action
def _send_example(rater: Rater, task: store.ElicitationTask, liked: bool) -> None:
    _send(rater, task.place, {"liked": liked, "comment": state.note(_key(task))})


@rater_action
def _send(rater: Rater, place: int, given: Mapping[str, object]) -> None:
    """Store a choice, unless it is the second half of a double click on the previous part."""
    guard = min(GUARD_SECONDS, store.design(state.database(), rater.study_id).min_view_seconds)
    if state.first_shown(_shown(place)).passed() >= guard:
        error_messages.tell_form(store.record_elicited, state.database(), rater, place, given)


@rater_action
def _finish(rater: Rater) -> None:
    error_messages.tell_rater(store.finish_elicitation, state.database(), rater)
