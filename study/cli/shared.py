"""Shared by commands: the database option, tables on stdout, notes and progress on stderr."""

import json
import math
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer

from study import frames, store
from study.errors import InvalidInput, NotFound
from study.formats.export import table_csv
from study.wording import counted, form, holds_p, holds_share, p_text

STEPS = 1000
MISSING = "-"
RANK_COLUMN = re.compile(r"^rank(_|$)")


def _place(text: str | store.Place) -> store.Place:
    try:
        return store.place_of(text)
    except InvalidInput as error:
        raise typer.BadParameter(str(error)) from None


if TYPE_CHECKING:
    _Place = store.Place
else:
    _Place = Path  # typer has no unions; the parser determines the type

DatabaseOption = Annotated[
    _Place,
    typer.Option(
        "--db",
        envvar="BLINDPAIR_DB",
        parser=_place,
        metavar="PATH",
        help="The database file, or the address of a PostgreSQL database.",
        show_default="data/blindpair.duckdb",
    ),
]
StudyOption = Annotated[str, typer.Option("--study", help="The id of the study; `list` shows them.")]


class TableFormat(StrEnum):
    """How a table is printed."""

    table = "table"
    json = "json"
    csv = "csv"


class Population(StrEnum):
    """Whose judgments count."""

    human = "human"
    simulated = "simulated"
    both = "both"


FormatOption = Annotated[TableFormat, typer.Option("--format", help="How to print the table.")]
PopulationOption = Annotated[
    Population,
    typer.Option("--population", help="Whose judgments count; simulated ones only when asked for."),
]
ExcludedOption = Annotated[
    bool, typer.Option("--excluded", help="Include raters who were excluded or withdrew.")
]
WithdrawnOption = Annotated[bool, typer.Option("--withdrawn", help="Include withdrawn comparisons.")]
ProfileOption = Annotated[
    list[str] | None,
    typer.Option("--profile", help="The name of a profile; may be repeated.", show_default="all"),
]
RoleOption = Annotated[
    list[str] | None, typer.Option("--role", help="owner or proxy; may be repeated.", show_default="all")
]
TagOption = Annotated[
    list[str] | None,
    typer.Option("--tag", help="A tag of items, as 'name: value'; may be repeated.", show_default="all"),
]

SimulatedOption = Annotated[bool, typer.Option("--simulated", help="Simulated raters, not people.")]
UrlOption = Annotated[str, typer.Option("--url", help="Address of the app.")]
DEFAULT_URL = "http://localhost:8501"

# The results of a command, for a manifest or a comparison; see study/cli/reproducing.py.
GIVEN: ContextVar[list[pd.DataFrame | bytes] | None] = ContextVar("given", default=None)

REPEATED: ContextVar[bool] = ContextVar("repeated", default=False)
HELD: ContextVar[store.Database | None] = ContextVar("held", default=None)


def keep(result: pd.DataFrame | bytes) -> None:
    """Keep a command's result for its manifest; only the first one counts."""
    given = GIVEN.get()
    if given is not None:
        given.append(result)


def is_repeated() -> bool:
    """Return whether `reproduce` runs the command; then nothing is written."""
    return REPEATED.get()


@contextmanager
def opened(place: store.Place, *, create: bool = False) -> Iterator[store.Database]:
    """Open the database for one command, unless it is already held; only with ``create`` may it be a new file."""
    if known := HELD.get():
        yield known
        return
    if not create and isinstance(place, Path) and not place.exists():
        raise NotFound(
            f"there is no database {place}; name one with --db or BLINDPAIR_DB, or create it with "
            "`import` or `init-demo`"
        )
    db = store.open_database(place)
    try:
        yield db
    finally:
        db.close()


@contextmanager
def held(place: store.Place) -> Iterator[store.Database]:
    """Open the database once for all commands that run in a block."""
    with opened(place) as db:
        token = HELD.set(db)
        try:
            yield db
        finally:
            HELD.reset(token)


def note(text: str) -> None:
    """Print a note to stderr, where it does not mix with data."""
    print(visible(text), file=sys.stderr)


def note_withdrawn(judgments: pd.DataFrame, subset: frames.Subset) -> None:
    """Note how many judgments of withdrawn comparisons are left out."""
    of = frames.of_population(judgments, subset.population)
    gone = int((of["comparison_withdrawn"] & of["preference"].notna()).sum())
    if gone and not subset.withdrawn:
        note(
            f"{counted(gone, 'judgment')} of withdrawn comparisons {form(gone, 'is', 'are')} left out; "
            f"include {form(gone, 'it', 'them')} with --withdrawn."
        )


def on_terminal() -> bool:
    """Return whether a person at a terminal can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


@contextmanager
def progress_bar() -> Iterator[Callable[[float, str], None]]:
    """Yield a callback (share done, current step) that draws a progress bar on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda fraction, text: None
        return
    with typer.progressbar(length=STEPS, file=sys.stderr, show_pos=False) as bar:

        def show(fraction: float, text: str) -> None:
            bar.label = text
            bar.update(round(fraction * STEPS) - bar.pos)

        yield show


def print_table(frame: pd.DataFrame, how: TableFormat, nothing: str | None = None) -> None:
    """Print a table for people, as strict JSON (undefined values are null), or as CSV.

    For a table without rows, print the sentence ``nothing`` instead.
    """
    keep(frame)
    match how:
        case TableFormat.json:
            rows = [
                {str(name): plain(cell) for name, cell in row.items()} for row in frame.to_dict("records")
            ]
            print(json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False))
        case TableFormat.csv:
            print(table_csv(frame).decode().replace("\r\n", "\n"), end="")
        case TableFormat.table:
            if frame.empty:
                note(nothing or "There is nothing to show.")
            else:
                print(visible(table_text(frame)))


def table_text(frame: pd.DataFrame) -> str:
    """Return a table as text for people: missing values are dashes, and P is never 0.

    >>> print(table_text(pd.DataFrame({"system": ["x", None], "value": [0.5, float("nan")], "adjusted_p": [0.00001, 0.2]})))
    system value adjusted_p
         x 0.500     < .001
         -     -       .200
    """
    shown = {place: _cells(str(name), frame.iloc[:, place]) for place, name in enumerate(frame.columns)}
    return pd.DataFrame(shown).to_string(
        index=False,
        header=[str(name) for name in frame.columns],
        float_format=lambda value: f"{value:.3f}",
        na_rep=MISSING,
    )


def _cells(name: str, column: pd.Series) -> pd.Series:
    if column.dtype.kind == "f":
        if holds_p(name):
            return column.map(lambda p: MISSING if math.isnan(p) else p_text(p)).astype("str")
        if RANK_COLUMN.search(name):
            return column.map(lambda rank: MISSING if math.isnan(rank) else f"{rank:g}").astype("str")
        return column.clip(0, 1) if holds_share(name) else column
    return column.astype(object).where(column.notna(), MISSING)


def visible(text: str) -> str:
    """Return text that is safe for a terminal: control and bidirectional characters are shown as their codes.

    >>> visible("red\\x1b[31m, one\\ntwo")
    'red\\\\x1b[31m, one\\ntwo'
    """
    return "".join(
        sign if sign.isprintable() or sign == "\n" else sign.encode("unicode_escape").decode()
        for sign in text
    )


def plain(cell: Any) -> object:
    """Return a cell as a JSON value: None if missing or not finite, times as ISO 8601."""
    if isinstance(cell, dict):
        return {str(key): plain(value) for key, value in cell.items()}
    if isinstance(cell, list | tuple):
        return [plain(value) for value in cell]
    if cell is None or cell is pd.NaT or cell is pd.NA:
        return None
    if hasattr(cell, "isoformat"):
        return cell.isoformat()
    if hasattr(cell, "item"):
        cell = cell.item()
    if isinstance(cell, float) and not math.isfinite(cell):
        return None
    return cell
