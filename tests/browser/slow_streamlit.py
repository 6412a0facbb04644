"""`streamlit`, with a store that takes half a second for each judgment and each next comparison."""

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
    store.material = slowly(store.material)
    sys.exit(main())
