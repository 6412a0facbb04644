"""The changes of a transaction, row by row: written to PostgreSQL, and logged for the other replicas.

The store's statements are not translated: DuckDB runs them on the mirror, and reports with ``returning *`` which rows it
wrote. PostgreSQL and the other mirrors need nothing else.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from study.errors import InvalidInput

# More rows than this are logged as "copy everything again".
MOST_ROWS = 5000

Row = tuple[Any, ...]
Kind = Literal["new", "put", "changed", "gone"]

_VERBS: dict[str, Kind] = {
    "insert or replace into": "put",
    "insert into": "new",
    "update": "changed",
    "delete from": "gone",
}
_WRITE = re.compile(rf"\s*({'|'.join(_VERBS)})\s+(\w+)", re.IGNORECASE)
_READ = re.compile(r"\s*(select|with|from)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TableLayout:
    """A table: its columns, and the positions of its primary key in a row."""

    name: str
    columns: tuple[str, ...]
    key: tuple[int, ...]
    types: pa.Schema

    def key_of(self, row: Row) -> Row:
        """Return the primary key of a row."""
        return tuple(row[place] for place in self.key)


@dataclass(frozen=True, slots=True)
class WrittenRows:
    """The rows of one table that one statement wrote; for deleted rows, all their former cells."""

    kind: Kind
    table: TableLayout
    rows: list[Row] | pa.Table


@dataclass(slots=True)
class Changes:
    """The changes of a transaction: per table and key, the final change of the row.

    If ``whole`` is set, there were too many changes, and all tables must be copied again; with ``forget``, the caches must
    be cleared.
    """

    rows: dict[str, dict[Row, tuple[Kind, Row]]] = field(default_factory=dict)
    whole: bool = False
    forget: bool = False

    def add(self, step: WrittenRows) -> None:
        """Add the changes of a statement."""
        known = self.rows.setdefault(step.table.name, {})
        if isinstance(step.rows, pa.Table) or len(known) + len(step.rows) > MOST_ROWS:
            self.whole = True
            return
        for row in step.rows:
            key = step.table.key_of(row)
            self._add(known, key, step.kind, key if step.kind == "gone" else row)

    def add_all(self, later: "Changes") -> None:
        """Add the changes of a later transaction."""
        self.whole |= later.whole
        self.forget |= later.forget
        for table, changed in later.rows.items():
            known = self.rows.setdefault(table, {})
            for key, (kind, row) in changed.items():
                self._add(known, key, kind, row)

    def _add(self, known: dict[Row, tuple[Kind, Row]], key: Row, kind: Kind, row: Row) -> None:
        before = known.get(key)
        if before is None or kind == "put":
            known[key] = kind, row
        elif kind == "changed":
            known[key] = before[0], row
        elif kind == "gone":
            if before[0] == "new":
                del known[key]
            else:
                known[key] = kind, row
        else:
            self.whole = True  # deleted and inserted again: rare, and not worth ordering statements

    def to_json(self) -> str | None:
        """Return the changes as text; None if all tables must be copied again."""
        if self.whole:
            return None
        rows = {
            table: [[kind, *row] for kind, row in changed.values()] for table, changed in self.rows.items()
        }
        return json.dumps({"forget": self.forget, "rows": rows}, default=_time, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str, tables: dict[str, TableLayout]) -> "Changes":
        """Return the changes in a text of :meth:`to_json`."""
        told = json.loads(
            text, object_hook=lambda cell: datetime.fromisoformat(cell["time"]) if "time" in cell else cell
        )
        changes = cls(forget=told["forget"])
        for table, rows in told["rows"].items():
            changes.rows[table] = {
                tuple(row) if kind == "gone" else tables[table].key_of(tuple(row)): (kind, tuple(row))
                for kind, *row in rows
            }
        return changes

    def of(self, table: str, *kinds: Kind) -> Iterator[Row]:
        """Yield the rows of a table with changes of these kinds; for deleted rows, their keys."""
        return (row for kind, row in self.rows.get(table, {}).values() if kind in kinds)


class RecordingCursor:
    """A writer's cursor on the mirror that records the written rows; everything else is passed to DuckDB's cursor.

    ``steps`` are the writes in order, ``changes`` their combined effect.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection, tables: dict[str, TableLayout]) -> None:
        self._cursor = cursor
        self._tables = tables
        self.steps: list[WrittenRows] = []
        self.changes = Changes()

    def __getattr__(self, name: str) -> Any:
        """Return the attribute of DuckDB's cursor."""
        return getattr(self._cursor, name)

    def execute(
        self, query: str | duckdb.Statement, parameters: object = None
    ) -> "duckdb.DuckDBPyConnection | RecordingCursor":
        """Execute a statement and record the rows that it writes.

        Raises
        ------
        InvalidInput
            If a text contains the character U+0000, which PostgreSQL cannot store.
        """
        query = query.query if isinstance(query, duckdb.Statement) else query
        if _READ.match(query):
            return self._cursor.execute(query, parameters)
        found = _WRITE.match(query)
        if found is None:
            raise ValueError(f"neither a query nor a statement that writes rows of one table: {query[:60]!r}")
        kind, table = _VERBS[" ".join(found[1].lower().split())], self._tables[found[2]]
        self._note(WrittenRows(kind, table, self._written(query, parameters)))
        return self

    def executemany(self, query: str, parameters: Iterable[object]) -> "RecordingCursor":
        """Execute a statement once for each set of parameters."""
        for one in parameters:
            self.execute(query, one)
        return self

    def _written(self, query: str, parameters: object) -> list[Row] | pa.Table:
        returning = f"{query} returning *"
        if parameters is not None and " values " in query:
            return self._cursor.execute(returning, parameters).fetchall()
        written = self._cursor.sql(returning, params=parameters).to_arrow_table()
        return written if len(written) > MOST_ROWS else rows_of(written)

    def _note(self, step: WrittenRows) -> None:
        if step.kind != "gone":
            _refuse_null(step)
        self.steps.append(step)
        self.changes.add(step)


def rows_of(found: pa.Table) -> list[Row]:
    """Return the rows of an Arrow table as tuples."""
    return list(zip(*(column.to_pylist() for column in found.columns), strict=True))


def _refuse_null(step: WrittenRows) -> None:
    if isinstance(step.rows, pa.Table):
        found = next((name for name in step.rows.column_names if _has_null_character(step.rows[name])), None)
    else:
        cells = (zip(step.table.columns, row, strict=True) for row in step.rows)
        found = next(
            (name for row in cells for name, cell in row if isinstance(cell, str) and "\0" in cell), None
        )
    if found:
        raise InvalidInput(
            f"the field {found!r} of a {step.table.name} holds the character U+0000, which PostgreSQL cannot store; take it out"
        )


def _has_null_character(cells: pa.ChunkedArray) -> bool:
    return pa.types.is_string(cells.type) and bool(pc.any(pc.match_substring(cells, "\0")).as_py())


def _time(value: object) -> dict[str, str]:
    assert isinstance(value, datetime)
    return {"time": value.isoformat()}
