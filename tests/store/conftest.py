"""The store's tests run on a file and on PostgreSQL; those marked ``file_only`` are about files themselves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from study import store
from study.store.engine.address import PostgresAddress
from study.store.postgres.database import PostgresDatabase
from study.store.session.boards import follow
from tests.cases import cases
from tests.postgres import Cluster, rows_of, rows_on_server, temporary_cluster

HOMES = ("file", "postgres")
# In the suite PostgreSQL is asked about what many do at once, about rows and about erasure; in the further rounds about all.
ON_POSTGRES = (
    *("test_concurrency", "test_quota", "test_store", "test_database", "test_every_answer", "test_erasure"),
    *("test_postgres", "test_replicas", "test_two_replicas", "test_upgrades"),
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "home" in metafunc.fixturenames:
        file_only = metafunc.definition.get_closest_marker("file_only")
        homes = HOMES[:1] if file_only else HOMES
        in_the_suite = homes if metafunc.definition.path.stem in ON_POSTGRES else HOMES[:1]
        metafunc.parametrize("home", cases(homes, in_the_suite), indirect=True)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with temporary_cluster(durable=False) as server:
        yield server


@pytest.fixture
def home(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_db(
    home: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[store.Database]:
    if home == "file":
        db = store.open_database(request.getfixturevalue("file_to_open"))
        yield db
        db.close()
        return
    monkeypatch.setenv("BLINDPAIR_BACKUP_FOLDER", str(tmp_path))
    cluster: Cluster = request.getfixturevalue("cluster")
    address = cluster.new_schema()
    shared, follower = (PostgresDatabase(PostgresAddress(address), follow) for _ in range(2))
    yield shared
    held = rows_on_server(address)
    with follower.lock:
        assert rows_of(follower) == held, "another replica has done all that this one did"
    if not shared.server.lost:
        assert rows_of(shared) == held, "the mirror is what PostgreSQL holds"
    shared.close()
    follower.close()
    cluster.drop(address)
