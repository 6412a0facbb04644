"""The connection to PostgreSQL: the critical section of all replicas, and the log of their changes.

It uses psycopg alone: each statement is written once and none is composed, so SQLAlchemy would have nothing to do.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import psycopg
import pyarrow as pa
from psycopg.rows import TupleRow

from study.errors import DatabaseBusy, DatabaseError
from study.records import utc_now
from study.store.engine.address import PostgresAddress
from study.store.engine.file_checkpoint import first_line
from study.store.postgres import pulse
from study.store.postgres.change_log import LATEST, Position, Told, changes_told, since
from study.store.postgres.changes import Changes, TableLayout, WrittenRows
from study.store.postgres.rows import copied, write
from study.store.postgres.start import MIGRATION_NAME, make_tables

OLDEST = 14
# "blnd", the first half of the advisory lock's key; the second is a hash of the schema's name.
LOCK = 0x626C6E64
# How long a writer waits for its turn, and how often it checks whether the holder is alive.
LOCK_SECONDS, LOOK_SECONDS = 30.0, 1.0
# The last resort: how long a holder without a visible heartbeat may keep the turn in silence.
IDLE_SECONDS = 120
# Replicas further behind than this copy everything again.
KEPT_CHANGES = 5000
PRUNED_EVERY = 1000

# Both ends notice that a machine has vanished. A commit counts only once it is on disk.
_SETTINGS = f"""
set timezone = 'UTC';
set lock_timeout = '{LOCK_SECONDS:.0f}s';
set idle_in_transaction_session_timeout = '{IDLE_SECONDS}s';
set tcp_keepalives_idle = 10;
set tcp_keepalives_interval = 5;
set tcp_keepalives_count = 3;
select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off';
select hashtext(current_schema()), current_setting('server_version_num')::integer / 10000
"""
log = logging.getLogger("blindpair")

_CONNECTING = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


class Server:
    """A connection to the PostgreSQL database of an address; used by one thread at a time."""

    def __init__(self, address: PostgresAddress) -> None:
        """Connect, and create the tables if there are none; see :meth:`connect` and :func:`make_tables`."""
        self.address = address
        self._connection: psycopg.Connection | None = None
        self._space = 0
        self.connect()
        try:
            with self._telling("cannot be used"):
                self._turn_to_start()
                make_tables(self._open(), address)
        except BaseException:
            self.close()
            raise
        self.unlock()

    def connect(self) -> None:
        """Connect or reconnect.

        Raises
        ------
        DatabaseError
            If the server cannot be reached, or is too old.
        """
        self.close()
        with self._telling("cannot be reached"):
            self._connection = self.another()
            ((self._space, version),) = self._last(_SETTINGS)
        if version < OLDEST:
            self.close()
            raise DatabaseError(f"{self.address} is PostgreSQL {version}; Blindpair needs {OLDEST} or newer")

    @property
    def lost(self) -> bool:
        """Whether the connection was closed, by either end."""
        return self._connection is None or self._connection.closed

    def close(self) -> None:
        """Close the connection; PostgreSQL releases its locks."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def lock(self, known: int) -> list[Told]:
        """Enter the critical section of all replicas; return the changes from a known one on, including it.

        If a replica without a heartbeat is inside, its connection is ended: it can no longer write, neither now nor when it
        wakes up.

        Raises
        ------
        DatabaseBusy
            If another writer does not end.
        DatabaseError
            If the tables no longer have this program's schema version.
        """
        with self._telling("cannot be written to"):
            found = self._turn(since(known))
        try:
            return changes_told(found, self.address)
        except DatabaseError:
            self.unlock()
            raise

    def _turn(self, then: str) -> list[TupleRow]:
        """Wait for the lock, ending the connection of a holder without a heartbeat; return the rows of ``then``."""
        end = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                return self._locked(LOOK_SECONDS, then)
            except psycopg.errors.LockNotAvailable:
                if time.monotonic() >= end:
                    raise
                self._end_silent_holder()

    def _turn_to_start(self) -> None:
        """Wait for the lock, even longer if another replica is migrating the tables."""
        while True:
            try:
                self._locked(LOCK_SECONDS, "select 1")
                return
            except psycopg.errors.LockNotAvailable:
                if not self._is_being_migrated():
                    raise

    def _locked(self, patience: float, then: str) -> list[TupleRow]:
        return self._last(
            f"set lock_timeout = '{1000 * patience:.0f}ms'; set idle_session_timeout = '{IDLE_SECONDS}s'; "
            f"select pg_advisory_lock({LOCK}, {self._space}); set lock_timeout = '{1000 * LOCK_SECONDS:.0f}ms'; {then}"
        )

    def _is_being_migrated(self) -> bool:
        """Return whether another replica is migrating the tables."""
        found = self._open().execute(
            "select 1 from pg_stat_activity where datname = current_database() and application_name = %s",
            [MIGRATION_NAME],
        )
        return bool(found.fetchall())

    def _end_silent_holder(self) -> None:
        """End the connection of a replica that holds the lock and has sent no heartbeat for a while."""
        space = self._space % 2**32
        for backend, silence in self._open().execute(pulse.HOLDER, [LOCK, space]).fetchall():
            if silence > pulse.SILENCE_SECONDS:
                self._open().execute("select pg_terminate_backend(%s)", [backend])
                log.warning(
                    "A replica at %s kept others from writing and has sent no heartbeat for %.0f s; its connection was "
                    "ended",
                    self.address,
                    silence,
                )

    def backend(self) -> int:
        """Return the server's process number of this connection; 0 if it is lost."""
        connection = self._connection
        return 0 if connection is None or connection.closed else int(connection.info.backend_pid)

    def another(self) -> psycopg.Connection:
        """Return another connection to the same database."""
        return psycopg.connect(self.address.url, autocommit=True, **cast(dict[str, Any], _CONNECTING))

    def unlock(self) -> None:
        """Leave the critical section; if the connection is lost, PostgreSQL has already released the lock."""
        if self.lost:
            return
        try:
            self._last(f"set idle_session_timeout = 0; select pg_advisory_unlock({LOCK}, {self._space})")
        except psycopg.Error:
            self.close()

    def news(self, known: int) -> list[Told]:
        """Return the changes from a known one on, without waiting for a writer."""
        with self._telling("cannot be read"):
            found = self._last(since(known))
        return changes_told(found, self.address)

    def commit(self, seq: int, steps: list[WrittenRows], changes: Changes) -> Position:
        """Write the changes of a transaction and its line in the log; all or nothing.

        Raises
        ------
        DatabaseError
            If PostgreSQL did not confirm the commit; the connection is closed then, which leaves the critical section.
        """
        with self._telling("could not save this"):
            if any(isinstance(step.rows, pa.Table) for step in steps):  # COPY does not work in a pipeline
                with self._open().transaction():
                    return self._write(seq, steps, changes.to_json())
            # One round trip; at its end all replies have arrived, including that of the commit.
            with self._open().pipeline():
                self._open().execute("begin")
                position = self._write(seq, steps, changes.to_json())
                self._open().execute("commit")
            return position

    def replace(self, seq: int, tables: Iterator[WrittenRows]) -> Position:
        """Replace all rows of each table, and make the other replicas copy everything."""
        with (
            self._telling("could not save this"),
            self._open().transaction(),
            self._open().cursor() as cursor,
        ):
            for step in tables:
                cursor.execute(f"delete from {step.table.name}")
                write(cursor, step)
            return self._write(seq, [], None)

    def forget_changes(self, before: int) -> None:
        """Delete the log before a change, since it repeats data in the tables."""
        with self._telling("could not save this"):
            self._open().execute("delete from change where seq < %s", [before])

    def rewrite(self) -> None:
        """Rewrite all tables, so that nothing is left of deleted rows; readers and writers wait until it is done."""
        with self._telling("could not be rewritten"):
            found = (
                self._open()
                .execute("select tablename from pg_tables where schemaname = current_schema()")
                .fetchall()
            )
            for (name,) in found:
                self._open().execute(f"vacuum full {name}")

    def snapshot(self, tables: dict[str, TableLayout], take: Callable[[str, pa.Table], None]) -> Position:
        """Pass all tables in one snapshot to ``take``, in parts, by name; return the last change in them."""
        with self._telling("cannot be read"), self._open().transaction():
            self._open().execute("set transaction isolation level repeatable read, read only")
            (latest,) = changes_told(self._open().execute(LATEST).fetchall(), self.address)
            for table in tables.values():
                for rows in copied(self._open(), table):
                    take(table.name, rows)
        return latest.position

    def _write(self, seq: int, steps: list[WrittenRows], text: str | None) -> Position:
        position = Position(seq, utc_now())
        with self._open().cursor() as cursor:
            for step in steps:
                write(cursor, step)
            cursor.execute("insert into change values (%s, %s, %s)", [seq, position.made_at, text])
            if seq % PRUNED_EVERY == 0:
                cursor.execute("delete from change where seq <= %s", [seq - KEPT_CHANGES])
        return position

    def _last(self, statements: str) -> list[TupleRow]:
        """Execute statements in one round trip; return the rows of the last."""
        with self._open().cursor() as cursor:
            cursor.execute(statements)
            while cursor.nextset():
                pass
            return cursor.fetchall()

    def _open(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            raise DatabaseError(f"{self.address}: the connection was lost and nothing was saved; try again")
        return self._connection

    @contextmanager
    def _telling(self, what: str) -> Iterator[None]:
        """Turn an error of PostgreSQL into a sentence without the password, and close the connection."""
        try:
            yield
        except psycopg.errors.LockNotAvailable as error:
            self.close()
            raise DatabaseBusy(
                f"{self.address} {what}: another writer did not finish in time; try again"
            ) from error
        except psycopg.ProgrammingError as error:
            self.close()
            if self._space:
                raise DatabaseError(f"{self.address} {what}: {self._harmless(error)}") from error
            raise DatabaseError(
                f"{self.address} {what}: the address has parameters that PostgreSQL does not know"
            ) from None
        except psycopg.Error as error:
            self.close()
            raise DatabaseError(f"{self.address} {what}: {self._harmless(error)}") from error

    def _harmless(self, error: psycopg.Error) -> str:
        password = urlsplit(self.address.url).password or "\0"
        text = first_line(error) if str(error).strip() else type(error).__name__
        return text.replace(password, "...").replace(unquote(password), "...")
