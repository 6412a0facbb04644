"""Sessions of researchers and viewers: they end after a time without use, and at the latest after a maximum time."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from study.access.people import Person

MOST_SESSIONS = 10_000


@dataclass(slots=True)
class Session:
    """One person in one browser; times are seconds since 1970. ``login`` identifies the login that began it.

    ``browser`` identifies the browser, as long as it keeps its other cookie.
    """

    person: Person
    started: float
    seen: float
    login: str = ""
    browser: str = ""


class Sessions:
    """The sessions of this process, by the secret of the browser (of which only a hash is stored).

    Parameters
    ----------
    idle, longest : timedelta
        As in :class:`study.access.AccessSettings`.
    """

    def __init__(self, idle: timedelta, longest: timedelta) -> None:
        self.idle = idle.total_seconds()
        self.longest = longest.total_seconds()
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._ended: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def start(
        self,
        holder: str,
        person: Person,
        now: float,
        *,
        login: str = "",
        started: float | None = None,
        browser: str = "",
    ) -> Session:
        """Begin a session; an earlier one of this browser ends.

        Parameters
        ----------
        holder : str
            The secret of the session, newly made for it.
        person : Person
        now : float
        login : str
            The unique id of the login; it cannot begin another session once its session has ended.
        started : float, optional
            When the person authenticated, if that was earlier.
        browser : str
            The unique id of the browser, if known.
        """
        session = Session(person, now if started is None else min(started, now), now, login, browser)
        with self._lock:
            for key in [key for key, one in self._sessions.items() if browser and one.browser == browser]:
                del self._sessions[key]
            self._sessions[_hidden(holder)] = session
            self._sessions.move_to_end(_hidden(holder))
            while len(self._sessions) > MOST_SESSIONS:
                self._sessions.popitem(last=False)
        return session

    def find(self, holder: str | None, now: float, *, use: bool = True) -> Session | None:
        """Return the session of a browser, None if there is none or it has ended; ``use`` keeps it from idling."""
        if not holder:
            return None
        with self._lock:
            session = self._sessions.get(_hidden(holder))
            if session is None:
                return None
            if not (now - session.seen < self.idle and now - session.started < self.longest):
                self._end(_hidden(holder), session, now)
                return None
            if use:
                session.seen = now
            return session

    def end(self, holder: str | None, now: float) -> None:
        """Sign out: end the session in every window, and all others of the same login or browser."""
        with self._lock:
            session = self._sessions.get(_hidden(holder)) if holder else None
            if session is None:
                return
            for key, one in list(self._sessions.items()):
                same_login = session.login and one.login == session.login
                same_browser = session.browser and one.browser == session.browser
                if one is session or same_login or same_browser:
                    self._end(key, one, now)

    def is_spent(self, login: str, started: float, now: float) -> bool:
        """Return whether a login is too old to begin a session, or its session has ended."""
        with self._lock:
            return login in self._ended or now - started >= self.longest

    def _end(self, key: str, session: Session, now: float) -> None:
        del self._sessions[key]
        if session.login:
            self._ended[session.login] = now
        while self._ended and now - next(iter(self._ended.values())) > self.longest:
            self._ended.popitem(last=False)


def _hidden(holder: str) -> str:
    return sha256(holder.encode("utf-8", "replace")).hexdigest()
