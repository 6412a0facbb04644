"""Scheduled backups, made by the app while raters work."""

import os
import threading
from datetime import datetime, timedelta
from pathlib import Path

from study import logs, store
from study.errors import InvalidInput, StudyError
from study.records import utc_now
from study.store import Database

SETTING = "BLINDPAIR_BACKUP_HOURS"
HOURS = 6.0


def backup_interval() -> timedelta | None:
    """Return the time between backups: BLINDPAIR_BACKUP_HOURS, or 6 hours; None if it is 0.

    Raises
    ------
    InvalidInput
        If the setting is not a number of hours.
    """
    text = os.environ.get(SETTING) or str(HOURS)
    try:
        hours = float(text)
        if not 0 <= hours < 1e6:
            raise ValueError(text)
    except ValueError:
        raise InvalidInput(
            f"{SETTING} is {text!r}; give the hours between two backups, such as 6, or 0 for none"
        ) from None
    return timedelta(hours=hours) if hours else None


def back_up_if_due(db: Database, every: timedelta, now: datetime | None = None) -> Path | None:
    """Back up if the last backup is older than ``every`` and data has changed since; thin out old backups."""
    now = now or utc_now()
    known = store.backups(db.path)
    if known and (now - known[0].made_at < every or db.last_written() <= known[0].made_at):
        return None
    made = store.backup(db)
    gone = store.thin_out(db.path, now)
    if gone:
        logs.tell("backups_removed", "%d old backups removed", len(gone), count=len(gone))
    return made


def last_backup(db: Database) -> str:
    """Return a sentence on the last backup and the schedule."""
    known, every = store.backups(db.path), backup_interval()
    last = f"Last backup: {known[0].made_at:%Y-%m-%d %H:%M} UTC." if known else "No backup yet."
    plan = (
        f"A backup is made automatically every {every.total_seconds() / 3600:g} hours."
        if every
        else "Automatic backups are switched off."
    )
    return f"{last} {plan}"


class Schedule:
    """A thread that periodically checks whether a backup is due."""

    def __init__(self, db: Database, every: timedelta) -> None:
        self._ended = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(db, every), daemon=True, name="blindpair backups"
        )
        self._thread.start()

    def stop(self) -> None:
        """End the thread, after a backup in progress is finished."""
        self._ended.set()
        self._thread.join()

    def _run(self, db: Database, every: timedelta) -> None:
        while not self._ended.wait(min(every.total_seconds() / 4, 600)):
            try:
                back_up_if_due(db, every)
            except StudyError as error:
                logs.log_failure("backup_failed", error)
