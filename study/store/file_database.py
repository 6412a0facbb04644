"""The database file: one process owns it; one connection, a cursor per piece of work, one lock for writing."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from study.errors import DatabaseBusy, DatabaseError
from study.store.database import Database, Work, judgment_count
from study.store.file import DatabaseFile, first_line, log_path
from study.store.journal import Journal, Line

LOG_LIMIT = 64 * 1024**2
SMALL_FILE = 64 * 1024**2


class FileDatabase(Database):
    """An open database file. The caches are right because no other process can write.

    The file is checkpointed before the next writer's turn when the log has grown beyond ``log_limit`` bytes, and after a write
    that drops the caches where the file is small, so that nobody waits for it.
    """

    def __init__(self, file: DatabaseFile, journal: Journal) -> None:
        super().__init__(file.path, file.connection)
        self.file = file
        self.lock = self._threads = threading.RLock()
        self.journal = journal
        self.log_limit = LOG_LIMIT

    def _written(self, work: Work) -> None:
        if work.lines:
            self._append(work.lines)
        if self.file.log_size() > self.log_limit or (work.forget and self.file.size() < SMALL_FILE):
            self.checkpoint()

    def journalled(self, lines: list[Line]) -> None:
        """Write lines into the journal, in a batch at its end.

        Raises
        ------
        DatabaseError
            If the journal cannot be written. What is kept in memory is dropped, since the rows are in the table.
        """
        if self._batch:
            self._batch.lines += lines
        else:
            self._append(lines)

    def _append(self, lines: list[Line]) -> None:
        try:
            self.journal.append(lines)
        except OSError as error:
            self.forget()
            raise DatabaseError(f"The journal {self.journal.path} could not be written: {error}") from error

    def copy_to(self, target: Path) -> int:
        """Copy file and log, as a pair that opens as one database; return how many judgments there are."""
        with self.lock, self.reading() as cursor:
            self.file.copy_with_log(target)
            return judgment_count(cursor)

    def last_written(self) -> datetime:
        """Return when file or log were last written, in UTC."""
        files = [file for file in (self.path, log_path(self.path)) if file.exists()]
        return max(datetime.fromtimestamp(file.stat().st_mtime, UTC).replace(tzinfo=None) for file in files)

    def checkpoint(self) -> None:
        """Write everything into the file and start the journal again; see ``DatabaseFile.checkpoint``."""
        with self.lock:
            if self.file.checkpoint():
                self.journal.start_again()

    def probe(self, patience: float) -> None:
        """Take a writer's place and read one line; see :class:`Database`."""
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
        """Return the kind and the size; the log counts."""
        return f"DuckDB file of {(self.file.size() + self.file.log_size()) / 1e6:,.1f} MB"

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
