"""Manifests: how a figure or an export was made, so that it can be reproduced and compared to the last digit."""

import json
import math
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from typing import Any, Literal, TypedDict, cast

import pandas as pd

from study import __version__
from study.errors import InvalidInput
from study.records import JsonObject

Part = Literal["program", "libraries", "study", "recipe", "result"]
FORMAT = "blindpair-manifest/1"
LIBRARIES = ("duckdb", "numpy", "pandas", "scipy", "pyarrow", "streamlit")
PARTS: tuple[Part, ...] = ("program", "libraries", "study", "recipe", "result")


class WrittenResult(TypedDict, total=False):
    """A result in a manifest: the hashes of a file, or a whole table; ``kind`` says which."""

    kind: str
    bytes: int
    sha256: str
    lines: list[str]
    columns: list[str]
    rows: list[list[object]]


class Manifest(TypedDict):
    """A manifest: what was computed, from which data, by which versions, and the result."""

    manifest: str
    program: JsonObject
    libraries: Mapping[str, object]
    study: JsonObject
    recipe: Mapping[str, object]
    result: WrittenResult


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between a recomputed result and its manifest.

    ``column`` is set for a cell of a table; ``is_of_result`` is False if data, design or recipe differ.
    """

    where: str
    then: object
    now: object
    column: str | None = None
    is_of_result: bool = True

    def __str__(self) -> str:
        """Return the difference as a sentence."""
        return f"{self.where}: {self.then!r} in the manifest, {self.now!r} now"


def manifest(study: JsonObject, recipe: Mapping[str, object], result: pd.DataFrame | bytes) -> Manifest:
    """Return the manifest of a table or a file.

    Parameters
    ----------
    study : dict
        From ``reproducing.study_facts``: data hash, design hash and version, seed.
    recipe : dict
        How to compute the result again; its ``kind`` is "analysis" or "command".
    result : DataFrame or bytes
        The manifest holds a whole table, or the hash of a file.
    """
    return {
        "manifest": FORMAT,
        "program": {"name": "blindpair", "version": __version__},
        "libraries": {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
        "study": study,
        "recipe": recipe,
        "result": written_result(result),
    }


def written_result(result: pd.DataFrame | bytes) -> WrittenResult:
    """Return a result in the form of a manifest."""
    if isinstance(result, bytes):
        return {
            "kind": "file",
            "bytes": len(result),
            "sha256": sha256(result).hexdigest(),
            "lines": [sha256(line).hexdigest()[:16] for line in result.split(b"\n")],
        }
    names = [str(name) for name in result.columns]
    cells = [[_cell(cell) for cell in result[name].tolist()] for name in names]
    rows = [list(row) for row in zip(*cells, strict=True)]
    return {"kind": "table", "columns": names, "rows": rows}


def manifest_bytes(content: Manifest) -> bytes:
    """Return a manifest as JSON; floats are written with all significant digits."""
    return (json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def read_manifest(data: bytes, name: str) -> Manifest:
    """Return the manifest in a file.

    Raises
    ------
    InvalidInput
        If it is not a manifest, or has another format.
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{name}: not JSON ({error})") from None
    if not isinstance(content, dict) or content.get("manifest") != FORMAT:
        found = content.get("manifest") if isinstance(content, dict) else type(content).__name__
        raise InvalidInput(f"{name}: not a manifest of this program; 'manifest' is {found!r}, not {FORMAT!r}")
    lacking = [part for part in PARTS if not isinstance(content.get(part), dict)]
    if lacking:
        raise InvalidInput(f"{name}: the manifest lacks the part {lacking[0]!r}; needed: {', '.join(PARTS)}")
    _check_result(content["result"], name)
    return cast("Manifest", content)  # its parts were looked at just now


def _check_result(result: JsonObject, name: str) -> None:
    """Raise InvalidInput unless what a result lists has the shape that a manifest gives it."""
    columns, rows, lines = (result.get(part, []) for part in ("columns", "rows", "lines"))
    for part, listed in (("columns", columns), ("lines", lines)):
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise InvalidInput(
                f"{name}: the {part} of the result are {listed!r:.200}; allowed: a list of texts"
            )
    width = len(columns) if isinstance(columns, list) else 0
    if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == width for row in rows):
        raise InvalidInput(
            f"{name}: the rows of the result are {rows!r:.200}; allowed: lists of {width} cells, one per column"
        )


def differences(then: Manifest, now: Manifest) -> Iterator[Difference]:
    """Yield the differences between a manifest and a new one, from the data to the last cell.

    Versions do not count as differences, nor do additional columns of a table; see :func:`new_columns`.
    """
    for part in ("study", "recipe"):
        for key in dict.fromkeys((*then[part], *now[part])):
            if then[part].get(key) != now[part].get(key):
                where = f"{part}, {key.replace('_', ' ')}"
                yield Difference(where, then[part].get(key), now[part].get(key), is_of_result=False)
    yield from _result_differences(then["result"], now["result"])


def other_versions(then: Manifest, now: Manifest) -> list[Difference]:
    """Return the versions of program and libraries that differ from the manifest."""
    return [
        Difference(f"version of {name}", before, now[part].get(key))
        for part in ("program", "libraries")
        for key, before in then[part].items()
        for name in [now["program"]["name"] if part == "program" else key]
        if before != now[part].get(key)
    ]


def new_columns(then: Manifest, now: Manifest) -> list[str]:
    """Return the columns of a table that are not in the manifest."""
    before = then["result"].get("columns", [])
    return [name for name in now["result"].get("columns", []) if name not in before]


def _result_differences(then: WrittenResult, now: WrittenResult) -> Iterator[Difference]:
    if then.get("kind") != now["kind"]:
        yield Difference("kind of result", then.get("kind"), now["kind"])
    elif now["kind"] == "file":
        if then.get("sha256") != now["sha256"]:
            lines = zip(then.get("lines", []), now["lines"], strict=False)
            first = next((at for at, (a, b) in enumerate(lines, start=1) if a != b), None)
            where = f"line {first} of the file" if first else "length of the file"
            yield Difference(f"{where}, SHA-256 of the whole", then.get("sha256"), now["sha256"])
    elif lost := [name for name in then.get("columns", []) if name not in now["columns"]]:
        yield Difference("columns of the table", lost, now["columns"])
    else:
        yield from _cell_differences(then, now)


def _cell_differences(then: WrittenResult, now: WrittenResult) -> Iterator[Difference]:
    """Yield the cells that differ, in the columns of the manifest."""
    columns, rows = then.get("columns", []), then.get("rows", [])
    places = [now["columns"].index(name) for name in columns]
    if len(rows) != len(now["rows"]):
        yield Difference("number of rows", len(rows), len(now["rows"]))
    for number, (before, row) in enumerate(zip(rows, now["rows"], strict=False), start=1):
        after = [row[place] for place in places]
        for column, one, other in zip(columns, before, after, strict=True):
            if one != other or isinstance(one, bool) != isinstance(other, bool):
                yield Difference(f"row {number}, column {column!r}", one, other, column)


def _cell(cell: Any) -> object:
    """Return a cell as a JSON value: None if missing, infinity as a word, times as ISO 8601."""
    if isinstance(cell, list | tuple):
        return [_cell(one) for one in cell]
    if isinstance(cell, dict):
        return {str(key): _cell(one) for key, one in cell.items()}
    if cell is None or cell is pd.NaT or cell is pd.NA:
        return None
    if hasattr(cell, "isoformat"):
        return cell.isoformat()
    if hasattr(cell, "item"):
        cell = cell.item()
    if isinstance(cell, float) and not math.isfinite(cell):
        return None if math.isnan(cell) else str(cell)
    return cell if isinstance(cell, bool | int | float | str) else str(cell)
