"""/healthz says whether raters can be served, and nothing else."""

import asyncio
import json
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from study import __version__, store
from study.errors import DatabaseBusy, DatabaseError
from study.store.session import maintenance
from study.ui.server import addresses
from study.ui.server import health as healthz
from study.ui.shared import status_line
from tests import loops
from tests.browser.conftest import App
from tests.operations.conftest import HELD, health
from tests.postgres import temporary_cluster
from tests.security.wire import request


def test_a_running_app_is_healthy_and_tells_no_more(run_live: Callable[..., App]) -> None:
    app = run_live()
    status, headers, body = request(app.url, "/healthz")
    found = json.loads(body)
    assert status == 200
    assert found.pop("uptime_seconds") >= 0
    assert found == {"status": "ok", "version": __version__, "store": "ok"}
    assert headers["content-type"] == "application/json"
    assert headers["cache-control"] == "no-store"
    assert "set-cookie" not in headers
    assert request(app.url, "/healthz", "POST")[0] == 405


def test_a_database_that_is_held_up_is_told_and_well_again_when_it_is_free(
    run_live: Callable[..., App],
) -> None:
    app = run_live(program=HELD)
    assert health(app)[0] == 200
    app.process.send_signal(signal.SIGUSR1)
    while health(app)[0] == 200:
        pass  # the signal has not come yet
    status, found = health(app)
    assert (status, found["status"], found["store"]) == (503, "failing", "busy")
    app.process.send_signal(signal.SIGUSR2)
    while health(app)[0] == 503:
        pass
    assert health(app)[1]["store"] == "ok"


def test_a_database_that_is_closed_is_told(
    db: store.Database, database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(healthz, "opened_database", lambda: db)
    assert loops.run(healthz.healthz(None)).status_code == 200  # type: ignore[arg-type]
    db.close()
    answer = loops.run(healthz.healthz(None))  # type: ignore[arg-type]
    assert answer.status_code == 503
    assert json.loads(answer.body)["store"] == "error"
    assert str(database_path).encode() not in answer.body


def test_the_store_says_which_trouble_it_is(db: store.Database) -> None:
    db.probe(1)
    with db.lock, pytest.raises(DatabaseBusy, match=r"not free within 0\.01 s"):
        _in_a_thread(lambda: db.probe(0.01))
    db.close()
    with pytest.raises(DatabaseError, match="does not answer"):
        db.probe(1)


def _in_a_thread(work: Callable[[], None]) -> None:
    """The lock lets its own thread in again, so another one has to ask."""
    loops.run(asyncio.to_thread(work))


def test_it_stands_under_the_path_of_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses.config, "get_option", lambda name: "/studies/")
    assert [route.path for route in healthz.health_routes()] == ["/studies/healthz"]


def test_a_replica_tells_whether_postgresql_answers_and_when_it_does_again() -> None:
    with temporary_cluster(durable=False) as cluster:
        db = store.open_database(cluster.new_schema())
        db.probe(1)
        assert db.description() == "PostgreSQL"
        assert re.search(
            r" · PostgreSQL · no backup yet · .* · mirror \d\.\d s old$", status_line.status_line(db)
        )
        cluster.stop()
        with pytest.raises(DatabaseError):
            db.probe(1)
        cluster.start()
        db.probe(1)
        db.close()


def test_replicas_share_maintenance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maintenance, "FRESH_SECONDS", 0)
    with temporary_cluster(durable=False) as cluster:
        address = cluster.new_schema()
        one, other = store.open_database(address), store.open_database(address)
        assert store.maintenance(other) is None
        store.begin_maintenance(one, "Back soon.")
        with other.lock:  # whoever is inside has caught up
            found = store.maintenance(other)
        assert found is not None
        assert found.message == "Back soon."
        store.end_maintenance(other)
        with one.lock:
            assert store.maintenance(one) is None
        one.close()
        other.close()
