"""The demo study opens by one call, alive and honest about its raters."""

import pandas as pd
import pytest

from study import store
from study.metrics import BASIC
from study.records import utc_now
from study.store.session import judgments
from study.workflows import simulation
from study.workflows.demo import DEMO_BUNDLE, DEMO_RATERS, demo_votes, open_demo

SYSTEMS = {"generic", "keyword_stuffing", "history_aware", "style_history_aware"}


def test_the_demo_is_live_and_its_judgments_are_simulated(empty_db: store.Database) -> None:
    study = open_demo(empty_db)
    assert (study.study_id, study.state) == ("demo", "live")
    overview = store.overview(empty_db).set_index("study_id").loc["demo"]
    assert overview["simulated_judgments"] > 1000
    assert overview["human_judgments"] == overview["human_raters"] == 0
    long = store.judgments(empty_db, "demo")
    assert long["simulated"].all()
    assert set(long["left_system"]) | set(long["right_system"]) == SYSTEMS


def test_opening_the_demo_again_changes_nothing(empty_db: store.Database) -> None:
    first = open_demo(empty_db)
    rater = store.enrol(empty_db, "demo")
    before = len(store.judgments(empty_db, "demo"))
    assert open_demo(empty_db) == first
    assert len(store.judgments(empty_db, "demo")) == before
    assert store.rater_by_token(empty_db, rater.token) == rater


def test_the_demo_comes_with_built_in_and_imported_scores(empty_db: store.Database) -> None:
    open_demo(empty_db)
    scores = store.metric_scores(empty_db, "demo")
    assert set(scores["metric"]) == {*BASIC, "reader_model"}
    assert not scores["value"].isna().any()


def test_a_human_finds_every_place_of_the_demo_free(empty_db: store.Database) -> None:
    open_demo(empty_db)
    task = store.current_task(empty_db, store.enrol(empty_db, "demo"))
    assert task is not None
    assert task.progress.total == store.design(empty_db, "demo").quota
    found = store.material(empty_db, task.task_id)
    assert found.profile is not None
    assert found.item.reference


def test_every_comparison_of_the_demo_has_its_raters_balanced_over_sides(empty_db: store.Database) -> None:
    open_demo(empty_db)
    long = store.judgments(empty_db, "demo")
    given = long.drop_duplicates("assignment_id")
    assert set(given.groupby("comparison_id").size()) == {store.design(empty_db, "demo").overlap}
    left = (given["side_of_a"] == "left").map({True: 1, False: -1})
    assert left.groupby(given["comparison_id"]).sum().abs().max() == 1
    assert left.groupby(given["rater_id"]).sum().abs().max() <= 2


def test_the_demo_prefers_what_its_raters_were_made_to_prefer(empty_db: store.Database) -> None:
    open_demo(empty_db)
    long = store.judgments(empty_db, "demo")
    for criterion, strengths in DEMO_RATERS.criterion_strengths.items():
        counts = long[long["criterion"] == criterion]["preferred_system"].value_counts()
        assert counts.idxmax() == max(strengths, key=lambda system: strengths[system])
        assert counts.idxmin() == min(strengths, key=lambda system: strengths[system])


def test_the_demo_file_says_what_its_judgments_are() -> None:
    votes = pd.read_csv(DEMO_BUNDLE / "judgments.csv")
    assert set(votes["rater_source"]) == {"simulated"}
    assert votes["rater"].str.fullmatch(r"sim-\d\d").all()
    assert votes["seconds"].between(4, 40).all()
    assert votes["judged_at"].str.startswith("2026-10-").all()
    assert {"tie", "both_bad", "left", "right"} == set(votes["answer"])


@pytest.mark.slow
def test_the_demo_file_is_what_its_raters_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    # The time that an answer takes to be stored would count as the rater's; on a busy machine it is more than the last digit.
    now = utc_now()
    for module in (simulation, judgments):
        monkeypatch.setattr(module, "utc_now", lambda: now)
    assert (DEMO_BUNDLE / "judgments.csv").read_text("utf-8") == demo_votes().to_csv(
        index=False, lineterminator="\n"
    )
