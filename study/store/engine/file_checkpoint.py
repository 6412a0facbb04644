"""The database file: its lock, and checkpoints during which a kill or a power cut cannot damage the file.

At a checkpoint, DuckDB rewrites its metadata block in place, the very block that the file's header points to (seen in
1.5.5 and 2.0.1: block 0 changes at each checkpoint and both headers name it). A kill in the middle of that write leaves a
file that no longer opens: 2 of 421 kills with 1.5.5. So DuckDB's automatic checkpoints are off. Commits go to its
write-ahead log, which only grows; before the log is written into the file, both are copied as a pair. A start that finds
such a pair uses it, because the checkpoint after it may not have been completed.
"""

import fcntl
import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import duckdb

from study.errors import DatabaseBusy, DatabaseError
from study.records import utc_now

CONFIG = {
    "storage_compatibility_version": "v1.5.0",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "checkpoint_threshold": "1TB",
}

CLOSE_TRIES = 100
CLOSE_PAUSE_SECONDS = 0.05
EMPTY = "0 bytes"  # how DuckDB writes the size of an empty log

log = logging.getLogger("blindpair")


class DatabaseFile:
    """A database file held by this process, and DuckDB's connection to it."""

    def __init__(self, path: Path) -> None:
        """Connect, using the copy if a checkpoint was interrupted.

        Raises
        ------
        DatabaseBusy
            If another process holds the file.
        DatabaseError
            If the file is damaged or not a database.
        """
        self.path = path
        self.connection = _connected(path, _connect_with_whole_log)
        # Kept open as long as DuckDB uses the file: closing any handle to it releases DuckDB's lock.
        self._stream = path.open("rb")
        self._broken = False

    def checkpoint(self) -> bool:
        """Copy file and log, then write the log into the file; nothing else may be writing. Return whether it was done.

        Without room for the copies, or with a reader in the way, everything stays in the log, which is as safe but slower
        to open. The checkpoint counts as done when DuckDB itself reports an empty log, not because it was told to empty it.

        Raises
        ------
        DatabaseError
            If DuckDB could not write the file: the copies stay, and the next start uses them. Or if the copies could not be
            deleted.
        """
        if self._broken:
            return False
        self._drop_aside()
        if not self.log_size():
            return self._has_empty_log()
        try:
            _set_aside(self.path, self._stream)
        except OSError as error:
            self._drop_aside()
            log.warning("The log of %s is kept, because no copy could be made: %s", self.path, error)
            return False
        try:
            with self.connection.cursor() as cursor:
                cursor.execute("checkpoint")
        except duckdb.TransactionException as error:
            self._drop_aside()
            log.warning("The log of %s is kept: %s", self.path, first_line(error))
            return False
        except duckdb.Error as error:
            self._broken = True
            raise DatabaseError(
                f"The database {self.path} could not be written: {first_line(error)} Nothing is lost: free "
                "some disk space and start again."
            ) from error
        self._drop_aside()
        return self._has_empty_log()

    def _has_empty_log(self) -> bool:
        """Return whether the log is empty, both according to DuckDB and by the file next to the database."""
        with self.connection.cursor() as cursor:
            ((size,),) = cursor.execute(
                "select wal_size from pragma_database_size() where database_name = current_database()"
            ).fetchall()
        if size == EMPTY and not self.log_size():
            return True
        log.warning(
            (
                "The log of %s still holds %s after a checkpoint, so the journal is kept. Was the file "
                "moved while it was open?"
            ),
            self.path,
            size,
        )
        return False

    def _drop_aside(self) -> None:
        """Delete the copies made for a checkpoint.

        Raises
        ------
        DatabaseError
            If one cannot be deleted.
        """
        try:
            drop_aside(self.path)
        except OSError as error:
            raise DatabaseError(
                f"The copy {aside_path(self.path)} of a finished checkpoint could not be deleted: {error}. "
                "Delete it before the next start, which would restore it."
            ) from error

    def copy(self, target: Path) -> None:
        """Copy the file without its log, as the last checkpoint left it."""
        self._stream.seek(0)
        _copy(self._stream, target)

    def copy_with_log(self, target: Path) -> None:
        """Copy the file and its log as a pair that opens as one database; nothing else may be writing."""
        _copy_pair(self.path, self._stream, target)

    def size(self) -> int:
        """Return the size of the file in bytes, without its log."""
        return os.fstat(self._stream.fileno()).st_size

    def log_size(self) -> int:
        """Return the size of the write-ahead log in bytes."""
        try:
            return log_path(self.path).stat().st_size
        except FileNotFoundError:
            return 0

    @property
    def closed(self) -> bool:
        """Whether the file was closed."""
        return self._stream.closed

    def close(self) -> None:
        """Close the file as it is, after calls of other threads that are still under way.

        DuckDB 2 refuses to close a busy connection, where older versions waited.
        """
        for _ in range(CLOSE_TRIES):
            try:
                self.connection.close()
                break
            except duckdb.Error as error:
                log.debug("the connection is still busy: %s", first_line(error))
                time.sleep(CLOSE_PAUSE_SECONDS)
        else:
            self.connection.close()
        self._stream.close()


def log_path(path: Path) -> Path:
    """Return the path of DuckDB's write-ahead log of a database file."""
    return path.with_name(path.name + ".wal")


def aside_path(path: Path) -> Path:
    """Return the path of the copy of a database file during a checkpoint."""
    return path.with_name(path.name + ".checkpointing")


def connect_to_read(path: Path) -> duckdb.DuckDBPyConnection:
    """Connect to a database file as it is, and lock out other processes; a damaged log stays in place.

    Raises
    ------
    DatabaseBusy
        If another process holds the file.
    DatabaseError
        If file or log is damaged, or the file is not a database.
    """
    return _connected(path, _connect)


def _connected(path: Path, connect: Callable[[Path], duckdb.DuckDBPyConnection]) -> duckdb.DuckDBPyConnection:
    with _one_at_a_time(path.parent):
        if aside_path(path).exists():
            _end_other_checkpoint(path)
        return connect(path)


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Let one process at a time replace a database's files, so that none removes a file that another has just opened."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError as error:  # the file system has no such locks
            log.debug("%s cannot be locked: %s", folder, error)
        yield
    finally:
        os.close(handle)


def put_in_place(path: Path, finished: Path) -> None:
    """Replace a database file, including its log, with a finished file.

    Raises
    ------
    DatabaseBusy
        If a process holds the file. Nothing is changed then.
    """
    with _one_at_a_time(path.parent):
        if path.exists():
            _connect_if_free(path)
        drop_aside(path)
        finished.rename(aside_path(path))  # from now on, opening the database takes it from there
        take_back(path)


def _end_other_checkpoint(path: Path) -> None:
    """Restore the copies of an interrupted checkpoint; a checkpoint that still runs holds the file.

    Raises
    ------
    DatabaseBusy
        If a process holds the file.
    """
    _connect_if_free(path)
    take_back(path)


def _connect_if_free(path: Path) -> None:
    """Raise DatabaseBusy if a process holds the file; a file that does not open is not an error."""
    try:
        _connect(path).close()
    except DatabaseBusy:
        raise
    except DatabaseError as error:
        log.warning("%s", error)


def _connect_with_whole_log(path: Path) -> duckdb.DuckDBPyConnection:
    """Connect; move a write-ahead log that DuckDB refuses aside, since the journal also has its judgments.

    Studies and their states are in the file itself, which is checkpointed at each start and after each change to them.
    """
    try:
        return _connect(path)
    except DatabaseError as error:
        damaged = log_path(path)
        if "replaying WAL file" not in str(error) or not damaged.exists():
            raise
        aside = damaged.with_name(f"{damaged.name}.damaged-{utc_now():%Y%m%d-%H%M%S}")
        damaged.rename(aside)
        log.warning(
            "The log of %s was damaged and is kept as %s. Judgments are restored from the journal, but "
            "raters without an answer, and entries of the audit log since the last start, may be lost. %s",
            path,
            aside,
            error,
        )
        return _connect(path)


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        connection = duckdb.connect(str(path), config=dict(CONFIG))
        connection.execute("pragma disable_checkpoint_on_shutdown")
        shut_in(connection)
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
            f"The database {path} cannot be opened: {first_line(error)} {_way_out(path)}"
        ) from error


def shut_in(connection: duckdb.DuckDBPyConnection) -> None:
    """Forbid SQL to read or write other files, load extensions, or change these settings."""
    for setting in ("enable_external_access = false", "lock_configuration = true"):
        connection.execute(f"set {setting}")


def _way_out(path: Path) -> str:
    known = sorted((path.parent / "backups").glob(f"{path.stem}-*.duckdb"))
    if not known:
        return "There is no backup next to it; name another file with BLINDPAIR_DB or --db."
    return (
        f"Its last backup is {known[-1]}: restore it with `python -m study restore`, or name another file "
        "with --db."
    )


def _set_aside(path: Path, file: BinaryIO) -> None:
    """Copy file and log; the pair is valid as soon as the copy of the file has its name.

    Raises
    ------
    OSError
        If the copies cannot be written; nothing is changed then.
    """
    drop_aside(path)
    aside = aside_path(path)
    unfinished = aside.with_name(aside.name + ".part")
    try:
        _copy_pair(path, file, unfinished)
        if log_path(unfinished).exists():
            log_path(unfinished).rename(log_path(aside))
        unfinished.rename(aside)
        sync_folder(path.parent)
    except OSError:
        unfinished.unlink(missing_ok=True)
        log_path(unfinished).unlink(missing_ok=True)
        drop_aside(path)
        raise


def drop_aside(path: Path) -> None:
    """Delete the copy after a completed checkpoint."""
    aside = aside_path(path)
    if aside.exists():
        aside.unlink()
        # It must not come back after a power cut, since it lacks the commits that follow.
        sync_folder(path.parent)
    log_path(aside).unlink(missing_ok=True)


def take_back(path: Path) -> None:
    """Replace the file with the copy that an interrupted checkpoint left; safe to interrupt and repeat."""
    aside = aside_path(path)
    if log_path(aside).exists():
        unfinished = log_path(path).with_name(log_path(path).name + ".part")
        copy_whole(log_path(aside), unfinished)
        unfinished.rename(log_path(path))
    else:
        log_path(path).unlink(missing_ok=True)
    aside.rename(path)
    sync_folder(path.parent)
    drop_aside(path)
    log.warning(
        "%s was restored from the copy that an interrupted checkpoint or restoration had made",
        path,
    )


def copy_whole(source: Path, target: Path) -> None:
    """Copy a file that DuckDB does not have open, and wait until the copy is on disk."""
    with source.open("rb") as stream:
        _copy(stream, target)


def _copy_pair(path: Path, file: BinaryIO, target: Path) -> None:
    log_path(target).unlink(missing_ok=True)
    if log_path(path).exists():
        copy_whole(log_path(path), log_path(target))
    file.seek(0)
    _copy(file, target)


def _copy(source: BinaryIO, target: Path) -> None:
    with target.open("wb") as stream:
        shutil.copyfileobj(source, stream, 1 << 20)
        stream.flush()
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until added and removed names in a folder are on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def first_line(error: Exception) -> str:
    """Return the message of a DuckDB error, without its stack."""
    return str(error).strip().splitlines()[0]
