"""What a browser sends: its cookie, and whether its address is a rater's."""

import streamlit as st

from study.ui.server import access

# What stands in a rater's address after the first page; no parameter of a platform can have a name with a hyphen.
RATER_TICKET = "go-on"


def device() -> str | None:
    """Return the browser's cookie, if it sent one."""
    cookie = st.context.cookies.get(access.DEVICE_COOKIE)
    return cookie if isinstance(cookie, str) else None


def session() -> str | None:
    """Return the cookie of a researcher's or a viewer's session, if the browser sent one."""
    cookie = st.context.cookies.get(access.SESSION_COOKIE)
    return cookie if isinstance(cookie, str) else None


def address() -> str:
    """Return the address of the browser on the network, as the server sees it."""
    return remote_address() or "this machine"


def remote_address() -> str | None:
    """Return the address of the browser on the network; None of this machine, or of a proxy on it that names no other."""
    found = st.context.ip_address
    return found if isinstance(found, str) else None


def is_rater_link() -> bool:
    """Say whether the address is a rater's: a study link, a personal link, or what stands there in their place."""
    return any(name in st.query_params for name in ("rater", "study", "left", RATER_TICKET))
