"""The database in PostgreSQL, shared by several replicas of the app; each replica reads its own mirror of it.

A block inside ``lock`` is a critical section of all replicas (an advisory lock), at whose beginning the mirror and the caches
catch up with the writes of others. So every rule of the store holds as in one process, and no query is translated. SKIP
LOCKED would not help: which comparison is claimed depends on the whole board.

On loopback, on two cores that other work kept busy, PostgreSQL 15 gave 970 empty critical sections a second to one
replica and 510 to four that took turns, 190 and 80 with a write and its fsync; a hundred raters need about 50. A mirror
of a million judgments was copied in 11 to 22 seconds. ``python -m tests.benchmarks replicas`` repeats the measurement.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import cast

import duckdb

from study.errors import DatabaseBusy, DatabaseError
from study.store.engine.address import PostgresAddress
from study.store.engine.database import Database, Work, judgment_count
from study.store.engine.file_checkpoint import CONFIG, first_line
from study.store.engine.migrations import schema
from study.store.postgres.change_log import Position, Told
from study.store.postgres.changes import Changes, RecordingCursor, WrittenRows
from study.store.postgres.mirror import Mirror, fill
from study.store.postgres.pulse import Pulse
from study.store.postgres.server import Server

# An older mirror is updated before it is read; after a failure it is read as it is for a while.
FRESH_SECONDS, RETRY_SECONDS = 0.5, 5.0

log = logging.getLogger("blindpair")


class CriticalSection:
    """A re-entrant lock across all threads of all replicas."""

    def __init__(self, db: "PostgresDatabase") -> None:
        self.threads = threading.RLock()
        self.depth = 0
        self._db = db

    def __enter__(self) -> None:
        self.threads.acquire()
        try:
            if not self.depth:
                self._db.enter()
            self.depth += 1
        except BaseException:
            self.threads.release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.depth -= 1
            if not self.depth:
                self._db.server.unlock()
        finally:
            self.threads.release()


class PostgresDatabase(Database):
    """An open PostgreSQL database with this replica's mirror of it.

    PostgreSQL commits first. Without its confirmation, the write counts as not done; the log of changes shows its fate at
    the next critical section.
    """

    lock: CriticalSection

    def __init__(
        self, address: PostgresAddress, follow: Callable[["PostgresDatabase", Changes], None]
    ) -> None:
        self._follow = follow
        self.server = Server(address)
        try:
            self.mirror, self.position = self._copied()
        except BaseException:
            self.server.close()
            raise
        super().__init__(address, self.mirror.connection)
        self.lock = CriticalSection(self)
        self._read_at, self._tried_at = time.monotonic(), float("-inf")
        self._pulse = Pulse(self.server.another, self.server.backend)

    def enter(self) -> None:
        """Enter the critical section of all replicas, and catch up.

        Raises
        ------
        DatabaseError
            If PostgreSQL cannot be reached.
        DatabaseBusy
            If another writer does not end.
        """
        while True:
            if self._caught_up(self._locked()):
                return
            # Copying takes seconds, during which others must not wait.
            self.server.unlock()
            self._refresh()

    def _locked(self) -> list[Told]:
        if not self.server.lost:
            try:
                return self.server.lock(self.position.seq)
            except DatabaseBusy:
                raise
            except DatabaseError as error:
                log.warning("%s; connecting again", error)
        self.server.connect()
        self._pulse.sign()
        return self.server.lock(self.position.seq)

    def _catch_up(self) -> None:
        """Keep the mirror at most half a second behind, as long as PostgreSQL answers.

        Do not wait for a writer of this process, who catches up anyway.
        """
        now = time.monotonic()
        if now - self._read_at < FRESH_SECONDS or not self.lock.threads.acquire(blocking=False):
            return
        try:
            if self.lock.depth or now - self._tried_at < RETRY_SECONDS:
                return
            if self.server.lost:
                self.server.connect()
            if not self._caught_up(self.server.news(self.position.seq)):
                self._refresh()
        except DatabaseError as error:
            self._tried_at = time.monotonic()
            log.warning("%s; pages show data that are %.0f seconds old", error, self.age())
        finally:
            self.lock.threads.release()

    def _caught_up(self, told: list[Told]) -> bool:
        """Apply the changes of others to the mirror and the caches; return whether that was possible."""
        if not told or told[0].position != self.position:
            return False  # too far behind, or the database was replaced
        if any(one.text is None for one in told[1:]):
            return False
        changes = [Changes.from_json(one.text or "", self.mirror.tables) for one in told[1:]]
        together = Changes()
        for one in changes:
            together.add_all(one)
        if together.whole:
            return False
        try:
            self.mirror.apply(together)
        except duckdb.Error as error:
            log.warning("the mirror did not match the changes, and is copied again: %s", first_line(error))
            return False
        self.position = told[-1].position
        self._read_at = time.monotonic()
        for one in changes:
            if one.forget:
                self.forget()
            else:
                self._follow(self, one)
        return True

    def _refresh(self) -> None:
        """Copy everything into a new mirror; current readers continue with the old one."""
        if self.server.lost:
            self.server.connect()
        self.mirror, self.position = self._copied()
        self.connection = self.mirror.connection
        self.forget()
        self._read_at = time.monotonic()

    def _copied(self) -> tuple[Mirror, Position]:
        begun, mirror = time.monotonic(), Mirror()
        with mirror.connection.cursor() as cursor:
            cursor.execute("begin transaction")
            position = self.server.snapshot(mirror.tables, lambda name, rows: fill(cursor, name, rows))
            cursor.execute("commit")
        log.info("%s was copied in %.1f seconds", self.server.address, time.monotonic() - begun)
        return mirror, position

    def _watched(self, cursor: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
        return cast(duckdb.DuckDBPyConnection, RecordingCursor(cursor, self.mirror.tables))

    def _commit(self, cursor: duckdb.DuckDBPyConnection, work: Work) -> None:
        recorded = cast(RecordingCursor, work.cursor)
        if not recorded.steps:
            cursor.execute("commit")
            return
        recorded.changes.forget = work.forget
        position = self.server.commit(self.position.seq + 1, recorded.steps, recorded.changes)
        cursor.execute("commit")
        self.position = position

    def _written(self, work: Work) -> None:
        """Do nothing: PostgreSQL's commits are on its disk."""

    def last_written(self) -> datetime:
        """Return the time of the last change by any replica, in UTC."""
        self._catch_up()
        return self.position.made_at

    def age(self) -> float | None:
        """Return how many seconds ago the mirror was known to be complete."""
        return time.monotonic() - self._read_at

    def copy_to(self, target: Path) -> int:
        """Write a snapshot of the mirror into a new database file; return the number of judgments."""
        with self.moment() as cursor, duckdb.connect(str(target), config=dict(CONFIG)) as copy:
            copy.execute("begin transaction")
            copy.execute(schema())
            for table in self.mirror.tables:
                fill(copy, table, cursor.sql(f"select * from {table} order by rowid").to_arrow_table())
            copy.execute("commit")
            return judgment_count(cursor)

    def replace_all(self, source: Database) -> None:
        """Replace the whole content with that of another database, for all replicas; all or nothing."""
        with self.lock, source.moment() as cursor:
            parts = (
                WrittenRows(
                    "new", table, cursor.sql(f"select * from {table.name} order by rowid").to_arrow_table()
                )
                for table in self.mirror.tables.values()
            )
            self.server.replace(self.position.seq + 1, parts)
            self._refresh()

    def checkpoint(self) -> bool:
        """Delete the log of changes, which repeats data in the tables. Replicas that are behind copy everything again."""
        with self.lock:
            self.server.forget_changes(self.position.seq)
        return True

    def probe(self, patience: float) -> None:
        """Ask PostgreSQL for news, without waiting for writers of other replicas, which end by themselves."""
        if not self.lock.threads.acquire(timeout=patience):
            raise DatabaseBusy(f"The database was not free within {patience:g} s.")
        try:
            if self.server.lost:
                self.server.connect()
            self.server.news(self.position.seq)
        finally:
            self.lock.threads.release()

    def description(self) -> str:
        """Return the kind."""
        return "PostgreSQL"

    def close(self) -> None:
        """Close the connections to PostgreSQL and the mirror; a second call does nothing."""
        self._pulse.stop()
        with self.lock.threads:
            self.server.close()
            self.connection.close()
