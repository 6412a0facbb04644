"""`streamlit`, each run of which ends a while after its last element: as on a busy machine, the page is seen half renewed."""

import sys
import time
from typing import Any

from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.web.cli import main

LATE_SECONDS = 0.5


if __name__ == "__main__":
    finished = ScriptRunner._on_script_finished

    def late(*arguments: Any, **options: Any) -> None:
        time.sleep(LATE_SECONDS)
        finished(*arguments, **options)

    ScriptRunner._on_script_finished = late  # type: ignore[method-assign]
    sys.exit(main())
