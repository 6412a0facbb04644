"""`python -m tests.benchmarks statistics`: run one benchmark and print its table."""

import sys
from importlib import import_module

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
        sys.exit(f"usage: python -m tests.benchmarks {'|'.join(BENCHMARKS)}")
    import_module(f"tests.benchmarks.{name}").main()
