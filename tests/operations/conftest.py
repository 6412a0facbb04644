"""Running apps, each with a small live study, that a test stops, holds up, or looks into."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from study import store
from study.protocol.design import Design
from tests.browser.conftest import App, start_app
from tests.conftest import CRITERIA, small_study
from tests.security.wire import request

HELD = Path(__file__).with_name("held_streamlit.py")


@pytest.fixture
def live_database(tmp_path: Path) -> Path:
    """Return a database with one live study that twelve raters may judge whole."""
    path = tmp_path / "study.duckdb"
    db = store.open_database(path)
    design = Design(criteria=CRITERIA[:1], min_view_seconds=0, overlap=100, rationale="optional")
    store.save_records(db, small_study(n_items=40, design=design))
    db.close()
    return path


@pytest.fixture
def run_live(live_database: Path) -> Iterator[Callable[..., App]]:
    """Start an app on that database; all are ended at the end of the test."""
    started: list[App] = []

    def run(**options: Any) -> App:
        app = start_app(live_database, **options)
        started.append(app)
        return app

    yield run
    for app in started:
        app.kill()


def health(app: App) -> tuple[int, dict[str, Any]]:
    """Return the status and the body of /healthz."""
    status, _, body = request(app.url, "/healthz")
    return status, json.loads(body)
