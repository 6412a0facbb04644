"""Maintenance: a researcher asks all raters to wait. The last line about it in the audit log determines the state."""

import json
import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from weakref import WeakKeyDictionary

from study import logs
from study.errors import InvalidInput
from study.records import Event
from study.store.engine import rows
from study.store.engine.acting_person import researchers_only
from study.store.engine.database import Database, log_event

ON, OFF = "maintenance_on", "maintenance_off"
LONGEST_MESSAGE = 300
FRESH_SECONDS = 2.0

log = logging.getLogger("blindpair")


@dataclass(frozen=True, slots=True)
class Maintenance:
    """The start of a maintenance (UTC), and the researcher's message to raters."""

    since: datetime
    message: str | None


_known: "WeakKeyDictionary[Database, tuple[float, Maintenance | None]]" = WeakKeyDictionary()


def maintenance(db: Database) -> Maintenance | None:
    """Return the current maintenance, None if there is none; the answer may be up to 2 s old."""
    read_at, found = _known.get(db, (-FRESH_SECONDS, None))
    if time.monotonic() - read_at < FRESH_SECONDS:
        return found
    with db.reading() as cursor:
        last = rows.select(
            cursor, Event, "where kind in (?, ?) order by logged_at desc, event_id limit 1", [ON, OFF]
        )
    found = (
        Maintenance(last[0].logged_at, last[0].details.get("message"))
        if last and last[0].kind == ON
        else None
    )
    _known[db] = (time.monotonic(), found)
    return found


@researchers_only
def begin_maintenance(db: Database, message: str | None = None) -> None:
    """Ask all raters to wait, with a message to them; during maintenance, this call changes the message.

    Raises
    ------
    InvalidInput
        If the message is longer than 300 characters.
    """
    _note(db, ON, {"message": checked_message(message)})


@researchers_only
def end_maintenance(db: Database) -> None:
    """Let raters continue; do nothing if there is no maintenance."""
    _known.pop(db, None)
    if maintenance(db) is not None:
        _note(db, OFF, {})


def checked_message(message: str | None) -> str | None:
    """Return a message to raters with its white space normalised, None if nothing is left.

    Raises
    ------
    InvalidInput
        If it is longer than 300 characters.
    """
    text = " ".join((message or "").split())
    if len(text) > LONGEST_MESSAGE:
        raise InvalidInput(
            f"the message has {len(text)} characters; give raters at most {LONGEST_MESSAGE}: {text[:40]!r} ..."
        )
    return text or None


def _note(db: Database, kind: str, details: Mapping[str, object]) -> None:
    with db.writing() as cursor:
        log_event(cursor, kind, details=details)
    _known.pop(db, None)
    logs.tell(kind, "Maintenance is %s", "on" if kind == ON else "off")


def request_path(path: Path) -> Path:
    """Return the path of a maintenance request to the process that holds the database file."""
    return path.with_name(path.name + ".maintenance.json")


def leave_request(path: Path, message: str | None, *, on: bool) -> Path:
    """Write a maintenance request for the process that holds the file; return its path, which disappears when it is done."""
    wish = request_path(path)
    unfinished = wish.with_name(f"{wish.name}.{os.getpid()}.part")
    unfinished.write_text(json.dumps({"on": on, "message": checked_message(message)}), "utf-8")
    unfinished.rename(wish)
    return wish


def take_up_request(db: Database) -> bool:
    """Apply a pending request next to the database file, if any; anyone who can write there owns the database anyway."""
    wish = request_path(db.path)
    try:
        text = wish.read_text("utf-8")
    except FileNotFoundError:
        return False
    try:
        wished = json.loads(text)
        if wished["on"]:
            begin_maintenance(db, wished["message"])
        else:
            end_maintenance(db)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        logs.log_failure("maintenance_wish_unreadable", error)
    wish.unlink(missing_ok=True)
    return True
