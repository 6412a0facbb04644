"""What every home of judgments offers: one writer at a time, cursors for reading, and caches that the lock keeps right.

The file's stands in :mod:`study.store.engine.file_database`, PostgreSQL's in :mod:`study.store.postgres.database`.
"""

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

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
    """A transaction under way: who writes, and whether caches are dropped at its end."""

    cursor: duckdb.DuckDBPyConnection
    thread: int
    forget: bool = False


class Database(ABC):
    """An open database with what this process keeps in memory of it.

    Whoever is inside ``lock`` is the only one who writes, and sees everything that was written before. ``boards``, ``raters``,
    ``studies``, ``versions``, ``steps`` and ``materials`` are caches; inside ``lock`` they are right. ``place`` is what it was
    opened by, and ``path`` the file, or what backups are named after where there is none.
    """

    lock: AbstractContextManager[Any]

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
        """Give a cursor of its own; DuckDB refuses a connection that another thread is using."""
        if not self._is_in_batch() and (cursor := self._moments.get(threading.get_ident())):
            yield cursor
            return
        with self.newest() as cursor:
            yield cursor

    @contextmanager
    def newest(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor that sees what was written last, also within a moment: what fills a cache reads by it."""
        if self._batch and self._is_in_batch():
            yield self._batch.cursor
            return
        self._catch_up()
        with self.connection.cursor() as cursor:
            yield cursor

    @contextmanager
    def moment(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Have all that this thread reads in a block be as of one moment; what is written meanwhile is not seen in it.

        What is kept in memory is as new as ever. Keep it short: no checkpoint can be made meanwhile.
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
        """Return whether this thread joins writes into one transaction."""
        return self._batch is not None and self._batch.thread == threading.get_ident()

    @abstractmethod
    def _catch_up(self) -> None:
        """Have the tables hold what they should before somebody reads."""

    @contextmanager
    def writing(self, *, forget: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor inside a transaction, one writer at a time; commit at the end, roll back on error.

        With ``forget``, what is kept in memory is dropped, here and at every replica.
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
        """Join the writes of a block into one transaction."""
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
        """Begin a transaction; commit it at the end, or roll it back and drop what is kept in memory."""
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
        """Return the cursor that a writer gets."""
        return cursor

    def _commit(self, cursor: duckdb.DuckDBPyConnection, work: Work) -> None:
        cursor.execute("commit")

    @abstractmethod
    def _written(self, work: Work) -> None:
        """Do what is due after a transaction, still inside ``lock``."""

    def together(self) -> AbstractContextManager[None]:
        """Join what a rater's click puts down in a block: one wait for the disk."""
        return self.batch()

    def put_down(self, lines: list[Line]) -> None:
        """Store what a rater's click brought, judgments and assignments; it is on disk when the outermost block ends.

        Raises
        ------
        duckdb.ConstraintException
            If a key is taken.
        """
        with self.writing() as cursor:
            for judgment, assignment, _ in lines:
                rows.insert(cursor, judgment or assignment)

    def forget(self) -> None:
        """Drop what is kept in memory; it is read again when it is needed."""
        self.boards.clear()
        self.raters.clear()
        self.studies.clear()
        self.versions.clear()
        self.steps.clear()
        self.materials.clear()

    @abstractmethod
    def copy_to(self, target: Path) -> int:
        """Write everything into a new file that opens as a database; return how many judgments there are."""

    @abstractmethod
    def last_written(self) -> datetime:
        """Return when something was last written, in UTC."""

    def age(self) -> float | None:
        """Return how many seconds ago what is read was the newest; None where it always is."""
        return None

    def replace_all(self, source: "Database") -> None:
        """Put what another database holds in the place of everything here, while it is in use."""
        raise NotImplementedError("a file is replaced as a file; see study/store/copies/backup.py")

    @abstractmethod
    def checkpoint(self) -> bool:
        """Let nothing stand beside the tables that repeats what was in them; return whether it could be done now."""

    @abstractmethod
    def probe(self, patience: float) -> None:
        """Ask for something trivial where judgments live, in the place of a writer: who waits for one waits for all before it.

        Parameters
        ----------
        patience : float
            Seconds to wait for the writer's place.

        Raises
        ------
        DatabaseBusy
            If another writer kept the place for that long.
        DatabaseError
            If no answer comes, or the database is closed.
        """

    @abstractmethod
    def description(self) -> str:
        """Return what judgments live in, for people: the kind, and the size where it is a file."""

    @abstractmethod
    def close(self) -> None:
        """Write everything and let it go; a second time does nothing."""


def judgment_count(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the number of judgments, those of every revision."""
    return int(connection.execute("select count(*) from judgment").fetchall()[0][0])


def log_event(
    cursor: duckdb.DuckDBPyConnection,
    kind: str,
    *,
    study_id: str | None = None,
    rater_id: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Append one line to the audit log, in the caller's transaction, with the name of who acts."""
    actor = acting_person().name or None
    rows.insert(cursor, Event(token_hex(8), study_id, rater_id, kind, details or {}, utc_now(), actor))


def roll_back(cursor: duckdb.DuckDBPyConnection) -> None:
    """End a transaction that failed."""
    try:
        cursor.execute("rollback")
    except duckdb.Error as error:  # the failed statement may have ended the transaction already
        log.debug("nothing to roll back: %s", first_line(error))
