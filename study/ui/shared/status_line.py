"""The footer of researchers' pages: version, database, age of the last backup, active raters."""

from datetime import datetime, timedelta

import streamlit as st

from study import __version__, store
from study.records import utc_now
from study.ui import state
from study.wording import counted

ACTIVE_MINUTES = 5
CSS = """
<style>
[data-testid="stBottomBlockContainer"] { padding-top: .3rem; padding-bottom: .3rem; }
</style>
"""
FRESH = timedelta(seconds=10)

_kept: dict[store.Database, tuple[datetime, str]] = {}


def status_foot() -> None:
    """Draw the line; call it before the page, which may stop early."""
    st.html(CSS)
    st.bottom.caption(status_line(state.database()))


def status_line(db: store.Database, now: datetime | None = None) -> str:
    """Return the line; all but the mirror's age is at most 10 s old."""
    now = now or utc_now()
    made_at, line = _kept.get(db, (datetime.min, ""))
    if now - made_at > FRESH:
        _kept.clear()
        line = _line(db, now)
        _kept[db] = (now, line)
    mirror = db.age()
    return line if mirror is None else f"{line} · mirror {mirror:.1f} s old"


def age(span: timedelta) -> str:
    """Return a span in its largest unit.

    >>> age(timedelta(minutes=150))
    '2 hours'
    """
    minutes = int(span.total_seconds() // 60)
    for length, unit in ((24 * 60, "day"), (60, "hour")):
        if minutes >= length:
            return counted(minutes // length, unit)
    return counted(max(minutes, 0), "minute")


def _line(db: store.Database, now: datetime) -> str:
    known = store.backups(db.path)
    active = store.active_raters(db, now - timedelta(minutes=ACTIVE_MINUTES))
    parts = [
        f"Blindpair {__version__}",
        db.description(),
        f"last backup {age(now - known[0].made_at)} ago" if known else "no backup yet",
        f"{counted(active, 'rater')} in the last {ACTIVE_MINUTES} minutes",
    ]
    if store.maintenance(db) is not None:
        parts.append("paused for maintenance")
    return " · ".join(parts)
