"""When raters wait: while a researcher has maintenance on, and while the app is being stopped.

Nothing that a rater does is begun then; what was begun before is finished. The page stays as it is under the notice, with
everything that was typed, and goes on by itself.
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
    """Make a callback one that raters begin only where nobody asked them to wait."""

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
    """Count the drawing of a rater's page as under way: it brings the next pair, or the notice.

    What begins more than a second after the app was told to stop is not waited for, or it would never end; but for what
    follows an action that was let in.
    """
    let_in, _thread.let_in = getattr(_thread, "let_in", False), False
    if not let_in and pauses.stopping_for() > LATE_SECONDS:
        yield
        return
    with pauses.traffic.under_way():
        yield


def notice() -> None:
    """Lay the notice over a rater's page while they wait; the browser asks when it is over. It has its place when there is none, too."""
    waiting = pauses.pause()
    with st.empty():
        if waiting is not None:
            connection.notice(TITLE, waiting.text, under_base(pauses.HEALTH))
