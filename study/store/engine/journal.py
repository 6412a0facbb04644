"""The journal: all judgments since the last start, fsynced to a file next to the database.

A rater's click is on disk when its line is written here: a few hundred bytes instead of a DuckDB transaction. The rows
follow into the tables in batches, less than a second later (:mod:`study.store.engine.file_database`). Each line holds a
judgment, or None, with the assignment and the rater it needs, so that the next start after a crash can add the missing
rows to the tables. That covers DuckDB's own log as well: a damaged tail of it can be dropped silently when the file is
opened again (about one bit flip in eight).
"""

import json
import logging
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from io import FileIO
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

from study.errors import DatabaseError
from study.records import TABLE_OF_RECORD, Assignment, JsonObject, Judgment, Rater
from study.store.engine import migrations
from study.store.engine.file_checkpoint import copy_whole, sync_folder
from study.store.engine.migrations import Row, translated
from study.store.engine.rows import column_types

Record = TypeVar("Record")
Line = tuple[Judgment | None, Assignment, Rater]
UNMARKED = 2  # the schema version of lines without one, as version 0.1.0 wrote them
BEGINNING = re.compile(r"[0-9a-f]{8} [\[\"]")

log = logging.getLogger("blindpair")


class Journal:
    """An append-only file of JSON lines, each with the id of its database; each ``append`` returns after fsync.

    The first line also names the database; in version 0.1.0, no other line did. A line is a judgment or None, an
    assignment, a rater, the database's id, and the version of its schema, from which a later program translates it.

    Lines of a failed write are removed, so that an answer given again after the error counts once. Methods that write
    raise OSError; the journal can be written to afterwards.
    """

    def __init__(self, path: Path, database_id: str) -> None:
        self.path = path
        self.database_id = database_id
        is_new = not path.exists()
        self._file = path.open("ab", buffering=0)
        if is_new:
            sync_folder(path.parent)
        self._good = self._file.tell()  # bytes of complete lines
        self._is_torn = self._good > 0  # a crash may have left an incomplete line
        self._is_longer = False

    def append(self, lines: list[Line]) -> None:
        """Write lines and wait until they are on disk."""
        head = "" if self._good else _sealed(self.database_id)
        seal = [self.database_id, migrations.SCHEMA_VERSION]
        self._write(
            head
            + "".join(_sealed([*(record and _values(record) for record in line), *seal]) for line in lines)
        )

    def start_again(self) -> None:
        """Empty the journal; call this only after a checkpoint has written every line into the database file."""
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
        """Write all lines or none; after an incomplete line, start a new one."""
        self._take_back()
        content = (("\n" if self._is_torn else "") + text).encode()
        self._is_longer = True
        try:
            _write_all(self._file, content)
            os.fsync(self._file.fileno())
        except OSError:
            with suppress(OSError):  # the next write tries this again, and fails without it
                self._take_back()
            raise
        self._good += len(content)
        self._is_torn = self._is_longer = False

    def _take_back(self) -> None:
        """Remove the remains of a failed write."""
        if self._is_longer:
            self._file.truncate(self._good)
            os.fsync(self._file.fileno())
            self._is_longer = False


def _write_all(file: FileIO, content: bytes) -> None:
    """Write everything: without a buffer, one call may write only a part."""
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]


@dataclass(frozen=True, slots=True)
class JournalLines:
    """The lines of one database in a journal, translated to the present schema.

    ``n_damaged`` counts lines with a wrong checksum, ``n_strange`` intact ones that cannot be understood; ``has_others`` is
    True if there are lines of another database.
    """

    lines: list[Line]
    n_damaged: int
    n_strange: int
    has_others: bool


def read_journal(path: Path, database_id: str) -> list[Line]:
    """Return the lines of a database's journal: each judgment, and each assignment without one, once.

    Of conflicting lines, which journals of older versions may contain, the last counts.

    Damaged lines (a crash while writing, a faulty disk) are counted and reported. If there are lines of another database, or
    intact ones that cannot be understood, a copy of the journal is kept next to it.

    Raises
    ------
    DatabaseError
        If a newer version of the program wrote some of the lines; nothing is changed.
    """
    found = journal_lines(path, database_id)
    if found.n_damaged:
        log.warning("%d lines of the journal %s cannot be read and were left out", found.n_damaged, path)
    if found.n_strange:
        log.warning(
            "%d lines of the journal %s are not understood; the whole journal was kept as %s",
            found.n_strange,
            path,
            _set_aside(path, "strange"),
        )
    if found.has_others:
        aside = _set_aside(path, "other")
        if not found.lines:
            path.unlink()
        log.warning("The journal %s belongs to another database and is kept as %s", path, aside)
    return found.lines


def _set_aside(path: Path, why: str) -> Path:
    aside = path.with_name(f"{path.name}.{why}-{datetime.now():%Y%m%d-%H%M%S-%f}")
    copy_whole(path, aside)
    return aside


def journal_lines(path: Path, database_id: str) -> JournalLines:
    """Return the lines of a database in a journal, older ones translated to the present schema; change nothing.

    Each line names its database. In journals of version 0.1.0 only the first does; if that one is damaged, the others are
    assumed to belong to this database, since the journal is next to it.

    Raises
    ------
    DatabaseError
        If a newer version of the program wrote some of the lines.
    """
    texts = path.read_text("utf-8", errors="replace").splitlines() if path.exists() else []
    opened = [content for text in texts if text for content in _opened(text)]
    head = opened[0] if opened and isinstance(opened[0], str) else database_id
    lines: dict[str, Line] = {}
    n_strange, has_others, newer = 0, False, []
    for content in opened:
        if isinstance(content, str):  # the first line, or one written by another start
            has_others |= content != database_id
            continue
        if content is None:
            continue
        try:
            *records, whose, version = content if len(content) > 3 else [*content, head, UNMARKED]
            if whose != database_id:
                has_others = True
            elif version > migrations.SCHEMA_VERSION:
                newer.append(version)
            else:
                line = _line(*records, version=version)
                lines[line[0].judgment_id if line[0] else line[1].assignment_id] = line
        except (TypeError, ValueError, KeyError, AttributeError):
            n_strange += 1
    if newer:
        raise DatabaseError(
            f"{len(newer)} lines of the journal {path} were written under schema version {max(newer)}; this program reads "
            f"version {migrations.SCHEMA_VERSION}. Nothing was changed. Use the version of the program that wrote them; to go on "
            "without these answers, move the journal to another folder first."
        )
    n_damaged = sum(content is None for content in opened)
    return JournalLines(_last_of_each(list(lines.values())), n_damaged, n_strange, has_others)


def _line(judgment: Row | None, assignment: Row, rater: Row, *, version: int) -> Line:
    return (
        _record(Judgment, judgment, version) if judgment else None,
        _record(Assignment, assignment, version),
        _record(Rater, rater, version),
    )


def _last_of_each(lines: list[Line]) -> list[Line]:
    """Leave out lines that a later one replaces, such as an answer that was refused and given again."""
    places = {(rater.rater_id, one.position): one.assignment_id for _, one, rater in lines}
    answers = {_place(judgment): judgment for judgment, _, _ in lines if judgment}
    return [
        line
        for line in lines
        if places[line[2].rater_id, line[1].position] == line[1].assignment_id
        and (line[0] is None or answers[_place(line[0])] is line[0])
    ]


def _place(judgment: Judgment) -> tuple[str, str, int]:
    """Return the unique place of a judgment."""
    return judgment.assignment_id, judgment.question, judgment.revision


def _sealed(content: object) -> str:
    """Return one line: a checksum and the content as JSON."""
    text = json.dumps(content, default=_text)
    return f"{crc32(text.encode()):08x} {text}\n"


def _opened(text: str) -> list[Any]:
    """Return the content of a line; None if its checksum is wrong.

    If the end of a line was damaged, it contains two; each intact one is found.
    """
    begins = [0, *(one.start() for one in BEGINNING.finditer(text, 1))]
    whole = _content(text)
    if whole is not None or len(begins) == 1:
        return [whole]
    parts = [text[begin:end] for begin, end in zip(begins, [*begins[1:], None], strict=True)]
    found = [_content(part) or _content(part[:-1]) for part in parts]
    readable = [content for content in found if content is not None]
    return readable if len(readable) == len(parts) else [*readable, None]


def _content(text: str) -> Any:
    checksum, _, content = text.partition(" ")
    try:
        return json.loads(content) if checksum == f"{crc32(content.encode()):08x}" else None
    except ValueError:
        return None


def _values(record: object) -> JsonObject:
    """Return a record's values by name, without the deep copies that ``asdict`` would make for each click."""
    return {name: getattr(record, name) for name in column_types(type(record))}


def _record(record_type: type[Record], row: Row, version: int) -> Record:
    """Return the record of a row, translated from the row's schema version."""
    values, kinds = translated(TABLE_OF_RECORD[record_type], row, version), column_types(record_type)
    times = {
        name: datetime.fromisoformat(values[name])
        for name, kind in kinds.items()
        if kind is datetime and values[name] is not None
    }
    return record_type(**(values | times))


def _text(value: object) -> str:
    assert isinstance(value, datetime)
    return value.isoformat()
