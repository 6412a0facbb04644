"""`python -m tests.benchmarks statistics`: run one benchmark and print its table.

`--smoke` runs it at its smallest size, which takes seconds and measures nothing: the test suite runs each one that way.
"""

import sys
from importlib import import_module

from tests import programs

BENCHMARKS = (
    "coverage",
    "faults",
    "fuzz",
    "guided",
    "load",
    "metrics",
    "pace",
    "pages",
    "personalization",
    "replicas",
    "statistics",
)

if __name__ == "__main__":
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in BENCHMARKS:
        sys.exit(f"usage: python -m tests.benchmarks {'|'.join(BENCHMARKS)} [--smoke]")
    benchmark = import_module(f"tests.benchmarks.{name}")
    programs.FORKED = sys.argv[2:] == ["--smoke"]
    if programs.FORKED:
        sys.argv[2:] = getattr(benchmark, "SMOKE", ("--smoke",))
    benchmark.main()
