"""`streamlit`, whose database SIGUSR1 holds up, as a writer that does not come to its end would, until SIGUSR2."""

import signal
import sys
import threading
from types import FrameType

from streamlit.web.cli import main

from study.ui.opened import opened_database

let_go = threading.Event()


def hold() -> None:
    with opened_database().lock:
        let_go.wait()


def on_hold(_number: int, _frame: FrameType | None) -> None:
    let_go.clear()
    threading.Thread(target=hold, daemon=True).start()


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, on_hold)
    signal.signal(signal.SIGUSR2, lambda _number, _frame: let_go.set())
    sys.exit(main())
