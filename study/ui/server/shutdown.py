"""Graceful shutdown: raters finish current actions, begin no new ones, and the server closes within a time limit."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from study import logs
from study.ui.server import pauses, worker_pool
from study.workers import threads

SIGNALS = (signal.SIGTERM, signal.SIGINT)
PATIENCE_SECONDS = 10.0
BREATH_SECONDS = 0.2
CONNECTION_SECONDS = 5
WORK_SECONDS = 5.0

Handler = Callable[[int, FrameType | None], object] | int | None


@contextmanager
def graceful_stop() -> Iterator[None]:
    """Handle SIGTERM and Ctrl+C by a graceful shutdown during the block; a second signal goes to the web server.

    Needs the main thread and signal support; elsewhere the web server stops in its usual way.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        for number in SIGNALS:
            loop.add_signal_handler(number, _begin, number, before[number])
    except NotImplementedError:
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)


_ending: set["asyncio.Task[None]"] = set()


def _begin(number: int, server_handler: Handler) -> None:
    if pauses.is_stopping():
        _leave_to_server(number, server_handler)
        return
    pauses.begin_stop()
    logs.tell("stopping", "Blindpair is shutting down: raters can start nothing new")
    task = asyncio.get_running_loop().create_task(_end(number, server_handler))
    _ending.add(task)


async def _end(number: int, server_handler: Handler) -> None:
    wait = pauses.traffic.wait_until_still
    still = await asyncio.to_thread(wait, PATIENCE_SECONDS)
    await asyncio.sleep(BREATH_SECONDS)  # an answer is stored, and drawing the next page is about to begin
    if not (still and await asyncio.to_thread(wait, PATIENCE_SECONDS)):
        logs.tell("still_busy", "Raters' actions are still running after %.0f s", PATIENCE_SECONDS)
    server = getattr(server_handler, "__self__", None)
    if isinstance(server, uvicorn.Server):
        # Not through the server's own handler, which would end the process by the signal as if it had been killed.
        server.config.timeout_graceful_shutdown = CONNECTION_SECONDS
        server.should_exit = True
    else:
        _leave_to_server(number, server_handler)


def _leave_to_server(number: int, server_handler: Handler) -> None:
    if callable(server_handler):
        server_handler(number, None)
    else:
        asyncio.get_running_loop().remove_signal_handler(number)
        os.kill(os.getpid(), number)


def end_work() -> None:
    """Stop background runs, which store their partial results, and end the worker processes."""
    under_way = [run for run in threads.runs() if run.running]
    for run in under_way:
        run.stop.set()
    for run in under_way:
        if run.thread is not None:
            run.thread.join(WORK_SECONDS)
    worker_pool.end_workers()
