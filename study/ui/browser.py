"""What a browser sends: its cookie, and whether its address is a rater's."""

import streamlit as st

from study.ui import access


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
    found = st.context.ip_address
    return found if isinstance(found, str) else "this machine"


def is_rater_link() -> bool:
    """Say whether the address is a rater's: a study link or a personal link."""
    return any(name in st.query_params for name in ("rater", "study", "left"))
