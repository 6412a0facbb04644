"""What the browser does while the server is away, or asks raters to wait: the page stays, and goes on by itself."""

import streamlit as st

from study.ui import state
from study.ui.rater.components import code

_connection = st.components.v2.component(
    "blindpair_connection", html="<span hidden></span>", js=code("connection.js")
)
_notice = st.components.v2.component(
    "blindpair_notice",
    html='<div class="veil" role="status"><div class="card"><div class="title"></div><div class="said"></div></div></div>',
    css=code("notice.css"),
    js=code("notice.js"),
)


def notice(title: str, text: str, health: str) -> None:
    """Lay a notice over the whole page, until the path ``health`` of the app answers that all is well again."""
    _notice(key="notice", data={"title": title, "text": text, "health": health}, on_over_change=lambda: None)


def watch() -> None:
    """Have the page drawn again when a lost connection is back; until it is, its buttons do nothing."""
    _connection(key="connection", data={"drawn": state.drawn_mark()}, on_back_change=state.renew_drawn_mark)
