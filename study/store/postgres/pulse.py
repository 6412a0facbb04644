"""A heartbeat of each replica, so that others detect one that is frozen inside the critical section.

Once a second, a thread sends PostgreSQL a trivial query over a separate connection that is named after the one that locks
and writes. If a process or its machine stops, both stop. PostgreSQL's own clock shows since when.
"""

import logging
import threading
from collections.abc import Callable

import psycopg

# A heartbeat comes every second. A holder of the lock that sends none for so long, and does nothing else, loses the lock.
PULSE_SECONDS, SILENCE_SECONDS = 1.0, 5.0
_NAME = "blindpair pulse of "

# The backend that holds the lock, with the seconds since it or its pulse was active; no row if it has no pulse.
HOLDER = f"""
select a.pid, extract(epoch from clock_timestamp() - greatest(a.state_change, max(p.state_change)))::float
from pg_locks l join pg_stat_activity a on a.pid = l.pid
join pg_stat_activity p on p.application_name = '{_NAME}' || a.pid
where l.locktype = 'advisory' and l.granted and l.classid::bigint = %s and l.objid::bigint = %s
    and l.database = (select oid from pg_database where datname = current_database())
group by a.pid, a.state_change
"""

log = logging.getLogger("blindpair")


class Pulse:
    """The thread that sends the heartbeat; if it cannot, work continues without it."""

    def __init__(self, connect: Callable[[], psycopg.Connection[object]], backend: Callable[[], int]) -> None:
        """Send the first heartbeat, and start the thread.

        Parameters
        ----------
        connect : callable
            Returns a new connection.
        backend : callable
            Returns the server's process number of the connection that locks and writes; 0 if it is lost.
        """
        self._connect = connect
        self._backend = backend
        self._connection: psycopg.Connection[object] | None = None
        self._is_told = False
        self._turn = threading.Lock()
        self._ended = threading.Event()
        self.sign()
        self._thread = threading.Thread(target=self._run, name="blindpair pulse", daemon=True)
        self._thread.start()

    def sign(self) -> None:
        """Send a heartbeat now, as after a change of the connection that locks and writes."""
        with self._turn:
            if self._ended.is_set():
                return
            try:
                self._connection = self._connection or self._connect()
                name = f"{_NAME}{self._backend()}"
                self._connection.execute("select set_config('application_name', %s, false)", [name])
                self._is_told = False
            except psycopg.Error as error:
                if not self._is_told:
                    log.warning("PostgreSQL receives no heartbeat: %s", type(error).__name__)
                self._is_told = True
                self._close()

    def stop(self) -> None:
        """End the thread and its connection."""
        self._ended.set()
        self._thread.join()
        with self._turn:
            self._close()

    def _run(self) -> None:
        while not self._ended.wait(PULSE_SECONDS):
            self.sign()

    def _close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None
