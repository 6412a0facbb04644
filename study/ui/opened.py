"""The process's one database; a module-level value, because any client can clear Streamlit's caches."""

import os
import threading

from study import store

FRESH_SECONDS = 2.0

_lock = threading.Lock()
_databases: dict[store.Place, store.Database] = {}


def database_path() -> store.Place:
    """Return where judgments live: BLINDPAIR_DB, or data/blindpair.duckdb beside the program."""
    return store.place_of(os.environ.get("BLINDPAIR_DB") or store.DEFAULT_PATH)


def opened_database() -> store.Database:
    """Return the process's one database, whoever asks."""
    path = database_path()
    with _lock:
        if path not in _databases:
            _databases[path] = store.open_database(path)
        return _databases[path]


def close_database() -> None:
    """Close the process's database; it opens again when it is needed."""
    with _lock:
        known = _databases.pop(database_path(), None)
    if known:
        known.close()


def age_line() -> str | None:
    """Return a sentence on how old what is shown may be, where replicas share a PostgreSQL database."""
    age = opened_database().age()
    if age is None:
        return None
    if age < FRESH_SECONDS:
        return "Read from PostgreSQL less than 2 seconds ago."
    return f"Read from PostgreSQL {age:,.0f} seconds ago. It does not answer now, so nothing can be saved."
