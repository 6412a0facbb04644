"""A second process for long computations: the app sends a task and the tables that it lacks, and waits for the result.

Because of the GIL, a statistic of a million judgments in the web process would block every rater. The worker process is
started when it is first needed, yields the CPU to the app, is restarted after a crash, and ends with the app, however
that ends.
"""

import logging
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from queue import Empty, Queue
from threading import Lock, Thread
from typing import Any, TypeVar

from study import logs
from study.errors import StudyError
from study.workers import processes
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
    give_again,
    receive,
    send,
)

__all__ = [
    "CallProgress",
    "FunctionCall",
    "Rows",
    "TableKey",
    "Worker",
    "WorkerEnded",
    "function_call",
    "send",
]

POLL_SECONDS = 0.2
LAST_WORDS_SECONDS = 1.0
TRIES = 2
NICENESS = 10
N_PLACES = 6
SECRET = re.compile(r"^(BLINDPAIR_|PG)|(KEY|TOKEN|SECRET|PASSWORD)$")  # the worker has no use for them

Result = TypeVar("Result")
Read = Callable[[TableKey], Rows]
ShowProgress = Callable[[float, str], None]


class WorkerEnded(StudyError):
    """The worker process ended during a computation, or cannot continue."""


class Gone(Exception):
    """The process no longer exists."""


def function_call(
    function: Callable[..., Result], arguments: tuple[object, ...], options: Mapping[str, object], **how: bool
) -> FunctionCall[Result]:
    """Return a task that calls a function of this program.

    Raises
    ------
    TypeError
        If the function is not at the top level of its module.
    """
    module, name = function.__module__, function.__qualname__
    if not name.isidentifier() or not module.startswith("study."):
        raise TypeError(f"{module}.{name}: a worker calls functions at the top of a module of this program")
    return FunctionCall(module, name, arguments, options, **how)


class Worker:
    """One worker process, which runs one task at a time; later callers wait.

    Parameters
    ----------
    read : callable
        Returns the rows of a table that the process lacks.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._turn = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._came: Queue[object] = Queue()
        self._ended = False

    @property
    def pid(self) -> int | None:
        """The id of the process, while there is one."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    def call(self, task: FunctionCall[Result], progress: ShowProgress | None = None) -> Result:
        """Return the result of a task; its errors and warnings are raised here.

        ``progress`` is called with the task's reports, and repeatedly with the last one, a few times a second; an exception
        in it ends the process.

        Raises
        ------
        WorkerEnded
            If the process died, and died again on a second try; if :meth:`end` was called; or if the process runs another
            version of the program, which was changed while the app was running.
        """
        with self._turn:
            for _ in range(TRIES):
                if self._ended:
                    break
                try:
                    return self._answer(task, progress)
                except Gone:
                    self._let_go()
                except BaseException as error:
                    if not isinstance(error, Exception) or progress is not None:
                        self._let_go()
                    raise
            if self._ended:
                raise WorkerEnded("The app is shutting down; please come back in a moment.")
            raise WorkerEnded(
                "The process that computes results was stopped from outside twice: this machine may "
                "have too little memory."
            )

    def end(self) -> None:
        """End the process for good; waiting callers get WorkerEnded."""
        self._ended = True
        process = self._process
        if process is not None:
            process.kill()
            with self._turn:  # wait until the current caller has noticed
                self._let_go()

    def _answer(self, task: FunctionCall[Result], progress: ShowProgress | None) -> Result:
        self._started()
        self._say(task)
        last = CallProgress(0.0, "Computing ...")
        while True:
            message = self._next(poll=progress is not None)
            if isinstance(message, Lacks):
                for table in message.tables:
                    if progress is not None:
                        progress(0.0, "Handing over what is stored")
                    rows = self._read(table)
                    self._say(Handed(table, tuple(rows)), rows)
                self._say(task)
            elif isinstance(message, Done):
                give_again(message.warned)
                result: Result = _result(message)
                return result
            elif isinstance(message, Changed):
                self._let_go()
                raise _changed(message)
            else:
                if isinstance(message, CallProgress):
                    last = message
                if progress is not None:
                    progress(last.part, last.text)

    def _started(self) -> None:
        if self.pid is not None:
            return
        self._let_go()
        self._came = Queue()
        self._process = processes.started(
            "study.workers.analysis_process",
            str(NICENESS),
            environment={name: value for name, value in os.environ.items() if not SECRET.search(name)},
        )
        if self._ended:  # by another thread, since the process was started
            raise Gone
        Thread(target=_listen, args=(self._process, self._came), name="blindpair worker", daemon=True).start()

    def _look_for_change(self) -> None:
        """Raise an error if the last words of the process are that it did not understand a message; read until it is gone."""
        with suppress(Empty):
            while not isinstance(message := self._came.get(timeout=LAST_WORDS_SECONDS), Gone):
                if isinstance(message, Changed):
                    self._let_go()
                    raise _changed(message)

    def _say(self, message: object, rows: Rows | None = None) -> None:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        try:
            send(process.stdin, message, rows)
        except OSError as error:
            self._look_for_change()
            raise Gone from error

    def _next(self, *, poll: bool) -> object:
        """Return the next message; with ``poll``, None if none has come for a while."""
        try:
            message = self._came.get(timeout=POLL_SECONDS if poll else None)
        except Empty:
            return None
        if isinstance(message, Gone):
            raise message
        return message

    def _let_go(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            processes.end(process)


def _listen(process: "subprocess.Popen[bytes]", came: "Queue[object]") -> None:
    assert process.stdout is not None
    while True:
        try:
            came.put(receive(process.stdout)[0])
        except (EOFError, OSError):
            came.put(Gone())
            return
        except NotUnderstood as error:
            came.put(Changed(str(error)))
        except Exception as error:
            came.put(Done(error=error))
            came.put(Gone())
            return


def _changed(message: Changed) -> WorkerEnded:
    return WorkerEnded(
        f"The program changed while the app was running ({message.what}). Restart the app; answers are safe."
    )


def _result(message: Done) -> Any:
    if message.error is None:
        return message.result
    if not isinstance(message.error, StudyError):
        where = " < ".join(message.places[::-1][:N_PLACES])
        logs.tell("worker_failed", "an analysis failed at %s", where, level=logging.ERROR)
    raise message.error
