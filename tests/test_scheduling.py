"""The table of what takes long names files that are there, and each of them once."""

from collections import Counter
from pathlib import Path

from tests.scheduling import LEAST_WORKERS, MOST_WORKERS, ONE_BY_ONE, SECONDS, number_of_workers

NAMES = Counter(path.stem for path in Path(__file__).parent.rglob("test_*.py"))


def test_every_file_that_takes_long_is_there_once() -> None:
    assert {name: NAMES[name] for name in (*SECONDS, *ONE_BY_ONE) if NAMES[name] != 1} == {}


def test_there_are_more_workers_than_cores_and_not_too_many() -> None:
    assert LEAST_WORKERS <= number_of_workers() <= MOST_WORKERS
