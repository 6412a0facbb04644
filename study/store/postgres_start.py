"""What a start makes of the tables in PostgreSQL, by one replica at a time: new ones, or older ones changed and completed."""

import logging
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from study.errors import DatabaseError
from study.store import migrations
from study.store.database import judgment_count
from study.store.file import CONFIG, first_line, sync_folder
from study.store.file_migration import check_count, failure
from study.store.migrations import (
    bring_up,
    check_version,
    drop_views,
    missing_answers,
    older_tables,
    schema,
    view_marks,
)
from study.store.mirror import fill, tables_in
from study.store.places import PostgresAddress
from study.store.postgres_rows import copied
from study.store.postgres_schema import create, in_postgres

MIGRATION_NAME = "blindpair migration"
# How long a table is waited for that somebody reads.
PATIENCE = "300s"

# Whoever follows the log copies everything again. What it told of older tables is of no use any more.
_TELL_ALL = "insert into change select max(seq) + 1, clock_timestamp() at time zone 'utc', null from change"
_FORGET = "delete from change where seq < (select max(seq) from change)"

log = logging.getLogger("blindpair")


def make_tables(connection: psycopg.Connection[Any], address: PostgresAddress) -> None:
    """Make the tables in an empty schema, or bring older ones to the present schema.

    Raises
    ------
    DatabaseError
        If there are tables of another program, or of a newer version of this one, or a migration fails.
    """
    found = connection.execute(
        "select tablename from pg_tables where schemaname = current_schema()"
    ).fetchall()
    tables = {name for (name,) in found}
    if not tables:
        create(connection)
        return
    if not {"schema_version", "change"} <= tables:
        raise DatabaseError(
            f"{address} holds tables, but not those of Blindpair ({', '.join(sorted(tables)[:5])}); name an empty database"
        )
    (version,) = connection.execute("select max(version) from schema_version").fetchall()[0]
    check_version(address, version)
    if version != migrations.SCHEMA_VERSION:
        migrate(connection, address, version)
    complete(connection, address)


def migrate(connection: psycopg.Connection[Any], address: PostgresAddress, version: int) -> None:
    """Bring the tables to the present schema, in one transaction; a copy of them stays where backups of the database stand.

    The copy is a database file of the older schema, which ``study restore`` puts back as it does a backup. Replicas that still
    run under the older schema refuse to write from then on.

    Raises
    ------
    DatabaseError
        If the copy cannot be made, or the migration fails; the database is as it was.
    """
    aside = address.path.with_name(f"{address.path.name}.version-{version}")
    (name,) = connection.execute("select current_setting('application_name')").fetchall()[0]
    connection.execute("select set_config('application_name', %s, false)", [MIGRATION_NAME])
    with connection.transaction():
        connection.execute(f"set local lock_timeout = '{PATIENCE}'")
        before = _copy(connection, address, version, aside)
        try:
            bring_up(connection.execute, version, dialect=in_postgres)
            _restart_orders(connection)
            check_count(before, _judgment_count(connection))
            connection.execute(_TELL_ALL)
            connection.execute(_FORGET)
        except (psycopg.Error, DatabaseError) as error:
            raise DatabaseError(failure(address, version, error, aside)) from error
    connection.execute("select set_config('application_name', %s, false)", [name])
    log.warning(
        "%s was brought from schema version %d to %d; a copy of what it held stays as %s",
        address,
        version,
        migrations.SCHEMA_VERSION,
        aside,
    )


def complete(connection: psycopg.Connection[Any], address: PostgresAddress) -> None:
    """Add what a database of the present schema lacks: answers in ``unblinding``, and views that this program defines.

    Only people read the views here; where they cannot be made again, that is said and nothing else.
    """
    missing = missing_answers(connection.execute("select response, side_of_a from unblinding").fetchall())
    if missing:
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany("insert into unblinding values (%s, %s, %s, %s)", missing)
            cursor.execute(_TELL_ALL)
    comments = connection.execute(
        "select relname, obj_description(oid, 'pg_class') from pg_class "
        "where relkind = 'v' and relnamespace = current_schema()::regnamespace"
    ).fetchall()
    if view_marks().items() <= dict(comments).items():
        return
    try:
        with connection.transaction():
            drop_views(connection.execute)
            connection.execute(schema(views_only=True))
    except psycopg.Error as error:
        log.warning(
            "The views in %s are those of an older version and could not be made again: %s",
            address,
            first_line(error),
        )


def _copy(connection: psycopg.Connection[Any], address: PostgresAddress, version: int, aside: Path) -> int:
    """Write all tables into a database file of their schema; return how many judgments there are."""
    unfinished = aside.with_name(aside.name + ".part")
    try:
        aside.parent.mkdir(parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        with duckdb.connect(str(unfinished), config=dict(CONFIG)) as copy:
            copy.execute(older_tables(version))
            copy.execute("begin transaction")
            for table in tables_in(copy).values():
                for rows in copied(connection, table):
                    fill(copy, table.name, rows)
            copy.execute("commit")
            copy.execute("checkpoint")
            held, count = judgment_count(copy), _judgment_count(connection)
        if held != count:
            raise DatabaseError(f"The copy {aside} holds {held} judgments, {address} {count}; try again.")
        unfinished.rename(aside)
        sync_folder(aside.parent)
    except (OSError, duckdb.Error) as error:
        raise DatabaseError(
            f"{address} could not be copied to {aside} before its schema is changed: {first_line(error)} Nothing was "
            "changed; make room, or name a folder that can be written to by BLINDPAIR_BACKUP_FOLDER."
        ) from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return held


def _judgment_count(connection: psycopg.Connection[Any]) -> int:
    return int(connection.execute("select count(*) from judgment").fetchall()[0][0])


def _restart_orders(connection: psycopg.Connection[Any]) -> None:
    """Have the numbers by which rows keep their order go on behind the last one."""
    tables = connection.execute(
        "select table_name from information_schema.columns where column_name = 'row_order' and table_schema = current_schema() "
        "and table_name in (select tablename from pg_tables where schemaname = current_schema())"
    ).fetchall()
    for (name,) in tables:
        connection.execute(
            f"select setval(pg_get_serial_sequence('{name}', 'row_order'), coalesce(max(row_order), 0) + 1, false) from {name}"
        )
