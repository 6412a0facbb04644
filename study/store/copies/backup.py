"""Backups of the database while it is in use: make, check, thin out; `study.store.copies.restoring` restores them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import duckdb

from study import logs
from study.errors import DatabaseError, InvalidInput
from study.records import utc_now
from study.store.engine.acting_person import researchers_only
from study.store.engine.address import Place, path_of
from study.store.engine.database import Database, judgment_count, log_event
from study.store.engine.file_checkpoint import CONFIG, log_path

STAMP = "%Y%m%d-%H%M%S-%f"
KEEP_LATEST = 8
KEEP_DAYS = 30


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was named by the program."""

    path: Path
    made_at: datetime
    size: int


@researchers_only
def backup(db: Database, target: Path | str | None = None) -> Path:
    """Copy everything into a new file, check that it opens and has the same number of judgments, and return its path.

    Writers wait while a file and its log are copied; the copy is opened and checked afterwards.

    Raises
    ------
    InvalidInput
        If the target already exists.
    DatabaseError
        If the copy cannot be written or is not complete.
    """
    target = Path(target) if target else None
    if target and target.exists():
        raise InvalidInput(f"the backup file {target} already exists; choose another name")
    with db.writing() as cursor:  # before the copy, so that the copy contains it
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
    """Return the folder of a database's backups."""
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
    """Remove backups except the latest 8 and the last of each of the latest 30 days; return the removed ones."""
    known = backups(path)
    last_of_day = {one.made_at.date(): one for one in reversed(known)}
    oldest = (now or utc_now()) - timedelta(days=KEEP_DAYS)
    kept = {*known[:KEEP_LATEST], *(one for one in last_of_day.values() if one.made_at >= oldest)}
    gone = [one.path for one in known if one not in kept]
    for file in gone:
        file.unlink()
    return gone


def _written_whole(path: Path) -> int:
    """Open a copy, write its log into the file, and return its number of judgments."""
    with duckdb.connect(str(path), config=dict(CONFIG)) as copy:
        copy.execute("checkpoint")
        return judgment_count(copy)
