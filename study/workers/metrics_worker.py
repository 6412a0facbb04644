"""The other end of the metrics process: hands it jobs, and yields what it computes until it is done or is to stop."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from tempfile import TemporaryDirectory
from threading import Thread

from study.errors import StudyError
from study.metrics.jobs import Job, JobScores, line_found, to_lines
from study.workers import processes

POLL_SECONDS = 0.2


class ScoringStopped(StudyError):
    """The run was stopped; the scores computed so far are stored."""


def scores_by_worker(jobs: Sequence[Job], stopped: Callable[[], bool]) -> Iterator[JobScores]:
    """Yield the scores of jobs as a separate process computes them; ``stopped`` is called a few times a second.

    Raises
    ------
    ScoringStopped
        If ``stopped`` returned True.
    StudyError
        If the process died.
    """
    with TemporaryDirectory(prefix="blindpair-") as folder:
        path, log = Path(folder) / "jobs.jsonl", Path(folder) / "stderr.txt"
        path.write_text("".join(line + "\n" for line in to_lines(jobs)), "utf-8")
        with (
            log.open("wb") as errors,
            processes.ended_with_block(
                processes.started("study.workers.metrics_process", str(path), asked=False, errors=errors)
            ) as process,
        ):
            for line in _lines(process, stopped):
                yield line_found(line)
            if process.wait():
                said = log.read_text("utf-8", "replace").strip().splitlines()
                raise StudyError(
                    f"the worker that computes metrics ended with code {process.returncode}: "
                    f"{said[-1] if said else 'it gave no message'}; its scores so far are saved, run it again to continue"
                )


def _lines(process: "subprocess.Popen[bytes]", stopped: Callable[[], bool]) -> Iterator[str]:
    """Yield the lines that a process prints, and check regularly whether to stop."""
    came: Queue[str | None] = Queue()

    def read() -> None:
        for line in process.stdout or ():
            came.put(line.decode())
        came.put(None)

    Thread(target=read, daemon=True).start()
    while not stopped():
        with suppress(Empty):
            line = came.get(timeout=POLL_SECONDS)
            if line is None:
                return
            yield line
    raise ScoringStopped("the run was stopped; its scores so far are saved")
