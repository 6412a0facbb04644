"""Pauses for raters, during maintenance and while the app stops; and raters' actions in progress."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from study import store
from study.errors import StudyError
from study.ui.server.open_database import opened_database

HEALTH = "healthz"
STOPPING = "The study is being updated."
MAINTENANCE = "The study is paused for maintenance."
PROMISE = "Your answers are saved. This page will continue by itself; you can leave it open."


@dataclass(frozen=True, slots=True)
class Pause:
    """The reason for a pause, as a sentence for raters."""

    reason: str

    @property
    def text(self) -> str:
        """The whole notice."""
        return f"{self.reason} {PROMISE}"


class Traffic:
    """Raters' actions in progress."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Count the block as an action in progress."""
        with self._changed:
            self._count += 1
        try:
            yield
        finally:
            with self._changed:
                self._count -= 1
                self._changed.notify_all()

    def wait_until_still(self, seconds: float) -> bool:
        """Wait until no action is in progress; return whether that happened in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count == 0, seconds)


traffic = Traffic()
_stopping = threading.Event()
_stopped_at = [0.0]


def begin_stop() -> None:
    """Block new actions of raters: the app is about to stop."""
    _stopped_at[0] = time.monotonic()
    _stopping.set()


def is_stopping() -> bool:
    """Return whether the app is stopping."""
    return _stopping.is_set()


def pause() -> Pause | None:
    """Return why raters must wait, or None."""
    if is_stopping():
        return Pause(STOPPING)
    found = store.maintenance(opened_database())
    return None if found is None else Pause(found.message or MAINTENANCE)


def state() -> Literal["ok", "maintenance"]:
    """Return whether raters may act; a database failure is reported elsewhere."""
    try:
        return "ok" if pause() is None else "maintenance"
    except StudyError:
        return "ok"


def stopping_for() -> float:
    """Return how many seconds ago the app began to stop."""
    return time.monotonic() - _stopped_at[0] if is_stopping() else 0.0
