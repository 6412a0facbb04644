"""Researcher pages by Streamlit's AppTest, on a small study that raters may judge."""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from streamlit.testing.v1 import AppTest

from study import metrics, store
from study.access import Throttle
from study.records import RaterSource
from study.ui import state
from study.ui.server import access
from tests.conftest import with_small_study
from tests.streamlit_scan import scan_once
from tests.templates import Templates

scan_once()

FOLDER = Path(__file__).parents[2] / "pages" / "researcher"
SYSTEM_NAMES = ("alpha-net", "beta-net", "gamma-net")
Judge = Callable[[RaterSource, int], None]


@pytest.fixture(autouse=True)
def nobody_guessed_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start each test without wrong keys and without sessions."""
    monkeypatch.setattr(access, "throttle", Throttle())
    access.sessions.cache_clear()


@pytest.fixture
def judge(tmp_path: Path, templates: Templates, monkeypatch: pytest.MonkeyPatch) -> Iterator[Judge]:
    """Point the pages at a database with a small study, and give a function by which raters judge all of it."""
    state.close_database()
    path = templates.copy(with_small_study, tmp_path / "study.duckdb")
    monkeypatch.setenv("BLINDPAIR_DB", str(path))
    rng = Random(3)

    def by(source: RaterSource, n_raters: int) -> None:
        db = state.database()
        for _ in range(n_raters):
            rater = store.enrol(db, "small", source=source)
            while task := store.current_task(db, rater):
                for criterion, revision in task.revisions.items():
                    response = rng.choice(["left", "right", "right", "tie", "both_bad"])
                    store.record_judgment(db, rater, task.assignment_id, criterion, revision, response)

    yield by
    state.close_database()


def page(name: str, *, scored: bool = True) -> AppTest:
    """Return a page as the researcher sees it, with or without metric scores."""
    if scored and store.all_studies(state.database()):
        texts = store.output_texts(state.database(), "small")
        store.save_scores(
            state.database(), metrics.score_outputs(texts, ["length", "rouge_l"], study_id="small")
        )
    at = AppTest.from_file(str(FOLDER / f"{name}.py"), default_timeout=30)
    at.query_params["key"] = access.KEY
    at.run()
    assert not at.exception
    return at


def shown_texts(at: AppTest) -> str:
    parts = [*at.markdown, *at.caption, *at.info, *at.title, *at.error, *at.warning]
    return "\n".join(str(part.value) for part in parts) + "".join(
        frame.value.to_csv() for frame in at.dataframe
    )
