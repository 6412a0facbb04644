"""`streamlit`, with a store that takes half a second for each judgment, each next comparison, each step and each page."""

import sys
import time
from collections.abc import Callable
from typing import Any

from streamlit.web.cli import main

from study import store


def slowly(function: Callable[..., Any]) -> Callable[..., Any]:
    def slow(*arguments: Any, **options: Any) -> Any:
        time.sleep(0.5)
        return function(*arguments, **options)

    return slow


if __name__ == "__main__":
    store.record_judgment = slowly(store.record_judgment)
    store.shown_material = slowly(store.shown_material)
    store.enrol = slowly(store.enrol)
    store.outcome = slowly(store.outcome)  # every page asks it
    store.finish_phase = slowly(store.finish_phase)
    store.finish_practice = slowly(store.finish_practice)
    store.withdraw = slowly(store.withdraw)
    sys.exit(main())
