"""The journal: every judgment given since the last start, fsynced, beside the database.

A rater's click is on disk when its line stands here: one write of some hundred bytes in the place of DuckDB's transaction.
The rows follow into the tables in batches, less than a second later (:mod:`study.store.file_database`). Each line holds a
judgment, or None, with the assignment and the rater it needs, so that what the tables lack after a crash is put into them at
the next start. That covers DuckDB's own log, too: a damaged tail of it can be dropped silently when the file is opened again
(about one bit flip in eight).
"""

import json
import logging
import os
from contextlib import suppress
from dataclasses import fields
from datetime import datetime
from io import FileIO
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

from study.records import Assignment, Judgment, Rater
from study.store.file import sync_folder
from study.store.rows import column_types

Record = TypeVar("Record")
Line = tuple[Judgment | None, Assignment, Rater]

log = logging.getLogger("blindpair")


class Journal:
    """An append-only file of JSON lines; the first names the database, and each ``append`` returns after fsync.

    Lines of a write that failed do not stay: whoever was told so may give the same answer again, and it counts once. Methods
    that write raise OSError; the journal can be written to after it as before.
    """

    def __init__(self, path: Path, database_id: str) -> None:
        self.path = path
        self.database_id = database_id
        is_new = not path.exists()
        self._file = path.open("ab", buffering=0)
        if is_new:
            sync_folder(path.parent)
        self._good = self._file.tell()  # bytes that stand for good
        self._is_torn = self._good > 0  # a crash may have left a part of a line
        self._is_longer = False

    def append(self, lines: list[Line]) -> None:
        """Write lines and wait until they are on disk."""
        head = "" if self._good else _sealed(self.database_id)
        self._write(
            head + "".join(_sealed([record and _values(record) for record in line]) for line in lines)
        )

    def start_again(self) -> None:
        """Empty the journal; only after a checkpoint has put every line into the database file."""
        self._file.truncate(0)
        self._good = 0
        self._is_torn = self._is_longer = False
        self._write(_sealed(self.database_id))

    def size(self) -> int:
        """Return the size in bytes."""
        return self._good

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, text: str) -> None:
        """Write whole lines, or none; after a torn line they begin one of their own."""
        self._take_back()
        content = (("\n" if self._is_torn else "") + text).encode()
        self._is_longer = True
        try:
            _write_all(self._file, content)
            os.fsync(self._file.fileno())
        except OSError:
            with suppress(OSError):  # the next write tries it again, and is not done without it
                self._take_back()
            raise
        self._good += len(content)
        self._is_torn = self._is_longer = False

    def _take_back(self) -> None:
        """Take away what a write that failed left."""
        if self._is_longer:
            self._file.truncate(self._good)
            os.fsync(self._file.fileno())
            self._is_longer = False


def _write_all(file: FileIO, content: bytes) -> None:
    """Write all of it: without a buffer, one call may write a part."""
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]


def read_journal(path: Path, database_id: str) -> list[Line]:
    """Return the lines of a database's journal, each judgment and each assignment without one once.

    Of lines that cannot stand beside each other, which journals of older versions may hold, the last counts.

    A journal of another database is moved aside. Lines that cannot be read (a crash while writing, a damaged disk) are
    counted and said.
    """
    texts = path.read_text("utf-8", errors="replace").splitlines() if path.exists() else []
    opened = [_opened(text) for text in texts if text]
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
            line = (
                judgment and _record(Judgment, judgment),
                _record(Assignment, assignment),
                _record(Rater, rater),
            )
        except (TypeError, ValueError, KeyError):
            unreadable += 1
            continue
        lines[line[0].judgment_id if line[0] else line[1].assignment_id] = line
    if unreadable:
        log.warning("%d lines of the journal %s cannot be read and were left out", unreadable, path)
    return _last_of_each(list(lines.values()))


def _last_of_each(lines: list[Line]) -> list[Line]:
    """Leave out what a later line stands in the place of: an answer that was refused and given again."""
    places = {(rater.rater_id, one.position): one.assignment_id for _, one, rater in lines}
    answers = {_place(judgment): judgment for judgment, _, _ in lines if judgment}
    return [
        line
        for line in lines
        if places[line[2].rater_id, line[1].position] == line[1].assignment_id
        and (line[0] is None or answers[_place(line[0])] is line[0])
    ]


def _place(judgment: Judgment) -> tuple[str, str, int]:
    """Return what one judgment alone can have."""
    return judgment.assignment_id, judgment.criterion, judgment.revision


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
