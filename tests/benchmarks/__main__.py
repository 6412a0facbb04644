"""`python -m tests.benchmarks pace`: run one benchmark and print its table."""

import sys

from tests.benchmarks import pace

BENCHMARKS = {"pace": pace.main}

if __name__ == "__main__":
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in BENCHMARKS:
        sys.exit(f"usage: python -m tests.benchmarks {'|'.join(BENCHMARKS)}")
    BENCHMARKS[name]()
