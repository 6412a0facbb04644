"""How the database is: whether it answers, what it is, who is at work."""

from datetime import datetime

import duckdb

from study.errors import DatabaseBusy, DatabaseError
from study.store.database import Database
from study.store.file import first_line


def probe(db: Database, patience: float) -> None:
    """Ask the database something trivial, in the place of a writer: who waits for one waits for all that stand before it.

    Parameters
    ----------
    db : Database
    patience : float
        Seconds to wait for the writer's place.

    Raises
    ------
    DatabaseBusy
        If another writer kept the place for that long.
    DatabaseError
        If the database does not answer, or is closed.
    """
    if not db.lock.acquire(timeout=patience):
        raise DatabaseBusy(f"The database was not free within {patience:g} s.")
    try:
        with db.reading() as cursor:
            cursor.execute("select count(*) from schema_version").fetchall()
    except duckdb.Error as error:
        raise DatabaseError(f"The database does not answer: {first_line(error)}") from error
    finally:
        db.lock.release()


def active_raters(db: Database, since: datetime) -> int:
    """Return how many raters have judged since a time, in UTC."""
    with db.reading() as cursor:
        found = cursor.execute(
            """
            select count(distinct a.rater_id) from judgment j join assignment a on a.assignment_id = j.assignment_id
            where j.judged_at >= ?
            """,
            [since],
        ).fetchall()
    return int(found[0][0])
