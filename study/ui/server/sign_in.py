"""Sign-in to the researcher pages: sessions and roles, the page that asks for a key or a login, signing out."""

import logging
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from urllib.parse import urlencode

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx

from study import logs, store
from study.access import NOBODY, Entry, Person
from study.errors import NotAllowed
from study.ui.server import access, browser
from study.ui.server.open_database import opened_database

DOOR = Person("", "viewer")
ENTRY_TICKET = "ticket"


def holder() -> str | None:
    """Return the secret that identifies a session: its cookie, or else the key from the address.

    A Streamlit session is not proof if the browser has a cookie: anyone who learns the session's id can take it over,
    but not the cookie.
    """
    key = st.query_params.get("key")
    if key and not browser.device():
        st.session_state["without_cookie"] = f"key {sha256(key.encode('utf-8', 'replace')).hexdigest()}"
    without: str | None = st.session_state.get("without_cookie")
    return browser.session() or (None if browser.device() else without)


def signed_in_person() -> Person | None:
    """Return the person that the script acts for; None outside a page. Anyone on a rater's link acts as nobody."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return None
    return NOBODY if browser.is_rater_link() else access.present(holder())


def arrived() -> Person:
    """Return the current user; a key in the address or a login begins a session. Viewing a page keeps it from idling out."""
    person = access.present(holder(), use=True)
    if person.role != "nobody":
        return person
    key = st.query_params.get("key")
    if key:
        _try(key)
    else:
        _log_in()
    return access.present(holder())


def require(*roles: str) -> None:
    """Stop anyone without one of these roles; they are told so, or asked to sign in."""
    person = arrived()
    store.act_as(person)
    if person.role in roles:
        return
    st.title("Blindpair")
    if person.role != "nobody":
        st.info(
            "This page is for researchers. You are signed in as a viewer: you can see progress, "
            "results and exports."
        )
        sign_out_button()
        st.stop()
    _ask()
    st.stop()


def study_looked_at() -> str | None:
    """Return the study that pages will show: the chosen one, or the first."""
    known = [study.study_id for study in store.all_studies(opened_database())]
    before = st.query_params.get("of") or st.session_state.get("study_id")
    return before if before in known else next(iter(known), None)


def sign_out_button() -> None:
    """Show the current user's name and a button to sign out."""
    st.sidebar.text(access.present(holder()).name)
    st.sidebar.button("Sign out", on_click=sign_out, type="tertiary")


def sign_out() -> None:
    """End this browser's session, and its login."""
    person = access.present(holder())
    if person.role != "nobody":
        with store.acting(person):
            store.log_action(opened_database(), "signed_out")
    access.sessions().end(holder(), time.time())
    st.query_params.clear()
    store.act_as(NOBODY)
    if access.login_claims() is not None:
        st.logout()


def taken_by_who_is_there(
    study_id: str, details: Mapping[str, object], make: Callable[[], bytes]
) -> Callable[[], bytes]:
    """Return a callback like :func:`made_for_who_is_there` that also writes an export to the audit log."""

    def noted() -> bytes:
        if details.get("external_ids"):
            store.require_researcher()
        store.log_action(opened_database(), "exported", study_id, details)
        return make()

    return made_for_who_is_there(noted)


def made_for_who_is_there(make: Callable[[], bytes]) -> Callable[[], bytes]:
    """Return a download button's callback, which checks the session again and makes the file for its user.

    Streamlit calls it in a separate thread, for anyone who knows the button's id.
    """
    secret = holder()

    def file() -> bytes:
        with store.acting(access.present(secret)):
            store.require_signed_in()
            return make()

    return file


def begin(entry: Entry, secret: str) -> None:
    """Begin a session under a new secret, and write it to the audit log."""
    access.sessions().start(
        secret, entry.person, time.time(), login=entry.login, started=entry.started, browser=entry.browser
    )
    with store.acting(entry.person):
        details = {"how": entry.how, "role": entry.person.role, "browser": entry.browser or None}
        store.log_action(opened_database(), "signed_in", details=details)


def note_refusal(address: str) -> None:
    """Write a wrong key to the log and, at most once a minute, to the audit log; never the key itself."""
    count = access.refusals.count(time.monotonic())
    if count:
        text = "%d wrong keys since the last such line, the last one from %s"
        logs.tell("keys_rejected", text, count, address, level=logging.WARNING, count=count, address=address)
        with store.acting(DOOR):
            store.log_action(opened_database(), "keys_refused", details={"count": count, "address": address})


def known_browser(device: str | None) -> str | None:
    """Return a name for a browser that has signed in before; None for any other."""
    name = access.browser_of(device)
    return name if name and store.has_signed_in(opened_database(), name) else None


def _try(key: str) -> str | None:
    """Try a key; return why it was refused, or None if it was accepted."""
    device, without = browser.device(), st.session_state.get("without_cookie")
    if not device and not without:
        return (
            "This browser does not send cookies, so the app cannot recognise it. Allow cookies, then reload "
            "the page."
        )
    found = access.show_key(key, address=browser.network_address(), known_browser=known_browser(device))
    if found.wait:
        return f"Too many wrong keys. Try again in {found.wait:.0f} s."
    if found.person is None:
        note_refusal(browser.network_address())
        return "That is not the key. The terminal in which the app runs shows a link that contains it."
    _let_in(Entry(found.person, "key", access.browser_of(device) or ""))
    return None


def _let_in(entry: Entry) -> None:
    """Begin a session: under a new cookie, which the browser is redirected to fetch, or under the key if it keeps none."""
    if not entry.browser:
        begin(entry, st.session_state["without_cookie"])
        return
    rest = {name: value for name, value in st.query_params.to_dict().items() if name != "key"}
    message = ForwardMsg()
    message.auth_redirect.url = "?" + urlencode(
        {**rest, ENTRY_TICKET: access.tickets.mint(entry, time.monotonic())}
    )
    context = get_script_run_ctx()
    if context is not None:
        context.enqueue(message)
    st.text("You are being signed in. Reload the page if this takes long.")
    st.stop()


def _log_in() -> None:
    """Begin a session for an OpenID Connect user on a list; a login whose session has ended cannot begin another."""
    claims, device = access.login_claims(), browser.device()
    if claims is None or not (device or st.session_state.get("without_cookie")):
        return
    login, started = access.login_of(claims)
    if access.sessions().is_spent(login, started, time.time()):
        return
    try:
        person = access.person_of_claims(claims)
    except NotAllowed:
        return
    _let_in(Entry(person, "openid", access.browser_of(device) or "", login, started))


def _ask() -> None:
    """Draw the sign-in page."""
    st.write("Raters: please open the link you were given. Researchers: sign in.")
    claims = access.login_claims()
    if claims is not None:
        _why_not(claims)
    if access.is_configured():
        for provider in access.providers():
            label = f"Sign in with {provider}" if provider else "Sign in with your account"
            if st.button(label, type="primary", key=f"login {provider}"):
                st.login(provider)
    if "key" in st.query_params:
        st.error(
            "The key in this address was not accepted. Unless a key is set, the app makes a new one each "
            "time it starts. After several wrong keys, you have to wait before you can try again."
        )
    key = st.text_input("Researcher key", type="password", autocomplete="off")
    if st.button("Sign in", type="secondary" if access.is_configured() else "primary") or key:
        why = _try(key)
        if why is None:
            st.rerun()
        st.error(why)


def _why_not(claims: object) -> None:
    try:
        access.person_of_claims(claims)  # type: ignore[arg-type]
        st.info("Your session has ended; please sign in again.")
    except NotAllowed as error:
        st.error(str(error))
        st.button("Use another account", on_click=st.logout)
