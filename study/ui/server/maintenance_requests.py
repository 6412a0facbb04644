"""Maintenance requests from other processes to the app that holds the database file."""

import threading

from study import logs, store
from study.errors import StudyError
from study.store import Database

SECONDS = 1.0


class Watch:
    """A thread that looks for requests and checks for maintenance, so that no one waits for either."""

    def __init__(self, db: Database) -> None:
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(db,), daemon=True, name="blindpair wishes")
        self._thread.start()

    def stop(self) -> None:
        """End the thread after its current step."""
        self._ended.set()
        self._thread.join()

    def _run(self, db: Database) -> None:
        while not self._ended.wait(SECONDS):
            try:
                store.take_up_request(db)
            except (StudyError, OSError) as error:
                logs.log_failure("wish_failed", error)
