"""The journal: a second, fsynced copy of every judgment given since the last start, beside the database.

DuckDB's write-ahead log survives kill -9, but a damaged tail can be dropped silently when the file is opened again
(about one bit flip in eight). Each line of the journal holds a judgment with the assignment and the rater it
needs, so that what the log lost can be put back. A judgment is committed first, then journalled, then acknowledged:
a line in the journal is always a row that the database had accepted.
"""

import json
import logging
import os
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

from study.records import Assignment, Judgment, Rater
from study.store.rows import column_types

Record = TypeVar("Record")
Line = tuple[Judgment, Assignment, Rater]

log = logging.getLogger("blindpair")


class Journal:
    """An append-only file of JSON lines; the first names the database, and each ``append`` returns after fsync."""

    def __init__(self, path: Path, database_id: str) -> None:
        self.path = path
        self.database_id = database_id
        self._file = path.open("ab")

    def append(self, lines: list[Line]) -> None:
        """Write lines and wait until they are on disk."""
        self._write("".join(_sealed([_values(record) for record in line]) for line in lines))

    def start_again(self) -> None:
        """Empty the journal; only after a checkpoint has put every line into the database file."""
        self._file.truncate(0)
        self._write(_sealed(self.database_id))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, text: str) -> None:
        self._file.write(text.encode())
        self._file.flush()
        os.fsync(self._file.fileno())


def read_journal(path: Path, database_id: str) -> list[Line]:
    """Return the lines of a database's journal, each judgment once.

    A journal of another database is moved aside. Lines that cannot be read (a crash while writing, a damaged disk) are
    counted and said.
    """
    texts = path.read_text("utf-8", errors="replace").splitlines() if path.exists() else []
    opened = [_opened(text) for text in texts]
    if opened and opened[0] != database_id:
        aside = path.with_name(f"{path.name}.other-{datetime.now():%Y%m%d-%H%M%S-%f}")
        path.rename(aside)
        log.warning("The journal %s belongs to another database and stands aside as %s", path, aside)
        return []
    lines: dict[str, Line] = {}
    unreadable = 0
    for content in opened[1:]:
        try:
            judgment, assignment, rater = content
            line = _record(Judgment, judgment), _record(Assignment, assignment), _record(Rater, rater)
        except (TypeError, ValueError, KeyError):
            unreadable += 1
            continue
        lines[line[0].judgment_id] = line
    if unreadable:
        log.warning("%d lines of the journal %s cannot be read and were left out", unreadable, path)
    return list(lines.values())


def _sealed(content: Any) -> str:
    """Return one line: a checksum and the content as JSON."""
    text = json.dumps(content, default=_text)
    return f"{crc32(text.encode()):08x} {text}\n"


def _opened(line: str) -> Any:
    """Return the content of a line; None where its checksum does not fit."""
    checksum, _, text = line.partition(" ")
    return json.loads(text) if checksum == f"{crc32(text.encode()):08x}" else None


def _values(record: object) -> dict[str, Any]:
    """Return a record's values by their names; not copied deeply, as ``asdict`` does for each click."""
    return {name: getattr(record, name) for name in column_types(type(record))}


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
