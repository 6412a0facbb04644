"""Tickets: one-time tokens with which a browser fetches the cookie of its new session.

A Streamlit page cannot set cookies. After a key or a login was accepted there, the browser is sent to an address with a
ticket, and the response from that address sets a newly made cookie.
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
    """Who may begin a session, how they authenticated, and when; only ``browser`` may take it."""

    person: Person
    how: str
    browser: str
    login: str = ""
    started: float | None = None


class Tickets:
    """Tickets that are valid once, in the browser that they were made for, for a minute."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, tuple[Entry, float]] = OrderedDict()
        self._lock = threading.Lock()

    def mint(self, entry: Entry, now: float) -> str:
        """Return a new ticket; ``now`` is in seconds of a monotonic clock."""
        ticket = token_urlsafe(24)
        with self._lock:
            self._entries[ticket] = (entry, now)
            while len(self._entries) > MOST_TICKETS:
                self._entries.popitem(last=False)
        return ticket

    def take(self, ticket: str, browser: str, now: float) -> Entry | None:
        """Return the entry of a ticket, once; None if the ticket is another browser's, too old, taken or unknown."""
        with self._lock:
            entry, made = self._entries.pop(ticket, (None, now))
        return entry if entry and entry.browser == browser and now - made <= SECONDS else None
