"""Data sent by a browser: its cookies, its address, and whether the page's address is a rater's."""

import streamlit as st

from study.ui.server import access

# The parameter in a rater's address after the first page; platforms have no parameters with a hyphen.
RATER_TICKET = "go-on"


def device() -> str | None:
    """Return the browser's cookie, if it sent one."""
    cookie = st.context.cookies.get(access.DEVICE_COOKIE)
    return cookie if isinstance(cookie, str) else None


def session() -> str | None:
    """Return the cookie of a researcher's or a viewer's session, if the browser sent one."""
    cookie = st.context.cookies.get(access.SESSION_COOKIE)
    return cookie if isinstance(cookie, str) else None


def network_address() -> str:
    """Return the browser's network address, as the server sees it."""
    return remote_address() or "this machine"


def remote_address() -> str | None:
    """Return the browser's network address; None for this machine, or for a local proxy that names no other."""
    found = st.context.ip_address
    return found if isinstance(found, str) else None


def is_rater_link() -> bool:
    """Return whether the page's address is a rater's: a study link, a personal link, or the ticket that replaces them."""
    return any(name in st.query_params for name in ("rater", "study", "left", RATER_TICKET))
