"""Judge, Studies, Import and Export by AppTest, and app.py as the map."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from study import store
from study.formats import new_study, reading
from study.formats.reading import read
from study.protocol.design import Design
from study.responses import SKIP_REASONS
from study.ui import state
from study.ui.rater import comparison as judging
from study.ui.rater import skipping
from study.ui.server import access, browser
from tests.conftest import CRITERIA, small_study

ROOT = Path(__file__).parents[2]
DESIGN = Design(criteria=CRITERIA, quota=2, min_view_seconds=0, completion_code="SMALL-DONE")


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[store.Database]:
    state.close_database()
    monkeypatch.setenv("BLINDPAIR_DB", str(tmp_path / "study.duckdb"))
    yield state.database()
    state.close_database()


@pytest.fixture
def small(database: store.Database) -> store.Database:
    store.save_records(database, small_study(design=DESIGN))
    return database


def page(name: str, **parameters: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / name), default_timeout=30)
    for parameter, value in parameters.items():
        at.query_params[parameter] = value
    at.run()
    assert not at.exception
    return at


def import_page() -> AppTest:
    """Return the import page by way of app.py: it links to another page."""
    at = page("app.py", key=access.KEY)
    at.switch_page("pages/researcher/importing.py").run()
    assert not at.exception
    return at


def button(at: AppTest, label: str, words: str | None = None) -> AppTest:
    """Press the button whose label begins so, on the page or in the comparison that it shows."""
    found = [one for one in at.button if one.label.startswith(label)]
    if found:
        found[0].click()
        at.run()
    else:
        _press(at, label, words)
    assert not at.exception
    return at


def comparison(at: AppTest) -> dict[str, Any]:
    """Return what the comparison on a page was given to draw."""
    return dict(json.loads(at.get("bidi_component")[-1].proto.json)[0])  # type: ignore[attr-defined]


def _press(at: AppTest, label: str, words: str | None) -> None:
    """Send what a browser sends when a button of the comparison is pressed."""
    element = at.get("bidi_component")[-1].proto  # type: ignore[attr-defined]
    vote = comparison(at)["vote"]
    name = next(one["name"] for one in (*vote["answers"], *vote["aside"]) if one["label"].startswith(label))
    value = {"view": vote["view"], "button": name, "words": words}
    states = at._tree.get_widget_states()
    states.widgets.append(
        WidgetState(
            id=f"$$STREAMLIT_INTERNAL_KEY_{element.id}__events",
            json_trigger_value=json.dumps([{"event": "press", "value": value}]),
        )
    )
    at._run(states)


def shown_html(at: AppTest) -> str:
    return "\n".join(
        [*(str(part.value) for part in at.get("html")), *(str(one.proto) for one in at.get("bidi_component"))]
    )


def test_without_a_link_the_judge_page_asks_for_one() -> None:
    assert "You need a link" in page("pages/judge.py").header[0].value
    assert "You need a link" in page("pages/judge.py", study="no such link").header[0].value


def test_a_rater_goes_from_consent_to_the_code(small: store.Database) -> None:
    at = button(page("pages/judge.py", study="link-small"), "I agree")
    assert "1 of 2" in shown_html(at)
    for label in ("A is better", "Tie", "B is better", "Both are bad"):
        at = button(at, label)
    assert at.code[0].value == "SMALL-DONE"
    assert store.judgments(small, "small")["response"].tolist() == ["left", "tie", "right", "both_bad"]
    at = button(at, "Change my last answer")
    assert "2 of 2" in shown_html(at)


def test_a_skip_costs_two_presses_and_may_have_a_reason(
    small: store.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(skipping, "GUARD", 0)
    at = button(page("pages/judge.py", study="link-small"), "I agree")
    at = button(at, "Skip")
    assert store.judgments(small, "small").empty
    assert [one["label"] for one in comparison(at)["vote"]["answers"]] == [
        reason.label for reason in SKIP_REASONS.values()
    ]
    at = button(at, "Back")
    at = button(button(at, "Skip"), "Skip without a reason")
    at = button(button(at, "Skip"), "Wrong language")
    at = button(button(at, "Skip"), "Something else")
    assert "in a few words" in at.toast[0].value
    button(at, "Something else", "B is the request once more")
    found = store.skips(small, "small")
    assert sorted(found["reason"].dropna()) == ["language", "other"]
    assert found["note"].dropna().tolist() == ["B is the request once more"]
    assert len(found) == 3


def test_a_second_click_on_skip_is_too_quick_to_skip_anything(small: store.Database) -> None:
    at = button(page("pages/judge.py", study="link-small"), "I agree")
    button(button(at, "Skip"), "Skip without a reason")
    assert store.judgments(small, "small").empty
    assert len(store.events(small, "small", "early_click")) == 1


def test_an_answer_without_the_browsers_evidence_has_the_servers_times(small: store.Database) -> None:
    button(button(page("pages/judge.py", study="link-small"), "I agree"), "Tie")
    (row,) = store.judgments(small, "small").to_dict("records")
    assert row["behaviour_source"] == "server"
    assert row["active_seconds"] == row["seconds"]
    assert row["profile_seconds"] != row["profile_seconds"]  # not known


def test_an_answer_to_a_pair_that_was_withdrawn_meanwhile_is_not_taken_and_says_so(
    small: store.Database,
) -> None:
    at = button(page("pages/judge.py", study="link-small"), "I agree")
    (rater,) = store.raters(small, "small")
    task = store.current_task(small, rater)
    assert task is not None
    store.withdraw_comparison(small, "small", task.task_id, "broken")
    at = button(at, "Tie")
    assert "taken out of the study" in at.toast[0].value
    assert store.judgments(small, "small").empty
    button(at, "Tie")
    assert not store.judgments(small, "small")["comparison_withdrawn"].any()


def test_the_export_page_leaves_withdrawn_comparisons_out_unless_asked(small: store.Database) -> None:
    rater = store.enrol(small, "small")
    for _ in range(2):
        task = store.current_task(small, rater)
        assert task is not None
        for criterion, revision in task.revisions.items():
            store.record_judgment(small, rater, task.assignment_id, criterion, revision, "left")
    store.withdraw_comparison(small, "small", task.task_id, "broken")
    at = page("pages/researcher/export.py", key=access.KEY)
    assert any("Left out: 2 judgments of withdrawn comparisons" in one.value for one in at.caption)
    next(one for one in at.checkbox if "withdrawn" in one.label).check().run()
    assert not any("Left out" in one.value for one in at.caption)


def test_who_goes_back_without_a_cookie_is_still_the_same_rater(small: store.Database) -> None:
    at = button(page("pages/judge.py", study="link-small"), "I agree")
    (rater,) = store.raters(small, "small")
    at.query_params.clear()
    at.query_params["study"] = "link-small"
    at.run()
    assert not at.exception
    assert [one.label for one in at.button if one.label.startswith("I agree")] == []
    assert comparison(at)["notices"] == [["info", judging.WELCOME_BACK]]
    assert store.raters(small, "small") == [rater]


def test_an_unknown_personal_link_says_what_may_have_happened(small: store.Database) -> None:
    at = page("pages/judge.py", rater="nobody")
    assert at.header[0].value == "This link does not work"
    assert "If you have withdrawn, your data were erased" in at.markdown[0].value


def test_a_click_before_the_pair_could_be_seen_is_not_an_answer(database: store.Database) -> None:
    store.save_records(database, small_study(design=DESIGN.model_copy(update={"min_view_seconds": 30.0})))
    at = button(button(page("pages/judge.py", study="link-small"), "I agree"), "A is better")
    assert "too quick" in at.toast[0].value
    assert store.judgments(database, "small").empty
    assert len(store.events(database, "small", "early_click")) == 1


def test_a_study_that_is_not_open_says_so(small: store.Database) -> None:
    at = button(page("pages/judge.py", study="link-small"), "I agree")
    store.set_state(small, "small", "closed")
    at.run()
    assert "not open" in at.warning[0].value
    assert "not open" in page("pages/judge.py", study="link-small").warning[0].value


def test_an_answer_that_cannot_be_saved_is_not_acknowledged(
    small: store.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from study.errors import DatabaseError

    def refuse(*_: object, **__: object) -> None:
        raise DatabaseError("/secret/place/study.duckdb: the disk is full")

    at = button(page("pages/judge.py", study="link-small"), "I agree")
    with monkeypatch.context() as patch:
        patch.setattr(type(small), "put_down", refuse)
        at = button(at, "A is better")
    ((kind, sentence),) = comparison(at)["notices"]
    assert kind == "error"
    assert "Something went wrong on our side" in sentence
    assert "secret" not in sentence
    assert comparison(at)["vote"]["count"] == "Question 1 of 2"
    assert store.judgments(small, "small").empty


def test_the_studies_page_offers_the_demo_and_shows_what_there_is(database: store.Database) -> None:
    at = page("pages/researcher/home.py", key=access.KEY)
    at = button(at, "Open the demo study")
    shown = "".join(str(one.value) for one in (*at.markdown, *at.caption))
    assert "personalized news headlines" in shown
    assert "*simulated* raters" in shown
    assert "/judge?study=" in at.code[0].value
    at = button(at, "Close")
    assert store.study(database, "demo").state == "closed"


def test_a_table_is_imported_after_a_look_and_read_once(
    database: store.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []
    read_table = reading.read_table
    monkeypatch.setattr(reading, "read_table", lambda *given: (names.append(given[1]), read_table(*given))[1])
    at = import_page()
    rows = "prompt,system_a,output_a,system_b,output_b\nGreet,one,Hi,two,Hello\n"
    at.file_uploader[0].upload("greetings.csv", rows.encode(), "text/csv")
    at.run()
    assert "1 comparison" in "".join(str(one.value) for one in at.markdown)
    assert store.all_studies(database) == []
    at = button(at, "Import")
    assert [(study.study_id, study.state) for study in store.all_studies(database)] == [
        ("greetings", "draft")
    ]
    assert names == ["greetings.csv"]
    assert "preview" not in at.session_state


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.csv", b"", "empty"),
        ("wrong.csv", b"a,b\n1,2\n", "columns"),
        ("bytes.csv", b"prompt,system_a\xff\xfe\x00", "bytes.csv"),
        ("no.zip", b"PK nothing", "no.zip"),
    ],
)
def test_a_bad_file_gets_a_sentence(
    name: str, content: bytes, sentence: str, database: store.Database
) -> None:
    at = import_page()
    at.file_uploader[0].upload(name, content, "application/octet-stream")
    at.run()
    assert not at.exception
    assert sentence in at.error[0].value
    assert store.all_studies(database) == []


def test_the_export_page_is_empty_before_the_first_judgment(small: store.Database) -> None:
    assert "no judgments yet" in page("pages/researcher/export.py", key=access.KEY).info[0].value


def test_without_the_key_no_researcher_page_shows_anything(small: store.Database) -> None:
    for path in sorted((ROOT / "pages" / "researcher").glob("*.py")):
        for parameters in ({}, {"key": "wrong"}):
            at = page(str(path.relative_to(ROOT)), **parameters)
            assert [one.label for one in at.text_input] == ["Researcher key"]
            assert not at.dataframe
            assert "small" not in "".join(str(one.value) for one in (*at.markdown, *at.caption, *at.title))


def test_the_app_shows_the_map_to_the_researcher_and_a_door_to_others(small: store.Database) -> None:
    assert page("app.py", key=access.KEY).title[0].value == "Studies"
    assert [one.label for one in page("app.py").text_input] == ["Researcher key"]


def test_the_key_typed_in_signs_in(small: store.Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "device", lambda: "the cookie of a browser")
    at = page("pages/researcher/home.py")
    at.text_input[0].set_value("wrong")
    at = button(at, "Sign in")
    assert "not the key" in at.error[0].value
    at.text_input[0].set_value(access.KEY)
    at = button(at, "Sign in")
    assert not at.error
    # The browser is sent to an address that gives it the session's cookie: see tests/security/test_sessions.py.
    assert "You are being signed in" in at.text[0].value


def test_an_answer_asks_the_tables_nothing_but_whether_raters_are_to_wait(
    small: store.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = button(page("pages/judge.py", study="link-small"), "I agree")
    asked: list[str] = []
    reading = small.reading

    class Counting:
        def __init__(self, cursor: object) -> None:
            self.cursor = cursor

        def __getattr__(self, name: str) -> object:
            return getattr(self.cursor, name)

        def execute(self, query: str | duckdb.Statement, *parameters: object) -> object:
            text = query.query if isinstance(query, duckdb.Statement) else query
            asked.append(" ".join(text.split()))
            return self.cursor.execute(query, *parameters)  # type: ignore[attr-defined]

    @contextmanager
    def counted() -> Iterator[Counting]:
        with reading() as cursor:
            yield Counting(cursor)

    monkeypatch.setattr(small, "reading", counted)
    for label in ("A is better", "B is better", "Tie"):
        asked.clear()
        at = button(at, label)
        queries = [query for query in asked if query not in ("begin transaction", "commit")]
        assert len(queries) <= 1, queries
        assert all("from event where kind in" in query for query in queries), queries
    assert len(store.judgments(small, "small")) == 3


def test_the_chosen_study_stands_in_the_address_and_survives_a_reload(small: store.Database) -> None:
    store.save_records(small, small_study("another", design=DESIGN))
    for study_id in ("small", "another"):
        at = page("pages/researcher/agreement.py", key=access.KEY, of=study_id)
        assert at.sidebar.selectbox[0].value == study_id
        assert at.query_params["of"] in (study_id, [study_id])
        assert f"The {study_id} study" in "".join(str(one.value) for one in at.caption)


def test_the_import_page_asks_what_a_column_of_ratings_is(small: store.Database) -> None:
    at = import_page()
    at.file_uploader[0].upload("ratings.csv", b"item,system,rating\nitem 0,alpha-net,4\n", "text/csv").run()
    next(one for one in at.selectbox if one.label == "Import into").set_value("small").run()
    assert "the meaning of 'rating' is not clear" in at.warning[0].value
    assert not any(one.label == "Import" for one in at.button)
    at = button(at, "The values of automatic metrics")
    at = button(at, "Import")
    assert store.metric_scores(small, "small")["metric"].tolist() == ["rating"]


def test_the_import_page_matches_ids_on_request(database: store.Database) -> None:
    pairs = b"pair_id,prompt,system_a,output_a,system_b,output_b\n007,p,x,Hi,y,Hello\n"
    store.save_records(database, read(pairs, name="p.csv", study=new_study("P", study_id="p")))
    at = import_page()
    votes = b"pair_id,rater,left_system,right_system,answer\n7,r,x,y,left\n"
    at.file_uploader[0].upload("votes.csv", votes, "text/csv").run()
    next(one for one in at.selectbox if one.label == "Import into").set_value("p").run()
    assert "'7' looks like '007'" in at.error[0].value
    next(one for one in at.checkbox if one.label.startswith("Match ids")).check().run()
    at = button(at, "Import")
    assert len(store.judgments(database, "p")) == 1
