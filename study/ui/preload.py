"""What analysis pages import, loaded while the researcher still looks at another page; raters' servers never need it."""

import threading
from importlib import import_module

# About two seconds of work; in the order in which they need each other.
MODULES = ("pandas", "scipy.stats", "plotly.graph_objects", "study.analysis", "study.ui.charts")

_started = threading.Event()


def start() -> None:
    """Load the modules in the background, once."""
    if not _started.is_set():
        _started.set()
        threading.Thread(target=_load, name="blindpair preload", daemon=True).start()


def _load() -> None:
    for name in MODULES:
        import_module(name)
