"""What every attack got is written down as it happens, for the table of `python -m tests.security`; and an app to attack."""

from collections.abc import Iterator

import pytest

from study import store
from tests.browser.conftest import App, start_app
from tests.security import observed
from tests.security.strangers import identified_study
from tests.streamlit_scan import scan_once

scan_once()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Start an app on a study of identified raters, for the tests of one file."""
    path = tmp_path_factory.mktemp("attacked") / "study.duckdb"
    db = store.open_database(path)
    identified_study(db)
    db.close()
    app = start_app(path)
    yield app
    app.process.terminate()
    app.process.wait(timeout=30)


@pytest.fixture(autouse=True)
def observations(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hand what was seen in a test to its report."""
    observed.SEEN.clear()
    with observed.refusals():
        yield
    request.node.user_properties.append(("got", list(dict.fromkeys(observed.SEEN))))
