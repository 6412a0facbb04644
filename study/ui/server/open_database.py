"""The process's single database; a module-level value, because any client can clear Streamlit's caches."""

import os
import threading
from functools import cache

from study import store
from study.errors import DatabaseError
from study.wording import counted

FRESH_SECONDS = 2.0

_lock = threading.Lock()
_databases: dict[store.Place, store.Database] = {}
_ended = threading.Event()


def database_path() -> store.Place:
    """Return the location of the database: BLINDPAIR_DB, or data/blindpair.duckdb next to the program."""
    return _place(os.environ.get("BLINDPAIR_DB") or str(store.DEFAULT_PATH))


@cache
def _place(setting: str) -> store.Place:
    """Resolve the setting once: a symlink that changes later is followed at the next start."""
    return store.place_of(setting)


def opened_database() -> store.Database:
    """Return the process's single database, for any caller.

    Raises
    ------
    DatabaseError
        If it cannot be opened, or was closed for good.
    """
    path = database_path()
    with _lock:
        if _ended.is_set():
            raise DatabaseError(
                "The app is shutting down. Your answers are saved; please come back in a moment."
            )
        if path not in _databases:
            _databases[path] = store.open_database(path)
        return _databases[path]


def close_database() -> None:
    """Close the process's database; it reopens when it is needed."""
    with _lock:
        known = _databases.pop(database_path(), None)
    if known:
        known.close()


def close_for_good() -> None:
    """Close the process's database for good, because the process is about to end."""
    _ended.set()
    close_database()


def age_line() -> str | None:
    """Return a sentence on the possible age of displayed data, where replicas share a PostgreSQL database."""
    age = opened_database().age()
    if age is None:
        return None
    if age < FRESH_SECONDS:
        return "Read from PostgreSQL less than 2 seconds ago."
    return (
        f"Read from PostgreSQL {counted(round(age), 'second')} ago. The server does not answer, so nothing "
        "can be saved at the moment."
    )
