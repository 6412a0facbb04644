"""The browser components: a comparison with its buttons, and a form for MTurk.

Untrusted text becomes ``textContent``, never HTML: no maths, no links, no images, all spaces kept. A comparison is a
single component, because each element of a page costs a message and a mount on every click; its code is a file that
browsers load once, because Streamlit would send it with every comparison.
"""

import json
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from study.content_kinds import Block
from study.records import JsonObject
from study.ui.server.addresses import under_base

PAGE = "panels"
ADDRESS = "blindpair/{digest}/page.js"


def code(name: str) -> str:
    """Return a file of the code that runs in the browser."""
    return Path(__file__).parent.joinpath("browser_code", name).read_text(encoding="utf-8")


def _page_code() -> str:
    styles = f"const STYLES = {json.dumps(code('panels.css') + code('vote.css'))};\n"
    return styles + "".join(
        code(name) for name in ("panels.js", "evidence.js", "questions.js", "vote.js", "page.js")
    )


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


def code_routes() -> list[Route]:
    """Return the route from which browsers load the code of a comparison."""
    return [Route(under_base(ADDRESS), _send_code, methods=["GET"])]


async def _send_code(request: Request) -> Response:
    """Send the code; other versions' addresses are not found, so that no browser caches this code under them."""
    if request.path_params["digest"] != DIGEST:
        return Response("Not found", status_code=404)
    return Response(PAGE_CODE, media_type="text/javascript", headers=FOR_GOOD)


def panels(
    *,
    top: tuple[str, float | None] | None = None,
    notices: list[tuple[str, str]] | None = None,
    profile: bool = False,
    vote: JsonObject | None = None,
    on_press: Callable[[], None] | None = None,
    on_early: Callable[[], None] | None = None,
    on_shown: Callable[[], None] | None = None,
    **rows: list[tuple[str, list[Block]]],
) -> None:
    """Draw rows of panels of equal width and height, each with a title and blocks, plus a header and a vote if given.

    Parameters
    ----------
    top : (str, float or None), optional
        The heading, and the rater's progress in percent.
    notices : list of (kind, sentence), optional
        Messages above the panels; a kind is "info", "warning" or "error".
    profile : bool
        Whether the first panel of the context is the profile; the browser measures how long it is in view.
    vote : mapping, optional
        The question and its buttons, from :meth:`study.ui.rater.answer_buttons.AnswerButtons.drawn`.
    on_press, on_early : callable, optional
        Called after a button was pressed, and after the browser refused a press as too early.
    on_shown : callable, optional
        Called when the pair has been visible for a moment; the browser reports it only if this is given.
    rows : lists of (title, blocks)
        ``context`` is low, scrolls early and can be opened fully; ``outputs`` has borders and more height.
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
    # In a list, because Streamlit searches a mapping for data frames, which costs more than everything else.
    _page(
        key=PAGE,
        data=[drawn],
        on_press_change=on_press or _nothing,
        on_early_change=on_early or _nothing,
        on_shown_change=on_shown or _nothing,
    )


def _nothing() -> None:
    """Do nothing: a component only reports events that have a callback."""


def submit_form(address: str, fields: dict[str, str], label: str) -> None:
    """Draw a button that posts fields to another host, which the page's security policy must name."""
    _form(key="submit_form", data={"address": address, "fields": fields, "label": label})
