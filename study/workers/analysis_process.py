"""The analysis process: calls functions of this program on the tables that it receives, and returns their results.

``python -m study.workers.analysis_process NICENESS``, started by :class:`study.workers.analysis_worker.Worker`. It opens no
database, holds no secret of the app, and ends when the other end of its pipe is closed.
"""

import os
import pickle
import signal
import sys
import traceback
import warnings
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO, TYPE_CHECKING

from study.workers.messages import (
    CallProgress,
    Changed,
    Done,
    FunctionCall,
    Handed,
    Lacks,
    NotUnderstood,
    Rows,
    TableKey,
    Warned,
    receive,
    send,
)

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MOST_TABLES = 8
IDLE_SECONDS = 1800.0
FIRST_TO_GO = "900"  # of 1000: when memory runs out, the system kills this process before the app

Place = tuple[tuple[str, ...], str]
Came = Queue[tuple[object, "list[pa.Table]"]]


class Tables:
    """A cache of the received tables as frames: the newest of each, and only the most recently used."""

    def __init__(self, most: int = MOST_TABLES) -> None:
        self.most = most
        self._known: OrderedDict[Place, tuple[str, Rows | pd.DataFrame]] = OrderedDict()

    def put(self, table: TableKey, rows: Rows) -> None:
        """Replace the earlier version of a table; its rows become a frame when it is first used."""
        place = (table.owner, table.name)
        self._known.pop(place, None)
        self._known[place] = (table.data_hash, rows)
        while len(self._known) > self.most:
            self._known.popitem(last=False)

    def has(self, table: TableKey) -> bool:
        """Return whether the table is in the cache."""
        known = self._known.get((table.owner, table.name))
        return known is not None and known[0] == table.data_hash

    def frame(self, table: TableKey) -> "pd.DataFrame":
        """Return a cached table as a frame; an error in making the frame is raised here."""
        from study.store import BIG_READS

        place = (table.owner, table.name)
        self._known.move_to_end(place)
        found = self._known[place][1]
        if isinstance(found, dict):
            found = BIG_READS[table.name].frame(found)
            self._known[place] = (table.data_hash, found)
        return found


def main() -> None:
    """Run the tasks that arrive, one after the other; end with the app, or after a long time without tasks."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print goes to stderr; the pipe holds messages only
    stand_back(int(sys.argv[1]))
    came: Came = Queue()
    Thread(target=_listen, args=(sys.stdin.buffer, came), daemon=True).start()
    tables = Tables()
    with suppress(BrokenPipeError):
        while True:
            try:
                message, bodies = came.get(timeout=IDLE_SECONDS)
            except Empty:
                return
            if isinstance(message, Handed):
                tables.put(message.table, dict(zip(message.queries, bodies, strict=True)))
            elif isinstance(message, FunctionCall):
                answer(out, tables, message)
            else:
                send(out, message)
                break
    os._exit(0)


def stand_back(niceness: int) -> None:
    """Give the app priority in CPU time and memory, and leave Ctrl+C, which the terminal sends to both, to the app."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(AttributeError, OSError):
        os.nice(niceness)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_GO)


def answer(out: IO[bytes], tables: Tables, task: FunctionCall[object]) -> None:
    """Run a task and send its result, or the tables that are missing."""
    lacking = tuple(dict.fromkeys(one for one in task.tables if not tables.has(one)))
    if lacking:
        send(out, Lacks(lacking))
        return
    done = _done(out, tables, task)
    try:
        send(out, done)
    except (TypeError, AttributeError, pickle.PicklingError) as error:
        send(out, Done(error=TypeError(f"the result of {task.name} cannot be sent: {error}")))


def _done(out: IO[bytes], tables: Tables, task: FunctionCall[object]) -> Done:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            function = getattr(import_module(task.module), task.name)
            arguments = [tables.frame(one) if isinstance(one, TableKey) else one for one in task.arguments]
            progress = {"progress": _teller(out)} if task.tells_progress else {}
            found = Done(function(*arguments, **task.options, **progress))
        except Exception as error:  # the caller gets it as it is
            places = tuple(
                f"{one.filename}:{one.lineno} {one.name}" for one in traceback.extract_tb(error.__traceback__)
            )
            found = Done(error=_sendable(error.with_traceback(None)), places=places)
    warned = tuple(_warned(one) for one in caught)
    return Done(found.result, found.error, found.places, warned)


def _sendable(error: Exception) -> Exception:
    """Return the error if it can be pickled, else a substitute."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__} in an analysis")
    return error


def _warned(one: warnings.WarningMessage) -> Warned:
    """Return the warning if it can be pickled, else a substitute."""
    message = one.message if isinstance(one.message, Warning) else UserWarning(one.message)
    try:
        pickle.loads(pickle.dumps(message))
    except Exception:
        message = UserWarning(f"{type(message).__name__}: {message}")
    return Warned(message, type(message), one.filename, one.lineno)


def _teller(out: IO[bytes]) -> Callable[..., None]:
    def progress(part: float, text: str = "") -> None:
        send(out, CallProgress(float(part), text))

    return progress


def _listen(stream: IO[bytes], came: Came) -> None:
    """Receive messages; end the process at once, even during a computation, when the other end is closed.

    An unknown message is the last one: it comes from an app that runs another version of this program.
    """
    try:
        while True:
            came.put(receive(stream))
    except NotUnderstood as error:
        came.put((Changed(str(error)), []))
    except Exception as error:
        if not isinstance(error, EOFError | OSError):
            traceback.print_exception(error)
        os._exit(0 if isinstance(error, EOFError | OSError) else 1)


if __name__ == "__main__":
    main()
