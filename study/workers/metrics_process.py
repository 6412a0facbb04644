"""The metrics process: reads jobs as JSON lines from a file and writes scores as JSON lines to stdout, without a database.

``python -m study.workers.metrics_process JOBS``. The web process never loads torch: it starts this process and stores its
results.
"""

import os
import sys
from pathlib import Path


def main(path: Path) -> None:
    """Compute the jobs in a file and print the results, a part at a time; end when the reader is gone."""
    from study.metrics import METRICS
    from study.metrics.jobs import found_line, from_lines, job_scores

    with path.open(encoding="utf-8") as lines:
        jobs = from_lines(lines)
    path.unlink()  # leaves no texts of a study behind, however this ends
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print goes to stderr; stdout holds scores only
    try:
        for found in job_scores(jobs, METRICS):
            out.write(found_line(found) + "\n")
            out.flush()
    except BrokenPipeError:
        os._exit(1)  # the app ended; the next run continues from what it stored


if __name__ == "__main__":
    main(Path(sys.argv[1]))
