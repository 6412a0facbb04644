"""The small browser components: panels of text shown as it is, with keys, clicks and times on the judge page; a form for MTurk.

Untrusted text becomes ``textContent``, never HTML: no maths, no links, no images, every blank kept. All panels of a
page and its keys are one component, because each one costs a message and a mount on every click.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from study.ui.contents import Block


def code(name: str) -> str:
    """Return a file of the code that runs in the browser."""
    return Path(__file__).parent.joinpath("browser_code", name).read_text(encoding="utf-8")


PANELS_JS = code("panels.js")

_page = st.components.v2.component(
    "blindpair_page",
    html='<div class="board"></div>',
    css=code("panels.css"),
    js=PANELS_JS + code("keys.js") + code("page.js"),
)
_form = st.components.v2.component(
    "blindpair_form", html="<form></form>", css=code("form.css"), js=code("form.js")
)
PAGE = "panels"


def panels(
    *,
    profile: bool = False,
    listen: dict[str, Any] | None = None,
    on_early: Callable[[], None] | None = None,
    **rows: list[tuple[str, list[Block]]],
) -> None:
    """Draw rows of panels of equal width and height; each panel has a title and blocks.

    Parameters
    ----------
    profile : bool
        Whether the first panel of the context is the profile; the browser measures how long it is in view.
    listen : mapping, optional
        What the browser is to listen to, as :func:`study.ui.asking.listening` gives it.
    on_early : callable, optional
        What is done when the browser has refused a click.
    rows : lists of (title, blocks)
        ``context`` stands low, scrolls soon and can be opened whole; ``outputs`` has borders and more height.
    """
    drawn = [
        {"name": name, "cells": [{"title": title, "blocks": blocks} for title, blocks in row]}
        for name, row in rows.items()
    ]
    # In a list, as Streamlit searches a mapping for data frames, which costs more than all of the rest.
    _page(
        key=PAGE,
        data=[{"profile": profile, "rows": drawn, "listen": listen}],
        on_early_change=on_early or _nothing,
        on_evidence_change=_nothing,  # it comes with a click, whose own callback reads it
    )


def _nothing() -> None:
    """Do nothing: a component tells only of what has a callback."""


def submit_form(address: str, fields: dict[str, str], label: str) -> None:
    """Draw a button that posts fields to another host; the security policy of the page must name it."""
    _form(key="submit_form", data={"address": address, "fields": fields, "label": label})
