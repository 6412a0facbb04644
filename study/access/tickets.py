"""Tickets: what a page hands a browser so that it fetches the cookie of the session that it has just earned.

A page of Streamlit's can set no cookie. Who showed a key or a login there is sent to an address with a ticket, and the answer
to that address sets a cookie that nobody knew before.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from secrets import token_urlsafe

from study.access.people import Person

SECONDS = 60.0
MOST_TICKETS = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """Who may begin a session, how they showed who they are, and when; ``browser`` is the one that may take it."""

    person: Person
    how: str
    browser: str
    login: str = ""
    started: float | None = None


class Tickets:
    """Tickets that are taken once, by the browser that they were made for, within a minute."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, tuple[Entry, float]] = OrderedDict()
        self._lock = threading.Lock()

    def mint(self, entry: Entry, now: float) -> str:
        """Return a new ticket; ``now`` in seconds of a clock that only goes forward."""
        ticket = token_urlsafe(24)
        with self._lock:
            self._entries[ticket] = (entry, now)
            while len(self._entries) > MOST_TICKETS:
                self._entries.popitem(last=False)
        return ticket

    def take(self, ticket: str, browser: str, now: float) -> Entry | None:
        """Return what a ticket stands for, once; None where it is not this browser's, too old, taken or none."""
        with self._lock:
            entry, made = self._entries.pop(ticket, (None, now))
        return entry if entry and entry.browser == browser and now - made <= SECONDS else None
