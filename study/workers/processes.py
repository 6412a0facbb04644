"""The processes of this program next to the web process: one way to start them, and one to end them."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from study import logs

ROOT = Path(__file__).parents[2]


def started(
    module: str,
    *arguments: str,
    folder: Path | None = ROOT,
    environment: Mapping[str, str] | None = None,
    asked: bool = True,
    errors: BinaryIO | int | None = None,
) -> "subprocess.Popen[bytes]":
    """Start a module of this program in a separate process, whose output this process reads.

    Parameters
    ----------
    module : str
        Run as with ``python -m``.
    *arguments : str
    folder : Path, optional
        Where it runs; None is the folder that this process is in.
    environment : mapping, optional
        By default that of this process.
    asked : bool
        Whether this process writes to it; otherwise its input is empty.
    errors : file or int, optional
        Where its stderr goes; by default to that of this process.
    """
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE if asked else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
    )


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process, if it still runs, and close the pipes to it."""
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            try:
                stream.close()
            except OSError:  # data that could no longer be sent
                logs.log.debug("a process did not read all the data sent to it")


@contextmanager
def ended_with_block(process: "subprocess.Popen[bytes]") -> Iterator["subprocess.Popen[bytes]"]:
    """Yield a process and end it with the block."""
    try:
        yield process
    finally:
        end(process)
