"""The messages between the app and its worker process: pickled, each followed by its tables as Arrow streams.

Both ends are this program, connected by private pipes.
"""

import pickle
import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Generic, TypeVar

import pyarrow as pa

SIZE = struct.Struct("!QQ")
Rows = dict[str, pa.Table]
Result = TypeVar("Result")


class NotUnderstood(Exception):
    """A complete message refers to something that the program at this end lacks."""


@dataclass(frozen=True, slots=True)
class TableKey:
    """The key of a table of a study in a worker's cache.

    Attributes
    ----------
    owner : tuple
        The database, the study and the view of it (with or without identities).
    name : str
        A key of ``store.BIG_READS``.
    data_hash : str
        The hash of the data that the table was read from; a table with another hash replaces it.
    """

    owner: tuple[str, ...]
    name: str
    data_hash: str


@dataclass(frozen=True, slots=True)
class FunctionCall(Generic[Result]):
    """A function to call, by its module and name; an argument that is a :class:`TableKey` is replaced by its frame."""

    module: str
    name: str
    arguments: tuple[object, ...]
    options: Mapping[str, object]
    tells_progress: bool = False

    @property
    def tables(self) -> tuple[TableKey, ...]:
        """The tables that the task reads."""
        return tuple(one for one in self.arguments if isinstance(one, TableKey))


@dataclass(frozen=True, slots=True)
class Handed:
    """A table: the rows of each query follow the message in this order."""

    table: TableKey
    queries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lacks:
    """The tables that the worker does not have (any more)."""

    tables: tuple[TableKey, ...]


@dataclass(frozen=True, slots=True)
class CallProgress:
    """A task's progress: the part done (0 to 1) and a text."""

    part: float
    text: str


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning from a task, and its place."""

    message: Warning
    category: type[Warning]
    filename: str
    lineno: int


@dataclass(frozen=True, slots=True)
class Done:
    """The result of a task, or its error with the traceback's places."""

    result: Any = None
    error: BaseException | None = None
    places: tuple[str, ...] = ()
    warned: tuple[Warned, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Changed:
    """The worker does not understand the app and ends, because the program was changed since the app started."""

    what: str


def send(stream: IO[bytes], message: object, rows: Rows | None = None) -> None:
    """Write one message, followed by the rows of a table."""
    head = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    bodies = [_as_stream(table) for table in (rows or {}).values()]
    stream.write(SIZE.pack(len(head), len(bodies)))
    stream.write(head)
    for body in bodies:
        stream.write(SIZE.pack(body.size, 0))
        stream.write(memoryview(body))
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[object, list[pa.Table]]:
    """Read one message and the tables that follow it.

    Raises
    ------
    EOFError
        If the other end is closed.
    NotUnderstood
        If this program does not know the message; the next one can still be read.
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
    """Issue the warnings of a task as if they had been raised here."""
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
