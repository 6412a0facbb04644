"""The worker process: jobs as JSON lines in a file, scores as JSON lines on stdout; it never opens the database.

``python -m study.workers.metrics_process JOBS``. The web process never loads torch: it starts this, and stores what comes.
"""

import os
import sys
from pathlib import Path


def main(path: Path) -> None:
    """Compute the jobs of a file and print what is found, a part at a time; end when nobody listens any more."""
    from study.metrics import METRICS
    from study.metrics.jobs import computed, found_line, from_lines

    with path.open(encoding="utf-8") as lines:
        jobs = from_lines(lines)
    path.unlink()  # the texts of a study are not left behind, however this ends
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints goes to stderr; stdout holds scores only
    try:
        for found in computed(jobs, METRICS):
            out.write(found_line(found) + "\n")
            out.flush()
    except BrokenPipeError:
        os._exit(1)  # the app was ended; what it stored is kept, and the next run goes on from there


if __name__ == "__main__":
    main(Path(sys.argv[1]))
