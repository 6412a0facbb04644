"""Records to rows and back: the only module that knows how a record's fields are stored in the database."""

import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import duckdb
import pyarrow as pa

from study.records import TABLE_OF_RECORD

if TYPE_CHECKING:
    import pandas as pd  # not loaded at start-up

Record = TypeVar("Record")
IfKnown = Literal["fail", "replace", "leave"]
VERBS: dict[IfKnown, str] = {"fail": "insert", "replace": "insert or replace", "leave": "insert or ignore"}

_ARROW_TYPES: dict[type, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    datetime: pa.timestamp("us"),
    dict: pa.string(),
}


def insert(cursor: duckdb.DuckDBPyConnection, record: object) -> None:
    """Insert one record; raise duckdb.ConstraintException if its key already exists."""
    columns = column_types(type(record))
    marks = ", ".join("?" * len(columns))
    query = f"insert into {TABLE_OF_RECORD[type(record)]} values ({marks})"
    cells = [_to_cell(getattr(record, column)) for column in columns]
    cursor.execute(_parsed(cursor, type(record), query), cells)


def _parsed(cursor: duckdb.DuckDBPyConnection, record_type: type, query: str) -> duckdb.Statement:
    """Return an insert statement that DuckDB has already parsed, which takes a third of the time for a single row."""
    if record_type not in _PARSED:
        _PARSED[record_type] = cursor.extract_statements(query)[0]
    return _PARSED[record_type]


def insert_many(
    cursor: duckdb.DuckDBPyConnection,
    record_type: type,
    records: Sequence[object],
    *,
    if_known: IfKnown = "fail",
) -> None:
    """Insert records of one type in one statement; ``if_known`` is the action if a key already exists."""
    if not records:
        return
    columns = column_types(record_type)
    rows = pa.table(
        {
            column: pa.array([_to_cell(getattr(record, column)) for record in records], _ARROW_TYPES[kind])
            for column, kind in columns.items()
        }
    )
    cursor.register("new_rows", rows)
    cursor.execute(f"{VERBS[if_known]} into {TABLE_OF_RECORD[record_type]} select * from new_rows")
    cursor.unregister("new_rows")


def select(
    cursor: duckdb.DuckDBPyConnection, record_type: type[Record], where: str, parameters: Sequence[object]
) -> list[Record]:
    """Return the records that match a where clause (trusted text; values go into ``parameters``)."""
    found = cursor.execute(f"select * from {TABLE_OF_RECORD[record_type]} {where}", parameters).fetchall()
    return [from_row(record_type, row) for row in found]


def from_row(record_type: type[Record], row: tuple[Any, ...]) -> Record:
    """Return the record in a row of its table."""
    kinds = column_types(record_type).values()
    return record_type(
        *(json.loads(cell) if kind is dict else cell for cell, kind in zip(row, kinds, strict=True))
    )


def coded_column(cells: pa.ChunkedArray) -> "pd.Series":
    """Return a column of a query's result as a pandas Series, texts as categories."""
    import pandas as pd

    coded = cells.combine_chunks().dictionary_encode() if pa.types.is_string(cells.type) else cells
    return pd.Series(coded.to_pandas())


def column_types(record_type: type) -> dict[str, type]:
    """Return each column of a record's table with its plain Python type (None and Literal taken off)."""
    return _COLUMN_TYPES[record_type]


def _plain_type(hint: object) -> type:
    if isinstance(hint, type) and hint in _ARROW_TYPES:
        return hint
    if get_origin(hint) is dict:
        return dict
    inner = [part for part in get_args(hint) if part is not NoneType]
    return _plain_type(inner[0]) if isinstance(inner[0], type) or get_args(inner[0]) else type(inner[0])


def _to_cell(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


def _hinted_types(record_type: type) -> dict[str, type]:
    hints = get_type_hints(record_type)
    return {field.name: _plain_type(hints[field.name]) for field in fields(record_type)}


_COLUMN_TYPES = {record_type: _hinted_types(record_type) for record_type in TABLE_OF_RECORD}
_PARSED: dict[type, duckdb.Statement] = {}
