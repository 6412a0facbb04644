"""`python -m tests.mutations [NAME ...]`: break the product, one way at a time, and see that the named tests fail.

``--list`` names the mutations, one a line. A name, or a part of it, chooses; without one all run. A test that does not end in time
has not caught anything.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.mutations.running import PASSED, PATIENCE, copied, exit_code_of, tried
from tests.mutations.table import MUTATIONS


def main() -> int:
    """Run the mutations that were chosen, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a mutation, or a part of its name")
    parser.add_argument("--list", action="store_true", help="name the mutations, one a line")
    parser.add_argument("--patience", type=float, default=PATIENCE, help="seconds for each test")
    asked = parser.parse_args()
    chosen = [one for one in MUTATIONS if not asked.names or any(name in one.name for name in asked.names)]
    if asked.list:
        print("\n".join(one.name for one in chosen))
        return 0
    if not chosen:
        parser.error("no mutation has such a name; --list names them")
    with tempfile.TemporaryDirectory(prefix="blindpair-mutations-") as name:
        folder = copied(Path(name))
        tests = sorted({one.caught_by for one in chosen})
        if (code := exit_code_of(folder, tests, asked.patience * len(tests))) != PASSED:
            print(f"the tests themselves do not pass: pytest ended with {code}", file=sys.stderr)
            return 1
        runs = []
        for one in chosen:
            runs.append(tried(folder, one, asked.patience))
            print(
                f"{runs[-1].outcome:10} {runs[-1].seconds:6.1f} s  {one.name:60} {one.caught_by}", flush=True
            )
    caught = sum(one.is_caught for one in runs)
    print(f"{len(runs)} mutations, {caught} caught, {len(runs) - caught} not")
    return int(caught < len(runs))


if __name__ == "__main__":
    sys.exit(main())
