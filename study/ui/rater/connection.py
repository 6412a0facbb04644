"""While the server is away or raters must wait, the page stays as it is and then resumes by itself."""

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


def connection_notice(title: str, text: str, health: str) -> None:
    """Cover the page with a notice until the app's path ``health`` answers that raters may continue."""
    _notice(key="notice", data={"title": title, "text": text, "health": health}, on_over_change=lambda: None)


def watch() -> None:
    """Redraw the page when a lost connection is back; until then, its buttons do nothing."""
    _connection(key="connection", data={"drawn": state.drawn_mark()}, on_back_change=state.renew_drawn_mark)
