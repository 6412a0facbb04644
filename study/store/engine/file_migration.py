"""Migrate a database file to the present schema version, after copying it; and complete it at each start."""

import logging

import duckdb

from study.errors import DatabaseError
from study.store.engine import migrations
from study.store.engine.database import judgment_count
from study.store.engine.file_checkpoint import DatabaseFile, first_line, sync_folder
from study.store.engine.migrations import bring_up, drop_views, missing_codes, schema, view_marks

log = logging.getLogger("blindpair")


def migrate(file: DatabaseFile, version: int) -> None:
    """Migrate a database file to the present version in one transaction; a copy of the older file stays next to it.

    Raises
    ------
    DatabaseError
        If the copy or the migration fails; the file is unchanged.
    """
    path, aside = file.path, file.path.with_name(f"{file.path.name}.version-{version}")
    try:
        if not file.checkpoint():
            raise DatabaseError(
                f"There is not enough disk space to copy {path} before its schema is changed; free some "
                "space first."
            )
        file.copy(aside)
        sync_folder(aside.parent)
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
        "%s was migrated from schema version %d to %d; the older file is kept as %s",
        path,
        version,
        migrations.SCHEMA_VERSION,
        aside,
    )


def migrated(cursor: duckdb.DuckDBPyConnection, version: int) -> None:
    """Migrate the tables to the present version, inside the caller's transaction.

    Raises
    ------
    DatabaseError
        If the number of judgments changes.
    """
    before = judgment_count(cursor)
    bring_up(cursor.execute, version)
    check_count(before, judgment_count(cursor))


def check_count(before: int, after: int) -> None:
    """Raise DatabaseError if a migration changed the number of judgments."""
    if after != before:
        raise DatabaseError(f"{after} of {before} judgments would be left.")


def failure(place: object, version: int, error: Exception, aside: object) -> str:
    """Return the message for a failed migration: the cause and the remedy."""
    return (
        f"{place} could not be migrated from schema version {version} to {migrations.SCHEMA_VERSION}: "
        f"{first_line(error)} Nothing was changed; there is a copy in {aside}. Go back to your earlier "
        "version of the program, and report this."
    )


def complete(connection: duckdb.DuckDBPyConnection) -> None:
    """Add answer codes that ``preference_code`` lacks, and replace views whose definition changed.

    Raises
    ------
    DatabaseError
        If they cannot be written.
    """
    known = connection.execute("select response from preference_code").fetchall()
    comments = connection.execute(
        "select view_name, comment from duckdb_views() where not internal"
    ).fetchall()
    missing, are_older = (
        missing_codes(one for (one,) in known),
        not view_marks().items() <= dict(comments).items(),
    )
    if not (missing or are_older):
        return
    try:
        connection.execute("begin transaction")
        if missing:
            connection.executemany("insert into preference_code values (?, ?, ?, ?)", missing)
        if are_older:
            drop_views(connection.execute)
            connection.execute(schema(views_only=True))
        connection.execute("commit")
    except duckdb.Error as error:
        raise DatabaseError(f"The database could not be updated: {first_line(error)}") from error
