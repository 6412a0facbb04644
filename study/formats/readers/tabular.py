"""Tables from files: CSV, JSON lines and Parquet, read unchanged, with the line of each row."""

import codecs
import csv
import io
import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import pandas as pd

from study.errors import InvalidInput
from study.formats.content import cleaned, decoded
from study.formats.problems import Problems, refuse, shortened
from study.formats.readers.limits import refuse_huge
from study.formats.readers.parquet import parquet_columns
from study.tables import lookup

# The csv module's default limit of 128 kB per cell is too small for one long output.
csv.field_size_limit(2**31 - 1)

ROWS_PER_STEP = 5000

# Columns, the line or row number of each row, and the unit of these numbers.
Columns = Mapping[str, Sequence[object]]
Read = tuple[Columns, Sequence[int], str]


@dataclass(frozen=True, slots=True)
class FileTable:
    """A table in a file: cells as Python objects (None if missing), and each row's place in the file."""

    name: str
    frame: pd.DataFrame
    lines: Sequence[int]
    unit: str = "line"
    notes: tuple[str, ...] = ()

    def problems(self) -> Problems:
        """Return an empty collection for this file's problems."""
        return Problems(self.name, self.unit)


def read_table(
    source: Path | bytes, name: str | None = None, progress: Callable[[float], None] | None = None
) -> FileTable:
    """Return the table in a file, or in bytes with a file name; the extension decides the format.

    ``progress`` is called with the fraction read, at intervals.

    Raises
    ------
    InvalidInput
        If the file cannot be read: wrong extension or encoding, no rows, rows of unequal length, broken JSON.
    """
    name, data = read_source(source, name)
    reader = lookup(TABLE_READERS, PurePath(name).suffix.lower(), f"file ending of {name}:")
    if not data.strip():
        refuse(name, "the file is empty")
    columns, lines, unit = reader(data, name, progress or (lambda part: None))
    if not lines:
        refuse(name, "the file has no rows")
    return _table(name, columns, lines, unit)


def read_source(source: Path | bytes, name: str | None = None) -> tuple[str, bytes]:
    """Return the name and the bytes of a file."""
    if isinstance(source, bytes):
        return name or "upload", source
    try:
        return name or source.name, source.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{source} cannot be read: {error.strerror or error}") from None


def text_of_bytes(data: bytes, name: str) -> str:
    """Return UTF-8 text without a byte order mark.

    Raises
    ------
    InvalidInput
        If the bytes are not UTF-8 or contain NULs, as spreadsheets and UTF-16 texts do.
    """
    _refuse_nul(data, name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        sentence = f"the byte 0x{error.object[error.start]:02x} is not UTF-8; save the file as UTF-8 text"
        refuse(name, sentence, line)


def _refuse_nul(data: bytes, name: str) -> None:
    place = data.find(b"\x00")
    if place >= 0:
        line = data.count(b"\n", 0, place) + 1
        refuse(name, "a NUL character: this is not UTF-8 text (UTF-16, or not a text file?)", line)


def _table(name: str, columns: Columns, lines: Sequence[int], unit: str) -> FileTable:
    settled = {}
    names, count = cleaned(list(columns))
    _refuse_duplicates(names, name, None)
    for column, cells in zip(names, columns.values(), strict=True):
        settled[column], found = _settled(cells)
        count += found
    notes = (f"{name}: {count} NUL or lone surrogate characters were replaced by U+FFFD",) if count else ()
    return FileTable(name, pd.DataFrame(settled, dtype=object), lines, unit, notes)


def _settled(cells: Sequence[object]) -> tuple[list[object], int]:
    """Return cells with contents decoded, NULs and surrogates replaced, nan as None; and the number of replacements."""
    known: dict[str, tuple[object, int]] = {}
    count = 0
    settled = []
    for cell in cells:
        value, found = cell, 0
        if isinstance(cell, str):
            if cell not in known:
                known[cell] = cleaned(decoded(cell) if cell.startswith("{") and '"kind"' in cell else cell)
            value, found = known[cell]
        elif isinstance(cell, (list, dict)):
            value, found = cleaned(cell)
        elif isinstance(cell, float) and math.isnan(cell):
            value = None
        settled.append(value)
        count += found
    return settled, count


def _read_csv(data: bytes, name: str, progress: Callable[[float], None]) -> Read:
    _refuse_nul(data, name)
    raw = io.BytesIO(data)
    text = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
    delimiter = "\t" if name.lower().endswith(".tsv") else _delimiter(data)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    header: list[str] = []
    known: dict[str, str] = {}  # repeated cells, such as prompts, share one object
    start = 1
    try:
        for row in reader:
            if not header and row:
                header = _header(row, name, start)
            elif any(row):
                if len(row) != len(header):
                    refuse(name, _ragged_sentence(row, header, delimiter), start)
                rows.append([known.setdefault(cell, cell) for cell in row])
                lines.append(start)
                if not len(rows) % ROWS_PER_STEP:
                    refuse_huge(name, len(rows), len(header))
                    progress(raw.tell() / len(data))
            start = reader.line_num + 1
    except csv.Error as error:
        refuse(name, f"the quotes do not match ({error}); write a double quote inside a text twice", start)
    except UnicodeDecodeError:
        text_of_bytes(data, name)
        raise
    columns = zip(*rows, strict=True) if rows else [()] * len(header)
    cells = [[cell or None for cell in column] for column in columns]
    return dict(zip(header, cells, strict=True)), lines, "line"


def _ragged_sentence(row: list[str], header: list[str], delimiter: str) -> str:
    return (
        f"{len(row)} cells, but the header has {len(header)} (a missing or extra {delimiter!r}, "
        "or a text that holds one and is not in double quotes?)"
    )


def _delimiter(data: bytes) -> str:
    """Return the most frequent of comma, semicolon and tab in the first line; comma if there is none."""
    first = data.lstrip().split(b"\n", 1)[0]
    return max(",;\t", key=lambda delimiter: first.count(delimiter.encode()))


def _header(row: list[str], name: str, line: int) -> list[str]:
    header = [cell.strip() or f"(column {number})" for number, cell in enumerate(row, start=1)]
    _refuse_duplicates(header, name, line)
    refuse_huge(name, 1, len(header))
    return header


def _refuse_duplicates(names: list[str], file: str, line: int | None) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        refuse(file, f"the column {shortened(twice[0])} appears twice; give each column its own name", line)


def _read_jsonl(data: bytes, name: str, progress: Callable[[float], None]) -> Read:
    rows: list[dict[str, object]] = []
    lines: list[int] = []
    _refuse_nul(data, name)
    raw = io.BytesIO(data.removeprefix(codecs.BOM_UTF8))
    for number, line in enumerate(raw, start=1):
        if line.strip():
            rows.append(_json_object(_decoded_line(line, name, number), name, number))
            lines.append(number)
        if not number % ROWS_PER_STEP:
            progress(raw.tell() / len(data))
    header = list(dict.fromkeys(key for row in rows for key in row))
    refuse_huge(name, len(rows), len(header))
    return {column: [row.get(column) for row in rows] for column in header}, lines, "line"


def _decoded_line(line: bytes, name: str, number: int) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        refuse(name, f"the byte 0x{line[error.start]:02x} is not UTF-8; save the file as UTF-8 text", number)


def _json_object(line: str, name: str, number: int) -> dict[str, object]:
    try:
        row = json.loads(line, object_pairs_hook=_unique_keys, parse_constant=_nan_only)
    except InvalidInput as error:
        refuse(name, str(error), number)
    except (ValueError, RecursionError) as error:
        reason = (
            error.msg
            if isinstance(error, json.JSONDecodeError)
            else ("it is nested too deeply, or too large")
        )
        refuse(name, f"not JSON ({reason}); write one object per line", number)
    if not isinstance(row, dict):
        refuse(name, f"{shortened(row)} is not an object; write one object like {{...}} per line", number)
    return row


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    row = dict(pairs)
    if len(row) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise InvalidInput(f"the field {shortened(twice)} appears twice")
    return row


def _nan_only(constant: str) -> None:
    if constant != "NaN":
        raise InvalidInput(f"{constant} is not an allowed number")


def _read_parquet(data: bytes, name: str, progress: Callable[[float], None]) -> Read:
    header, cells, n_rows = parquet_columns(data, name)
    _refuse_duplicates(header, name, None)
    progress(1.0)
    return dict(zip(header, cells, strict=True)), range(1, n_rows + 1), "row"


TABLE_READERS: dict[str, Callable[[bytes, str, Callable[[float], None]], Read]] = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".jsonl": _read_jsonl,
    ".ndjson": _read_jsonl,
    ".parquet": _read_parquet,
}
