"""The mirror: a copy of the PostgreSQL database in an in-memory DuckDB database, where every query runs."""

from collections.abc import Iterable
from functools import cache

import duckdb
import pyarrow as pa

from study.store.engine.file_checkpoint import CONFIG, shut_in
from study.store.engine.migrations import schema
from study.store.postgres.changes import Changes, Row, TableLayout

MOST_AT_ONCE = 100


class Mirror:
    """An in-memory DuckDB database with the tables of the schema, empty at first, and its connection."""

    def __init__(self) -> None:
        self.connection = duckdb.connect(":memory:", config=dict(CONFIG))
        self.connection.execute(schema())
        shut_in(self.connection)
        self.tables = schema_tables()

    def apply(self, changes: Changes) -> None:
        """Apply another replica's changes in one transaction.

        Raises
        ------
        duckdb.Error
            If the rows differ from those of the other replica; nothing is changed then.
        """
        if not any(changes.rows.values()):
            return
        with self.connection.cursor() as cursor:
            cursor.execute("begin transaction")
            for name in changes.rows:
                _apply(cursor, self.tables[name], changes)
            cursor.execute("commit")


@cache
def schema_tables() -> dict[str, TableLayout]:
    """Return the tables of the schema by name, with their columns, types and keys."""
    with duckdb.connect(":memory:") as scratch:
        scratch.execute(schema())
        return tables_in(scratch)


def tables_in(connection: duckdb.DuckDBPyConnection) -> dict[str, TableLayout]:
    """Return the tables of a database by name, with their columns, types and keys."""
    names = [name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()]
    keys = dict(
        connection.execute(
            "select table_name, constraint_column_names from duckdb_constraints() where constraint_type = 'PRIMARY KEY'"
        ).fetchall()
    )
    types = {name: connection.sql(f"from {name} limit 0").to_arrow_table().schema for name in names}
    return {
        name: TableLayout(
            name, tuple(found.names), tuple(found.names.index(one) for one in keys.get(name, [])), found
        )
        for name, found in types.items()
    }


def fill(cursor: duckdb.DuckDBPyConnection, table: str, rows: pa.Table | pa.RecordBatch) -> None:
    """Insert rows with the columns of a table, in the cursor's transaction."""
    cursor.register("copied_rows", rows)
    cursor.execute(f"insert into {table} by name select * from copied_rows")
    cursor.unregister("copied_rows")


def _apply(cursor: duckdb.DuckDBPyConnection, table: TableLayout, changes: Changes) -> None:
    wheres = " and ".join(f"{table.columns[place]} = ?" for place in table.key)
    for key in changes.of(table.name, "gone"):
        cursor.execute(f"delete from {table.name} where {wheres}", list(key))
    others = [place for place in range(len(table.columns)) if place not in table.key]
    cells = ", ".join(f"{table.columns[place]} = ?" for place in others)
    for row in changes.of(table.name, "changed"):
        values = [row[place] for place in (*others, *table.key)]
        cursor.execute(f"update {table.name} set {cells} where {wheres}", values)
    _insert(cursor, "insert", table, changes.of(table.name, "new"))
    _insert(cursor, "insert or replace", table, changes.of(table.name, "put"))


def _insert(cursor: duckdb.DuckDBPyConnection, verb: str, table: TableLayout, rows: Iterable[Row]) -> None:
    waiting = list(rows)
    marks = f"({', '.join('?' * len(table.columns))})"
    for start in range(0, len(waiting), MOST_AT_ONCE):
        part = waiting[start : start + MOST_AT_ONCE]
        values = ", ".join([marks] * len(part))
        cursor.execute(f"{verb} into {table.name} values {values}", [cell for row in part for cell in row])
