"""The machine's clock is set back while a pair is on the screen: nobody is told that they were too quick."""

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from study import store
from study.records import utc_now
from study.ui import state
from tests.conftest import small_study
from tests.pages.test_other_pages import DESIGN, button, page, shown_html
from tests.security.observed import got


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[store.Database]:
    state.close_database()
    monkeypatch.setenv("BLINDPAIR_DB", str(tmp_path / "study.duckdb"))
    store.save_records(state.database(), small_study(design=DESIGN))
    yield state.database()
    state.close_database()


def set_clock(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    """Have every part of the program see another time of day."""
    for name, module in list(sys.modules.items()):
        if name.startswith("study.") and hasattr(module, "utc_now"):
            monkeypatch.setattr(module, "utc_now", lambda: utc_now() + by)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_jumps_makes_no_click_too_quick_and_no_answer_last_for_hours(
    small: store.Database, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    at = button(page("pages/judge.py", study="link-small"), "I agree")
    set_clock(monkeypatch, timedelta(hours=hours))
    at = button(at, "A is better")
    assert not at.toast
    at = button(at, "Tie")
    assert "2 of 2" in shown_html(at)
    found = store.judgments(small, "small")
    assert found["response"].tolist() == ["left", "tie"]
    got(f"answers took {', '.join(f'{seconds:.2f} s' for seconds in found['seconds'])}")
    assert found["seconds"].between(0, 600).all()
    assert store.events(small, "small", "early_click") == []
