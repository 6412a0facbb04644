"""Preload the heavy modules of analysis pages in the background, for researchers only."""

import logging
import threading
from importlib import import_module

# About two seconds of work; in the order of their dependencies.
MODULES = (
    *("pandas", "scipy.stats", "plotly.graph_objects", "pandas.io.formats.style"),
    *("study.analysis", "study.ui.shared.charts", "study.ui.shared.filters"),
)

log = logging.getLogger("blindpair")

_started = threading.Event()


def start(study_id: str | None) -> None:
    """Load the modules and then the selected study's judgments, once, in the background."""
    if not _started.is_set():
        _started.set()
        threading.Thread(target=_load, args=(study_id,), name="blindpair preload", daemon=True).start()


def load_modules() -> None:
    """Load the modules in the calling thread."""
    for name in MODULES:
        import_module(name)


def _load(study_id: str | None) -> None:
    load_modules()
    if study_id is None:
        return
    try:
        import_module("study.ui.shared.filters").read_ahead(study_id)
    except Exception as error:  # the page that needs the judgments reads them again and reports the error
        log.debug("judgments were not read ahead: %s", error)
