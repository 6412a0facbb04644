"""Places cannot be hoarded, and who finds none is told: to wait, and for how long, or that the study is full."""

import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from study import store
from study.assignment.board import SHORT_LEASE
from study.protocol.design import parse_design
from study.records import Rater, utc_now
from study.store.session import vacancies
from tests.conftest import CRITERIA, small_study

ATTACKER, HONEST = "203.0.113.9", "198.51.100.7"
RULES: dict[str, Any] = {
    "criteria": [CRITERIA[0].model_dump()],
    "overlap": 3,
    "min_view_seconds": 0,
    "completion_code": "DONE-42",
    "screen_out_code": "OUT-42",
}
Later = Callable[[timedelta], None]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """Let the store's clock go forward."""

    def go(by: timedelta) -> None:
        for name in ("judgments", "vacancies"):
            module = sys.modules[
                f"study.store.session.{name}"
            ]  # the package has a function of the first name
            monkeypatch.setattr(module, "utc_now", lambda: utc_now() + by)

    return go


def save(db: store.Database, n_items: int = 8, **rules: Any) -> int:
    """Save a study; return how many places it has."""
    design = parse_design(RULES | rules)
    records = small_study(n_items=n_items, design=design)
    store.save_records(db, records)
    return len(records.tasks) * design.overlap


def newcomer(db: store.Database, name: str, address: str | None = None) -> Rater:
    rater = store.enrol(db, "small", device=name)
    if address:
        store.note_address(db, rater, address)
    return rater


def hoarded(db: store.Database, tries: int, address: str | None = None) -> int:
    """Come with so many forged cookies and take a pair each time; return how many were given."""
    bots = [newcomer(db, f"forged-{number}", address) for number in range(tries)]
    return sum(store.current_task(db, one) is not None for one in bots)


def judge_all(db: store.Database, rater: Rater) -> int:
    count = 0
    while task := store.current_task(db, rater):
        store.record_judgment(db, rater, task.assignment_id, "fit", task.revisions["fit"], "left")
        count += 1
    return count


def test_forged_cookies_from_one_address_leave_work_for_an_honest_rater(empty_db: store.Database) -> None:
    """All 72 places were taken for two hours, without an answer."""
    places = save(empty_db)
    assert places == 72
    assert hoarded(empty_db, places, ATTACKER) == places // 2
    assert store.current_task(empty_db, newcomer(empty_db, "honest", HONEST)) is not None
    assert store.vacancy(empty_db, "small", address=HONEST).kind == "open"
    assert store.vacancy(empty_db, "small", address=ATTACKER).kind == "address"


def test_places_without_a_person_come_back_in_minutes(empty_db: store.Database, later: Later) -> None:
    """Also where the addresses cannot be told apart."""
    places = save(empty_db)
    assert hoarded(empty_db, places) == places
    honest = newcomer(empty_db, "honest")
    assert store.current_task(empty_db, honest) is None
    wait = store.wait_of(empty_db, honest)
    assert wait is not None
    assert wait.kind == "held"
    assert wait.until is not None
    assert wait.until <= utc_now() + SHORT_LEASE
    assert store.phase(empty_db, honest) == "main", "who waits is not at the end"
    assert store.phases(empty_db, "small")[honest.rater_id] == "main"
    later(SHORT_LEASE)
    assert store.current_task(empty_db, honest) is not None


@pytest.mark.parametrize("restarted", [False, True])
def test_who_has_the_pair_on_a_screen_keeps_it_for_the_lease(
    empty_db: store.Database, later: Later, restarted: bool
) -> None:
    save(empty_db, n_items=1, overlap=1)
    reader = newcomer(empty_db, "slow reader")
    task = store.current_task(empty_db, reader)
    assert task is not None
    assert not store.is_on_screen(empty_db, reader)
    store.note_on_screen(empty_db, reader)
    if restarted:
        empty_db.forget()
    assert store.is_on_screen(empty_db, reader)
    later(timedelta(minutes=115))
    assert store.current_task(empty_db, reader) == task
    assert hoarded(empty_db, 3) == 2, "the other two places are free, that of the reader is not"


def test_who_answers_or_skips_needs_no_other_sign(empty_db: store.Database, later: Later) -> None:
    save(empty_db, n_items=1, overlap=1)
    rater = newcomer(empty_db, "quick")
    task = store.current_task(empty_db, rater)
    assert task is not None
    store.skip(empty_db, rater, task.assignment_id, task.revisions)
    second = store.current_task(empty_db, rater)
    assert second is not None
    empty_db.forget()
    later(timedelta(minutes=100))
    assert store.current_task(empty_db, rater) == second


def test_who_comes_back_to_a_pair_that_is_still_free_may_answer_it(
    empty_db: store.Database, later: Later
) -> None:
    save(empty_db)
    rater = newcomer(empty_db, "away")
    task = store.current_task(empty_db, rater)
    assert task is not None
    later(timedelta(minutes=30))
    assert store.record_judgment(empty_db, rater, task.assignment_id, "fit", 0, "left")


def test_a_design_says_how_many_places_one_address_holds(empty_db: store.Database) -> None:
    save(empty_db, places_per_address=7)
    assert hoarded(empty_db, 20, ATTACKER) == 7
    waiting = newcomer(empty_db, "one more", ATTACKER)
    wait = store.wait_of(empty_db, waiting)
    assert wait is not None
    assert wait.kind == "address"
    assert store.phase(empty_db, waiting) == "main"
    assert judge_all(empty_db, newcomer(empty_db, "honest", HONEST)) == 24


def test_who_judges_goes_on_at_an_address_that_others_share(empty_db: store.Database) -> None:
    """What is answered is not held: thirty who judge in one room hold one place each."""
    save(empty_db, places_per_address=5)
    room = [newcomer(empty_db, f"student-{number}", ATTACKER) for number in range(5)]
    for _ in range(3):
        for one in room:
            task = store.current_task(empty_db, one)
            assert task is not None
            store.record_judgment(empty_db, one, task.assignment_id, "fit", 0, "left")


def test_one_machine_has_all_addresses_of_a_network(empty_db: store.Database) -> None:
    save(empty_db, places_per_address=2)
    got = [
        store.current_task(empty_db, newcomer(empty_db, f"forged-{number}", f"2001:db8::{number:x}"))
        for number in range(6)
    ]
    assert sum(one is not None for one in got) == 2


def test_of_an_address_nothing_is_written(empty_db: store.Database) -> None:
    save(empty_db)
    hoarded(empty_db, 3, ATTACKER)
    with empty_db.reading() as cursor:
        tables = [row[0] for row in cursor.execute("select table_name from duckdb_tables()").fetchall()]
        held = "".join(str(cursor.execute(f"from {name}").fetchall()) for name in tables)
    assert ATTACKER not in held
    seen = vacancies.addresses(empty_db)
    assert ATTACKER not in str(vars(seen))


def test_who_comes_to_a_full_study_is_told_before_consent(empty_db: store.Database) -> None:
    save(empty_db, n_items=1, overlap=1)
    assert store.vacancy(empty_db, "small").kind == "open"
    assert judge_all(empty_db, newcomer(empty_db, "first")) == 3
    assert store.vacancy(empty_db, "small").kind == "full"
    late = newcomer(empty_db, "late")
    assert store.outcome(empty_db, late) == "full"
    assert store.wait_of(empty_db, late) is None


def test_who_owns_a_profile_has_a_place_where_others_find_none(empty_db: store.Database) -> None:
    save(empty_db, n_items=2, overlap=1, own_quota=3, others_quota=0, crowd={"platform": "prolific"})
    assert store.vacancy(empty_db, "small").kind == "full"
    owner = "owner-1@example.org"
    assert store.vacancy(empty_db, "small", external_id=owner).kind == "open"
    attributes = {"parameters": {"PROLIFIC_PID": owner}}
    store.enrol(empty_db, "small", external_id=owner, device="a", attributes=attributes)
    assert store.vacancy(empty_db, "small", external_id=owner).kind == "full", (
        "the second of an id owns nothing"
    )


def test_who_waits_goes_on_when_a_place_comes_back(empty_db: store.Database) -> None:
    save(empty_db, n_items=1, overlap=1)
    holders = [newcomer(empty_db, f"holder-{number}") for number in range(3)]
    for one in holders:
        assert store.current_task(empty_db, one) is not None
        store.note_on_screen(empty_db, one)
    waiting = newcomer(empty_db, "waiting")
    wait = store.wait_of(empty_db, waiting)
    assert wait is not None
    assert wait.until is not None
    assert timedelta(minutes=110) < wait.until - utc_now() <= timedelta(hours=2)
    store.release(empty_db, holders[0])
    assert store.wait_of(empty_db, waiting) is None
    assert store.current_task(empty_db, waiting) is not None


@pytest.mark.parametrize(
    ("rules", "code", "url"),
    [
        (
            {"crowd": {"platform": "prolific"}},
            "OUT-42",
            "https://app.prolific.com/submissions/complete?cc=OUT-42",
        ),
        (
            {"crowd": {"platform": "prolific"}, "full_code": "FULL-42"},
            "FULL-42",
            "https://app.prolific.com/submissions/complete?cc=FULL-42",
        ),
        (
            {"crowd": {"platform": "generic", "id_param": "pid", "full_url": "https://x.org/full"}},
            "OUT-42",
            "https://x.org/full",
        ),
        (
            {"crowd": {"platform": "generic", "id_param": "pid", "screen_out_url": "https://x.org/out"}},
            "OUT-42",
            "https://x.org/out",
        ),
        ({"screen_out_code": None}, None, None),
    ],
)
def test_a_full_study_has_a_code_and_a_way_back(
    rules: dict[str, Any], code: str | None, url: str | None
) -> None:
    design = parse_design(RULES | rules)
    assert (design.code("full"), design.redirect("full")) == (code, url)


def test_designs_of_before_keep_their_text_and_hash() -> None:
    design = parse_design(RULES | {"crowd": {"platform": "prolific"}})
    for name in ("full_code", "full_url", "places_per_address"):
        assert name not in design.to_json()
    assert design.hash() == "f0085d8e86bd75cecb1e86625a5b3f1176b5149541f344ee85be179bbbc80b5d"
