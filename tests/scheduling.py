"""Which worker runs what, and when: twice as many workers as cores, a file at a time, the longest files first.

Browsers, servers and processes that are killed wait most of their time, and statistics compute; side by side they fill a machine
that neither fills alone. So half of the workers run what waits, as long as there is any, and the others what computes. What takes
long begins first, so that no worker is left alone with it at the end.
"""

import os
from pathlib import PurePath

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

# Seconds on two quiet cores, of the files that take longest; a file that is not named takes less than any of these.
SECONDS = {
    "test_double_clicks_browser": 60,
    "test_journey_browser": 55,
    "test_stopping": 50,
    "test_judging_browser": 41,
    "test_worker_pages": 33,
    "test_cli_reproduce": 32,
    "test_backup": 29,
    "test_behaviour_browser": 29,
    "test_ranking_page": 26,
    "test_one_pair_browser": 24,
    "test_cli_words": 24,
    "test_hostile_browser": 24,
    "test_older_versions": 24,
    "test_correlation_tables": 24,
    "test_agreement_tables": 23,
    "test_screens_browser": 23,
    "test_correlation_page": 22,
    "test_cli_frozen": 21,
    "test_way_browser": 21,
    "test_analysis_pages": 21,
    "test_both_ways": 19,
    "test_blinding_browser": 18,
    "test_elicitation": 18,
    "test_maintenance_browser": 17,
    "test_extending": 17,
    "test_roles": 17,
    "test_viewer_pages": 17,
    "test_full_study_browser": 17,
    "test_scoring": 16,
    "test_crash": 16,
    "test_words_pages": 16,
    "test_floods": 16,
    "test_quota": 15,
    "test_replicas": 15,
    "test_store": 14,
    "test_contents_browser": 12,
    "test_roles_browser": 12,
    "test_judges": 12,
    "test_agreement_page": 12,
    "test_simulation": 11,
    "test_erasure": 11,
    "test_study_pages": 11,
    "test_resuming_browser": 11,
    "test_cli_analyses": 11,
    "test_cli_metrics": 10,
    "test_withdrawals": 10,
    "test_llmfao_browser": 10,
    "test_other_pages": 10,
    "test_frozen_pages": 10,
    "test_strangers": 10,
    "test_two_replicas": 10,
    "test_upgrades": 10,
    "test_deployment": 10,
    "test_divergence": 9,
    "test_round_trip": 9,
    "test_journal_first": 9,
    "test_two_tabs_browser": 9,
    "test_returning": 9,
    "test_file": 9,
    "test_login_browser": 9,
    "test_vacancies": 9,
    "test_archive": 8,
    "test_concurrency": 8,
    "test_checks": 8,
    "test_landmarks": 8,
    "test_judges_pages": 8,
    "test_laws": 8,
    "test_every_answer": 8,
    "test_pictures_browser": 8,
    "test_steps": 8,
    "test_postgres": 7,
    "test_layers": 7,
    "test_cli_checks": 7,
    "test_common": 7,
    "test_ranking_tables": 7,
    "test_moment": 7,
    "test_manifests_page": 7,
    "test_planning": 7,
    "test_cli_judges": 7,
    "test_grouped": 7,
    "test_progress": 6,
    "test_elicitation_browser": 6,
    "test_analysis_meta": 6,
    "test_analysis_sentinels": 6,
}
# Files whose tests share nothing that is dear, and take so long that they are handed out one by one.
ONE_BY_ONE = ("test_benchmarks", "test_stopping", "test_crash", "test_journey_browser")
# Files outside of tests/browser that wait more than they compute.
WAITING = (
    *(
        "test_stopping",
        "test_floods",
        "test_replicas",
        "test_deployment",
        "test_crash",
        "test_backup",
        "test_quota",
    ),
    *("test_two_replicas", "test_maintenance", "test_worker_pages"),
)
LEAST_WORKERS, MOST_WORKERS = 4, 12


class LongestFirst(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out whole files, in the order in which they were collected, so that what a file's tests share is made once."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return nodeid if PurePath(file).stem in ONE_BY_ONE else file

    def _assign_work_unit(self, node: WorkerController) -> None:
        """Give a worker what waits while fewer than half of the others do, and else what computes."""
        waiting = sum(
            any(waits(scope) for scope, tests in units.items() if not all(tests.values()))
            for other, units in self.assigned_work.items()
            if other is not node
        )
        wanted = waiting < len(self.nodes) // 2
        found = next((scope for scope in self.workqueue if waits(scope) == wanted), None)
        if found is not None:
            self.workqueue.move_to_end(found, last=False)
        super()._assign_work_unit(node)


def waits(scope: str) -> bool:
    """Return whether a file, or a test of it, waits for browsers, servers or processes more than it computes."""
    file = PurePath(scope.partition("::")[0])
    return file.parent.name == "browser" or file.stem in WAITING


def number_of_workers() -> int:
    """Return how many processes run tests at once; with three a core, each works so long on waiting that all take longer."""
    return min(max(2 * len(os.sched_getaffinity(0)), LEAST_WORKERS), MOST_WORKERS)


def scheduler(config: pytest.Config, log: Producer) -> LongestFirst:
    """Return what hands out the tests; it is not to sort them by how many there are in a file."""
    config.option.loadscopereorder = False
    return LongestFirst(config, log)


def sort(items: list[pytest.Item]) -> None:
    """Put the files that take longest first; the tests of a file stay in their order."""
    items.sort(key=lambda item: -SECONDS.get(item.path.stem, 0))
