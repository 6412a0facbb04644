"""The program's log on stderr: plain lines for people, or one JSON object per line for a log collector.

The log holds no personal data: an error appears with its type, its traceback and an id that is the same for the same place,
never with its message, which may quote a text, an answer, an id or a key.
"""

import json
import logging
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any

from study.errors import InvalidInput

SETTING = "BLINDPAIR_LOG"
STYLES = ("text", "json")
SLOW_SECONDS = 2.0
N_FRAMES = 12

log = logging.getLogger("blindpair")


def style(settings: Mapping[str, str]) -> str:
    """Return the format of log lines: ``text`` or ``json``.

    Raises
    ------
    InvalidInput
        If BLINDPAIR_LOG is neither.
    """
    wanted = settings.get(SETTING) or STYLES[0]
    if wanted not in STYLES:
        raise InvalidInput(f"{SETTING} is {wanted!r}; allowed: {', '.join(STYLES)}")
    return wanted


def set_up(settings: Mapping[str, str]) -> None:
    """Write the program's own lines, and those of Streamlit and the web server, to stderr in one style.

    Raises
    ------
    InvalidInput
        If BLINDPAIR_LOG is not one of the styles.
    """
    formatter = JsonLines() if style(settings) == "json" else PlainLines()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    log.handlers = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False
    threading.excepthook = _log_end_of_thread
    logging.captureWarnings(True)
    _take_over_other_loggers(formatter)


def tell(event: str, text: str, *arguments: object, level: int = logging.INFO, **fields: object) -> None:
    """Log one line: a sentence for people, with the event's name and its fields for programs."""
    log.log(level, text, *arguments, extra={"event": event, "fields": fields})


def log_failure(event: str, error: BaseException, **fields: object) -> str:
    """Log the place of an error, and return its id."""
    known = failure_id(error)
    text = f"{event.replace('_', ' ')} [{known}]"
    log.error(text, exc_info=error, extra={"event": event, "fields": fields})
    return known


@contextmanager
def timed(event: str, **fields: object) -> Iterator[None]:
    """Log a line if the block takes 2 s or longer."""
    start = monotonic()
    try:
        yield
    finally:
        seconds = monotonic() - start
        if seconds >= SLOW_SECONDS:
            words = " ".join(str(value) for value in fields.values())
            tell(
                event,
                "%s: %s took %.1f s",
                event.replace("_", " "),
                words,
                seconds,
                level=logging.WARNING,
                seconds=round(seconds, 2),
                **fields,
            )


def failure_id(error: BaseException) -> str:
    """Return eight characters that are the same for the same type of error at the same place."""
    text = "|".join([type(error).__name__, *_frames(error.__traceback__)])
    return blake2b(text.encode(), digest_size=4).hexdigest()


def _frames(trace: TracebackType | None) -> list[str]:
    """Return the frames of a traceback, the innermost last: file, line and function, but no values."""
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)][
        -N_FRAMES:
    ]


def _short(filename: str) -> str:
    return "/".join(Path(filename).parts[-3:])


def _log_end_of_thread(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None and not issubclass(arguments.exc_type, SystemExit):
        log_failure("thread_failed", arguments.exc_value)


def _take_over_other_loggers(formatter: logging.Formatter) -> None:
    """Set the formatter of every handler, including those that are added later.

    Streamlit adds a separate handler for each of its modules when the module is first needed.
    """
    known = [one for one in logging.root.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    for logger in (logging.root, *known):
        for handler in logger.handlers:
            _bring_over(handler, formatter)
    if not logging.root.handlers:
        logging.root.addHandler(logging.StreamHandler(sys.stderr))
        logging.root.handlers[0].setFormatter(formatter)

    class OwnLogger(logging.Logger):
        def addHandler(self, hdlr: logging.Handler) -> None:  # noqa: N802
            _bring_over(hdlr, formatter)
            super().addHandler(hdlr)

    logging.setLoggerClass(OwnLogger)


def _bring_over(handler: logging.Handler, formatter: logging.Formatter) -> None:
    if isinstance(handler, logging.StreamHandler) and handler.stream in (sys.stderr, sys.stdout):
        handler.setFormatter(formatter)


class PlainLines(logging.Formatter):
    """``2026-11-24 22:43:57 WARNING`` and the sentence; below it the traceback of an error, if there is one."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S")

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """Return the type, id and traceback of an error."""
        return "\n".join(
            [f"  {ei[0].__name__} [{failure_id(ei[1])}]", *(f"    {one}" for one in _frames(ei[2]))]
        )


class JsonLines(logging.Formatter):
    """One JSON object per line: time, level, event, message, the event's fields, and an error's id, kind and places."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", record.name),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            places = _frames(error.__traceback__)
            line["error"] = {"id": failure_id(error), "kind": type(error).__name__, "places": places}
        return json.dumps(line, ensure_ascii=False, default=str)
