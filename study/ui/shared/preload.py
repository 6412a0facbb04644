"""What analysis pages need, loaded while the researcher still looks at another page; raters' servers never need it."""

import logging
import threading
from importlib import import_module

# About two seconds of work; in the order in which they need each other.
MODULES = (
    *("pandas", "scipy.stats", "plotly.graph_objects", "pandas.io.formats.style"),
    *("study.analysis", "study.ui.shared.charts", "study.ui.shared.filters"),
)

log = logging.getLogger("blindpair")

_started = threading.Event()


def start(study_id: str | None) -> None:
    """Load the modules, and then the judgments of the study that is looked at, in the background, once."""
    if not _started.is_set():
        _started.set()
        threading.Thread(target=_load, args=(study_id,), name="blindpair preload", daemon=True).start()


def load_modules() -> None:
    """Load the modules, here and now."""
    for name in MODULES:
        import_module(name)


def _load(study_id: str | None) -> None:
    load_modules()
    if study_id is None:
        return
    try:
        import_module("study.ui.shared.filters").read_ahead(study_id)
    except Exception as error:  # the page that needs them reads them again, and says what is wrong
        log.debug("judgments were not read ahead: %s", error)
