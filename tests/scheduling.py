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
SECONDS = {
    "test_benchmarks": 90,
    "test_stopping": 70,
    "test_journey_browser": 60,
    "test_crash": 50,
    "test_judging_browser": 45,
    "test_double_clicks_browser": 40,
    "test_cli_readme": 40,
    "test_hostile_browser": 38,
    "test_replicas": 36,
    "test_screens_browser": 35,
    "test_pictures_browser": 34,
    "test_way_browser": 32,
    "test_contents_browser": 31,
    "test_behaviour_browser": 30,
    "test_maintenance_browser": 30,
    "test_worker_pages": 28,
    "test_one_pair_browser": 27,
    "test_resuming_browser": 26,
    "test_cli_words": 25,
    "test_blinding_browser": 24,
    "test_correlation_page": 23,
    "test_roles_browser": 22,
    "test_maintenance": 21,
    "test_deployment": 21,
    "test_llmfao_browser": 20,
    "test_cli_reproduce": 20,
    "test_floods": 20,
    "test_agreement_tables": 19,
    "test_ranking_page": 18,
    "test_frozen_pages": 18,
    "test_correlation_tables": 18,
    "test_judges": 17,
    "test_both_ways": 17,
    "test_analysis_pages": 17,
    "test_login_browser": 16,
    "test_mturk_browser": 16,
    "test_words_pages": 15,
    "test_cli_frozen": 15,
    "test_backup": 15,
    "test_health": 14,
    "test_other_pages": 13,
    "test_quota": 12,
    "test_viewer_pages": 12,
    "test_cli_metrics": 12,
    "test_study_pages": 12,
    "test_elicitation": 12,
    "test_common": 11,
    "test_full_study_browser": 10,
    "test_elicitation_browser": 10,
    "test_roles": 10,
    "test_concurrency": 10,
    "test_two_starts": 9,
    "test_file": 9,
    "test_stopping_browser": 8,
    "test_tables_browser": 8,
}
# Files whose tests share nothing that is dear, and take so long that they are handed out one by one.
ONE_BY_ONE = ("test_benchmarks", "test_stopping", "test_crash")
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
