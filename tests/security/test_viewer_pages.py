"""What a viewer is sent: every page, every section, the buttons, the side bar; found by searching all that is sent."""

import ast
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from study import metrics, store
from study.access import Throttle
from study.records import Rater
from study.ui import state
from study.ui.server import access
from study.ui.shared import tables
from tests.cases import cases
from tests.security.observed import got
from tests.security.strangers import RESEARCHER, VIEWER, identified_study, planted

ROOT = Path(__file__).parents[2]
PAGES = {path.stem: path for path in sorted((ROOT / "pages" / "researcher").glob("*.py"))}
FOR_RESEARCHERS = {"importing", "design", "audit"}
ALLOWED_BUTTONS = {
    "Results",
    "Sign out",
    "Fit the weights",
    "Plan",
    "Simulate",
    "Compute",
    "Stop",
}
VIEWER_KEY = "a viewer's key of good length"


@pytest.fixture
def raters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Rater]]:
    state.close_database()
    tables.forget_results()
    monkeypatch.setenv("BLINDPAIR_DB", str(tmp_path / "study.duckdb"))
    monkeypatch.setattr(access, "VIEWER_KEY", VIEWER_KEY)
    monkeypatch.setattr(access, "throttle", Throttle())
    access.sessions.cache_clear()
    db = state.database()
    found = identified_study(db)
    texts = store.output_texts(db, "small")
    store.save_scores(db, metrics.score_outputs(texts, ["length", "rouge_l"], study_id="small"))
    yield found
    state.close_database()


def page(name: str, key: str) -> AppTest:
    at = AppTest.from_file(str(PAGES[name]), default_timeout=60)
    at.query_params["key"] = key
    at.run()
    assert not at.exception
    return at


def sent(at: AppTest) -> str:
    """Return every message of a page, as text; the address is what the browser sent itself."""
    parts = []
    for block in (at.main, at.sidebar):
        stack = [block]
        while stack:
            node = stack.pop()
            stack += list(getattr(node, "children", {}).values())
            parts.append(str(getattr(node, "proto", "")))
            if getattr(node, "type", "") in ("arrow_data_frame", "dataframe"):
                parts.append(node.value.to_csv())  # type: ignore[union-attr]
    return "\n".join(parts)


def sections(at: AppTest) -> list[str]:
    groups = [group for group in at.button_group if group.label == "Section"]
    return list(groups[0].options) if groups else []


@pytest.mark.parametrize(
    "name",
    cases(sorted(set(PAGES) - FOR_RESEARCHERS), ["home", "progress", "export", "agreement", "judges"]),
)
def test_a_viewer_is_sent_no_identity_on_any_page(name: str, raters: list[Rater]) -> None:
    forbidden = planted(raters)
    page(name, access.KEY)  # what is kept for a researcher is not shown to a viewer
    at = page(name, VIEWER_KEY)
    for section in sections(at) or [None]:
        if section is not None:
            group = next(group for group in at.button_group if group.label == "Section")
            group.set_value(group.options[sections(at).index(section)]).run()
            assert not at.exception
        everything = sent(at)
        assert len(everything) > 500
        found = [text for text in forbidden if text in everything]
        got(f"{len(found)} of {len(forbidden)} planted texts in {len(everything):,} characters sent")
        assert found == []


def test_the_search_finds_what_a_researcher_is_sent(raters: list[Rater]) -> None:
    everything = sent(page("progress", access.KEY))
    got(f"a researcher is sent {sum(text in everything for text in planted(raters))} planted texts")
    assert "session-99887766" in everything
    assert "wrote to us as" in everything
    assert "SECRET-CODE-7788" in everything


@pytest.mark.parametrize("name", sorted(FOR_RESEARCHERS))
def test_pages_for_researchers_refuse_a_viewer(name: str, raters: list[Rater]) -> None:
    at = page(name, VIEWER_KEY)
    got(f"page: {at.info[0].value}")
    assert "This page is for researchers" in at.info[0].value
    assert not at.text_area
    assert not at.get("file_uploader")
    assert "small" not in sent(at)


def test_each_page_says_whom_it_lets_in() -> None:
    strict = set()
    for name, path in PAGES.items():
        statements = ast.parse(path.read_text("utf-8")).body[1:]
        first = next(node for node in statements if not isinstance(node, ast.Import | ast.ImportFrom))
        if ast.unparse(first) == "state.require_researcher()":
            strict.add(name)
    got(f"researchers only: {sorted(strict)}")
    assert strict == FOR_RESEARCHERS


def test_the_side_bar_of_a_viewer_has_the_pages_that_let_them_in(raters: list[Rater]) -> None:
    import app

    assert {title.lower() for title in app.FOR_RESEARCHERS} == {
        "import" if name == "importing" else name for name in FOR_RESEARCHERS
    }
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.query_params["key"] = VIEWER_KEY
    at.run()
    assert not at.exception
    got(f"page: {at.title[0].value}")
    assert at.title[0].value == "Studies"
    assert "/judge?study=" not in sent(at)


@pytest.mark.parametrize("name", ["home", "progress", "metrics", "judges", "correlation", "calibration"])
def test_a_viewer_has_no_button_that_changes_anything(name: str, raters: list[Rater]) -> None:
    at = page(name, VIEWER_KEY)
    got(f"buttons: {sorted({button.label for button in at.button})}")
    assert {button.label for button in at.button} <= ALLOWED_BUTTONS
    assert not at.get("file_uploader")
    assert not [one for one in at.get("download_button") if "Payments" in str(one.proto)]


def test_a_click_after_the_session_has_ended_changes_nothing(raters: list[Rater]) -> None:
    at = page("home", access.KEY)
    close = next(button for button in at.button if button.label == "Close")
    access.sessions.cache_clear()  # as after an expiry: the page still stands with its buttons
    del at.query_params["key"]
    close.click().run()
    assert not at.exception
    assert "Only a researcher may do this" in at.error[0].value
    assert [one.label for one in at.text_input] == ["Researcher key"]
    assert store.study(state.database(), "small").state == "live"


def test_a_click_of_who_became_a_viewer_meanwhile_changes_nothing(raters: list[Rater]) -> None:
    at = page("home", access.KEY)
    close = next(button for button in at.button if button.label == "Close")
    at.query_params["key"] = VIEWER_KEY
    access.sessions.cache_clear()
    at.session_state["without_cookie"] = None
    access.sessions().start("key " + _digest(VIEWER_KEY), VIEWER, _now())
    close.click().run()
    assert "Viewers cannot change anything" in at.error[0].value
    assert store.study(state.database(), "small").state == "live"


def test_what_a_researcher_does_on_a_page_is_kept_with_their_name(raters: list[Rater]) -> None:
    at = page("home", access.KEY)
    next(button for button in at.button if button.label == "Close").click().run()
    assert store.study(state.database(), "small").state == "closed"
    (event,) = store.events(state.database(), "small", "state_closed")
    got(f"logged: {event.kind} by {event.actor}")
    assert event.actor == "researcher key"
    signed_in = [one for one in store.actions(state.database()) if one.kind == "signed_in"]
    assert [(one.actor, one.details["how"], one.details["role"]) for one in signed_in] == [
        ("researcher key", "key", "researcher")
    ]


def test_signing_out_ends_the_session(raters: list[Rater]) -> None:
    at = page("home", access.KEY)
    next(button for button in at.button if button.label == "Sign out").click().run()
    got(f"asked for: {[one.label for one in at.text_input]}")
    assert [one.label for one in at.text_input] == ["Researcher key"]
    assert next(one.kind for one in store.actions(state.database())) == "signed_out"


def test_wrong_keys_have_to_wait_and_are_noted_without_the_key(
    raters: list[Rater], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "refusals", access.Refusals())
    now = access.time.monotonic()
    # All within a moment: on a busy machine the wait would be over before the next page is drawn.
    monkeypatch.setattr(access, "time", SimpleNamespace(monotonic=lambda: now, time=access.time.time))
    for number in range(5):
        at = page("home", f"guess number {number}")
        assert [one.label for one in at.text_input] == ["Researcher key"]
    assert page("home", access.KEY).title[0].value != "Studies"
    assert "guess number" not in caplog.text
    assert "wrong keys" in caplog.text
    db = state.database()
    with db.reading() as cursor:
        kept = cursor.execute("select kind, details from event").fetchall()
    got(f"asked again; logged: {sorted({kind for kind, _ in kept if 'key' in kind})}")
    assert [kind for kind, _ in kept].count("keys_refused") == 1
    assert not any("guess number" in details or access.KEY in details for _, details in kept)


def test_background_work_is_done_by_who_started_it(raters: list[Rater]) -> None:
    from study.workers import threads

    with store.acting(RESEARCHER):
        run = threads.start("who", lambda report, stopped: store.acting_person().name)
    assert run.thread is not None
    run.thread.join()
    got(f"done by {run.result}")
    assert run.result == "ada@example.org"


def _digest(key: str) -> str:
    from hashlib import sha256

    return sha256(key.encode()).hexdigest()


def _now() -> float:
    import time

    return time.time()
