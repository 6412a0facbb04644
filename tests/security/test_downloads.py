"""What a download button gives: only while the session that drew it lasts, and noted."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from study import store
from study.errors import NotAllowed
from study.ui import state
from study.ui.server import access, sign_in
from tests.security.strangers import RESEARCHER, VIEWER, identified_study

SECRET = "the cookie of a browser"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[store.Database]:
    state.close_database()
    monkeypatch.setenv("BLINDPAIR_DB", str(tmp_path / "study.duckdb"))
    monkeypatch.setattr(sign_in, "holder", lambda: SECRET)
    access.sessions.cache_clear()
    identified_study(state.database())
    yield state.database()
    state.close_database()


def test_a_file_is_made_for_who_is_there_when_it_is_taken(database: store.Database) -> None:
    access.sessions().start(SECRET, RESEARCHER, time.time())
    take = sign_in.taken_by_who_is_there("small", {"what": "payments", "external_ids": True}, lambda: b"ids")
    assert take() == b"ids"
    (event,) = store.events(database, "small", "exported")
    assert (event.actor, event.details) == ("ada@example.org", {"what": "payments", "external_ids": True})
    access.sessions().end(SECRET, time.time())
    with pytest.raises(NotAllowed):
        take()
    assert len(store.events(database, "small", "exported")) == 1


def test_a_viewer_takes_results_but_no_ids(database: store.Database) -> None:
    access.sessions().start(SECRET, VIEWER, time.time())
    assert sign_in.taken_by_who_is_there("small", {"what": "long_csv"}, lambda: b"rows")() == b"rows"
    with pytest.raises(NotAllowed):
        sign_in.taken_by_who_is_there("small", {"what": "payments", "external_ids": True}, lambda: b"ids")()
