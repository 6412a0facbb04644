"""A database file of an older schema to the present one, after a copy was set aside; and what each start completes."""

import logging

import duckdb

from study.errors import DatabaseError
from study.store import migrations
from study.store.database import judgment_count
from study.store.file import DatabaseFile, first_line
from study.store.migrations import bring_up, drop_views, missing_answers, schema, view_marks

log = logging.getLogger("blindpair")


def migrate(file: DatabaseFile, version: int) -> None:
    """Bring a database file to the present schema, in one transaction; a copy of the older file stays beside it.

    Raises
    ------
    DatabaseError
        If the copy cannot be made, or the migration fails; the file is as it was.
    """
    path, aside = file.path, file.path.with_name(f"{file.path.name}.version-{version}")
    try:
        if not file.checkpoint():
            raise DatabaseError(
                f"There is no room to copy {path} before its schema is changed; make room first."
            )
        file.copy(aside)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise DatabaseError(
            f"{path} could not be copied to {aside} before its schema is changed: {error}"
        ) from error
    try:
        with file.connection.cursor() as cursor:
            cursor.execute("begin transaction")
            migrated(cursor, version)
            cursor.execute("commit")
    except (duckdb.Error, DatabaseError) as error:
        raise DatabaseError(failure(path, version, error, aside)) from error
    log.warning(
        "%s was brought from schema version %d to %d; the older file stays as %s",
        path,
        version,
        migrations.SCHEMA_VERSION,
        aside,
    )


def migrated(cursor: duckdb.DuckDBPyConnection, version: int) -> None:
    """Bring the tables behind a cursor to the present schema, in the caller's transaction.

    Raises
    ------
    DatabaseError
        If there are not as many judgments afterwards.
    """
    before = judgment_count(cursor)
    bring_up(cursor.execute, version)
    check_count(before, judgment_count(cursor))


def check_count(before: int, after: int) -> None:
    """Raise DatabaseError where a migration has not kept every judgment."""
    if after != before:
        raise DatabaseError(f"of {before} judgments {after} were left")


def failure(place: object, version: int, error: Exception, aside: object) -> str:
    """Return what to say, and what to do, when a migration failed."""
    return (
        f"{place} could not be brought from schema version {version} to {migrations.SCHEMA_VERSION}: {first_line(error)} "
        f"Nothing was changed, and a copy stands as {aside}. Go on with the program's version that wrote it, and report this."
    )


def complete(connection: duckdb.DuckDBPyConnection) -> None:
    """Add what a database of the present schema lacks: answers in ``unblinding``, and views that this program defines."""
    known = connection.execute("select response, side_of_a from unblinding").fetchall()
    comments = connection.execute(
        "select view_name, comment from duckdb_views() where not internal"
    ).fetchall()
    missing, are_older = missing_answers(known), not view_marks().items() <= dict(comments).items()
    if not (missing or are_older):
        return
    connection.execute("begin transaction")
    if missing:
        connection.executemany("insert into unblinding values (?, ?, ?, ?)", missing)
    if are_older:
        drop_views(connection.execute)
        connection.execute(schema(views_only=True))
    connection.execute("commit")
