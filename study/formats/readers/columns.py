"""Match columns to fields: by name, by a known alias, or by the researcher's mapping."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from study.errors import InvalidInput
from study.formats.problems import listed, meant
from study.formats.readers.tabular import FileTable
from study.tables import lookup

TAG_PREFIX = "tag_"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a format: its meaning, whether it is required, and aliases of its column."""

    help: str
    required: bool = False
    aliases: tuple[str, ...] = ()


Fields = Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Rows:
    """A table with matched columns: ``columns`` maps each field to its column in the file."""

    table: FileTable
    columns: dict[str, str]
    ignored: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.table.lines)

    def cells(self, field: str) -> list[Any]:
        """Return the cells of a field, all None if the file has no such column."""
        if field not in self.columns:
            return [None] * len(self)
        return self.table.frame[self.columns[field]].tolist()

    def column(self, field: str) -> str:
        """Return the name of a field's column in the file, for messages."""
        return self.columns.get(field, field)

    def tag_names(self) -> list[str]:
        """Return the tags that have a column each."""
        return [field[len(TAG_PREFIX) :] for field in self.columns if field.startswith(TAG_PREFIX)]


def understood(table: FileTable, fields: Fields, mapping: Mapping[str, str] | None = None) -> Rows:
    """Return the rows of a table, with its columns matched to fields.

    A mapped column does not also serve the field of its own name. A column ``tag_NAME`` is the tag NAME.

    Raises
    ------
    InvalidInput
        If the mapping names an unknown field or column, or a required field has no column.
    """
    columns = _matched(table, fields, mapping or {})
    lacking = [name for name, field in fields.items() if field.required and name not in columns]
    if lacking:
        raise InvalidInput(_lacking_sentence(table, fields, columns, lacking))
    used = set(columns.values())
    ignored = tuple(name for name in _names(table) if name not in used)
    return Rows(table, columns, ignored)


def lacking_fields(table: FileTable, fields: Fields, mapping: Mapping[str, str] | None = None) -> list[str]:
    """Return what is missing for a format: required fields without a column, and mapped fields unknown to it."""
    mapping = mapping or {}
    unknown = [name for name in mapping if name not in fields and not name.startswith(TAG_PREFIX)]
    columns = _matched(table, fields, {name: mapping[name] for name in mapping if name not in unknown})
    return [name for name, field in fields.items() if field.required and name not in columns] + [
        f"a field {name!r}" for name in unknown
    ]


def _matched(table: FileTable, fields: Fields, mapping: Mapping[str, str]) -> dict[str, str]:
    names = _names(table)
    of_alias = {
        alias: field for field, entry in fields.items() for alias in entry.aliases if alias not in fields
    }
    mapping = {of_alias.get(field, field): column for field, column in mapping.items()}
    for field, column in mapping.items():
        if not field.startswith(TAG_PREFIX):
            lookup(fields, field, "field")
        if column not in names:
            raise InvalidInput(
                f"{table.name} has no column {column!r}{meant(column, names)}, which you named for the "
                f"field {field!r}; it has: {listed(names)}"
            )
    free = {name.strip().lower(): name for name in reversed(names) if name not in mapping.values()}
    columns = dict(mapping)
    for field, entry in fields.items():
        found = [free[name] for name in (field, *entry.aliases) if name in free]
        if found and field not in columns:
            columns[field] = found[0]
    taken = set(columns.values())
    for key, name in free.items():
        if key.startswith(TAG_PREFIX) and key != TAG_PREFIX and name not in taken:
            columns.setdefault(key, name)
    return columns


def _names(table: FileTable) -> list[str]:
    return [str(name) for name in table.frame.columns]


def _lacking_sentence(table: FileTable, fields: Fields, columns: dict[str, str], lacking: list[str]) -> str:
    free = [name for name in _names(table) if name not in columns.values()]
    wanted = "; ".join(f"{name!r} ({fields[name].help}){meant(name, free)}" for name in lacking)
    return (
        f"{table.name} has no column for {wanted}. It has: {listed(_names(table))}. "
        f"Name the column, or map it: {lacking[0]}=COLUMN"
    )
