"""The tables in PostgreSQL: those of ``schema.sql``, and the log of changes that replicas follow."""

import re
from secrets import token_hex

import psycopg

from study.blinding import preference_codes
from study.store.engine import migrations
from study.store.engine.migrations import schema

# ``payload`` is a transaction as text, from study/store/postgres/changes.py; without one, everything must be copied again.
_CHANGE = """
create table change (
    seq bigint primary key,
    made_at timestamp not null,
    payload text
);
insert into change values (0, clock_timestamp() at time zone 'utc', null);
"""


def create(connection: psycopg.Connection) -> None:
    """Create the tables in an empty schema, all or none."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(postgres_schema() + _CHANGE)
        cursor.executemany("insert into preference_code values (%s, %s, %s, %s)", list(preference_codes()))
        cursor.execute(
            "insert into schema_version values (%s, %s)", [migrations.SCHEMA_VERSION, token_hex(16)]
        )


def postgres_schema() -> str:
    """Return the present schema in PostgreSQL's dialect."""
    tables, views = schema().split("-- Views.", 1)
    return f"{in_postgres(tables)}-- Views.{views}"


def in_postgres(sql: str) -> str:
    """Return statements in PostgreSQL's dialect; in tables, ``row_order`` keeps the order of insertion.

    >>> print(in_postgres("create table answer (value double);"))
    create table answer (value double precision,
        row_order bigserial
    );
    >>> in_postgres("insert into answer (value) select value from answer_1 order by rowid;")
    'insert into answer (value) select value from answer_1 order by row_order;'
    """
    sql = re.sub(r"\bdouble\b", "double precision", sql)
    sql = re.sub(r"\border by rowid\b", "order by row_order", sql)
    return re.sub(r"(\bcreate table [^;]*?)\n?\);", r"\1,\n    row_order bigserial\n);", sql)
