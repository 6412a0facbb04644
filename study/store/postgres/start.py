"""Create, migrate and complete the tables in PostgreSQL at startup, one replica at a time, under the advisory lock."""

import logging
from contextlib import suppress
from pathlib import Path

import duckdb
import psycopg

from study.errors import DatabaseError
from study.store.engine import migrations
from study.store.engine.address import PostgresAddress
from study.store.engine.database import judgment_count
from study.store.engine.file_checkpoint import CONFIG, first_line, sync_folder
from study.store.engine.file_migration import check_count, failure
from study.store.engine.migrations import (
    bring_up,
    check_version,
    drop_views,
    missing_codes,
    older_tables,
    schema,
    view_marks,
)
from study.store.postgres.mirror import fill, tables_in
from study.store.postgres.rows import copied
from study.store.postgres.schema import create, in_postgres

MIGRATION_NAME = "blindpair migration"
# How long a migration waits for readers of a table.
PATIENCE = "300s"

# Replicas that follow the log copy everything again; its older lines describe tables that no longer exist.
_TELL_ALL = "insert into change select max(seq) + 1, clock_timestamp() at time zone 'utc', null from change"
_FORGET = "delete from change where seq < (select max(seq) from change)"

log = logging.getLogger("blindpair")


def make_tables(connection: psycopg.Connection, address: PostgresAddress) -> None:
    """Create the tables in an empty schema, or migrate older ones to the present version.

    Raises
    ------
    DatabaseError
        If the tables belong to another program or to a newer version of this one, or a migration fails.
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


def migrate(connection: psycopg.Connection, address: PostgresAddress, version: int) -> None:
    """Migrate the tables to the present version in one transaction, after copying them to a file in the backup folder.

    The copy is a database file of the older version, which ``study restore`` accepts like any backup. Replicas of the older
    version that are still running refuse to write from then on.

    Raises
    ------
    DatabaseError
        If the copy or the migration fails; the database is unchanged.
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
        except psycopg.errors.DependentObjectsStillExist as error:
            raise DatabaseError(
                f"{address} cannot be migrated while other objects read its views: {error.diag.message_detail}. Nothing was "
                "changed. Drop these objects, start again, and create them again afterwards."
            ) from error
        except (psycopg.Error, DatabaseError) as error:
            raise DatabaseError(failure(address, version, error, aside)) from error
    connection.execute("select set_config('application_name', %s, false)", [name])
    log.warning(
        "%s was migrated from schema version %d to %d; the copy of the older tables is %s",
        address,
        version,
        migrations.SCHEMA_VERSION,
        aside,
    )


def complete(connection: psycopg.Connection, address: PostgresAddress) -> None:
    """Add answer codes that ``preference_code`` lacks, and replace views whose definition changed.

    The program itself does not read the views in PostgreSQL, so a failure to replace them is only logged.
    """
    known = connection.execute("select response from preference_code").fetchall()
    missing = missing_codes(response for (response,) in known)
    if missing:
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany("insert into preference_code values (%s, %s, %s, %s)", missing)
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
            "The views in %s have the definition of an older version and could not be replaced: %s",
            address,
            first_line(error),
        )


def _copy(connection: psycopg.Connection, address: PostgresAddress, version: int, aside: Path) -> int:
    """Copy all tables to a database file of their schema version; return the number of judgments."""
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
            f"{address} could not be copied to {aside} before the migration: {first_line(error)} Nothing was changed; free some "
            "space, or set BLINDPAIR_BACKUP_FOLDER to a folder that can be written to."
        ) from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return held


def _judgment_count(connection: psycopg.Connection) -> int:
    return int(connection.execute("select count(*) from judgment").fetchall()[0][0])


def _restart_orders(connection: psycopg.Connection) -> None:
    """Restart the sequences that number rows, after the last number in use."""
    tables = connection.execute(
        "select table_name from information_schema.columns where column_name = 'row_order' and table_schema = current_schema() "
        "and table_name in (select tablename from pg_tables where schemaname = current_schema())"
    ).fetchall()
    for (name,) in tables:
        connection.execute(
            f"select setval(pg_get_serial_sequence('{name}', 'row_order'), coalesce(max(row_order), 0) + 1, false) from {name}"
        )
