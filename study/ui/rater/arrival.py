"""Identify the rater by the address and the browser: which rater, on what proof, and what stays in the address."""

import hmac
from urllib.parse import parse_qs, urlsplit

import streamlit as st

from study import store
from study.errors import NotFound
from study.records import Rater, Study
from study.ui import state
from study.ui.server.browser import RATER_TICKET


def rater() -> Rater | None:
    """Return the rater identified by a personal link, by this browser, or by the secret of a platform's session."""
    try:
        found = _returned()
    except NotFound:
        return None
    if found is None:
        return None
    if found.whole:
        st.session_state["whole"] = found.rater.token
    return found.rater


def _returned() -> store.Returned | None:
    token, ticket, link = secret_of("rater"), st.query_params.get(RATER_TICKET), secret_of("study")
    if token:
        return store.Returned(store.rater_by_token(state.database(), token), whole=True)
    if ticket:
        return store.rater_of_ticket(state.database(), ticket, state.device(), _known_here())
    if not link:
        return None
    study_id = store.study_by_link(state.database(), link).study_id
    crowd = store.design(state.database(), study_id).crowd
    id_param, _ = crowd.parameters()
    external_id = state.parameter(id_param) if id_param else None
    if id_param and not external_id:
        return None
    secret = crowd.session_parameter()
    given = {secret: state.parameter(secret) or ""} if secret else {}
    found = store.returning(
        state.database(), study_id, external_id=external_id, device=state.device(), parameters=given
    )
    return found or _of_session(study_id, external_id)


def _known_here() -> Rater | None:
    """Return the last rater of this session; None if they have been erased."""
    token = st.session_state.get("rater_token")
    try:
        return store.rater_by_token(state.database(), token) if token else None
    except NotFound:
        return None


def _of_session(study_id: str, external_id: str | None) -> store.Returned | None:
    """Return the rater who agreed in this session: for a second click, or the back button, in browsers without cookies."""
    found = _known_here()
    if found is None or (found.study_id, found.external_id) != (study_id, external_id):
        return None
    return store.Returned(found, may_withdraw(found))


def may_withdraw(rater: Rater) -> bool:
    """Return whether this session may withdraw the rater: it enrolled them, or has their browser or personal link."""
    return st.session_state.get("whole") == rater.token


def leave() -> None:
    """Forget the rater in this session and in the address."""
    st.session_state["leaving"] = False
    st.session_state.pop("rater_token", None)
    st.session_state.pop("whole", None)
    st.query_params.from_dict({"left": "1"})


def has_left() -> bool:
    """Return whether the address is that of a rater who has withdrawn."""
    return "left" in st.query_params


def secret_of(name: str) -> str | None:
    """Return a token from the URL, without trailing punctuation added by mail clients."""
    value = st.query_params.get(name)
    return value.strip(" .,;:!?)>'\"") if value else None


def has_come_back() -> bool:
    """Return whether a known rater has reopened the study's link and done nothing since."""
    return secret_of("study") is not None and not has_personal_link()


def has_personal_link() -> bool:
    """Return whether the address belongs to a single rater, known or not."""
    return secret_of("rater") is not None or has_ticket()


def has_ticket() -> bool:
    """Return whether the address has a ticket, which works only in the browser it was made for."""
    return RATER_TICKET in st.query_params


def linked_study() -> Study | None:
    """Return the study of a rater link."""
    link = secret_of("study")
    try:
        return store.study_by_link(state.database(), link) if link else None
    except NotFound:
        return None


def become(rater: Rater) -> None:
    """Replace links and ids in the address with a ticket, so that a reload returns here.

    The ticket is worthless in another browser; without cookies, it lets anyone who has it continue, but nothing more.
    """
    st.session_state["rater_token"] = rater.token
    wanted = {RATER_TICKET: store.ticket(rater, state.device(), whole=may_withdraw(rater))}
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def enrolled(rater: Rater) -> None:
    """Give this session full rights over a rater it has just enrolled."""
    st.session_state["whole"] = rater.token
    become(rater)


def names_link_of(rater: Rater, text: str) -> bool:
    """Return whether a text is a rater's personal link, or its part after ``rater=``."""
    said = parse_qs(urlsplit(text.strip()).query).get("rater", [text.strip()])[0]
    return hmac.compare_digest(said.encode("utf-8", "replace"), rater.token.encode())
