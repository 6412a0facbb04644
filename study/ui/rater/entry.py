"""Entry of raters: whether there is anything to judge, consent, and what is kept from the address."""

from datetime import datetime
from math import ceil

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from study import store
from study.protocol.design import Design
from study.protocol.design_parts import NOT_ACCEPTED, SUBMIT_TO, mturk_submit_address
from study.protocol.platform_ids import why_no_id
from study.records import Rater, Study, utc_now
from study.ui import state
from study.ui.rater import arrival, comparison, connection, pausing, steps, style
from study.ui.rater.pausing import rater_action
from study.ui.server import browser
from study.ui.shared import error_messages

LOOKED_AGAIN = 15.0
FULL = (
    "This study has all the answers it needs, so there is nothing left to judge. Thank you for your interest."
)
WAIT = {
    "held": "Other raters are judging the last {word}s. If one of them goes unanswered, you will get it",
    "address": (
        "Many raters on your network are judging at the moment. When one of their {word}s becomes free, you "
        "will get it"
    ),
}


def frame() -> DeltaGenerator:
    """Draw the top of every rater page, and return the place for a message to returning raters.

    Each part keeps its place even when empty: if parts moved, the browser would briefly show them twice, in the old and
    the new place.
    """
    style.step_style()
    pausing.pause_notice()
    connection.watch()
    error_messages.said()
    return st.empty()


def consent_screen(study: Study) -> None:
    """Ask for consent; agreeing enrols the rater. If there is nothing to judge, say so instead."""
    db = state.database()
    design = store.design(db, study.study_id)
    with st.container(width=720):
        st.header("Welcome")
        refused = why_not(design)
        external_id = state.parameter(design.crowd.parameters()[0] or "-")
        vacancy = store.Vacancy("open")
        if study.state == "live" and refused is None:
            vacancy = store.vacancy(
                db, study.study_id, external_id=external_id, address=browser.remote_address()
            )
        if vacancy.kind == "full":
            st.write(FULL)
            steps.code_and_link(design, "full")
            return
        if vacancy.kind != "open":
            waiting(vacancy, design.task_word, study_id=study.study_id, external_id=external_id)
            return
        steps.consent_text(design, store.has_practice(db, study.study_id))
        if study.state != "live":
            st.warning("This study is not open at the moment.")
            if study.state == "closed":
                steps.code_and_link(design, "full")
        elif _is_preview(design):
            # Platform previews come without a workerId.
            st.info("This is a preview. Accept the task on the platform to start.")
        elif refused is not None:
            st.warning(f"Please open this study from its platform: {state.escaped(refused)}.")
        else:
            st.button(
                "I agree and want to start", type="primary", on_click=_enrol, args=(study.study_id, design)
            )


def why_not(design: Design) -> str | None:
    """Return why an address from a platform admits no one: an id is missing or malformed; None if all is well."""
    id_param, _ = design.crowd.parameters()
    if not id_param:
        return None
    secret = design.crowd.session_parameter()
    wrong = why_no_id(id_param, st.query_params.get(id_param))
    if wrong is None and secret and st.query_params.get(secret):
        wrong = why_no_id(secret, st.query_params.get(secret))
    return wrong


def _is_preview(design: Design) -> bool:
    return design.crowd.platform == "mturk" and state.parameter("assignmentId") == NOT_ACCEPTED


def waiting(
    vacancy: store.Vacancy,
    word: str,
    *,
    study_id: str = "",
    external_id: str | None = None,
    rater: Rater | None = None,
) -> None:
    """Ask a rater, or someone who has not agreed yet, to wait for a task; show for how long, and resume by itself."""
    why = WAIT[vacancy.kind].format(word=word)
    st.write(f"{why} {_at_most(vacancy.until)}. This page will continue by itself; you can leave it open.")
    st.write("You can also come back later with the same link.")
    _look_again(vacancy, study_id, external_id, rater)


@st.fragment(run_every=LOOKED_AGAIN)
def _look_again(vacancy: store.Vacancy, study_id: str, external_id: str | None, rater: Rater | None) -> None:
    if rater is not None:
        found = error_messages.tell_rater(store.wait_of, state.database(), rater)
    else:
        found = error_messages.tell_rater(
            store.vacancy,
            state.database(),
            study_id,
            external_id=external_id,
            address=browser.remote_address(),
        )
    if found != vacancy:
        st.rerun()


def _at_most(until: datetime | None) -> str:
    """Return the longest wait in words.

    >>> _at_most(utc_now())
    'within a minute'
    """
    minutes = ceil((until - utc_now()).total_seconds() / 60) if until else 1
    if minutes <= 1:
        return "within a minute"
    if minutes < 90:
        return f"within {minutes} minutes"
    return f"within {ceil(minutes / 60)} hours"


def vacancy_of(rater: Rater) -> store.Vacancy | None:
    """Return what a rater waits for; None if there is a pair for them."""
    db = state.database()
    return store.wait_of(db, rater) if store.current_task(db, rater) is None else None


def wait_screen(rater: Rater, vacancy: store.Vacancy) -> None:
    """Ask a rater who has agreed to wait for a place."""
    with st.container(width=720):
        st.header("Please wait a moment")
        word = store.design(state.database(), rater.study_id).task_word
        waiting(vacancy, word, rater=rater)


def welcome_back(place: DeltaGenerator, is_over: bool) -> None:
    """Tell a rater who reopens the study's link, here or on another device, that it does not start over."""
    with place.container(width=720):
        if is_over:
            st.info("You have already taken part. Each person can take part only once.")
        else:
            st.info(comparison.WELCOME_BACK)


@rater_action
def _enrol(study_id: str, design: Design) -> None:
    known = error_messages.tell_rater(arrival.rater)
    if known is not None:  # a second click, or a second tab
        arrival.become(known)
        return
    if why_not(design) is not None:  # the page explains it
        return
    id_param, _ = design.crowd.parameters()
    parameters = _parameters(design)
    rater = error_messages.tell_rater(
        store.enrol,
        state.database(),
        study_id,
        device=state.device(),
        external_id=parameters.get(id_param),
        attributes={"parameters": parameters} if parameters else None,
    )
    if rater is not None:
        arrival.enrolled(rater)


def come_in(rater: Rater) -> Rater:
    """Store how a rater came this time, and take it out of the address."""
    db = state.database()
    rater = _note_return(rater, store.design(db, rater.study_id))
    arrival.become(rater)
    if address := browser.remote_address():
        store.note_address(db, rater, address)
    return rater


def _note_return(rater: Rater, design: Design) -> Rater:
    """Store the current parameters of a rater who returns from a platform, such as a worker's other assignment."""
    found = _parameters(design)
    id_param = design.crowd.parameters()[0]
    named = bool(id_param) and found.get(id_param) == rater.external_id
    if not named or found.get("assignmentId") == NOT_ACCEPTED or found == rater.attributes.get("parameters"):
        return rater
    return error_messages.tell_rater(store.set_parameters, state.database(), rater, found) or rater


def _parameters(design: Design) -> dict[str, str]:
    """Return the URL parameters that the design keeps; a submit address only if it is MTurk's own."""
    id_param, capture = design.crowd.parameters()
    found = {name: value for name in (id_param, *capture) if name and (value := state.parameter(name))}
    if mturk_submit_address(found.get(SUBMIT_TO)) is None:
        found.pop(SUBMIT_TO, None)
    return found
