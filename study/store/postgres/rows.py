"""Rows into PostgreSQL and out of it: single ones by statements, many by COPY."""

import io
from collections.abc import Iterator

import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv

from study.store.postgres.changes import TableLayout, WrittenRows

CHUNK = 64 * 1024**2


def write(cursor: psycopg.Cursor, step: WrittenRows) -> None:
    """Write the rows that one statement of the store wrote to the mirror."""
    if isinstance(step.rows, pa.Table):
        _write_many(cursor, step, step.rows)
        return
    query, places = _statement(step)
    for row in step.rows:
        cursor.execute(query, [row[place] for place in places])


def copied(connection: psycopg.Connection, table: TableLayout) -> Iterator[pa.Table]:
    """Yield the rows of a table in the order of their insertion, in parts of up to 64 MB."""
    query = (
        f"copy (select {_list(table.columns)} from {table.name} order by row_order) to stdout (format csv)"
    )
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        waiting = bytearray()
        for line in copy:
            waiting += line
            if len(waiting) > CHUNK:
                yield _from_csv(table, waiting)
                waiting = bytearray()
        if waiting:
            yield _from_csv(table, waiting)


def copy_in(cursor: psycopg.Cursor, table: str, columns: tuple[str, ...], rows: pa.Table) -> None:
    """Add rows to a table by COPY."""
    with cursor.copy(f"copy {table} ({_list(columns)}) from stdin (format csv)") as copy:
        for batch in rows.select(list(columns)).to_batches(max_chunksize=50_000):
            text = io.BytesIO()
            options = pa_csv.WriteOptions(include_header=False, quoting_style="needed")
            pa_csv.write_csv(batch, text, options)
            copy.write(text.getvalue())


def _statement(step: WrittenRows) -> tuple[str, tuple[int, ...]]:
    """Return the statement that writes one row, and the positions of the cells that it takes."""
    table, columns = step.table, step.table.columns
    key = " and ".join(f"{columns[place]} = %s" for place in table.key)
    every = tuple(range(len(columns)))
    if step.kind == "gone":
        return f"delete from {table.name} where {key}", table.key
    if step.kind == "changed":
        others = tuple(place for place in every if place not in table.key)
        cells = ", ".join(f"{columns[place]} = %s" for place in others)
        return f"update {table.name} set {cells} where {key}", (*others, *table.key)
    values = ", ".join(["%s"] * len(columns))
    query = f"insert into {table.name} ({_list(columns)}) values ({values})"
    return query + (_replacing(table) if step.kind == "put" else ""), every


def _write_many(cursor: psycopg.Cursor, step: WrittenRows, rows: pa.Table) -> None:
    """Write many rows: directly into the table if they are new, else through a temporary one."""
    table, columns = step.table, step.table.columns
    if step.kind == "new":
        copy_in(cursor, table.name, columns, rows)
        return
    cursor.execute(
        f"create temporary table incoming on commit drop as select {_list(columns)} from {table.name} limit 0"
    )
    copy_in(cursor, "incoming", columns, rows)
    same = " and ".join(f"{table.name}.{columns[place]} = incoming.{columns[place]}" for place in table.key)
    others = [name for place, name in enumerate(columns) if place not in table.key]
    cells = ", ".join(f"{name} = incoming.{name}" for name in others)
    statements = {
        "gone": f"delete from {table.name} using incoming where {same}",
        "changed": f"update {table.name} set {cells} from incoming where {same}",
        "put": f"insert into {table.name} ({_list(columns)}) select * from incoming" + _replacing(table),
    }
    cursor.execute(statements[step.kind])
    cursor.execute("drop table incoming")


def _replacing(table: TableLayout) -> str:
    key = [table.columns[place] for place in table.key]
    cells = ", ".join(f"{name} = excluded.{name}" for name in table.columns if name not in key)
    return f" on conflict ({', '.join(key)}) do update set {cells}"


def _from_csv(table: TableLayout, text: bytearray) -> pa.Table:
    return pa_csv.read_csv(
        io.BytesIO(text),
        read_options=pa_csv.ReadOptions(column_names=list(table.columns), block_size=len(text) + 1),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types=table.types,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _list(columns: tuple[str, ...]) -> str:
    return ", ".join(columns)
