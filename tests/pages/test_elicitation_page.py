"""The elicitation by AppTest: from consent to the rater's own profile beside the comparisons, and its pool by the researcher."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from study import store
from study.ui import state
from study.ui.server import access
from tests.conftest import SYSTEMS, small_study
from tests.pages.test_other_pages import button, page, shown_html
from tests.store.test_elicitation import design_of, saved


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[store.Database]:
    state.close_database()
    monkeypatch.setenv("BLINDPAIR_DB", str(tmp_path / "study.duckdb"))
    yield state.database()
    state.close_database()


def field(at: AppTest, key: str, text: str) -> None:
    next(one for one in (*at.text_area, *at.text_input) if one.key == key).set_value(text)


def on_screen(at: AppTest) -> str:
    return "\n".join([shown_html(at), *(str(part.value) for part in (*at.markdown, *at.header, *at.warning))])


def test_a_rater_tells_of_themselves_and_judges_by_it(database: store.Database) -> None:
    saved(database, design_of(examples=1, pairs=1))
    store.set_state(database, "small", "live")
    at = button(page("pages/judge.py", study="link-small"), "I agree")
    at = button(at, "Continue")
    assert "Please write a few words in both fields" in on_screen(at)
    field(at, "elicit_query", "Ferry news")
    field(at, "elicit_need", "For the train")
    at = button(at, "Continue")
    assert "Do you like it?" in on_screen(at)
    at = button(at, "I like it")
    assert "Please say first what you like" in on_screen(at)
    field(at, "comment_1", "It is short")
    at = button(at, "I like it")
    assert "Which one would you rather get?" in on_screen(at)
    at = button(at, "No difference")
    assert "Your profile" in on_screen(at)
    (rater,) = store.raters(database, "small")
    assert rater.profile_id is None
    at = button(button(at, "Continue"), "Continue")  # the profile, then the instructions
    assert "1 of 6" in on_screen(at)
    (profile,) = store.study_records(database, "small").profiles
    assert profile.content["facets"]["Needs"] == "For the train"
    assert not any(name in on_screen(at) for name in SYSTEMS)


def test_a_reload_comes_back_to_the_same_part(database: store.Database) -> None:
    saved(database, design_of(examples=2, pairs=0))
    store.set_state(database, "small", "live")
    rater = store.enrol(database, "small")
    store.record_elicited(database, rater, 0, {"query": "a", "need": "b"})
    store.record_elicited(database, rater, 1, {"liked": False, "comment": "no"})
    for _ in range(2):
        assert "· 2 of 2" in on_screen(page("pages/judge.py", rater=rater.token))


def test_the_researcher_makes_the_pool_and_sees_the_questions(database: store.Database) -> None:
    records = small_study(design=design_of(), n_items=6)
    records.study = replace(records.study, state="draft")
    store.save_records(database, records)
    at = page("pages/researcher/design.py", key=access.KEY)
    at.segmented_control[0].set_value("Forms").run()
    assert "What raters say about themselves" in on_screen(at)
    next(one for one in at.number_input if one.label == "Requests for the elicitation").set_value(2)
    button(at, "Set the numbers")
    assert store.purposes(database, "small") == {"main": 12, "elicitation": 6}
