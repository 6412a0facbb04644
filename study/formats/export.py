"""Shared by exporters: their result, required columns, texts of contents, and CSV that is safe to open."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from study.content_kinds import plain_text
from study.errors import InvalidInput
from study.formats.problems import listed
from study.records import Content
from study.wording import counted, form

# Spreadsheets run cells that start like this as formulas; the apostrophes make the escape reversible.
FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
ESCAPED = re.compile(r"'+[=+\-@\t\r\n]")


@dataclass(frozen=True, slots=True)
class Exported:
    """A file, and notes on what was left out."""

    data: bytes
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exporter:
    """An export format: ``write(judgments, include_external_ids=False)`` returns the file; ``columns`` are its columns."""

    write: Callable[..., Exported]
    label: str
    file_name: str
    mime: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StudyExporter:
    """A whole-study format: ``write(tables, release)`` exports :class:`study.formats.writers.bundle.StudyTables`."""

    write: Callable[..., Exported]
    label: str
    file_name: str
    mime: str


def cells_of(judgments: pd.DataFrame, column: str) -> list[Any]:
    """Return a column's cells as Python objects, None if missing.

    Raises
    ------
    InvalidInput
        If there is no such column.
    """
    if column not in judgments.columns:
        raise InvalidInput(f"the judgments have no column {column!r}; they have {listed(judgments.columns)}")
    series = judgments[column]
    missing = series.isna().tolist()
    return [None if absent else cell for cell, absent in zip(series.tolist(), missing, strict=True)]


def main_answers(judgments: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the answers of active raters to the study's own comparisons, and notes on what is left out."""
    parts = (
        (
            judgments["comparison_purpose"].eq("main") & judgments["purpose"].eq("main"),
            "of checks and repeats",
        ),
        (judgments["preference"].notna(), "without an answer (skipped)"),
        (judgments["rater_status"].eq("active"), "of excluded or withdrawn raters"),
    )
    kept = pd.Series(True, index=judgments.index)
    notes = []
    for keep, what in parts:
        dropped = int((kept & ~keep).sum())
        if dropped:
            notes.append(f"{counted(dropped, 'judgment')} {what} {form(dropped, 'is', 'are')} left out")
        kept &= keep
    return judgments[kept], tuple(notes)


def standing(judgments: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return the judgments (or answers) without those on withdrawn tasks, and how many these are."""
    column = "comparison_withdrawn" if "comparison_withdrawn" in judgments else "task_withdrawn"
    gone = judgments[column].astype(bool)
    return judgments[~gone], int(gone.sum())


def versions_of(judgments: pd.DataFrame) -> list[int | None]:
    """Return the design version of each answer; None for imported answers."""
    return [None if cell is None else int(cell) for cell in cells_of(judgments, "design_version")]


def texts_of(cells: Iterable[str | Content | None]) -> list[str]:
    """Return the text of each content (a dict or its JSON); other texts are unchanged."""
    known: dict[str, str] = {}
    texts = []
    for cell in cells:
        if isinstance(cell, str):
            if cell not in known:
                known[cell] = _text(cell)
            texts.append(known[cell])
        else:
            texts.append("" if cell is None else plain_text(cell))
    return texts


def _text(cell: str) -> str:
    if not cell.startswith("{"):
        return cell
    try:
        content = json.loads(cell)
    except (ValueError, RecursionError):
        return cell
    return plain_text(content) if isinstance(content, dict) and "kind" in content else cell


def escaped(cell: str) -> str:
    """Return a cell that spreadsheets do not run as a formula; :func:`without_escape` undoes it.

    >>> escaped("=1+1"), escaped("'=1+1"), escaped("'twas")
    ("'=1+1", "''=1+1", "'twas")
    """
    return "'" + cell if FORMULA.match(cell) else cell


def without_escape(cell: str) -> str:
    """Remove the apostrophe that :func:`escaped` put before a formula sign.

    >>> without_escape("''=1+1"), without_escape("'twas")
    ("'=1+1", "'twas")
    """
    return cell[1:] if ESCAPED.match(cell) else cell


def csv_bytes(columns: Mapping[str, Sequence[object]]) -> bytes:
    """Return columns as CSV: UTF-8, lines end in CR LF, formulas escaped by an apostrophe."""
    buffer = io.BytesIO()
    text = io.TextIOWrapper(buffer, encoding="utf-8", errors="replace", newline="")
    writer = csv.writer(text)
    writer.writerow(map(escaped, columns))
    writer.writerows(zip(*([_csv_cell(cell) for cell in cells] for cells in columns.values()), strict=True))
    text.flush()
    return buffer.getvalue()


def table_csv(frame: pd.DataFrame) -> bytes:
    """Return a table as CSV, with empty cells for missing values and formulas escaped."""
    return csv_bytes({str(column): cells_of(frame, str(column)) for column in frame})


def jsonl_bytes(columns: Mapping[str, Sequence[object]]) -> bytes:
    """Return columns as JSON lines."""
    rows = zip(*columns.values(), strict=True)
    lines = (json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) for row in rows)
    return b"".join((line + "\n").encode("utf-8", "replace") for line in lines)


def _csv_cell(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return escaped(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return str(cell)
