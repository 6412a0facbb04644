"""The tables in PostgreSQL: those of ``schema.sql``, and the log of changes that the replicas follow."""

import re
from secrets import token_hex
from typing import Any

import psycopg

from study.blinding import unblinding_table
from study.errors import DatabaseError
from study.store.migrations import SCHEMA_VERSION, schema
from study.store.places import PostgresAddress

# ``payload`` is what study/store/changes.py makes of a transaction; without one, everything is to be copied again.
_CHANGE = """
create table change (
    seq bigint primary key,
    made_at timestamp not null,
    payload text
);
insert into change values (0, clock_timestamp() at time zone 'utc', null);
"""


def make_tables(connection: psycopg.Connection[Any], address: PostgresAddress) -> None:
    """Make the tables in an empty schema, all or none; to be called by one replica at a time.

    Raises
    ------
    DatabaseError
        If there are tables of another program, or of another version of this one.
    """
    found = connection.execute(
        "select tablename from pg_tables where schemaname = current_schema()"
    ).fetchall()
    tables = {name for (name,) in found}
    if not tables:
        _create(connection)
        return
    if not {"schema_version", "change"} <= tables:
        raise DatabaseError(
            f"{address} holds tables, but not those of Blindpair ({', '.join(sorted(tables)[:5])}); name an empty database"
        )
    rows = connection.execute("select max(version) from schema_version").fetchall()
    if rows[0][0] != SCHEMA_VERSION:
        raise DatabaseError(
            f"{address} has schema version {rows[0][0]}; this program reads version {SCHEMA_VERSION}. "
            "Use the program's version that wrote it."
        )


def _create(connection: psycopg.Connection[Any]) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(postgres_schema() + _CHANGE)
        cursor.executemany("insert into unblinding values (%s, %s, %s, %s)", list(unblinding_table()))
        cursor.execute("insert into schema_version values (%s, %s)", [SCHEMA_VERSION, token_hex(16)])


def postgres_schema() -> str:
    """Return the schema as PostgreSQL reads it; ``row_order`` keeps the order in which rows came.

    >>> "seconds double precision" in postgres_schema()
    True
    """
    tables, views = schema().split("-- Views.", 1)
    tables = re.sub(r"\bdouble\b", "double precision", tables)
    tables = re.sub(r"\n?\);", ",\n    row_order bigserial\n);", tables)
    return f"{tables}-- Views.{views}"
