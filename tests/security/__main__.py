"""`python -m tests.security`: run the security suite and print a table of the attacks, what each got, and its test."""

import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
MOST_SHOWN = 2


@dataclass
class Attack:
    """One test: how often it was tried, what it got, and whether the defence held."""

    times: int = 0
    got: list[str] = field(default_factory=list)
    failed: int = 0


class Table:
    """A plugin of pytest that gathers what the tests saw."""

    def __init__(self) -> None:
        self.attacks: dict[tuple[str, str], Attack] = defaultdict(Attack)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the report of a test's end, where all that it saw is known."""
        name = report.nodeid.split("::")[-1].partition("[")[0]
        attack = self.attacks[Path(report.nodeid.partition("::")[0]).stem, name]
        attack.failed += report.failed
        if report.when == "teardown":
            attack.times += 1
            for words in dict(report.user_properties).get("got", []):
                if words not in attack.got:
                    attack.got.append(words)

    def show(self) -> bool:
        """Print the table; say whether every attack was repelled, and every test saw what it got."""
        print(f"\n{'attack, and that it fails':100} {'tries':>5} {'held':>5}  what it got")
        for (module, name), attack in self.attacks.items():
            sentence = name.removeprefix("test_").replace("_", " ")
            held = "NO" if attack.failed else "yes"
            shown = attack.got[:MOST_SHOWN] or ["NOTHING WAS SEEN"]
            print(f"{sentence[:100]:100} {attack.times:5} {held:>5}  {shown[0]}")
            for words in shown[1:]:
                print(f"{'':113} {words}")
            print(f"    {module}::{name}")
        unseen = [name for (_, name), attack in self.attacks.items() if not attack.got]
        failed = [name for (_, name), attack in self.attacks.items() if attack.failed]
        tries = sum(attack.times for attack in self.attacks.values())
        print(
            f"\n{len(self.attacks)} attacks in {tries} tries; {len(failed)} got through, {len(unseen)} unseen"
        )
        return not failed and not unseen


def main() -> int:
    """Run the suite."""
    table = Table()
    code = pytest.main([str(FOLDER), "-n", "0", "-q", "--no-header", *sys.argv[1:]], plugins=[table])
    whole = table.show()
    return int(code) or int(not whole)


if __name__ == "__main__":
    sys.exit(main())
