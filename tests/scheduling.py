"""Which worker runs what, and when: twice as many workers as cores, a file at a time, the longest files first.

Browsers, servers and processes that are killed wait most of their time, and statistics compute; side by side they fill a machine
that neither fills alone. What takes long begins first, so that no worker is left alone with it at the end.
"""

import os
from pathlib import PurePath

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# Seconds on two quiet cores, of the files that take longest; a file that is not named takes less than any of these.
SECONDS: dict[str, int] = {}
# Files whose tests share nothing that is dear, and take so long that they are handed out one by one.
ONE_BY_ONE: tuple[str, ...] = ()
LEAST_WORKERS, MOST_WORKERS = 4, 12


class LongestFirst(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out whole files, in the order in which they were collected, so that what a file's tests share is made once."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return nodeid if PurePath(file).stem in ONE_BY_ONE else file


def number_of_workers() -> int:
    """Return how many processes run tests at once."""
    return min(max(2 * len(os.sched_getaffinity(0)), LEAST_WORKERS), MOST_WORKERS)


def scheduler(config: pytest.Config, log: Producer) -> LongestFirst:
    """Return what hands out the tests; it is not to sort them by how many there are in a file."""
    config.option.loadscopereorder = False
    return LongestFirst(config, log)


def sort(items: list[pytest.Item]) -> None:
    """Put the files that take longest first; the tests of a file stay in their order."""
    items.sort(key=lambda item: -SECONDS.get(item.path.stem, 0))
