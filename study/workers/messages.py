"""What the app and its worker process say to each other: pickled messages, with tables behind them as Arrow streams.

Both ends are this program, joined by pipes that nobody else holds.
"""

import pickle
import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any

import pyarrow as pa

SIZE = struct.Struct("!QQ")
Rows = dict[str, pa.Table]


class NotUnderstood(Exception):
    """A message came whole, and stands for what the program at this end does not have."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a study, as a worker keeps it.

    Attributes
    ----------
    owner : tuple
        The database, the study and the view on it (with or without identities).
    name : str
        Of ``store.BIG_READS``.
    data_hash : str
        Of what the table was read from; one of another hash takes its place.
    """

    owner: tuple[str, ...]
    name: str
    data_hash: str


@dataclass(frozen=True, slots=True)
class Task:
    """A function to call: by its module and name; arguments that are a :class:`Table` stand for its frame."""

    module: str
    name: str
    arguments: tuple[Any, ...]
    options: Mapping[str, Any]
    tells_progress: bool = False

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that it reads."""
        return tuple(one for one in self.arguments if isinstance(one, Table))


@dataclass(frozen=True, slots=True)
class Handed:
    """A table that comes: behind the message stand the rows of each query, in this order."""

    table: Table
    queries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lacks:
    """The worker does not have these tables (any more)."""

    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a task is: the part done (0 to 1) and a text."""

    part: float
    text: str


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning that a task gave, and where."""

    message: Warning
    category: type[Warning]
    filename: str
    lineno: int


@dataclass(frozen=True, slots=True)
class Done:
    """What a task gave, or the error that it ended with and the places of that error in this program."""

    result: Any = None
    error: BaseException | None = None
    places: tuple[str, ...] = ()
    warned: tuple[Warned, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Changed:
    """The worker does not understand what the app says, and ends: the program was changed since the app started."""

    what: str


def send(stream: IO[bytes], message: object, rows: Rows | None = None) -> None:
    """Write one message, and the rows of a table behind it."""
    head = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    bodies = [_as_stream(table) for table in (rows or {}).values()]
    stream.write(SIZE.pack(len(head), len(bodies)))
    stream.write(head)
    for body in bodies:
        stream.write(SIZE.pack(body.size, 0))
        stream.write(memoryview(body))
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[Any, list[pa.Table]]:
    """Read one message, and the tables behind it.

    Raises
    ------
    EOFError
        If the other end is gone.
    NotUnderstood
        If the message means nothing here; the stream goes on behind it.
    """
    length, n_bodies = SIZE.unpack(_exactly(stream, SIZE.size))
    head = _exactly(stream, length)
    bodies = []
    for _ in range(n_bodies):
        length, _ = SIZE.unpack(_exactly(stream, SIZE.size))
        with pa.ipc.open_stream(pa.py_buffer(_exactly(stream, length))) as found:
            bodies.append(found.read_all())
    try:
        return pickle.loads(head), bodies
    except Exception as error:
        raise NotUnderstood(f"{type(error).__name__}: {error}") from error


def give_again(warned: tuple[Warned, ...]) -> None:
    """Give the warnings of a task as if they had been given here."""
    for one in warned:
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)


def _as_stream(table: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as out:
        out.write_table(table)
    return sink.getvalue()


def _exactly(stream: IO[bytes], length: int) -> bytes:
    found = stream.read(length)
    if len(found) < length:
        raise EOFError("the other end is gone")
    return found
