"""A short run of ``benchmarks fuzz``: enough of it is saved, and enough fails after its first rows were written."""

from collections import Counter

from tests.benchmarks.fuzz import LATE, LEAST_SHARE, fuzzed
from tests.examples import rounds

COUNT = rounds(96)


def test_hostile_imports_are_whole_or_not_there() -> None:
    outcomes, _ = fuzzed(COUNT)
    total = sum(outcomes.values(), Counter())
    assert total.total() == COUNT
    assert total["saved"] >= LEAST_SHARE * COUNT
    assert total[LATE] >= LEAST_SHARE * COUNT
