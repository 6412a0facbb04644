"""Databases that earlier versions wrote open today, in both homes, with every judgment that was acknowledged then."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from study import store
from study.store.engine.address import PostgresAddress
from study.store.engine.file_checkpoint import aside_path
from study.store.engine.journal import UNMARKED
from study.store.engine.migrations import SCHEMA_VERSION
from study.workflows import reproducing
from tests import older
from tests.postgres import Cluster
from tests.store.test_crash import restored, stored


@pytest.fixture(params=older.VERSIONS, ids=lambda one: one.name)
def version(request: pytest.FixtureRequest) -> older.Version:
    found: older.Version = request.param
    return found


@pytest.fixture
def left(version: older.Version, tmp_path: Path) -> Path:
    """The database file of an earlier version with its log and its journal, as a kill left them."""
    return version.database(tmp_path)


def check(db: store.Database, version: older.Version) -> None:
    """Hold a database against what the earlier version said of the same content."""
    facts, (answers, _) = version.facts(), version.acknowledged()
    assert Counter(answers) - stored(db) == Counter()
    with db.reading() as cursor:
        for table, count in version.rows().items():
            ((found,),) = cursor.execute(f"select count(*) from {table}").fetchall()
            assert found == count or (table == "preference_code" and found > count), table
    assert {
        one.study_id: reproducing.study_facts(db, one.study_id) for one in store.all_studies(db)
    } == facts["studies"]
    for study_id, designs in facts["designs"].items():
        versions = store.design_versions(db, study_id)
        assert [[one.design, one.design_hash] for one in versions] == designs


def test_something_is_kept_of_every_schema_since_0_1_0() -> None:
    """Before the schema changes, ``python -m tests.fixtures.make`` keeps what the version wrote that had it."""
    kept = {one.facts().get("schema_version", UNMARKED) for one in older.VERSIONS}
    assert kept >= set(range(UNMARKED, SCHEMA_VERSION))


def test_the_file_opens_with_what_stood_in_the_journal_alone(left: Path, version: older.Version) -> None:
    _, alone = version.acknowledged()
    assert alone >= 8
    with closing(store.open_database(left)) as db:
        counts = [json.loads(one)["count"] for one in restored(db)]
        assert sum(counts) >= alone  # an answer that was taken back stands there, too
        check(db, version)
    with closing(store.open_database(left)) as db:
        check(db, version)


def test_a_log_that_was_lost_costs_no_acknowledged_judgment(left: Path, version: older.Version) -> None:
    store.log_path(left).unlink()
    answers, _ = version.acknowledged()
    with closing(store.open_database(left)) as db:
        assert Counter(answers) - stored(db) == Counter()


def test_a_checkpoint_that_was_cut_short_then_is_taken_back_today(left: Path, version: older.Version) -> None:
    aside = left.with_name("study.duckdb.checkpointing")
    shutil.copy(left, aside)
    shutil.copy(store.log_path(left), aside.with_name(aside.name + ".wal"))
    left.write_bytes(left.read_bytes()[: left.stat().st_size // 2])
    with closing(store.open_database(left)) as db:
        check(db, version)
    assert not aside_path(left).exists()


def test_raters_go_on_where_they_were(left: Path, version: older.Version) -> None:
    with closing(store.open_database(left)) as db:
        rater = next(
            one
            for one in store.raters(db, "readers")
            if one.source == "link" and one.status == "active" and store.phase(db, one) == "main"
        )
        cookie = f"cookie {rater.external_id}"
        known = store.returning(db, "readers", external_id=rater.external_id, device=cookie)
        assert known == store.Returned(rater, whole=True)
        before = store.progress(db, rater).done
        task = store.current_task(db, rater)
        assert task is not None
        for criterion, revision in task.revisions.items():
            given = "left" if criterion == "fit" else "left_1"
            assert store.record_judgment(db, rater, task.assignment_id, criterion, revision, given)
        assert store.progress(db, rater).done >= before
    with closing(store.open_database(left)) as db:
        assert len(stored(db)) == version.facts()["rows"]["judgment"] + len(task.revisions)


@pytest.fixture
def dumped(cluster: Cluster, version: older.Version) -> Iterator[str]:
    """A PostgreSQL database of an earlier version."""
    with version.on_server(cluster.url, f"older_{os.getpid()}") as address:
        yield address


def test_the_postgres_database_opens_and_can_be_judged_on(dumped: str, version: older.Version) -> None:
    with closing(store.open_database(PostgresAddress(dumped))) as db:
        check(db, version)
        study = store.study(db, "arena")
        assert store.study_by_link(db, study.link_token) == study
        rater = store.enrol(db, "arena", external_id="a new one")
        task = store.current_task(db, rater)
        assert task is not None
        ((criterion, revision),) = task.revisions.items()
        assert store.record_judgment(db, rater, task.assignment_id, criterion, revision, "tie")
    with closing(store.open_database(PostgresAddress(dumped))) as db:
        assert len(stored(db)) == version.facts()["rows"]["judgment"] + 1
