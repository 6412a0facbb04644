"""Cache policy of analysis inputs: small studies are always current, answers of big ones up to half a minute old.

While raters judge, a big study changes with every click; rereading it for each page would slow raters down for little
gain.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from study import store
from study.records import utc_now
from study.ui import state
from study.ui.server import worker_pool

KEPT_SECONDS = 30.0
ANSWERS = ("judgment", "rater")


@dataclass(frozen=True, slots=True)
class AsOf:
    """The hashes of a big study's answers, the time they were read, and the hash of inactive raters at that time."""

    read_at: float
    time: datetime
    gone: str
    hashes: dict[str, str]


_read: dict[tuple[str, str], AsOf] = {}


def is_big(study_id: str) -> bool:
    """Return whether a worker process computes for a study."""
    return worker_pool.is_big(state.database(), study_id)


def data_hashes(study_id: str, tables: Iterable[str] = store.HASHED_TABLES) -> dict[str, str]:
    """Return the hash of each table that analyses read, as ``store.data_hashes``; for a big study's answers, the cached one.

    Excluding a rater, taking one back and withdrawing take effect at once.
    """
    db, tables = state.database(), tuple(tables)
    if not set(ANSWERS) & set(tables) or not is_big(study_id):
        return store.data_hashes(db, study_id, tables)
    kept = _answers(db, study_id).hashes
    rest = [table for table in tables if table not in kept]
    found = kept | (store.data_hashes(db, study_id, rest) if rest else {})
    return {table: found[table] for table in tables}


def read_at(study_id: str) -> float:
    """Return when a big study's answers were read, on a clock that only distinguishes readings."""
    return _answers(state.database(), study_id).read_at


def as_of_line(study_id: str) -> str | None:
    """Return a sentence on how old a big study's answers may be, once a page has read them."""
    known = _read.get((str(state.database_path()), study_id))
    if known is None or not is_big(study_id):
        return None
    return (
        f"Judgments as of {known.time:%H:%M:%S} UTC, in some tables up to {KEPT_SECONDS:.0f} seconds later. "
        "A study of this size is not read more often than that."
    )


def forget_hashes() -> None:
    """Reread everything."""
    _read.clear()


def _answers(db: store.Database, study_id: str) -> AsOf:
    key, now = (str(state.database_path()), study_id), time.monotonic()
    gone = store.inactive_hash(db, study_id)
    known = _read.get(key)
    if known is None or now - known.read_at > KEPT_SECONDS or known.gone != gone:
        known = AsOf(now, utc_now(), gone, store.data_hashes(db, study_id, ANSWERS))
        _read[key] = known
    return known
