"""Raters wait during maintenance, and while the app stops.

Raters cannot begin an action then; actions already begun are finished. The page stays as it is under the notice, with
everything that was typed, and resumes by itself.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec

import streamlit as st

from study.ui.rater import connection
from study.ui.server import pauses
from study.ui.server.addresses import under_base
from study.ui.shared import error_messages

Parameters = ParamSpec("Parameters")

LATE_SECONDS = 1.0
TITLE = "Just a moment, please"

_thread = threading.local()


def rater_action(action: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Decorate a callback so that raters cannot begin it during maintenance or shutdown."""

    @wraps(action)
    def unless_paused(*args: Parameters.args, **options: Parameters.kwargs) -> None:
        with pauses.traffic.under_way():
            waiting = pauses.pause()
            if waiting is None:
                with error_messages.in_callback():
                    action(*args, **options)
                _thread.let_in = True  # Streamlit draws the page in the same thread
            else:
                st.toast(f"{TITLE}. That click was not counted.")

    return unless_paused


@contextmanager
def rater_run() -> Iterator[None]:
    """Count the drawing of a rater's page as an action in progress: it brings the next pair, or the notice.

    Drawings that begin more than a second after the shutdown began are not waited for, or it would never end, unless
    they follow an action that was let in.
    """
    let_in, _thread.let_in = getattr(_thread, "let_in", False), False
    if not let_in and pauses.stopping_for() > LATE_SECONDS:
        yield
        return
    with pauses.traffic.under_way():
        yield


def pause_notice() -> None:
    """Cover a rater's page with a notice while they must wait; without one, draw an empty place for it."""
    waiting = pauses.pause()
    with st.empty():
        if waiting is not None:
            connection.connection_notice(TITLE, waiting.text, under_base(pauses.HEALTH))
