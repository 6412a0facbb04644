"""The small browser components: what raters see of a comparison, and press; a form for MTurk.

Untrusted text becomes ``textContent``, never HTML: no maths, no links, no images, every blank kept. All of a comparison
is one component, because each element of a page costs a message and a mount on every click; and its code is a file that
a browser loads once, because Streamlit would send it with every comparison.
"""

import json
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from study.content_kinds import Block
from study.ui.server.addresses import under_base

PAGE = "panels"
ADDRESS = "blindpair/{digest}/page.js"


def code(name: str) -> str:
    """Return a file of the code that runs in the browser."""
    return Path(__file__).parent.joinpath("browser_code", name).read_text(encoding="utf-8")


def _page_code() -> str:
    styles = f"const STYLES = {json.dumps(code('panels.css') + code('vote.css'))};\n"
    return styles + "".join(code(name) for name in ("panels.js", "evidence.js", "vote.js", "page.js"))


PAGE_CODE = _page_code()
DIGEST = blake2b(PAGE_CODE.encode(), digest_size=8).hexdigest()
FOR_GOOD = {"cache-control": "public, max-age=31536000, immutable"}

_form = st.components.v2.component(
    "blindpair_form", html="<form></form>", css=code("form.css"), js=code("form.js")
)
_page = st.components.v2.component(
    "blindpair_page",
    html='<div class="board"></div>',
    js=code("loader.js").replace("ADDRESS", json.dumps(under_base(ADDRESS.format(digest=DIGEST)))),
)


def routes() -> list[Route]:
    """Return where browsers load the code of a comparison from."""
    return [Route(under_base(ADDRESS), _send_code, methods=["GET"])]


async def _send_code(request: Request) -> Response:
    """Send the code; another version's address leads nowhere, so that no browser keeps this code under it."""
    if request.path_params["digest"] != DIGEST:
        return Response("Not found", status_code=404)
    return Response(PAGE_CODE, media_type="text/javascript", headers=FOR_GOOD)


def panels(
    *,
    top: tuple[str, float | None] | None = None,
    notices: list[tuple[str, str]] | None = None,
    profile: bool = False,
    vote: dict[str, Any] | None = None,
    on_press: Callable[[], None] | None = None,
    on_early: Callable[[], None] | None = None,
    on_shown: Callable[[], None] | None = None,
    **rows: list[tuple[str, list[Block]]],
) -> None:
    """Draw rows of panels of equal width and height, each with a title and blocks; a comparison has more around them.

    Parameters
    ----------
    top : (str, float or None), optional
        What stands above, and how far the rater is in percent.
    notices : list of (kind, sentence), optional
        What is said above the panels; a kind is "info", "warning" or "error".
    profile : bool
        Whether the first panel of the context is the profile; the browser measures how long it is in view.
    vote : mapping, optional
        What is asked and may be pressed, as :meth:`study.ui.rater.answer_buttons.Vote.drawn` gives it.
    on_press, on_early : callable, optional
        What is done when a button was pressed, and when the browser has refused a press as too early.
    on_shown : callable, optional
        What is done when the pair has stood on a visible screen for a moment; asked of the browser only where it is given.
    rows : lists of (title, blocks)
        ``context`` stands low, scrolls soon and can be opened whole; ``outputs`` has borders and more height.
    """
    drawn = {
        "top": top,
        "notices": notices or [],
        "profile": profile,
        "rows": [
            {"name": name, "cells": [{"title": title, "blocks": blocks} for title, blocks in row]}
            for name, row in rows.items()
        ],
        "vote": vote,
        "tell": on_shown is not None,
    }
    # In a list, as Streamlit searches a mapping for data frames, which costs more than all of the rest.
    _page(
        key=PAGE,
        data=[drawn],
        on_press_change=on_press or _nothing,
        on_early_change=on_early or _nothing,
        on_shown_change=on_shown or _nothing,
    )


def _nothing() -> None:
    """Do nothing: a component tells only of what has a callback."""


def submit_form(address: str, fields: dict[str, str], label: str) -> None:
    """Draw a button that posts fields to another host; the security policy of the page must name it."""
    _form(key="submit_form", data={"address": address, "fields": fields, "label": label})
