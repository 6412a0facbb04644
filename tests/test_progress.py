"""How far a study is: coverage counts what counts, pace gives a time, payments hold the outcome."""

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Thread
from types import SimpleNamespace

import pandas as pd
import pytest

from study import frames, store
from study.analysis import ranking_table
from study.analysis.flags import flag_table, flags_of
from study.analysis.pace import expected_finish, filled, headline_width
from study.analysis.progress import (
    BY,
    approval_table,
    coverage_table,
    forms_table,
    payments_table,
    reminders_table,
)
from study.errors import InvalidInput
from study.frames import Subset
from study.protocol.design import Design, parse_design
from study.records import Rater, utc_now
from study.stats.ranking.win_rates import system_claims
from study.store.session import rater_batches
from study.workflows.simulation import SimulatedRaters, simulate
from tests.conftest import small_study

NOW = datetime(2026, 11, 1, 12)
DESIGN = parse_design(
    {
        "criteria": [{"key": "fit", "question": "?"}],
        "overlap": 2,
        "quota": 3,
        "closing": [{"key": "why", "question": "How was it?", "required": False}],
        "completion_code": "DONE-1",
        "screen_out_code": "OUT-1",
    }
)


def judge(db: store.Database, rater: Rater, count: int) -> None:
    for _ in range(count):
        task = store.current_task(db, rater)
        assert task is not None
        assert store.record_judgment(db, rater, task.assignment_id, "fit", task.revisions["fit"], "left")


@pytest.fixture
def judged(empty_db: store.Database) -> store.Database:
    store.save_records(empty_db, small_study(design=DESIGN))
    first, second = (store.enrol(empty_db, "small", external_id=name) for name in ("ada", "bob"))
    judge(empty_db, first, 3)
    judge(empty_db, second, 2)
    store.set_status(empty_db, second, "returned")
    return empty_db


@pytest.mark.parametrize("by", BY)
def test_coverage_counts_raters_who_count_by_every_part(judged: store.Database, by: str) -> None:
    table = coverage_table(store.coverage(judged, "small"), by)
    assert (table["comparisons"].sum(), table["judged"].sum(), table["places"].sum()) == (12, 3, 24)
    assert table["share"].between(0, 1).all()
    assert len(table) == {"pair": 3, "profile": 4, "tag": 2, "comparison": 12}[by]


def test_an_unknown_part_is_refused(judged: store.Database) -> None:
    with pytest.raises(InvalidInput, match="unknown grouping 'rater'; allowed: pair"):
        coverage_table(store.coverage(judged, "small"), "rater")


def test_simulated_and_human_raters_are_told_apart(judged: store.Database) -> None:
    assert store.coverage(judged, "small", simulated=True)["judged"].sum() == 0
    assert store.rater_progress(judged, "small", simulated=True).empty
    day = timedelta(days=1)
    recent, first = store.judged_between(judged, "small", utc_now() - day, utc_now())
    assert recent == 3
    assert first is not None
    assert utc_now() - day < first < utc_now()
    assert store.judged_between(judged, "small", utc_now() - 2 * day, utc_now() - day) == (0, None)
    assert store.judged_between(judged, "small", utc_now() - day, utc_now(), simulated=True)[0] == 0


def test_the_finish_follows_from_the_pace_of_the_last_day() -> None:
    coverage = filled(pd.DataFrame({"judged": [2, 1, 3, 0], "places": [2, 2, 2, 2]}))
    assert (coverage.filled, coverage.places, coverage.comparisons) == (5, 8, 2)
    left = coverage.places - coverage.filled
    assert expected_finish(left, 3, NOW - timedelta(hours=3), NOW) == NOW + timedelta(hours=3)
    assert expected_finish(left, 0, None, NOW) is None


def test_payments_hold_status_code_and_time_of_each(judged: store.Database) -> None:
    ada = next(one for one in store.raters(judged, "small") if one.external_id == "ada")
    store.finish_phase(judged, ada, "closing", {"why": "fine"})
    raters = store.rater_progress(judged, "small")
    steps = store.all_steps(judged, "small")
    flags = flag_table(store.judgments(judged, "small"))
    phases = store.phases(judged, "small")
    table = payments_table(raters, DESIGN, phases, store.check_results(judged, "small"), flags)
    assert table["judged"].tolist() == [3, 2]
    assert table["code"].fillna("none").tolist() == ["DONE-1", "none"]
    assert table["outcome"].fillna("none").tolist() == ["success", "none"]
    assert forms_table(raters, steps)[["form", "question", "answer"]].values.tolist() == [
        ["closing", "why", "fine"]
    ]


def test_active_seconds_count_no_answer_beyond_a_minute(empty_db: store.Database) -> None:
    store.save_records(empty_db, small_study(design=DESIGN))
    rater = store.enrol(empty_db, "small")
    for minutes in (0.5, 30):
        task = store.current_task(empty_db, rater)
        assert task is not None
        shown = utc_now() - timedelta(minutes=minutes)
        store.record_judgment(empty_db, rater, task.assignment_id, "fit", 0, "left", shown_at=shown)
    (seconds,) = store.rater_progress(empty_db, "small")["active_seconds"]
    assert seconds == pytest.approx(90, abs=1)


def payments(db: store.Database) -> pd.DataFrame:
    raters, flags = store.rater_progress(db, "small"), flag_table(store.judgments(db, "small"))
    checks = store.check_results(db, "small")
    return payments_table(raters, store.design(db, "small"), store.phases(db, "small"), checks, flags)


def absent_since(db: store.Database, rater: Rater, hours: float) -> None:
    """Make everything that the rater holds older, as if they had left then."""
    before = timedelta(hours=hours)
    store.note_on_screen(db, rater)
    with db.writing(forget=True) as cursor:
        cursor.execute(
            "update assignment set issued_at = issued_at - ?, expires_at = expires_at - ? where rater_id = ?",
            [before, before, rater.rater_id],
        )
        cursor.execute(
            "update judgment set judged_at = judged_at - ? where assignment_id in "
            "(select assignment_id from assignment where rater_id = ?)",
            [before, rater.rater_id],
        )
        cursor.execute(
            "update rater set created_at = created_at - ? where rater_id = ?", [before, rater.rater_id]
        )


def test_only_who_came_to_the_end_has_the_code_and_asking_gives_nobody_a_comparison(
    empty_db: store.Database,
) -> None:
    store.save_records(empty_db, small_study(design=DESIGN))
    ada, bob, cleo = (store.enrol(empty_db, "small", external_id=name) for name in ("ada", "bob", "cleo"))
    judge(empty_db, ada, 3)
    store.finish_phase(empty_db, ada, "closing", {})
    judge(empty_db, bob, 1)
    with empty_db.reading() as cursor:
        before = cursor.execute("select count(*) from assignment").fetchall()
        table = payments(empty_db).set_index("external_id")
        assert cursor.execute("select count(*) from assignment").fetchall() == before
    assert table["phase"].to_dict() == {"ada": "finish", "bob": "main", "cleo": "main"}
    assert table["code"].fillna("").to_dict() == {"ada": "DONE-1", "bob": "", "cleo": ""}
    assert cleo.rater_id in set(table["rater_id"])


def test_who_was_shown_the_end_keeps_the_code_where_places_come_back(empty_db: store.Database) -> None:
    """A rater whose quota was larger than what was left is done, although another's places are given back later."""
    rules = DESIGN.model_copy(update={"quota": 9, "overlap": 1, "closing": ()})
    store.save_records(empty_db, small_study(n_items=1, design=rules))
    other, ada = (store.enrol(empty_db, "small", external_id=name) for name in ("other", "ada"))
    judge(empty_db, other, 2)
    judge(empty_db, ada, 1)
    assert store.phase(empty_db, ada) == "finish"
    for _ in range(2):
        store.finish_phase(empty_db, ada, "finish")
    assert [step.phase for step in store.steps(empty_db, ada)] == ["finish"]
    store.set_status(empty_db, other, "returned")
    assert store.phases(empty_db, "small") == {ada.rater_id: "finish"}


def test_reminders_name_who_started_and_did_not_finish_the_longest_away_first(
    empty_db: store.Database,
) -> None:
    store.save_records(empty_db, small_study(design=DESIGN))
    ada, bob, cleo, dan = (store.enrol(empty_db, "small", external_id=name) for name in "abcd")
    judge(empty_db, ada, 3)
    store.finish_phase(empty_db, ada, "closing", {})
    for rater, hours in ((bob, 1.0), (cleo, 1.5)):
        judge(empty_db, rater, 1)
        store.current_task(empty_db, rater)
        absent_since(empty_db, rater, hours)
    store.set_status(empty_db, dan, "returned")
    held = store.held_places(empty_db, "small")
    table = reminders_table(payments(empty_db), held, utc_now())
    assert table["external_id"].tolist() == ["c", "b"]
    assert table["held"].tolist() == [1, 1]
    assert table["away_minutes"].round().tolist() == [90, 60]


def test_places_of_absent_raters_are_given_back_and_each_is_logged(empty_db: store.Database) -> None:
    store.save_records(empty_db, small_study(n_items=1, design=DESIGN.model_copy(update={"overlap": 1})))
    away, here = (store.enrol(empty_db, "small") for _ in range(2))
    for rater in (away, here):
        assert store.current_task(empty_db, rater) is not None
    absent_since(empty_db, away, 1)
    assert store.release_absent(empty_db, "small", 90) == 0
    assert store.release_absent(empty_db, "small", 30) == 1
    assert [event.rater_id for event in store.events(empty_db, "small", "lease_ended")] == [away.rater_id]
    judge(empty_db, here, 3)  # the place that was held, too
    with pytest.raises(InvalidInput, match="nan minutes of absence"):
        store.release_absent(empty_db, "small", float("nan"))


def pause(monkeypatch: pytest.MonkeyPatch, sleep: Callable[[float], None]) -> None:
    """Have a long look at all raters pause after each of them, and something done in the pauses."""
    clock = itertools.count()  # one tick a look
    monkeypatch.setattr(rater_batches, "HOLD_SECONDS", 1.5)
    monkeypatch.setattr(rater_batches, "time", SimpleNamespace(monotonic=clock.__next__, sleep=sleep))


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], *, after: int = 1) -> None:
    """Have something done in the pause after so many raters were looked at."""
    seen = itertools.count(1)
    pause(monkeypatch, lambda _: act() if next(seen) == after else None)  # type: ignore[func-returns-value]


def test_who_withdraws_while_held_places_are_counted_is_left_out(
    empty_db: store.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save_records(empty_db, small_study(design=DESIGN))
    first, gone = (store.enrol(empty_db, "small") for _ in range(2))
    for rater in (first, gone):
        store.current_task(empty_db, rater)
    meanwhile(monkeypatch, lambda: store.withdraw(empty_db, gone))
    assert list(store.held_places(empty_db, "small")) == [first.rater_id]


def test_the_lock_is_let_go_while_places_are_given_back(
    empty_db: store.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save_records(empty_db, small_study(design=DESIGN))
    away = [store.enrol(empty_db, "small") for _ in range(2)]
    for rater in away:
        store.current_task(empty_db, rater)
        absent_since(empty_db, rater, 1)
    free: list[bool] = []

    def try_the_lock() -> None:
        taken = empty_db.lock.acquire(blocking=False)  # type: ignore[attr-defined]
        free.append(taken)
        if taken:
            empty_db.lock.release()  # type: ignore[attr-defined]

    def sleep(_: float) -> None:
        other = Thread(target=try_the_lock)
        other.start()
        other.join()

    pause(monkeypatch, sleep)
    assert store.release_absent(empty_db, "small", 30) == 2
    assert free == [True] * 4  # after each rater who is looked at, and after each whose places are given back


def test_who_comes_back_while_absent_raters_are_looked_for_keeps_their_place(
    empty_db: store.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save_records(empty_db, small_study(design=DESIGN))
    back, away, gone = (store.enrol(empty_db, "small") for _ in range(3))
    for rater in (back, away, gone):
        store.current_task(empty_db, rater)
        absent_since(empty_db, rater, 1)

    def come_back() -> None:
        judge(empty_db, back, 1)
        assert store.current_task(empty_db, back) is not None
        store.withdraw(empty_db, gone)

    meanwhile(monkeypatch, come_back, after=3)
    assert store.release_absent(empty_db, "small", 30) == 1
    assert [one.rater_id for one in store.events(empty_db, "small", "lease_ended")] == [away.rater_id]
    assert store.held_places(empty_db, "small")[back.rater_id][0] == 1


@pytest.mark.parametrize(
    ("platform", "columns"),
    [
        ("prolific", ["participant_id", "submission_id"]),
        ("mturk", ["WorkerId", "AssignmentId", "HITId"]),
        ("none", ["external_id"]),
    ],
)
def test_approvals_have_the_platforms_own_columns(
    judged: store.Database, platform: str, columns: list[str]
) -> None:
    table = approval_table(payments(judged), platform)
    assert list(table) == [*columns, "decision", "reason", "code"]
    assert table[columns[0]].tolist() == ["ada", "bob"]
    assert table["decision"].tolist() == ["wait", "wait"]  # ada has not answered the closing question
    assert table["reason"].tolist()[0] == "has not finished: closing, 3 judged"


def test_a_decision_is_left_to_a_person_where_something_speaks_against_it(judged: store.Database) -> None:
    ada = next(one for one in store.raters(judged, "small") if one.external_id == "ada")
    store.finish_phase(judged, ada, "closing", {})
    table = payments(judged)
    assert approval_table(table, "none")["decision"].tolist() == ["approve", "wait"]
    assert approval_table(table.assign(flags="Too fast"), "none")["decision"].tolist()[0] == "review"
    for status, decision in (
        ("screened_out", "pay_screened_out"),
        ("ended", "review"),
        ("excluded", "review"),
    ):
        store.set_status(judged, ada, status, "why")  # type: ignore[arg-type]
        assert approval_table(payments(judged), "none")["decision"].tolist()[0] == decision
        store.set_status(judged, ada, "active", "why")


def test_the_headline_width_is_that_of_the_ranking(empty_db: store.Database) -> None:
    """The same win rates over the same units; by design the two sources are too few to generalise to."""
    design = DESIGN.model_copy(update={"quota": None, "overlap": 6})
    store.save_records(empty_db, small_study(n_items=4, design=design))
    simulate(empty_db, "small", SimulatedRaters(6, seed=3))
    judgments, simulated = store.coded_judgments(empty_db, "small"), Subset("simulated")
    options = {"criterion": "fit", "subset": simulated}
    width = headline_width(judgments, share=0.25, cluster="rater", **options)
    table = ranking_table(judgments, cluster="rater", **options)
    assert width.now == pytest.approx(((table["win_rate_high"] - table["win_rate_low"]) / 2).max())
    assert width.when_filled == pytest.approx(width.now / 2)
    by_design = headline_width(judgments, share=0.25, **options)
    selection = frames.select(judgments, **options)
    claims = system_claims(frames.system_preferences(selection), frames.units(selection))
    assert by_design.now == max((one.estimate.high - one.estimate.low) / 2 for one in claims) >= width.now
    assert by_design.units == "6 raters"
    assert "for these 2 sources" in by_design.estimand


def test_a_headline_without_judgments_or_units_says_why(judged: store.Database) -> None:
    judgments = store.coded_judgments(judged, "small")
    assert headline_width(judgments.iloc[:0], criterion="fit", share=0.25).reason == "no judgment yet"
    few = headline_width(judgments, criterion="fit", share=0.25)
    assert few.reason is not None
    assert "only" in few.estimand


def test_the_headline_narrows_with_raters(empty_db: store.Database) -> None:
    store.save_records(
        empty_db, small_study(n_items=8, design=DESIGN.model_copy(update={"quota": 12, "overlap": 8}))
    )
    widths = []
    for seed, n_raters in ((1, 5), (2, 11)):
        simulate(empty_db, "small", SimulatedRaters(n_raters, seed=seed))
        judgments = store.coded_judgments(empty_db, "small")
        share = filled(store.coverage(empty_db, "small", simulated=True)).share
        widths.append(headline_width(judgments, criterion="fit", share=share, subset=Subset("simulated")))
    assert 0 < widths[1].now < widths[0].now
    assert widths[0].when_filled < widths[0].now
    assert ["5 raters" in widths[0].units, "16 raters" in widths[1].units] == [True, True]


def test_five_raters_at_one_second_an_answer_are_all_flagged(empty_db: store.Database) -> None:
    """Each is as fast as the others; how long the outputs are is known to the page's flags and to the command's."""
    design = Design(overlap=5, min_view_seconds=0, criteria=DESIGN.criteria)
    store.save_records(empty_db, small_study(n_items=4, design=design))
    for _ in range(5):
        rater = store.enrol(empty_db, "small")
        while (task := store.current_task(empty_db, rater)) is not None:
            shown = utc_now() - timedelta(seconds=1)
            store.record_judgment(empty_db, rater, task.assignment_id, "fit", 0, "left", shown_at=shown)
    answers = store.rater_answers(empty_db, "small")
    assert answers.groupby("rater_id").size().tolist() == [12] * 5
    for lengths in (
        store.output_lengths(empty_db, "small"),
        store.output_lengths(empty_db, "small").assign(length=12_000),
    ):
        flags = flags_of(answers, lengths, simulated=False, checks={})
        assert flags.loc[flags["flag"] == "too_fast", "rater_id"].nunique() == 5
    slow = answers.assign(seconds=30.0, active_seconds=30.0)
    plain, long = (
        flags_of(slow, store.output_lengths(empty_db, "small").assign(length=n), simulated=False, checks={})
        for n in (120, 12_000)
    )
    assert "too_fast" not in set(plain["flag"])
    assert set(long.loc[long["flag"] == "too_fast", "value"]) == {30.0}
