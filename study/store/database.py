"""The database file: one process owns it; one connection, a cursor per piece of work, one lock for writing."""

import logging
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

import duckdb

from study.assignment import Board
from study.blinding import unblinding_table
from study.design import Design
from study.errors import DatabaseBusy, DatabaseError
from study.records import Event, Rater, Step, Study, utc_now
from study.store import rows
from study.store.behalf import acting_person
from study.store.journal import Journal, Line, read_journal
from study.store.migrations import MIGRATIONS, SCHEMA_VERSION, migrate, schema

DEFAULT_PATH = Path(__file__).parents[2] / "data" / "blindpair.duckdb"
CONFIG = {
    "storage_compatibility_version": "v1.5.0",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
}

log = logging.getLogger("blindpair")


@dataclass(slots=True)
class Batch:
    """A transaction that many writes share, and what is to be journalled when it is committed."""

    cursor: duckdb.DuckDBPyConnection
    thread: int
    lines: list[Line] = field(default_factory=list)


class Database:
    """An open database file with what this process keeps in memory of it.

    ``boards``, ``raters``, ``studies``, ``versions`` and ``steps`` are caches; they are right because no other process can write.
    """

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.path = path
        self.connection = connection
        self.lock = threading.RLock()
        self.journal = Journal(journal_path(path), _database_id(connection))
        self.boards: dict[str, Board] = {}
        self.raters: dict[str, Rater] = {}
        self.studies: dict[str, tuple[Study, Design]] = {}
        self.versions: dict[str, int] = {}
        self.steps: dict[str, list[Step]] = {}
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

        With ``forget``, what is kept in memory is dropped and the file is checkpointed before the next writer's turn.
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
                    cursor.execute("checkpoint")
            except BaseException as error:
                self.forget()
                _roll_back(cursor)
                if isinstance(error, duckdb.Error) and not isinstance(error, duckdb.ConstraintException):
                    raise DatabaseError(f"The database could not save this: {_first_line(error)}") from error
                raise

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

    def close(self) -> None:
        """Write everything into the file and let it go."""
        with self.lock:
            self.connection.execute("checkpoint")
            self.journal.start_again()
            self.connection.close()
            self.journal.close()


def journal_path(path: Path) -> Path:
    """Return where the journal of a database file stands."""
    return path.with_name(path.name + ".journal.jsonl")


def open_database(path: Path | str) -> Database:
    """Open (or create) a database file and hold the journal against it.

    Raises
    ------
    DatabaseBusy
        If another process holds the file.
    DatabaseError
        If the file is no Blindpair database, damaged, or of another schema version.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(f"The folder of the database {path} cannot be made: {error}") from error
    connection = _connect_with_whole_log(path)
    try:
        _check_schema(connection, path)
    except BaseException:
        connection.close()
        raise
    lines = read_journal(journal_path(path), _database_id(connection))
    database = Database(path, connection)
    _restore(database, lines)
    return database


def _connect_with_whole_log(path: Path) -> duckdb.DuckDBPyConnection:
    """Connect; a write-ahead log that DuckDB refuses is moved aside, and the journal gives back its judgments.

    Studies and their states are in the file itself, which is checkpointed at each start and after each change of them.
    """
    try:
        return _connect(path)
    except DatabaseError as error:
        damaged = path.with_name(path.name + ".wal")
        if "replaying WAL file" not in str(error) or not damaged.exists():
            raise
        aside = damaged.with_name(f"{damaged.name}.damaged-{utc_now():%Y%m%d-%H%M%S}")
        damaged.rename(aside)
        log.warning(
            "The log of %s was damaged and stands aside as %s; judgments come back from the journal, but raters who "
            "gave no answer yet, and entries of the audit log since the last start, may be lost. %s",
            path,
            aside,
            error,
        )
        return _connect(path)


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        connection = duckdb.connect(str(path), config=dict(CONFIG))
        _shut_in(connection, path)
        return connection
    except duckdb.Error as error:
        holder = re.search(r"PID (\d+)", str(error))
        if "lock" in str(error).lower() and holder:
            raise DatabaseBusy(
                f"The database {path} is in use by another process (PID {holder[1]}), most likely the running app: "
                "use the app's own pages, press 'Back up the database' on its Studies page and name the backup "
                "with --db, or stop the app first."
            ) from error
        raise DatabaseError(
            f"The database {path} cannot be opened: {_first_line(error)} Restore it from a backup, or name another "
            "file with BLINDPAIR_DB or --db."
        ) from error


def backup_folder(path: Path) -> Path:
    """Return the folder beside a database in which its backups are made."""
    return path.resolve().parent / "backups"


def _shut_in(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Let no SQL read or write another file, load an extension, or change these settings; backups alone are written."""
    folder = str(backup_folder(path)).replace("'", "''")
    connection.execute(f"set allowed_directories = ['{folder}/']")
    for setting in ("enable_external_access = false", "lock_configuration = true"):
        connection.execute(f"set {setting}")


def _check_schema(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
    if not tables:
        _create_schema(connection)
        return
    if "schema_version" not in tables:
        raise DatabaseError(
            f"The file {path} is a DuckDB database, but not one of Blindpair's; name another file."
        )
    (version,) = connection.execute("select max(version) from schema_version").fetchall()[0]
    if version in MIGRATIONS:
        migrate(connection, path, version)
    elif version != SCHEMA_VERSION:
        raise DatabaseError(
            f"The database {path} has schema version {version}; this program reads version {SCHEMA_VERSION}. "
            "Use the program's version that wrote it."
        )


def _create_schema(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("begin transaction")
    connection.execute(schema())
    connection.executemany("insert into unblinding values (?, ?, ?, ?)", list(unblinding_table()))
    connection.execute("insert into schema_version values (?, ?)", [SCHEMA_VERSION, token_hex(16)])
    connection.execute("commit")


def _database_id(connection: duckdb.DuckDBPyConnection) -> str:
    return str(connection.execute("select database_id from schema_version").fetchall()[0][0])


def _restore(database: Database, lines: list[Line]) -> None:
    """Put back what the journal holds and the table lost, say so, and start the journal again."""
    with database.writing() as cursor:
        held = {
            judgment_id
            for (judgment_id,) in cursor.execute(
                "select judgment_id from judgment where list_contains(?, judgment_id)",
                [[judgment.judgment_id for judgment, _, _ in lines]],
            ).fetchall()
        }
        missing = [line for line in lines if line[0].judgment_id not in held]
        for judgment, assignment, rater in missing:
            if not _holds(cursor, "rater", rater.rater_id):
                rows.insert(cursor, rater)
            if not _holds(cursor, "assignment", assignment.assignment_id):
                rows.insert(cursor, assignment)
            rows.insert(cursor, judgment)
        for study_id, count in Counter(line[0].study_id for line in missing).items():
            log_event(cursor, "judgments_restored", study_id=study_id, details={"count": count})
    if missing:
        log.warning(
            "%d judgments were missing from %s and came back from its journal", len(missing), database.path
        )
    database.connection.execute("checkpoint")
    database.journal.start_again()


def _holds(cursor: duckdb.DuckDBPyConnection, table: str, key: str) -> bool:
    return bool(cursor.execute(f"select 1 from {table} where {table}_id = ?", [key]).fetchall())


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
        log.debug("nothing to roll back: %s", _first_line(error))


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
