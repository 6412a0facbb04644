"""Distances between the texts of two readers, from people or another program, for personalization measures."""

from collections.abc import Sequence
from typing import NamedTuple

from study.formats.problems import shortened
from study.formats.readers import cells
from study.formats.readers.columns import Field, Fields, understood
from study.formats.readers.tabular import read_table

DISTANCE_FIELDS: Fields = {
    "item": Field("the document: the source that several profiles share", True, ("source_id", "item_id")),
    "system": Field("as rankings name it; empty for the texts that readers expect"),
    "profile_1": Field("the reader of the first text", True, ("profile_1_id", "reader_1")),
    "profile_2": Field(
        "the reader of the second text; empty for the document, the first one again for the text that it expects",
        aliases=("profile_2_id", "reader_2"),
    ),
    "distance": Field("from 0 (the same) to 1", True),
}


class PairDistance(NamedTuple):
    """A line of a file of distances; ``where`` locates it in messages."""

    item: str
    system: str
    profile_1: str
    profile_2: str
    distance: float
    where: str


def read_distances(data: bytes, file: str) -> tuple[PairDistance, ...]:
    """Return the distances of a CSV, JSON lines or Parquet file.

    Raises
    ------
    InvalidInput
        Naming the line, the column and the value at fault.
    """
    rows = understood(read_table(data, file), DISTANCE_FIELDS)
    problems = rows.table.problems()
    lines = rows.table.lines
    parts = zip(
        cells.names(rows, "item", problems, required=True),
        cells.names(rows, "system", problems),
        cells.names(rows, "profile_1", problems, required=True),
        cells.names(rows, "profile_2", problems),
        cells.numbers(rows, "distance", problems, least=0.0, most=1.0),
        lines,
        strict=True,
    )
    found: dict[Sequence[str], PairDistance] = {}
    for item, system, one, other, distance, line in parts:
        key = (item, system, one, other)
        where = f"{file}, {rows.table.unit} {line}"
        if distance is None:
            problems.add(line, rows.column("distance"), "the cell is empty; give a number from 0 to 1")
            continue
        if key in found:
            problems.add(
                line, rows.column("distance"), f"a second distance of {shortened(key)}; give it once"
            )
        found[key] = PairDistance(item, system, one, other, distance, where)
    problems.stop()
    return tuple(found.values())
