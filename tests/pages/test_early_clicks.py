"""A click that comes too soon after its question appeared stores nothing, whatever the browser says of it."""

import time
from dataclasses import replace

import pytest

from study import store
from study.ui import state
from study.ui.rater import comparison, question
from study.ui.rater.answer_buttons import PressData
from study.ui.rater.question import ShownQuestion
from tests.pages.conftest import Judge


def test_a_click_that_comes_too_soon_stores_nothing(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[ShownQuestion] = []
    monkeypatch.setattr(question, "note_early_click", noted.append)
    db = state.database()
    rater = store.enrol(db, "small")
    task = store.current_task(db, rater)
    assert task is not None
    design = store.design(db, "small").model_copy(update={"min_view_seconds": 60.0})
    asked = ShownQuestion(rater, task, "question", "pair", state.Since(time.monotonic()), has_profile=True)
    option = design.options()["fit"][0]
    comparison._answer(asked, design, "fit", option.code, PressData())
    assert store.judgments(db, "small").empty
    assert noted == [asked]
    long_ago = state.Since(asked.shown.steady - 61)
    comparison._answer(replace(asked, shown=long_ago), design, "fit", option.code, PressData())
    assert len(store.judgments(db, "small")) == 1
