"""When raters wait: while the app is being stopped."""

import threading

_stopping = threading.Event()


def begin_stop() -> None:
    """Let raters begin nothing more: the app is about to stop."""
    _stopping.set()


def is_stopping() -> bool:
    """Say whether the app was told to stop."""
    return _stopping.is_set()
