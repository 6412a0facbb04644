"""The database file: one process owns it; one connection, a cursor per piece of work, one lock for writing."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

import duckdb

from study.assignment import Board
from study.design import Design
from study.errors import DatabaseError
from study.records import Event, Rater, Step, Study, utc_now
from study.store import rows
from study.store.behalf import acting_person
from study.store.file import DatabaseFile, first_line
from study.store.journal import Journal, Line
from study.store.kept import KeptReads
from study.store.materials import Material

DEFAULT_PATH = Path(__file__).parents[2] / "data" / "blindpair.duckdb"
LOG_LIMIT = 64 * 1024**2
SMALL_FILE = 64 * 1024**2
MATERIAL_CHARACTERS = 8_000_000

log = logging.getLogger("blindpair")


@dataclass(slots=True)
class Batch:
    """A transaction that many writes share, and what is to be journalled when it is committed."""

    cursor: duckdb.DuckDBPyConnection
    thread: int
    lines: list[Line] = field(default_factory=list)


class Database:
    """An open database file with what this process keeps in memory of it.

    ``boards``, ``raters``, ``studies``, ``versions``, ``steps`` and ``materials`` are caches; they are right because no other process can write.
    """

    def __init__(self, file: DatabaseFile, journal: Journal) -> None:
        self.file = file
        self.path = file.path
        self.connection = file.connection
        self.lock = threading.RLock()
        self.journal = journal
        self.log_limit = LOG_LIMIT
        self.boards: dict[str, Board] = {}
        self.raters: dict[str, Rater] = {}
        self.studies: dict[str, tuple[Study, Design]] = {}
        self.versions: dict[str, int] = {}
        self.steps: dict[str, list[Step]] = {}
        self.materials: KeptReads[Material] = KeptReads(MATERIAL_CHARACTERS)
        self._batch: Batch | None = None

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor of its own; DuckDB refuses a connection that another thread is using."""
        if self._batch and self._batch.thread == threading.get_ident():
            yield self._batch.cursor
            return
        cursor = self.connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    @contextmanager
    def writing(self, *, forget: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor inside a transaction, one writer at a time; commit at the end, roll back on error.

        With ``forget``, what is kept in memory is dropped. The file is checkpointed before the next writer's turn when the
        log has grown beyond ``log_limit`` bytes, and with ``forget`` where the file is small, so that nobody waits for it.
        """
        with self.lock, self.reading() as cursor:
            if self._batch:
                yield cursor
                if forget:
                    self.forget()
                return
            cursor.execute("begin transaction")
            try:
                yield cursor
                cursor.execute("commit")
                if forget:
                    self.forget()
            except BaseException as error:
                self.forget()
                _roll_back(cursor)
                if isinstance(error, duckdb.Error) and not isinstance(error, duckdb.ConstraintException):
                    raise DatabaseError(f"The database could not save this: {first_line(error)}") from error
                raise
            if self.file.log_size() > self.log_limit or (forget and self.file.size() < SMALL_FILE):
                self.checkpoint()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Join the writes of a block into one transaction, for simulated raters: nobody waits for a single one of them."""
        with self.lock:
            with self.writing() as cursor:
                self._batch = batch = Batch(cursor, threading.get_ident())
                try:
                    yield
                finally:
                    self._batch = None
            self.journal.append(batch.lines)

    def journalled(self, lines: list[Line]) -> None:
        """Write lines into the journal, in a batch at its end."""
        if self._batch:
            self._batch.lines += lines
        else:
            self.journal.append(lines)

    def forget(self) -> None:
        """Drop what is kept in memory; it is read again when it is needed."""
        self.boards.clear()
        self.raters.clear()
        self.studies.clear()
        self.versions.clear()
        self.steps.clear()
        self.materials.clear()

    def checkpoint(self) -> None:
        """Write everything into the file and start the journal again; see ``DatabaseFile.checkpoint``."""
        with self.lock:
            if self.file.checkpoint():
                self.journal.start_again()

    def close(self) -> None:
        """Write everything into the file and let it go; a second time does nothing."""
        with self.lock:
            if self.file.closed:
                return
            try:
                self.checkpoint()
            finally:
                self.file.close()
                self.journal.close()


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


def _roll_back(cursor: duckdb.DuckDBPyConnection) -> None:
    try:
        cursor.execute("rollback")
    except duckdb.Error as error:  # the failed statement may have ended the transaction already
        log.debug("nothing to roll back: %s", first_line(error))
