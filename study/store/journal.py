"""The journal: a second, fsynced copy of every judgment given since the last start, beside the database.

DuckDB's write-ahead log survives kill -9, but a damaged tail can be dropped silently when the file is opened again
(about one bit flip in eight). Each line of the journal holds a judgment with the assignment and the rater it
needs, so that what the log lost can be put back. A judgment is committed first, then journalled, then acknowledged:
a line in the journal is always a row that the database had accepted.
"""

import json
import os
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from study.records import Assignment, Judgment, Rater
from study.store.rows import column_types

Record = TypeVar("Record")
Line = tuple[Judgment, Assignment, Rater]


class Journal:
    """An append-only file of JSON lines; each ``append`` returns after fsync."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("ab")

    def append(self, lines: list[Line]) -> None:
        """Write lines and wait until they are on disk."""
        text = "".join(
            json.dumps([asdict(record) for record in line], default=_text) + "\n" for line in lines
        )
        self._file.write(text.encode())
        self._file.flush()
        os.fsync(self._file.fileno())

    def start_again(self) -> None:
        """Empty the journal; only after a checkpoint has put every line into the database file."""
        self._file.truncate(0)
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_journal(path: Path) -> list[Line]:
    """Return the lines of a journal; a torn last line (a crash while writing) is left out."""
    if not path.exists():
        return []
    lines = []
    for text in path.read_bytes().split(b"\n")[:-1]:
        try:
            judgment, assignment, rater = json.loads(text)
        except ValueError:
            continue
        lines.append((_record(Judgment, judgment), _record(Assignment, assignment), _record(Rater, rater)))
    return lines


def _record(record_type: type[Record], values: dict[str, Any]) -> Record:
    kinds = column_types(record_type)
    times = {
        field.name: datetime.fromisoformat(values[field.name])
        for field in fields(record_type)  # type: ignore[arg-type]
        if kinds[field.name] is datetime and values[field.name] is not None
    }
    return record_type(**(values | times))


def _text(value: object) -> str:
    assert isinstance(value, datetime)
    return value.isoformat()
