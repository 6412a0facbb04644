"""A consistent copy of the database while it is in use."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from study.errors import DatabaseError, InvalidInput
from study.store.behalf import researchers_only
from study.store.database import CONFIG, Database, backup_folder, log_event


@researchers_only
def backup(db: Database, target: Path | str | None = None) -> Path:
    """Copy everything into a new file, check that the copy opens and holds as many judgments, and return its path.

    Raises
    ------
    InvalidInput
        If the target is there already.
    DatabaseError
        If the copy cannot be written or does not hold what the database holds.
    """
    if target is None:
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
        target = backup_folder(db.path) / f"{db.path.stem}-{stamp}.duckdb"
    target = Path(target)
    if target.exists():
        raise InvalidInput(f"the backup file {target} is there already; name a new one")
    target.parent.mkdir(parents=True, exist_ok=True)
    # The one folder that SQL may write to; see _shut_in.
    unfinished = backup_folder(db.path) / f"{target.name}.part"
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    unfinished.unlink(missing_ok=True)
    with db.writing() as cursor:  # before the copy, so that the copy has it too
        log_event(cursor, "backup_begun", details={"file": target.name})
    with db.lock, db.reading() as cursor:
        version = CONFIG["storage_compatibility_version"]
        quoted = str(unfinished).replace("'", "''")
        try:
            source = cursor.execute("select current_database()").fetchall()[0][0]
            cursor.execute(f"attach '{quoted}' as copy_of_all (storage_version '{version}')")
            try:
                cursor.execute(f'copy from database "{source}" to copy_of_all')
                expected = _judgment_count(cursor)
            finally:
                cursor.execute("detach copy_of_all")
        except duckdb.Error as error:
            unfinished.unlink(missing_ok=True)
            raise DatabaseError(f"the backup {target} could not be written: {error}") from error
    with duckdb.connect(str(unfinished), config={**CONFIG, "access_mode": "read_only"}) as copy:
        held = _judgment_count(copy)
    if held != expected:
        raise DatabaseError(f"the backup holds {held} judgments, the database {expected}; it was not kept")
    shutil.move(unfinished, target)
    return target


def _judgment_count(connection: duckdb.DuckDBPyConnection) -> int:
    return int(connection.execute("select count(*) from judgment").fetchall()[0][0])
