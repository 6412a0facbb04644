"""Convert cells of a column to names, texts, contents, numbers, times and tags; misfits become problems."""

import json
import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import pandas as pd

from study.content_kinds import plain_text
from study.formats.content import content_fault, plain_content
from study.formats.problems import Problems, shortened
from study.formats.readers.columns import TAG_PREFIX, Rows
from study.formats.readers.conversations import dialogue_of, is_conversation
from study.records import Content, several_references

Value = TypeVar("Value")


class Misfit(ValueError):
    """A cell with the wrong content; the message says what is expected."""


def names(rows: Rows, field: str, problems: Problems, *, required: bool = False) -> list[str]:
    """Return ids and names as texts without surrounding spaces; an empty text where missing."""
    values = _values(rows, field, problems, _name)
    if required:
        _require(rows, field, [bool(value) for value in values], problems)
    return [value or "" for value in values]


def texts(rows: Rows, field: str, problems: Problems) -> list[str | None]:
    """Return texts unchanged."""
    return _values(rows, field, problems, text_of)


def references(rows: Rows, field: str, problems: Problems) -> list[str | None]:
    """Return references as stored: a text, or several if the cell is a list of texts or its JSON."""
    return _values(rows, field, problems, _references)


def lists(rows: Rows, field: str, problems: Problems, *, required: bool = False) -> list[list[str] | None]:
    """Return lists of names: from a list, its JSON, or one name."""
    if required:
        _require(rows, field, [bool(cell) for cell in rows.cells(field)], problems)
    return _values(rows, field, problems, _list)


def contents(rows: Rows, field: str, problems: Problems, kind: str) -> list[Content | None]:
    """Return typed contents; a plain string becomes a content of ``kind`` (text or markdown), a list of turns a dialogue."""
    known: dict[str, Content] = {}

    def content(cell: object) -> Content:
        if not isinstance(cell, str):
            return _content(cell, kind)
        if cell not in known:
            known[cell] = _dialogue(cell) if is_conversation(cell) else plain_content(cell, kind)
        return known[cell]

    return _values(rows, field, problems, content)


def numbers(
    rows: Rows, field: str, problems: Problems, *, least: float = -math.inf, most: float = math.inf
) -> list[float | None]:
    """Return finite numbers, none below ``least`` or above ``most``."""
    return _values(rows, field, problems, lambda cell: _number(cell, least, most))


def integers(rows: Rows, field: str, problems: Problems) -> list[int | None]:
    """Return whole numbers from 0 up."""
    return _values(rows, field, problems, _integer)


def times(rows: Rows, field: str, problems: Problems) -> list[datetime | None]:
    """Return times, naive and in UTC; a time without a zone is taken as UTC."""
    return _values(rows, field, problems, _time)


def labels(rows: Rows, field: str, problems: Problems) -> list[dict[str, str]]:
    """Return labels by key: from an object, its JSON, or ``key=label; key=label``."""
    return [found or {} for found in _values(rows, field, problems, _tags)]


def tags(rows: Rows, problems: Problems) -> list[dict[str, str]]:
    """Return the tags of each row: from the column ``tags``, and from each column ``tag_NAME``."""
    columns = {
        name: _values(rows, TAG_PREFIX + name, problems, text_of, TAG_PREFIX + name)
        for name in rows.tag_names()
    }
    found = [dict(value or {}) for value in _values(rows, "tags", problems, _tags)]
    for name, values in columns.items():
        for row_tags, value in zip(found, values, strict=True):
            if value:
                row_tags[name] = value
    return found


def text_of(cell: object) -> str:
    """Return the text of a text, number, truth value or date.

    >>> text_of(97.0), text_of(True), text_of("as it is ")
    ('97', 'true', 'as it is ')
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and math.isfinite(cell):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()
    try:
        if isinstance(cell, int):
            return str(cell)
    except ValueError:
        raise Misfit("the number is too long; write it as a text") from None
    raise Misfit("give a text or a number")


def display_text(cell: object, width: int = 200) -> str:
    """Return a cell's text in a preview."""
    if cell is None:
        return ""
    dialogue = dialogue_of(cell) if is_conversation(cell) else None
    try:
        text = plain_text(dialogue) if dialogue else text_of(cell)
    except Misfit:
        text = plain_text(cell) if isinstance(cell, dict) and not content_fault(cell) else repr(cell)
    return text if len(text) <= width else text[:width] + "..."


def _require(rows: Rows, field: str, given: list[bool], problems: Problems) -> None:
    for line, is_given in zip(rows.table.lines, given, strict=True):
        if not is_given:
            problems.add(line, rows.column(field), "the cell is empty; every row needs a value here")


def _values(
    rows: Rows, field: str, problems: Problems, convert: Callable[[object], Value], column: str | None = None
) -> list[Value | None]:
    """Return converted cells; None if missing or if the cell does not fit, which is noted as a problem."""
    if field not in rows.columns:
        return [None] * len(rows)
    values: list[Value | None] = []
    for line, cell in zip(rows.table.lines, rows.cells(field), strict=True):
        try:
            values.append(None if cell is None else convert(cell))
        except Misfit as misfit:
            problems.add(line, column or rows.column(field), f"{shortened(cell)} is not valid: {misfit}")
            values.append(None)
    return values


def _references(cell: object) -> str:
    found = cell
    if isinstance(cell, str) and cell.lstrip().startswith("["):
        try:
            found = json.loads(cell)
        except (ValueError, RecursionError):
            return cell
    if not isinstance(found, list):
        return text_of(cell)
    if not all(isinstance(one, str) for one in found):
        if isinstance(cell, str):
            return cell
        raise Misfit("give a text, or a list of texts")
    texts = [one for one in found if one.strip()]
    if len(texts) < 2:
        return texts[0] if texts else ""
    return several_references(texts)


def _list(cell: object) -> list[str]:
    found = cell
    if isinstance(cell, str) and cell.lstrip().startswith("["):
        try:
            found = json.loads(cell)
        except (ValueError, RecursionError):
            raise Misfit('give a list such as ["a", "b"]') from None
    return [_name(one) for one in (found if isinstance(found, list) else [found])]


def _name(cell: object) -> str:
    return text_of(cell).strip()


def _dialogue(cell: object) -> Content:
    dialogue = dialogue_of(cell)
    if dialogue is None:
        raise Misfit('a conversation is a list of {"role": text, "content": text}')
    return dialogue


def _content(cell: object, kind: str) -> Content:
    if isinstance(cell, list):
        return _dialogue(cell)
    if isinstance(cell, dict):
        # Parquet gives every row the fields of all rows, so drop the empty ones.
        content = {name: value for name, value in cell.items() if value is not None}
        fault = content_fault(content)
        if fault:
            raise Misfit(fault)
        return content
    return plain_content(text_of(cell), kind)


def _number(cell: Any, least: float, most: float = math.inf) -> float:
    try:
        value = float(cell)
    except (TypeError, ValueError, OverflowError):
        raise Misfit("give a number") from None
    if not math.isfinite(value) or not least <= value <= most:
        upwards = f"from {least:g} up" if most == math.inf else f"from {least:g} to {most:g}"
        raise Misfit("give a number" if least == -math.inf else f"give a number {upwards}")
    return value


def _integer(cell: object) -> int:
    value = _number(cell, 0)
    if not value.is_integer() or value >= 2**31:
        raise Misfit("give a whole number")
    return int(value)


def _time(cell: object) -> datetime:
    try:
        value = cell if isinstance(cell, datetime) else datetime.fromisoformat(str(cell).strip())
        if isinstance(value, pd.Timestamp):  # Parquet times in nanoseconds
            value = value.to_pydatetime(warn=False)
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value.replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise Misfit("give a time such as 2026-01-31T14:05:00 (in UTC unless it names its zone)") from None


def _tags(cell: object) -> dict[str, str]:
    if isinstance(cell, str) and cell.lstrip().startswith("{"):
        try:
            cell = json.loads(cell)
        except (ValueError, RecursionError):
            raise Misfit("give tags as name=value; name=value, or as a JSON object") from None
    if isinstance(cell, list) and all(isinstance(pair, tuple) and len(pair) == 2 for pair in cell):
        cell = dict(cell)
    if isinstance(cell, dict):
        return {str(name): text_of(value) for name, value in cell.items() if value is not None}
    pairs = [part.split("=", 1) for part in text_of(cell).split(";") if part.strip()]
    if not all(len(pair) == 2 and pair[0].strip() for pair in pairs):
        raise Misfit("give tags as name=value; name=value, or as a JSON object")
    return {name.strip(): value.strip() for name, value in pairs}
