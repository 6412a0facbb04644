"""The table of what takes long names files that are there, and each of them once."""

from collections import Counter, OrderedDict
from pathlib import Path
from unittest.mock import Mock

import pytest

from tests.scheduling import (
    LEAST_WORKERS,
    MOST_WORKERS,
    ONE_BY_ONE,
    SECONDS,
    WAITING,
    LongestFirst,
    number_of_workers,
)

NAMES = Counter(path.stem for path in Path(__file__).parent.rglob("test_*.py"))


def test_every_file_that_takes_long_is_there_once() -> None:
    assert {name: NAMES[name] for name in (*SECONDS, *ONE_BY_ONE, *WAITING) if NAMES[name] != 1} == {}


def test_there_are_more_workers_than_cores_and_not_too_many() -> None:
    assert LEAST_WORKERS <= number_of_workers() <= MOST_WORKERS


@pytest.mark.parametrize(
    ("files", "given"),
    [
        (["browser/a", "browser/b", "browser/c", "d", "e"], [["browser/a"], ["browser/b"], ["d"], ["e"]]),
        (["a", "b", "c", "browser/d", "browser/e"], [["browser/d"], ["browser/e"], ["a"], ["b"]]),
        (["browser/a", "browser/b", "browser/c", "browser/d"], [["browser/" + one] for one in "abcd"]),
        (["a", "test_crash", "b", "c"], [["test_crash"], ["a"], ["b"], ["c"]]),
    ],
)
def test_half_of_the_workers_run_what_waits_and_the_others_what_computes(
    files: list[str], given: list[list[str]]
) -> None:
    tests = [f"tests/{file}.py::test_it" for file in files]
    nodes = [Mock() for _ in range(4)]
    scheduler = LongestFirst.__new__(LongestFirst)
    scheduler.workqueue = OrderedDict((test.partition("::")[0], {test: False}) for test in tests)
    scheduler.assigned_work = {node: {} for node in nodes}
    scheduler.registered_collections = dict.fromkeys(nodes, tests)
    for node in nodes:
        scheduler._assign_work_unit(node)
    assert [list(scheduler.assigned_work[node]) for node in nodes] == [
        [f"tests/{one}.py" for one in some] for some in given
    ]
