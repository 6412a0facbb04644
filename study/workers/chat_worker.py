"""The other end of the process that holds a local chat model: one question and one reply at a time."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from study.metrics.judges.clients import MOST_TOKENS, Chat, ServerError
from study.workers import processes


@contextmanager
def local_chat(model: str, *, max_tokens: int = MOST_TOKENS) -> Iterator[Chat]:
    """Yield a function that asks a local chat model in a worker process; the process ends with the block.

    Parameters
    ----------
    model : str
        A folder, or a hub name.
    max_tokens : int
        Limit of a reply.

    Raises
    ------
    ServerError
        If the model cannot be loaded.
    """
    process = processes.started(
        "study.metrics.models.chat", model, str(max_tokens), folder=None, errors=subprocess.DEVNULL
    )
    lock = threading.Lock()

    def ask(prompt: str, temperature: float) -> str:
        with lock:
            return _exchanged(process, {"prompt": prompt, "temperature": temperature})

    with processes.ended_with_block(process):
        _exchanged(process, {})  # loads the model, or reports why it cannot
        yield ask


def _exchanged(process: "subprocess.Popen[bytes]", question: dict[str, object]) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write((json.dumps(question) + "\n").encode())
        process.stdin.flush()
        line = process.stdout.readline()
    except OSError:
        line = b""
    if not line:
        raise ServerError("the worker process that holds the model has ended")
    found = json.loads(line)
    if "error" in found:
        raise ServerError(found["error"])
    return str(found["reply"])
