"""Two replicas of one study in one process: each knows what the other did, whatever their clocks and lines do."""

import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from study import store
from study.assignment import Board, Seat
from study.errors import DatabaseBusy, DatabaseError, NotAllowed
from study.protocol.design import Design
from study.records import MetricScore, Rater, utc_now
from study.store.engine.address import place_of
from study.store.postgres import changes, server
from study.store.postgres.database import PostgresDatabase
from study.store.session.boards import board_of, follow
from tests.conftest import CRITERIA, small_study, undo_last
from tests.postgres import Cluster
from tests.replica import content
from tests.store.test_concurrency import stored
from tests.store.test_store import answer

Pair = tuple[PostgresDatabase, PostgresDatabase]
OVERLAP = 3
ACTIONS = (*["judge"] * 3, *["look"] * 2, "skip", "undo", *["release"] * 2, "exclude", "withdraw item")


@pytest.fixture
def pair(cluster: Cluster) -> Iterator[Pair]:
    """Two replicas of a small study."""
    address = cluster.new_schema()
    first, second = (PostgresDatabase(place_of(address), follow) for _ in range(2))
    store.save_records(first, small_study(design=Design(criteria=CRITERIA, overlap=OVERLAP)))
    yield first, second
    first.close()
    second.close()


def test_who_waits_too_long_for_a_turn_is_told_and_may_try_again(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    db, other = pair
    monkeypatch.setattr(server, "LOCK_SECONDS", 0.05)
    monkeypatch.setattr(server, "LOOK_SECONDS", 0.05)
    rater = store.enrol(db, "small")
    with db.lock, pytest.raises(DatabaseBusy, match="another writer did not finish in time"):
        store.current_task(other, rater)
    assert store.current_task(other, rater) is not None


@pytest.mark.parametrize("is_done", [True, False])
def test_an_answer_whose_fate_is_unknown_is_not_acknowledged_and_never_doubled(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, is_done: bool
) -> None:
    """The line breaks while PostgreSQL commits: before it did, or before it said so."""
    db, other = pair
    rater = store.enrol(db, "small")
    task = store.current_task(db, rater)
    assert task is not None
    commit = db.server.commit

    def broken(*arguments: Any) -> Any:
        monkeypatch.undo()
        if is_done:
            commit(*arguments)
        db.server.close()
        raise DatabaseError("the connection was lost")

    monkeypatch.setattr(db.server, "commit", broken)
    with pytest.raises(DatabaseError, match="was lost"):
        store.record_judgment(db, rater, task.assignment_id, "fit", 0, "left")
    again = store.current_task(db, rater)
    assert again is not None
    assert again.revisions["fit"] == is_done
    assert store.record_judgment(db, rater, task.assignment_id, "fit", 0, "left") != is_done
    assert content(db) == content(other)
    assert stored(other).total() == 1


def test_what_another_replica_does_is_on_the_board_of_this_one(pair: Pair) -> None:
    """Two replicas in turn do whatever raters and researchers do; each board is what a fresh start would read."""
    rng = random.Random(7)
    raters = [store.enrol(rng.choice(pair), "small", external_id=f"rater {number}") for number in range(8)]
    done = Counter[str]()
    for number in range(240):
        db, rater = rng.choice(pair), rng.choice(raters)
        action = rng.choice(ACTIONS)
        done[action] += act(db, rater, action, rng)
        if number % 5 == 0:
            assert_same_boards(pair)
    assert {action for action, count in done.items() if count} == set(ACTIONS)
    judged = store.judgments(pair[0], "small").query("preference.notna()")
    assert judged.groupby(["comparison_id", "criterion"])["rater_id"].nunique().max() <= OVERLAP


def act(db: store.Database, rater: Rater, action: str, rng: random.Random) -> bool:
    with db.lock:
        status = store.rater_by_token(db, rater.token).status
    if action == "release":
        return bool(store.release(db, rater))
    if action == "exclude":
        new = "active" if status == "excluded" else "excluded"
        return store.set_status(db, rater, new, "a coin").status == new
    if action == "withdraw item":
        withdrawn = store.study_comparisons(db, "small").query("withdrawn.notna()")["item_name"]
        if len(withdrawn):
            return bool(store.restore_item(db, "small", withdrawn.iloc[0], "it is fine"))
        return bool(store.withdraw_item(db, "small", f"item {rng.randrange(4)}", "it is broken"))
    if status != "active":
        return False
    if action == "undo":
        return undo_last(db, rater)
    task = store.current_task(db, rater)
    if task is None or action == "look":
        return task is not None
    if action == "skip":
        return store.skip(db, rater, task.assignment_id, task.revisions, reason=rng.choice([None, "unclear"]))
    criterion = next(one for one in task.revisions if one not in task.answers)
    return store.record_judgment(db, rater, task.assignment_id, criterion, task.revisions[criterion], "left")


def assert_same_boards(pair: Pair) -> None:
    """Both replicas, and a board that is read from the tables, know the same seats in the same state."""
    boards = []
    for db in pair:
        with db.lock:
            boards.append(seats(board_of(db, "small")))
    with pair[0].lock:
        pair[0].boards.clear()
        boards.append(seats(board_of(pair[0], "small")))
    assert boards[0] == boards[1] == boards[2]


def seats(board: Board) -> dict[str, Seat]:
    board.expire(utc_now())
    return {key: replace(seat, first=dict(sorted(seat.first.items()))) for key, seat in board.seats.items()}


def test_who_withdraws_leaves_the_boards_without_their_being_read_again(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(3)
    raters = [store.enrol(pair[0], "small", external_id=f"rater {number}") for number in range(6)]
    for _ in range(60):
        act(rng.choice(pair), rng.choice(raters), rng.choice(["judge", "judge", "look", "skip", "undo"]), rng)
    boards = []
    for db in pair:
        with db.lock:
            boards.append(board_of(db, "small"))
        monkeypatch.setattr(db, "checkpoint", lambda: None)  # others would copy everything
    for number, rater in enumerate(raters[:3]):
        store.withdraw(pair[number % 2], rater)
        for db, board in zip(pair, boards, strict=True):
            with db.lock:
                assert board_of(db, "small") is board
        fresh = read_again(pair[0])
        assert [all_of(board) for board in boards] == [all_of(fresh)] * 2
    with pytest.raises(NotAllowed, match="You have withdrawn"):
        store.current_task(pair[1], raters[0])


def read_again(db: store.Database) -> Board:
    """Return the board that a fresh start would read, beside the one in memory."""
    with db.lock:
        kept = db.boards.pop("small")
        fresh = board_of(db, "small")
        db.boards["small"] = kept
    return fresh


def all_of(board: Board) -> list[Any]:
    """Return the seats of a board, and what it has counted of them."""
    places = board.places
    counts = [places.taken("link", False), places.held("link"), places.lead_of_left("link")]
    return [seats(board), *(one.tolist() for one in counts), places.levels("link"), {*board.seats_of}]


@pytest.mark.parametrize("ahead", [0, 1])
def test_clocks_that_differ_by_more_than_a_lease_never_give_a_place_twice(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    """One clock is two leases ahead: its replica gives places to others that the slow one would hold to be taken."""
    lease = timedelta(hours=store.design(pair[0], "small").lease_hours)

    def at(place: int) -> store.Database:
        now = utc_now() + (2 * lease if place == ahead else timedelta())
        monkeypatch.setattr(sys.modules["study.store.session.judgments"], "utc_now", lambda: now)
        return pair[place]

    absent = [store.enrol(pair[0], "small", external_id=f"absent {number}") for number in range(12)]
    open_tasks = [store.current_task(at(0), rater) for rater in absent]
    assert all(open_tasks)
    for number in range(OVERLAP):
        rater = store.enrol(pair[ahead], "small", external_id=f"present {number}")
        while task := store.current_task(at(ahead), rater):
            for criterion, revision in task.revisions.items():
                store.record_judgment(at(ahead), rater, task.assignment_id, criterion, revision, "left")
    late = [
        store.record_judgment(at(1 - ahead), rater, task.assignment_id, "fit", 0, "left")
        for rater, task in zip(absent, open_tasks, strict=True)
        if task
    ]
    assert set(late) == {ahead == 0}, "their leases are over by the clock of whoever gave the places away"
    assert content(pair[0]) == content(pair[1])
    taken = store.judgments(pair[0], "small").groupby("comparison_id")["rater_id"].nunique()
    assert len(taken) == 12
    assert set(taken) == {OVERLAP}


def test_a_replica_that_is_far_behind_copies_everything_again(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    db, other = pair
    answer(db, store.enrol(db, "small"))
    db.checkpoint()  # the log of changes is empty now
    mirror = other.mirror
    assert content(other) == content(db)
    assert other.mirror is not mirror
    mirror = other.mirror
    answer(db, store.enrol(db, "small"))
    assert content(other) == content(db)
    assert other.mirror is mirror, "what is in the log is done again, and nothing is copied"
    monkeypatch.setattr(changes, "MOST_ROWS", 10)
    store.save_records(db, small_study("second"))
    assert content(other) == content(db)
    assert other.mirror is not mirror
    for metrics in (("length", "words"), ("length",)):
        outputs = store.study_records(db, "second").outputs
        scores = [
            MetricScore("second", one.output_id, name, len(name) / 3, None, "s|1")
            for one in outputs
            for name in metrics
        ]
        store.save_scores(db, scores)
        assert content(other) == content(db)
    store.delete_scores(db, "second", "length")
    assert len(store.metric_scores(other, "second")) in (12, 24), (
        "read without a lock, at most half a second old"
    )
    assert content(other) == content(db)
    assert set(store.metric_scores(other, "second")["metric"]) == {"words"}


def test_another_server_behind_the_same_address_is_noticed(pair: Pair, cluster: Cluster) -> None:
    """Somebody puts back an older state by PostgreSQL's own means, and work goes on there."""
    db, other = pair
    answer(db, store.enrol(db, "small"))
    before = other.position
    assert content(other) == content(db)
    with psycopg.connect(str(db.place.url)) as connection:  # type: ignore[union-attr]
        connection.execute("truncate judgment, assignment")
        connection.execute("delete from change where seq > %s", [before.seq])
        for seq in range(before.seq + 1, other.position.seq + 3):
            connection.execute(
                'insert into change values (%s, now(), \'{"forget": false, "rows": {}}\')', [seq]
            )
    assert stored(other).total() == 2
    rater = store.enrol(other, "small", external_id="somebody else")
    assert stored(other).total() == 0
    assert store.current_task(db, rater) is not None
    assert content(other) == content(db)
