"""The interface of a database: one writer at a time, cursors for reading, and caches that are valid inside the lock.

:mod:`study.store.engine.file_database` implements it for a file, :mod:`study.store.postgres.database` for PostgreSQL.
"""

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex

import duckdb

from study.assignment import Board
from study.errors import DatabaseError
from study.protocol.design import Design
from study.records import Event, Rater, Step, Study, utc_now
from study.store.engine import rows
from study.store.engine.acting_person import acting_person
from study.store.engine.address import Place, path_of
from study.store.engine.cache import KeptReads
from study.store.engine.file_checkpoint import first_line
from study.store.engine.journal import Line
from study.store.engine.material import Material

MATERIAL_CHARACTERS = 100_000_000

log = logging.getLogger("blindpair")


@dataclass(slots=True)
class Work:
    """An open transaction: its writer, and whether it ends with clearing the caches."""

    cursor: duckdb.DuckDBPyConnection
    thread: int
    forget: bool = False


class Database(ABC):
    """An open database with this process's caches.

    The holder of ``lock`` is the only writer, and sees all earlier writes. ``boards``, ``raters``, ``studies``,
    ``versions``, ``steps`` and ``materials`` are caches, which are valid inside ``lock``. ``place`` is the argument with
    which it was opened, and ``path`` the file, or without one the path that backups are named after.
    """

    lock: AbstractContextManager[object]

    def __init__(self, place: Place, connection: duckdb.DuckDBPyConnection) -> None:
        self.place = place
        self.path = path_of(place)
        self.connection = connection
        self.boards: dict[str, Board] = {}
        self.raters: dict[str, Rater] = {}
        self.studies: dict[str, tuple[Study, Design]] = {}
        self.versions: dict[str, int] = {}
        self.steps: dict[str, list[Step]] = {}
        self.materials: KeptReads[Material] = KeptReads(MATERIAL_CHARACTERS)
        self._batch: Work | None = None
        self._moments: dict[int, duckdb.DuckDBPyConnection] = {}

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a separate cursor, since DuckDB refuses a connection that another thread is using."""
        if not self._is_in_batch() and (cursor := self._moments.get(threading.get_ident())):
            yield cursor
            return
        with self.newest() as cursor:
            yield cursor

    @contextmanager
    def newest(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a cursor that sees the latest writes, even inside a snapshot; use it to fill caches."""
        if self._batch and self._is_in_batch():
            yield self._batch.cursor
            return
        self._catch_up()
        with self.connection.cursor() as cursor:
            yield cursor

    @contextmanager
    def moment(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give all reads of this thread in a block one snapshot, without concurrent writes.

        The caches are not part of the snapshot. Keep the block short: it prevents checkpoints.
        """
        thread = threading.get_ident()
        if thread in self._moments or self._is_in_batch():
            with self.reading() as cursor:
                yield cursor
            return
        with self.newest() as cursor:
            cursor.execute("begin transaction")
            self._moments[thread] = cursor
            try:
                yield cursor
            finally:
                del self._moments[thread]
                roll_back(cursor)

    def _is_in_batch(self) -> bool:
        """Return whether this thread is inside a batch."""
        return self._batch is not None and self._batch.thread == threading.get_ident()

    @abstractmethod
    def _catch_up(self) -> None:
        """Bring the tables up to date before a read."""

    @contextmanager
    def writing(self, *, forget: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a cursor inside a transaction, one writer at a time; commit at the end, roll back on error.

        With ``forget``, the caches are cleared, here and at every replica.
        """
        with self.lock:
            if self._batch:
                yield self._batch.cursor
                if forget:
                    self._batch.forget = True
                    self.forget()
                return
            with self._work() as work:
                yield work.cursor
                work.forget = forget
            if forget:
                self.forget()
            self._written(work)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Combine the writes of a block in one transaction."""
        with self.lock:
            with self._work() as work:
                self._batch = work
                try:
                    yield
                finally:
                    self._batch = None
            self._written(work)

    @contextmanager
    def _work(self) -> Iterator[Work]:
        """Begin a transaction; commit it at the end, or roll it back and clear the caches."""
        with self.newest() as cursor:
            cursor.execute("begin transaction")
            work = Work(self._watched(cursor), threading.get_ident())
            try:
                yield work
                self._commit(cursor, work)
            except BaseException as error:
                self.forget()
                roll_back(cursor)
                if isinstance(error, duckdb.Error) and not isinstance(error, duckdb.ConstraintException):
                    raise DatabaseError(f"The database could not save this: {first_line(error)}") from error
                raise

    def _watched(self, cursor: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
        """Return the cursor for a writer."""
        return cursor

    def _commit(self, cursor: duckdb.DuckDBPyConnection, work: Work) -> None:
        cursor.execute("commit")

    @abstractmethod
    def _written(self, work: Work) -> None:
        """Do the work that follows a transaction, still inside ``lock``."""

    def together(self) -> AbstractContextManager[None]:
        """Combine all that a rater's click saves in a block, with one wait for the disk."""
        return self.batch()

    def put_down(self, lines: list[Line]) -> None:
        """Save the judgments and assignments of a rater's click; they are on disk when the outermost block ends.

        Raises
        ------
        duckdb.ConstraintException
            If a key already exists.
        """
        with self.writing() as cursor:
            for judgment, assignment, _ in lines:
                rows.insert(cursor, judgment or assignment)

    def forget(self) -> None:
        """Clear the caches; their content is read again when it is needed."""
        self.boards.clear()
        self.raters.clear()
        self.studies.clear()
        self.versions.clear()
        self.steps.clear()
        self.materials.clear()

    @abstractmethod
    def copy_to(self, target: Path) -> int:
        """Write everything into a new database file; return the number of judgments."""

    @abstractmethod
    def last_written(self) -> datetime:
        """Return the time of the last write, in UTC."""

    def age(self) -> float | None:
        """Return how many seconds reads may lag behind; None if they are always current."""
        return None

    def replace_all(self, source: "Database") -> None:
        """Replace the whole content with that of another database, while this one is in use."""
        raise NotImplementedError("a file is replaced as a file; see study/store/copies/backup.py")

    @abstractmethod
    def checkpoint(self) -> bool:
        """Remove logs that repeat the content of the tables; return whether that was possible now."""

    @abstractmethod
    def probe(self, patience: float) -> None:
        """Run a trivial query in a writer's turn, which waits for the writers before it.

        Parameters
        ----------
        patience : float
            Seconds to wait for the turn.

        Raises
        ------
        DatabaseBusy
            If another writer did not end in that time.
        DatabaseError
            If there is no answer, or the database is closed.
        """

    @abstractmethod
    def description(self) -> str:
        """Return a description for people: the kind of database, and the size of a file."""

    @abstractmethod
    def close(self) -> None:
        """Write everything and close the database; a second call does nothing."""


def judgment_count(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the number of judgments, in all revisions."""
    return int(connection.execute("select count(*) from judgment").fetchall()[0][0])


def log_event(
    cursor: duckdb.DuckDBPyConnection,
    kind: str,
    *,
    study_id: str | None = None,
    rater_id: str | None = None,
    details: Mapping[str, object] | None = None,
) -> None:
    """Append one line to the audit log, in the caller's transaction, with the name of the acting person."""
    actor = acting_person().name or None
    rows.insert(cursor, Event(token_hex(8), study_id, rater_id, kind, dict(details or {}), utc_now(), actor))


def roll_back(cursor: duckdb.DuckDBPyConnection) -> None:
    """End a failed transaction."""
    try:
        cursor.execute("rollback")
    except duckdb.Error as error:  # the failed statement may have ended the transaction already
        log.debug("nothing to roll back: %s", first_line(error))
