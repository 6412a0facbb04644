"""`streamlit`, with a store that is held up.

SIGUSR1 holds the database up, as a writer that does not come to its end would, until SIGUSR2. With SECONDS_PER_ANSWER in the
environment each answer takes so long to be stored.
"""

import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any

from streamlit.web.cli import main

from study.ui.rater import comparison
from study.ui.server.open_database import opened_database

SECONDS = float(os.environ.get("SECONDS_PER_ANSWER", "0"))

let_go = threading.Event()
record_judgment = comparison.record


def hold() -> None:
    with opened_database().lock:
        let_go.wait()


def on_hold(_number: int, _frame: FrameType | None) -> None:
    let_go.clear()
    threading.Thread(target=hold, daemon=True).start()


def record_slowly(*arguments: Any, **options: Any) -> Any:
    time.sleep(SECONDS)
    return record_judgment(*arguments, **options)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, on_hold)
    signal.signal(signal.SIGUSR2, lambda _number, _frame: let_go.set())
    comparison.record = record_slowly
    sys.exit(main())
