"""Addresses of the app."""

from urllib.parse import urlsplit

import streamlit as st
from streamlit import config


def app_address() -> str:
    """Return the app's address on this machine."""
    host = config.get_option("server.address") or config.get_option("browser.serverAddress")
    return f"http://{host}:{config.get_option('server.port')}{under_base('')}"


def under_base(path: str) -> str:
    """Return a path below the app's base path."""
    base = str(config.get_option("server.baseUrlPath")).strip("/")
    return f"/{base}/{path}" if base else f"/{path}"


def reached_at() -> str:
    """Return the app's address on the host that the browser uses."""
    here = urlsplit(st.context.url or "http://localhost:8501")
    path = here.path.rsplit("/", 1)[0] if here.path.count("/") > 1 else ""
    return f"{here.scheme}://{here.netloc}{path}"
