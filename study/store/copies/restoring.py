"""Restore a backup: it is opened, migrated and checked first; until that succeeds, the database stays unchanged."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from study.errors import DatabaseBusy, DatabaseError, NotFound, StudyError
from study.records import utc_now
from study.store.copies.backup import backup
from study.store.copies.erasure import erase_again
from study.store.engine.address import Place, PostgresAddress, place_of
from study.store.engine.database import Database
from study.store.engine.erased import Erased, erased_in
from study.store.engine.file_checkpoint import (
    CONFIG,
    aside_path,
    connect_to_read,
    copy_whole,
    first_line,
    log_path,
    put_in_place,
    sync_folder,
)
from study.store.opening import journal_path, open_database, open_file
from study.store.session.steps import erase
from study.store.studies.studies import all_studies

log = logging.getLogger("blindpair")


def restore(place: Place, source: Path) -> Path | None:
    """Replace a database with a backup; return the path of the replaced content.

    A database file must not be open in any process. Judgments in its journal that the backup lacks are added. Raters and
    profiles erased since the backup was made are erased from it again, if the replaced database can still be read. Replicas
    of the app that share a PostgreSQL database may keep running. A replaced file can be restored like a backup.

    Raises
    ------
    NotFound
        If there is no such backup.
    DatabaseBusy
        If a process holds the database file.
    DatabaseError
        If the backup does not open, has a schema that this program does not know, or cannot be written. The database is
        unchanged then.
    """
    if not source.exists():
        raise NotFound(f"there is no backup {source}; `python -m study backups` lists them")
    place = place_of(place)
    if isinstance(place, PostgresAddress):
        return _restore_shared(place, source)
    return _restore_file(place, source)


def _restore_file(path: Path, source: Path) -> Path | None:
    unfinished = path.with_name(path.name + ".restoring")
    with _held(path) as erased:
        _drop(unfinished)
        try:
            _copy(source, unfinished)
            with closing(open_file(unfinished, erased, journal_path(path))) as db:
                _erase_again(db, erased)
            if log_path(unfinished).exists():
                raise DatabaseError(f"There is not enough disk space for {source}; free some space first.")
            for left in _beside(unfinished):
                left.unlink()
        except (OSError, duckdb.Error, StudyError) as error:
            _drop(unfinished)
            text = str(error).replace(str(unfinished), str(source))
            raise DatabaseError(
                f"The backup {source} cannot be restored: {text} Nothing was changed in {path}."
            ) from error
    return _put_in_place(path, unfinished, source, erased)


def _restore_shared(place: PostgresAddress, source: Path) -> Path | None:
    with TemporaryDirectory() as folder, closing(open_database(place)) as db:
        copy = Path(folder) / "backup.duckdb"
        try:
            _copy(source, copy)
            found = open_database(copy)
        except (OSError, duckdb.Error, StudyError) as error:
            text = str(error).replace(str(copy), str(source))
            raise DatabaseError(
                f"The backup {source} cannot be restored: {text} Nothing was changed in {place}."
            ) from error
        with closing(found), db.lock:
            with db.reading() as cursor:
                erased = erased_in(cursor)
            _erase_again(found, erased)
            replaced = backup(db) if all_studies(db) else None
            try:
                db.replace_all(found)
            except StudyError as error:
                before = f" The former content of {place} is kept as {replaced}." if replaced else ""
                raise DatabaseError(f"The backup {source} was not restored: {error}.{before}") from error
    return replaced


def _copy(source: Path, target: Path) -> None:
    """Copy a database file, with its log and its journal if it has them, as a replaced file does.

    Raises
    ------
    duckdb.Error
        If it does not open, or a process writes to it.
    DatabaseError
        If it is not a Blindpair database.
    OSError
        If the copy cannot be written.
    """
    with duckdb.connect(str(source), config={**CONFIG, "access_mode": "read_only"}) as held:
        tables = held.execute("select table_name from duckdb_tables()").fetchall()
    if ("schema_version",) not in tables:
        raise DatabaseError(f"{source} is a DuckDB database, but not one of Blindpair's.")
    for named in (log_path, journal_path):
        if named(source).exists():
            copy_whole(named(source), named(target))
    copy_whole(source, target)


def _erase_again(db: Database, erased: Erased) -> None:
    for rater_id in erased.raters:
        erase(db, rater_id)
    for study_id, (marks, key) in erased.profiles.items():
        erase_again(db, study_id, marks, key)


@contextmanager
def _held(path: Path) -> Iterator[Erased]:
    """Lock a database file against other processes, if it opens; yield its records of erasures."""
    if not path.exists() and not aside_path(path).exists():
        yield Erased()
        return
    try:
        connection = connect_to_read(path)
    except DatabaseBusy:
        raise
    except (DatabaseError, OSError) as error:
        log.warning("%s", error)
        yield _erased_without_log(path)
        return
    with closing(connection):
        yield _erased_in(connection, path)


def _erased_without_log(path: Path) -> Erased:
    """Return a database's records of erasures when its log may be damaged; none if the file itself is."""
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "read.duckdb"
        try:
            copy_whole(path, copy)
            with closing(connect_to_read(copy)) as connection:
                return _erased_in(connection, path)
        except (DatabaseError, OSError) as error:
            log.warning("The list of erased people cannot be read from %s: %s", path, error)
            return Erased()


def _erased_in(connection: duckdb.DuckDBPyConnection, path: Path) -> Erased:
    try:
        return erased_in(connection)
    except duckdb.Error as error:
        log.warning("The list of erased people cannot be read from %s: %s", path, first_line(error))
        return Erased()


def _put_in_place(path: Path, checked: Path, source: Path, erased: Erased) -> Path | None:
    """Replace a database with a checked file, or leave everything unchanged."""
    replaced = None
    try:
        replaced = _second_name(path)
        put_in_place(path, checked)
        open_file(path, erased).close()
    except (OSError, duckdb.Error, StudyError) as error:
        _drop(checked)
        before = f"Nothing was changed in {path}."
        try:
            _take_back(path, replaced, is_busy=isinstance(error, DatabaseBusy))
        except OSError as failure:
            held = f"its former content is kept as {replaced}" if replaced else "there was none before"
            before = f"{path} could not be restored to its former state ({failure}); {held}."
        kind = DatabaseBusy if isinstance(error, DatabaseBusy) else DatabaseError
        raise kind(f"The backup {source} was not restored: {error} {before}") from error
    return replaced


def _second_name(path: Path) -> Path | None:
    """Give the database file and its log a second name, which they keep when they are replaced, and copy the journal.

    Without hard links in the file system, everything is copied.

    Raises
    ------
    OSError
        If that fails; no second name is left then.
    """
    if not path.exists():
        return None
    second = path.with_name(f"{path.name}.replaced-{utc_now():%Y%m%d-%H%M%S-%f}")
    try:
        if log_path(path).exists():
            _linked(log_path(path), log_path(second))
        if journal_path(path).exists():
            copy_whole(journal_path(path), journal_path(second))
        _linked(path, second)
        sync_folder(path.parent)
    except OSError:
        _drop(second)
        raise
    return second


def _linked(path: Path, second: Path) -> None:
    """Give a file that no process has open a second name; copy it if the file system has no hard links.

    Raises
    ------
    OSError
        If neither is possible; no file has the second name then.
    """
    try:
        os.link(path, second)
    except OSError as refused:
        log.debug("%s is copied, because it cannot be linked: %s", path, refused)
        try:
            copy_whole(path, second)
        except OSError:
            second.unlink(missing_ok=True)
            raise


def _take_back(path: Path, replaced: Path | None, *, is_busy: bool) -> None:
    """Bring back the replaced file; if another process has the database open, it has not been changed yet."""
    if replaced and not is_busy:
        kept: tuple[Callable[[Path], Path], ...] = (Path, log_path, journal_path)
        for named in kept:
            if named(replaced).exists():
                again = named(path).with_name(named(path).name + ".part")
                again.unlink(missing_ok=True)
                _linked(named(replaced), again)
                again.rename(named(path))
                again.unlink(missing_ok=True)  # renaming a file to another name of itself does nothing
            else:
                named(path).unlink(missing_ok=True)
    aside_path(path).unlink(missing_ok=True)
    sync_folder(path.parent)
    if replaced:
        _drop(replaced)


def _beside(path: Path) -> list[Path]:
    """Return the files made next to a file while it was checked, such as its journal and its older version."""
    return [one for one in path.parent.iterdir() if one.name.startswith(path.name) and one != path]


def _drop(path: Path) -> None:
    """Delete an unneeded file with the files next to it."""
    for one in (*_beside(path), path):
        with suppress(OSError):
            one.unlink(missing_ok=True)
