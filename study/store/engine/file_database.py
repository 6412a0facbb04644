"""The database in a file: one process owns it, with one connection, a cursor per task, and one lock for writing.

A rater's click is saved in the journal, which is faster than the tables. Its rows stay in memory until they are written
into the tables: soon after, in one transaction for many clicks, and before anything else is read or written.

The other order, a commit of DuckDB and then the journal, is simpler and was measured: the slowest twentieth of clicks took 1.8 times
as long with 100 raters and 2.9 times with 200 (``study/guide/durability.md``).
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from study.errors import DatabaseBusy, DatabaseError
from study.records import Assignment, Judgment
from study.store.engine import rows
from study.store.engine.database import Database, Work, judgment_count, roll_back
from study.store.engine.file_checkpoint import DatabaseFile, first_line, log_path
from study.store.engine.journal import Journal, Line

LOG_LIMIT = 64 * 1024**2
SMALL_FILE = 64 * 1024**2
SOON_SECONDS = 0.5
READER_PATIENCE = 2.0
RETRY_SECONDS = (1.0, 600.0)

log = logging.getLogger("blindpair")


class FileDatabase(Database):
    """An open database file. The caches are valid because no other process can write.

    The file is checkpointed before the next writer's turn if the log or the journal has grown beyond ``log_limit`` bytes, and
    after a write that clears the caches if the file is small enough that the wait is negligible.
    """

    def __init__(self, file: DatabaseFile, journal: Journal) -> None:
        super().__init__(file.path, file.connection)
        self.file = file
        self.lock = self._threads = threading.RLock()
        self.journal = journal
        self.log_limit = LOG_LIMIT
        self._together: int | None = None
        self._new: list[Line] = []
        self._journalled: list[Judgment | Assignment] = []
        self._news = threading.Event()
        self._settler: threading.Thread | None = None
        self._closing = threading.Event()
        self._is_due = False
        self._is_put_off = False
        self._pause = 0.0
        self._not_before = 0.0

    def _catch_up(self) -> None:
        """Write the journal's new rows into the tables; if another writer does not end in time, read the older state."""
        if self._journalled or self._together == threading.get_ident():
            self._settle(READER_PATIENCE)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Combine the writes of a block in one transaction, and write the journal after it."""
        with self.lock:
            try:
                with super().batch():
                    yield
            except BaseException:
                self._new.clear()
                raise

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write all lines of a rater's click to the journal at once, at the end of the block."""
        with self.lock:
            if self._batch or self._together:
                yield
                return
            self._together = threading.get_ident()
            try:
                yield
                self._to_journal()
            except BaseException:
                if self._new:  # already noted on the board
                    self._new.clear()
                    self.forget()
                raise
            finally:
                self._together = None

    def put_down(self, lines: list[Line]) -> None:
        """Write judgments and assignments to the journal; inside a transaction, directly into the tables."""
        with self.lock:
            if self._batch:
                super().put_down(lines)
            self._new += lines
            if not (self._batch or self._together):
                self._to_journal()

    def _to_journal(self) -> None:
        lines, self._new = self._new, []
        if not lines:
            return
        self._append(lines)
        self._journalled += [judgment or assignment for judgment, assignment, _ in lines]
        self._call_settler()

    def _call_settler(self) -> None:
        self._news.set()
        if self._settler is None and not self._closing.is_set():
            settler = threading.Thread(target=self._settle_soon, name="blindpair tables", daemon=True)
            try:
                settler.start()
            except RuntimeError as error:  # the journal is safe; the next read writes it into the tables
                log.warning("%s", error)
            else:
                self._settler = settler

    def _append(self, lines: list[Line]) -> None:
        """Write lines to the journal.

        Raises
        ------
        DatabaseError
            If it cannot be written. The caches are cleared, as the board may have noted the lines.
        """
        try:
            self.journal.append(lines)
        except (OSError, ValueError) as error:  # ValueError: the journal is closed
            self.forget()
            raise DatabaseError(f"The journal {self.journal.path} could not be written: {error}") from error

    def _settle_soon(self) -> None:
        """Regularly write the journal's new rows into the tables, and make due checkpoints."""
        while not self._closing.is_set():
            self._news.wait(max(0.0, self._not_before - time.monotonic()) if self._is_due else None)
            self._news.clear()
            self._closing.wait(SOON_SECONDS)
            try:
                self._settle()
                if self._is_due:
                    self._tidy(forget=False)
            except DatabaseError as error:
                self._put_off()
                log.warning("%s It is safe in the journal, and the next write will try again.", error)
            except Exception:  # the thread must not end
                self._put_off()
                log.exception(
                    "Judgments could not be written to the tables. They are safe in the journal, and "
                    "the next write will try again."
                )

    def _settle(self, patience: float = -1) -> None:
        """Write rows that only the journal has into the tables.

        Raises
        ------
        DatabaseError
            If the tables cannot be written; the rows stay in the journal.
        """
        if not self._threads.acquire(timeout=patience):
            return
        try:
            if self._batch or self.file.closed:
                return
            if self._settled():
                self._tidy(forget=False)
        finally:
            self._threads.release()

    def _settled(self) -> bool:
        """Write rows that only the journal has into the tables, inside the lock; return whether there were any."""
        self._to_journal()
        if not self._journalled:
            return False
        self._to_tables(self._journalled)
        self._journalled = []
        if self._is_put_off:
            self._is_put_off, self._pause, self._not_before = False, 0.0, 0.0
        return True

    def _put_off(self) -> None:
        """Leave tables and file alone for a while after a failure."""
        with self._threads:
            self._is_put_off = True
            self._later(longer=True)

    def _to_tables(self, records: list[Judgment | Assignment]) -> None:
        try:
            try:
                self._insert(records, "fail")
            except duckdb.ConstraintException:  # a commit that reported an error may have succeeded
                self._insert(records, "leave")  # slower: searches the whole tables
        except duckdb.Error as error:
            raise DatabaseError(f"The database could not save this: {first_line(error)}") from error

    def _insert(self, records: list[Judgment | Assignment], if_known: rows.IfKnown) -> None:
        with self.connection.cursor() as cursor:
            try:
                cursor.execute("begin transaction")
                for kind in (Assignment, Judgment):
                    of_kind = [record for record in records if isinstance(record, kind)]
                    rows.insert_many(cursor, kind, of_kind, if_known=if_known)
                cursor.execute("commit")
            except duckdb.Error:
                roll_back(cursor)
                raise

    def _written(self, work: Work) -> None:
        lines, self._new = self._new, []
        if given := [line for line in lines if line[0]]:
            self._append(given)
        self._tidy(forget=work.forget)

    def _tidy(self, *, forget: bool) -> None:
        """Make a due checkpoint, unless one has just been tried; written data are safe without it."""
        with self.lock:
            if self.file.closed or time.monotonic() < self._not_before:
                return
            is_long = max(self.file.log_size(), self.journal.size()) > self.log_limit
            if self._is_due or is_long or (forget and self.file.size() < SMALL_FILE):
                try:
                    self.checkpoint()
                except DatabaseError as error:
                    log.warning("%s", error)

    def copy_to(self, target: Path) -> int:
        """Copy file and log as a pair that opens as one database; return the number of judgments."""
        with self.lock, self.reading() as cursor:
            self.file.copy_with_log(target)
            return judgment_count(cursor)

    def last_written(self) -> datetime:
        """Return the time of the last write to file or log, in UTC."""
        files = [file for file in (self.path, log_path(self.path)) if file.exists()]
        return max(datetime.fromtimestamp(file.stat().st_mtime, UTC).replace(tzinfo=None) for file in files)

    def checkpoint(self) -> bool:
        """Write everything into the file and empty the journal; see ``DatabaseFile.checkpoint``.

        If a reader is in the way or the disk is full, the checkpoint is tried again: soon, and then less and less often,
        since each try may copy the file.
        """
        with self.lock:
            done, is_free = False, not self._moments
            try:
                if not self._batch and not self.file.closed:
                    self._settled()
                done = is_free and self.file.checkpoint() and self._journal_started_again()
            finally:
                self._is_due = not done
                if done:
                    self._pause = self._not_before = 0.0
                else:
                    self._later(longer=is_free and time.monotonic() >= self._not_before)
                    self._call_settler()
            return done

    def _later(self, *, longer: bool) -> None:
        """Postpone the next try, with ``longer`` by more than the last time."""
        shortest, longest = RETRY_SECONDS
        self._pause = min(max(shortest, 2 * self._pause if longer else self._pause), longest)
        self._not_before = time.monotonic() + self._pause

    def _journal_started_again(self) -> bool:
        try:
            self.journal.start_again()
        except OSError as error:
            log.warning("The journal of %s could not be restarted: %s", self.path, error)
            return False
        return True

    def probe(self, patience: float) -> None:
        """Read one line in a writer's turn; see :class:`Database`."""
        if not self._threads.acquire(timeout=patience):
            raise DatabaseBusy(f"The database was not free within {patience:g} s.")
        try:
            with self.reading() as cursor:
                cursor.execute("select count(*) from schema_version").fetchall()
        except duckdb.Error as error:
            raise DatabaseError(f"The database does not answer: {first_line(error)}") from error
        finally:
            self._threads.release()

    def description(self) -> str:
        """Return the kind and the size, including the log."""
        return f"DuckDB file of {(self.file.size() + self.file.log_size()) / 1e6:,.1f} MB"

    def close(self) -> None:
        """Write everything into the file and close it; a second call does nothing."""
        self._closing.set()
        self._news.set()
        with self.lock:
            if self.file.closed:
                return
            try:
                self.checkpoint()
            finally:
                self.let_go()

    def let_go(self) -> None:
        """Close the file as it is."""
        self._closing.set()
        self._news.set()
        with self.lock:
            self.file.close()
            self.journal.close()
