"""The design page and the progress page by AppTest."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from study import store
from study.protocol.design import Design
from study.ui import state
from study.ui.server import access
from study.workflows.simulation import SimulatedRaters, simulate
from tests.conftest import CRITERIA, small_study

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[store.Database]:
    state.close_database()
    monkeypatch.setenv("BLINDPAIR_DB", str(tmp_path / "study.duckdb"))
    yield state.database()
    state.close_database()


@pytest.fixture
def draft(database: store.Database) -> store.Database:
    records = small_study(design=Design(criteria=CRITERIA, analysis_plan="Two-sided, 5%."))
    store.save_records(database, replace(records, study=replace(records.study, state="draft")))
    return database


def page(name: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "researcher" / f"{name}.py"), default_timeout=30)
    at.query_params["key"] = access.KEY
    at.run()
    assert not at.exception
    return at


def button(at: AppTest, label: str) -> AppTest:
    next(one for one in at.button if one.label == label).click()
    at.run()
    assert not at.exception
    return at


def shown(at: AppTest) -> str:
    return " ".join(str(one.value) for one in (*at.markdown, *at.caption, *at.text, *at.info, *at.metric))


@pytest.mark.parametrize("name", ["design", "progress"])
def test_without_a_study_the_page_says_where_to_start(name: str) -> None:
    assert "There are no studies yet" in page(name).info[0].value


def test_a_design_is_edited_saved_and_launched(draft: store.Database) -> None:
    at = page("design")
    editor = at.text_area[0]
    editor.set_value(editor.value.replace("overlap: 3", "overlap: 0")).run()
    assert "'overlap': Input should be greater than or equal to 1" in at.error[0].value
    at.text_area[0].set_value(editor.value.replace("overlap: 0", "overlap: 4")).run()
    at = button(at, "Save")
    assert store.design(draft, "small").overlap == 4
    at = button(at, "Launch")
    assert store.study(draft, "small").state == "live"
    assert "This design is frozen" in shown(at)
    at.text_area[0].set_value(at.text_area[0].value.replace("overlap: 4", "overlap: 5")).run()
    at = button(at, "Save as a new version")
    assert [one.version for one in store.design_versions(draft, "small")] == [1, 2]


def test_the_preview_shows_every_step_and_stores_nothing(draft: store.Database) -> None:
    at = page("design")
    for view in ("Forms", "A pair", "The end", "Welcome"):
        at.segmented_control[0].set_value(view).run()
        assert not at.exception
    assert store.raters(draft, "small") == []


def test_checks_are_made_on_the_design_page(draft: store.Database) -> None:
    at = page("design")
    at.number_input[0].set_value(2)
    at = button(at, "Set the numbers")
    assert store.purposes(draft, "small")["attention"] == 2
    assert "2 attention" in shown(at)


def test_checks_are_taken_away_again_on_the_design_page(draft: store.Database) -> None:
    at = page("design")
    at.number_input[0].set_value(3)
    at = button(at, "Set the numbers")
    assert (at.number_input[0].label, at.number_input[0].value) == ("Attention checks", 3)
    at.number_input[0].set_value(1)
    at = button(at, "Set the numbers")
    assert store.purposes(draft, "small") == {"main": 12, "attention": 1}
    assert "1 attention check will never be given" in " ".join(one.value for one in at.warning)
    at.number_input[0].set_value(0)
    at = button(at, "Set the numbers")
    assert store.purposes(draft, "small") == {"main": 12}
    assert not at.warning


@pytest.mark.parametrize("pressed", ["Launch", "Simulate"])
def test_nothing_starts_with_another_design_than_the_one_on_the_screen(
    draft: store.Database, pressed: str
) -> None:
    at = page("design")
    at.text_area[0].set_value(at.text_area[0].value.replace("overlap: 3", "overlap: 4"))
    at = button(at, pressed)  # the click and what was typed come in one message
    assert "you have unsaved changes" in " ".join(one.value for one in at.error)
    assert (store.study(draft, "small").state, store.raters(draft, "small")) == ("draft", [])
    at.text_area[0].set_value("nonsense: 1").run()
    at = button(at, pressed)
    assert (store.study(draft, "small").state, store.raters(draft, "small")) == ("draft", [])
    at.text_area[0].set_value(at.text_area[0].proto.default).run()
    assert not at.error
    assert not at.warning


def test_a_click_on_launch_that_was_meant_for_another_design_does_nothing(draft: store.Database) -> None:
    at = page("design")
    somebody_else = store.design(draft, "small").model_copy(update={"overlap": 5})
    store.set_design(draft, "small", somebody_else)
    at = button(at, "Launch")
    assert store.study(draft, "small").state == "draft"
    assert "overlap: 5" in at.text_area[0].value


def test_two_studies_of_one_title_are_told_apart_and_opened(database: store.Database) -> None:
    for study_id in ("first", "second"):
        records = small_study(study_id, n_items=2 if study_id == "first" else 3)
        store.save_records(database, replace(records, study=replace(records.study, title="Headlines")))
    at = page("progress")
    choice = at.sidebar.selectbox[0]
    assert sorted(choice.options) == ["Headlines · first", "Headlines · second"]
    for study_id, places in (("first", 18), ("second", 27)):
        at.sidebar.selectbox[0].set_value(study_id).run()
        assert f"0 of {places}" in shown(at)


def test_simulated_raters_run_a_draft_from_its_page(draft: store.Database) -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    at.query_params["key"] = access.KEY
    at.run()
    at.switch_page("pages/researcher/design.py").run()
    assert not at.exception
    next(one for one in at.number_input if one.label == "Simulated raters").set_value(5)
    at = button(at, "Simulate")
    assert "These are simulated raters, not people" in shown(at)
    assert {rater.source for rater in store.raters(draft, "small")} == {"simulated"}
    assert store.study(draft, "small").state == "draft"


def test_the_progress_page_shows_coverage_raters_and_flags_and_excludes_with_a_reason(
    database: store.Database,
) -> None:
    store.save_records(database, small_study())
    simulate(database, "small", SimulatedRaters(8, careless=0.3, seed=2))
    at = page("progress")
    assert "These are simulated raters, not people" in shown(at)
    assert "36 of 36" in shown(at)
    raters = store.raters(database, "small")
    rater, action = (one for one in at.selectbox if one.label in ("Rater", "Action"))
    rater.set_value(raters[0].rater_id)
    at = button(at, "Apply")
    assert "the reason is empty" in at.error[0].value
    assert store.rater_by_token(database, raters[0].token).status == "active"
    rater, action = (one for one in at.selectbox if one.label in ("Rater", "Action"))
    rater.set_value(raters[0].rater_id)
    action.set_value("excluded")
    at.text_input[0].set_value("answers in a second")
    at = button(at, "Apply")
    assert store.rater_by_token(database, raters[0].token).status == "excluded"
    assert "1 not counted" in shown(at)


def test_the_progress_page_of_a_study_without_raters_says_so(database: store.Database) -> None:
    store.save_records(database, small_study())
    assert "There are no raters yet" in shown(page("progress"))


def test_the_progress_page_shows_what_was_flagged_and_withdraws_it_for_everyone(
    database: store.Database,
) -> None:
    store.save_records(database, small_study())
    rater = store.enrol(database, "small")
    task = store.current_task(database, rater)
    assert task is not None
    store.skip(database, rater, task.assignment_id, task.revisions, reason="broken", note="B is empty")
    item = store.material(database, task.task_id).item.name
    at = page("progress")
    assert "1 skip (1 comparison), 1 with a reason" in shown(at)
    tables = [frame.value for frame in at.dataframe if "Missing or broken" in frame.value]
    assert tables[0][["Item", "Missing or broken", "Notes"]].values.tolist() == [[item, 1, "B is empty"]]
    which = next(one for one in at.selectbox if one.label == "Item")
    assert which.options[0] == item
    which.set_value(item).run()
    at = button(at, "Withdraw for everyone")
    assert "the reason is empty" in at.error[0].value
    next(one for one in at.text_input if one.label == "Reason for the withdrawal").set_value(
        "output B is empty"
    )
    at = button(at, "Withdraw for everyone")
    assert "3 of 12 comparisons are withdrawn" in shown(at)
    assert "0 of 27" in shown(at)
    next(one for one in at.text_input if one.label == "Reason for the withdrawal").set_value("imported again")
    at = button(at, "Put back")
    assert "0 of 12 comparisons are withdrawn" in shown(at)
    assert [one.kind for one in store.withdrawal_events(database, "small")] == [
        "item_restored",
        "item_withdrawn",
    ]


def test_the_progress_page_reminds_of_who_did_not_finish_and_gives_their_places_back(
    database: store.Database,
) -> None:
    store.save_records(database, small_study())
    rater = store.enrol(database, "small", external_id="pid-1")
    store.note_on_screen(database, rater)
    store.current_task(database, rater)
    with database.writing(forget=True) as cursor:
        cursor.execute("update assignment set expires_at = expires_at - interval 1 hour")
    at = page("progress")
    assert "1 to remind" in shown(at)
    assert [code.value for code in at.code] == ["pid-1"]
    assert "undefined" in [metric.value for metric in at.metric][-1]
    at = button(at, "Release their places")
    (event,) = store.events(database, "small", "lease_ended")
    assert (event.rater_id, event.details) == (rater.rater_id, {"count": 1})


def test_the_progress_page_says_how_wide_the_headline_interval_is_and_not_what_it_is_of(
    database: store.Database,
) -> None:
    store.save_records(database, small_study())
    simulate(database, "small", SimulatedRaters(6, seed=2))
    at = page("progress")
    (width,) = [one for one in at.metric if one.label == "Widest interval of a win rate"]
    assert width.value.startswith("± ")
    help = width.proto.help.replace("\\", "")
    assert "of a system's win rate on fit, as Ranking shows it" in help
    assert (
        "over 6 raters; it holds for these 2 sources; it generalises to raters like these 6 raters." in help
    )


def test_the_progress_page_compares_the_ties_of_the_first_fifth_with_a_random_fifth(
    database: store.Database,
) -> None:
    store.save_records(database, small_study())
    simulate(database, "small", SimulatedRaters(6, tie_width=1.0, seed=2))
    at = page("progress")
    assert "Tie rates" not in shown(at)
    at.toggle[-1].set_value(True).run()
    assert not at.exception
    table = next(frame.value for frame in at.dataframe if "Tie rate, 95% interval" in frame.value)
    assert table["Part"].tolist() == ["First 20% of the queue", "Random 20%, on average", "Relative change"]
    long = store.judgments(database, "small")
    n_answers = int(((long["criterion"] == "fit") & (long["response"] != "skip")).sum())
    assert table["n"].tolist()[:2] == [6, n_answers], "a random fifth on average is all comparisons"
    assert "the first 2 comparisons had a tie rate of" in "".join(code.value for code in at.code)


def test_the_design_page_offers_embeddings_where_the_queue_is_ordered_by_them(draft: store.Database) -> None:
    at = page("design")
    assert "Compute the distances" not in [one.label for one in at.button]
    rules = store.design(draft, "small").model_copy(update={"order": "priority", "priority": "embedding"})
    store.set_design(draft, "small", rules)
    at = page("design")
    assert "known for 0 of 12 comparisons" in shown(at)
    at = button(at, "Launch")
    assert "orders comparisons by 'embedding', which has no values" in at.error[0].value
    pairs = store.pair_texts(draft, "small")
    store.save_divergences(draft, "small", "embedding", dict.fromkeys(pairs, (0.5, None)), "by hand")
    at = button(page("design"), "Launch")
    assert store.study(draft, "small").state == "live"


def test_the_studies_page_reminds_of_the_retention_date(database: store.Database) -> None:
    design = Design(criteria=CRITERIA, retention_until=date(2999, 12, 31))
    store.save_records(database, small_study(design=design))
    store.save_records(
        database, small_study("past", design=design.model_copy(update={"retention_until": date(2020, 1, 1)}))
    )
    at = page("home")
    assert "Personal data are kept until 2999-12-31." in shown(at)
    (warning,) = at.warning
    assert "should have been erased by 2020-01-01" in warning.value
    assert "python -m study erase --due --study past" in warning.value
    store.erase_due(database, "past")
    assert not page("home").warning
