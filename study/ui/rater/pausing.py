"""When raters wait: while a researcher has maintenance on, and while the app is being stopped.

Nothing that a rater does is begun then; what was begun before is finished. The page stays as it is under the notice, with
everything that was typed, and goes on by itself.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Literal, ParamSpec

import streamlit as st

from study import store
from study.errors import StudyError
from study.ui.rater import connection
from study.ui.server.addresses import under_base
from study.ui.server.open_database import opened_database
from study.ui.shared import error_messages

Parameters = ParamSpec("Parameters")

LATE_SECONDS = 1.0
HEALTH = "healthz"
TITLE = "Just a moment, please"
STOPPING = "The study is being updated."
MAINTENANCE = "The study is paused for maintenance."
PROMISE = "Your answers are saved. This page goes on by itself; you can leave it open."


@dataclass(frozen=True, slots=True)
class Pause:
    """Why raters wait, in a sentence for them."""

    reason: str

    @property
    def text(self) -> str:
        """The whole notice."""
        return f"{self.reason} {PROMISE}"


class Traffic:
    """What raters have begun and not finished."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Count a block as under way."""
        with self._changed:
            self._count += 1
        try:
            yield
        finally:
            with self._changed:
                self._count -= 1
                self._changed.notify_all()

    def wait_until_still(self, seconds: float) -> bool:
        """Wait until nothing is under way; say whether it came to that in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count == 0, seconds)


traffic = Traffic()
_stopping = threading.Event()
_stopped_at = [0.0]
_thread = threading.local()


def begin_stop() -> None:
    """Let raters begin nothing more: the app is about to stop."""
    _stopped_at[0] = time.monotonic()
    _stopping.set()


def is_stopping() -> bool:
    """Say whether the app was told to stop."""
    return _stopping.is_set()


def pause() -> Pause | None:
    """Return why raters wait, None where they go on."""
    if is_stopping():
        return Pause(STOPPING)
    found = store.maintenance(opened_database())
    return None if found is None else Pause(found.message or MAINTENANCE)


def state() -> Literal["ok", "maintenance"]:
    """Return whether raters may go on; where the database does not answer, that is told elsewhere."""
    try:
        return "ok" if pause() is None else "maintenance"
    except StudyError:
        return "ok"


def rater_action(action: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Make a callback one that raters begin only where nobody asked them to wait."""

    @wraps(action)
    def unless_paused(*args: Parameters.args, **options: Parameters.kwargs) -> None:
        with traffic.under_way():
            waiting = pause()
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
    if is_stopping() and not let_in and time.monotonic() - _stopped_at[0] > LATE_SECONDS:
        yield
        return
    with traffic.under_way():
        yield


def notice() -> None:
    """Lay the notice over a rater's page while they wait; the browser asks when it is over. It has its place when there is none, too."""
    waiting = pause()
    with st.empty():
        if waiting is not None:
            connection.notice(TITLE, waiting.text, under_base(HEALTH))
