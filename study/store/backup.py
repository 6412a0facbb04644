"""Copies of the database while it is in use: made, checked, thinned out, and put back."""

import logging
import os
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import duckdb

from study import logs
from study.errors import DatabaseBusy, DatabaseError, InvalidInput, NotFound
from study.records import utc_now
from study.store.behalf import researchers_only
from study.store.database import Database, judgment_count, log_event
from study.store.erasure import Erased, erase_again, erased_in
from study.store.file import CONFIG, DatabaseFile, aside_path, copy_whole, drop_aside, log_path
from study.store.opening import open_database, open_file
from study.store.places import Place, path_of
from study.store.studies import studies
from study.store.way import erase

STAMP = "%Y%m%d-%H%M%S-%f"
KEEP_LATEST = 8
KEEP_DAYS = 30

log = logging.getLogger("blindpair")


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that the program named itself."""

    path: Path
    made_at: datetime
    size: int


@researchers_only
def backup(db: Database, target: Path | str | None = None) -> Path:
    """Copy everything into a new file, check that the copy opens and holds as many judgments, and return its path.

    Writers wait while a file and its log are copied; the copy is opened and checked afterwards.

    Raises
    ------
    InvalidInput
        If the target is there already.
    DatabaseError
        If the copy cannot be written or does not hold what the database holds.
    """
    target = Path(target) if target else None
    if target and target.exists():
        raise InvalidInput(f"the backup file {target} is there already; name a new one")
    with db.writing() as cursor:  # before the copy, so that the copy has it too
        log_event(cursor, "backup_begun", details={"file": target.name if target else None})
    target = target or backup_folder(db.path) / f"{db.path.stem}-{datetime.now(UTC).strftime(STAMP)}.duckdb"
    unfinished = target.with_name(target.name + ".part")
    start = monotonic()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        expected = db.copy_to(unfinished)
        held = _written_whole(unfinished)
        if held != expected:
            raise DatabaseError(
                f"the backup holds {held} judgments, the database {expected}; it was not kept"
            )
        unfinished.rename(target)
    except (OSError, duckdb.Error) as error:
        raise DatabaseError(f"the backup {target} could not be written: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
        log_path(unfinished).unlink(missing_ok=True)
    seconds, megabytes = round(monotonic() - start, 2), round(target.stat().st_size / 1e6, 1)
    text = "Backup %s: %.1f MB in %.1f s"
    logs.tell("backup_made", text, target, megabytes, seconds, megabytes=megabytes, seconds=seconds)
    return target


def backup_folder(place: Place) -> Path:
    """Return where the backups of a database stand."""
    return path_of(place).parent / "backups"


def backups(place: Place) -> list[Backup]:
    """Return the backups of a database, the newest first."""
    found, path = [], path_of(place)
    for file in backup_folder(path).glob(f"{path.stem}-*.duckdb"):
        try:
            made_at = datetime.strptime(file.stem.removeprefix(f"{path.stem}-"), STAMP)
        except ValueError:
            continue  # named by a person, or of another database
        found.append(Backup(file, made_at, file.stat().st_size))
    return sorted(found, key=lambda one: one.made_at, reverse=True)


def thin_out(path: Path, now: datetime | None = None) -> list[Path]:
    """Remove backups that are not among the latest 8 nor the last of one of the latest 30 days; return what went."""
    known = backups(path)
    last_of_day = {one.made_at.date(): one for one in reversed(known)}
    oldest = (now or utc_now()) - timedelta(days=KEEP_DAYS)
    kept = {*known[:KEEP_LATEST], *(one for one in last_of_day.values() if one.made_at >= oldest)}
    gone = [one.path for one in known if one not in kept]
    for file in gone:
        file.unlink()
    return gone


def restore(place: Place, source: Path) -> Path | None:
    """Put a backup in the place of a database; return where what was there before stands.

    A file must be open nowhere. Judgments that its journal holds and the backup lacks come back when it is opened. Raters and
    profiles that were erased since the backup was made are erased from it again, as far as what is replaced can still be read.
    Replicas of the app that share a PostgreSQL database may go on meanwhile.

    Raises
    ------
    NotFound
        If there is no such backup.
    DatabaseBusy
        If a process holds the database file.
    DatabaseError
        If the backup does not open. Nothing was changed then.
    """
    if not source.exists():
        raise NotFound(f"there is no backup {source}; `python -m study backups` lists them")
    return _restore_file(place, source) if isinstance(place, Path) else _restore_shared(place, source)


def _restore_file(path: Path, source: Path) -> Path | None:
    erased = _erased_since(path) if path.exists() else Erased()
    unfinished = path.with_name(path.name + ".restoring")
    try:
        copy_whole(source, unfinished)
        _written_whole(unfinished)
    except (OSError, duckdb.Error) as error:
        unfinished.unlink(missing_ok=True)
        raise DatabaseError(f"the backup {source} cannot be put back: {error}") from error
    replaced = _second_name(path)
    drop_aside(path)
    unfinished.rename(aside_path(path))  # whoever opens the database now takes it from there
    with closing(open_file(path, erased)) as db:
        _erase_again(db, erased)
    return replaced


def _restore_shared(place: Place, source: Path) -> Path | None:
    with TemporaryDirectory() as folder, closing(open_database(place)) as db:
        copy = Path(folder) / "backup.duckdb"
        try:
            copy_whole(source, copy)
            found = open_database(copy)
        except (OSError, DatabaseError) as error:
            raise DatabaseError(f"the backup {source} cannot be put back: {error}") from error
        with closing(found), db.lock:
            with db.reading() as cursor:
                erased = erased_in(cursor)
            replaced = backup(db) if studies(db) else None
            db.replace_all(found)
            _erase_again(db, erased)
    return replaced


def _erase_again(db: Database, erased: Erased) -> None:
    for rater_id in erased.raters:
        erase(db, rater_id)
    for study_id, (marks, key) in erased.profiles.items():
        erase_again(db, study_id, marks, key)


def _second_name(path: Path) -> Path | None:
    """Give the database file and its log a name more, which they keep when they are replaced."""
    if not path.exists():
        return None
    second = path.with_name(f"{path.name}.replaced-{utc_now():%Y%m%d-%H%M%S-%f}")
    if log_path(path).exists():
        os.link(log_path(path), log_path(second))
    os.link(path, second)
    return second


def _erased_since(path: Path) -> Erased:
    """Return whom a database knows to be erased; nobody where it cannot be read any more."""
    try:
        file = DatabaseFile(path)
    except DatabaseBusy:
        raise
    except DatabaseError as error:
        log.warning("%s", error)
        return Erased()
    try:
        return erased_in(file.connection)
    except duckdb.Error as error:
        log.warning("Who was erased cannot be read from %s: %s", path, error)
        return Erased()
    finally:
        file.close()


def _written_whole(path: Path) -> int:
    """Open a copy, write its log into the file, and return how many judgments it holds."""
    with duckdb.connect(str(path), config=dict(CONFIG)) as copy:
        copy.execute("checkpoint")
        return judgment_count(copy)
