"""Starts Python programs as processes of their own, quickly: a process that has imported what they import is forked.

An import of the store takes half a second of a core, one of the web server more, and the tests start some hundred processes.
Run as a program, this file is the process that is forked. Each program is a process with its own arguments, environment, folder
and streams, as if ``python`` had been called; what a program imports beyond that, it imports itself.
"""

import atexit
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, Any

ROOT = Path(__file__).parents[1]
# All but what reads the environment when it is imported: the pages' own code.
IMPORTED = (
    *("streamlit.web.cli", "streamlit.starlette", "study.cli", "psycopg", "websockets", "pytest"),
    *("pandas.io.formats.style", "scipy.stats", "plotly.graph_objects", "study.analysis"),
)
# Benchmarks start programs as their users do.
FORKED = True
PIPE, DEVNULL, STDOUT = subprocess.PIPE, subprocess.DEVNULL, subprocess.STDOUT
LONGEST = 1 << 20


class Program:
    """A program that was started: what :class:`subprocess.Popen` offers, as far as the tests use it."""

    def __init__(self, pid: int, stdin: IO[str] | None, stdout: IO[str] | None) -> None:
        self.pid, self.stdin, self.stdout = pid, stdin, stdout
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = _starter().ask({"ended": self.pid})
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        end = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:  # its number is not given to another process before it was asked for
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> "Program":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for stream in (self.stdin, self.stdout):
            if stream is not None:
                stream.close()
        self.wait()


def start(
    *arguments: object,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    stdin: int | IO[Any] = DEVNULL,
    stdout: int | IO[Any] | None = None,
    stderr: int | IO[Any] | None = None,
) -> Program | subprocess.Popen[str]:
    """Start ``python`` with arguments (a file, ``-m`` and a module, or ``-c`` and a text); pipes are of text."""
    if not FORKED:
        command = [sys.executable, *map(str, arguments)]
        return subprocess.Popen(
            command, cwd=cwd, env=env, stdin=stdin, stdout=stdout, stderr=stderr, text=True
        )
    ours: list[IO[str] | None] = [None, None]
    theirs: list[int] = []
    for place, stream in enumerate((stdin, stdout, stderr)):
        if stream == PIPE:
            reading, writing = os.pipe()
            mine = writing if place == 0 else reading
            ours[place] = os.fdopen(mine, "w" if place == 0 else "r", encoding="utf-8")
            theirs.append(reading if place == 0 else writing)
        elif stream == STDOUT:
            theirs.append(os.dup(theirs[1]))
        elif stream == DEVNULL:
            theirs.append(os.open(os.devnull, os.O_RDWR))
        else:
            theirs.append(
                os.dup(place if stream is None else stream if isinstance(stream, int) else stream.fileno())
            )
    asked = {
        "arguments": [str(one) for one in arguments],
        "cwd": str(cwd),
        "environment": dict(os.environ if env is None else env),
    }
    try:
        return Program(_starter().ask(asked, theirs), *ours)
    finally:
        for one in theirs:
            os.close(one)


def run(*arguments: object, timeout: float = 300, **options: Any) -> subprocess.CompletedProcess[str]:
    """Start a program, wait for its end, and return it with what it wrote."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as error:
        program = start(*arguments, stdout=out, stderr=error, **options)
        try:
            code = program.wait(timeout)
        finally:
            program.kill()
        for stream in (out, error):
            stream.seek(0)
        return subprocess.CompletedProcess(arguments, code, out.read(), error.read())


class Starter:
    """The process that is forked, and the line to it."""

    def __init__(self) -> None:
        self._line, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", __file__, str(other.fileno())],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), *sys.path]))},
            pass_fds=[other.fileno()],
        )
        other.close()

    def ask(self, message: Mapping[str, Any], streams: list[int] | None = None) -> Any:
        with self._lock:
            socket.send_fds(self._line, [json.dumps(message).encode()], streams or [])
            return json.loads(self._line.recv(LONGEST))

    def end(self) -> None:
        self._line.close()
        self._process.wait()


@cache
def _starter() -> Starter:
    starter = Starter()
    atexit.register(starter.end)
    return starter


def serve(line: socket.socket) -> dict[str, Any] | None:
    """Fork a program for each message that asks for one; return what it is to do, in the program alone."""
    while True:
        text, streams, *_ = socket.recv_fds(line, LONGEST, 3)
        if not text:
            return None
        message = json.loads(text)
        if "ended" in message:
            pid, status = os.waitpid(message["ended"], os.WNOHANG)
            line.send(json.dumps(os.waitstatus_to_exitcode(status) if pid else None).encode())
            continue
        pid = os.fork()
        if not pid:
            line.close()
            for place, one in enumerate(streams):
                os.dup2(one, place)
            os.closerange(3, max(streams) + 1)
            return message
        for one in streams:
            os.close(one)
        line.send(json.dumps(pid).encode())


def become(message: Mapping[str, Any]) -> None:
    """Be the program that was asked for, to its end: taking apart what was imported would cost half a second of a core."""
    code = 1
    try:
        code = _code_of(lambda: _run(message))
        code = _code_of(threading._shutdown) or code  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _code_of(run: Callable[[], None]) -> int:
    """Return what a program would have ended with."""
    try:
        run()
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return ended.code or 0
        print(ended.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _run(message: Mapping[str, Any]) -> None:
    os.chdir(message["cwd"])
    os.environ.clear()
    os.environ.update(message["environment"])
    for place, name in ((0, "stdin"), (1, "stdout"), (2, "stderr")):
        setattr(
            sys, name, os.fdopen(place, "r" if place == 0 else "w", 1 if place == 2 else -1, closefd=False)
        )
    first, *rest = message["arguments"]
    wanted = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = [*filter(None, wanted), *(one for one in sys.path if one not in wanted)]
    if first == "-c":
        sys.argv, sys.path[:] = ["-c", *rest[1:]], ["", *sys.path]
        exec(
            compile(rest[0], "<string>", "exec"), sys.modules["__main__"].__dict__ | {"__name__": "__main__"}
        )
    elif first == "-m":
        sys.argv, sys.path[:] = rest, [message["cwd"], *sys.path]
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv, sys.path[:] = [first, *rest], [str(Path(first).parent), *sys.path]
        runpy.run_path(first, run_name="__main__")


def _scan_once() -> None:
    from streamlit.components.v2 import manifest_scanner

    from tests.streamlit_scan import scan_once

    scan_once()
    manifest_scanner.scan_component_manifests()


def main() -> None:
    line = socket.socket(fileno=int(sys.argv[1]))
    sys.path[:] = [one for one in sys.path if one != str(ROOT / "tests")]
    for module in IMPORTED:
        __import__(module)
    _scan_once()
    gc.collect()
    gc.freeze()  # pages that the collector does not write to stay shared
    message = serve(line)
    if message is not None:
        become(message)


if __name__ == "__main__":
    main()
