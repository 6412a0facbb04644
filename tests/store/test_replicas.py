"""Many replicas on one PostgreSQL server: places and answers come out right, whichever process, server or line fails."""

import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from study import store
from study.assignment import Board, Seat
from study.design import Design
from study.errors import DatabaseBusy, DatabaseError
from study.records import MetricScore, Rater, utc_now
from study.store import changes
from study.store.boards import board_of
from study.store.places import place_of
from study.store.postgres import PostgresDatabase
from study.store.postgres_server import _SETTINGS
from tests.conftest import CRITERIA, small_study, undo_last
from tests.postgres import Cluster, rows_of, temporary_cluster
from tests.replica import content
from tests.store.test_concurrency import side_differences, stored
from tests.store.test_store import answer

Pair = tuple[PostgresDatabase, PostgresDatabase]

ROOT = Path(__file__).parents[2]
N_REPLICAS, N_RATERS, OVERLAP, QUOTA = 4, 80, 3, 4
N_COMPARISONS = 90
N_JUDGMENTS = N_COMPARISONS * OVERLAP * len(CRITERIA)
PATIENCE = 120
ACTIONS = (*["judge"] * 3, *["look"] * 2, "skip", "undo", *["release"] * 2, "exclude", "withdraw item")
STOPPED_INSIDE = """
import sys
from study import store
db = store.open_database(sys.argv[1])
with db.lock, db.writing() as cursor:
    cursor.execute("update study set title = 'half written'")
    print("inside", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """A server that writes to its disk before it says so, as in production."""
    with temporary_cluster(durable=True) as cluster:
        yield cluster


@pytest.fixture
def pair(cluster: Cluster) -> Iterator[Pair]:
    """Two replicas of a small study."""
    address = cluster.new_schema()
    first, second = (PostgresDatabase(place_of(address)) for _ in range(2))
    store.save_records(first, small_study(design=Design(criteria=CRITERIA, overlap=OVERLAP)))
    yield first, second
    first.close()
    second.close()


class Replica:
    """A process of :mod:`tests.replica`, and what it has said so far."""

    def __init__(self, address: str) -> None:
        self.raters: list[str] = []
        self.said: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.replica", address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def seat(self, name: str) -> None:
        self.raters.append(name)
        self.tell(name)

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait_for(self, word: str, count: int = 1) -> None:
        with self._news:
            enough = self._news.wait_for(lambda: len(self.lines(word)) >= count, PATIENCE)
        assert enough, f"{word}: {len(self.lines(word))} of {count}"

    def lines(self, word: str) -> list[str]:
        return [line for line in self.said if line.startswith(word + " ") or line == word]

    def acknowledged(self) -> Counter[tuple[str, str, int, str]]:
        answers = (line.split()[1:] for line in self.lines("ack"))
        return Counter((one, criterion, int(revision), said) for one, criterion, revision, said in answers)

    def end(self) -> None:
        """Wait until the process has ended, whichever way."""
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                if line.endswith("\n"):  # what a kill cut off was not said
                    self.said.append(line.strip())
                self._news.notify_all()


@pytest.mark.slow
def test_eighty_raters_at_four_replicas_of_which_one_is_killed(server: Cluster) -> None:
    address = server.new_schema()
    db = store.open_database(address)
    design = Design(criteria=CRITERIA, overlap=OVERLAP, quota=QUOTA)
    store.save_records(db, small_study(n_items=N_COMPARISONS // 3, design=design))
    replicas = [Replica(address) for _ in range(N_REPLICAS)]
    for number in range(N_RATERS):
        replicas[number % N_REPLICAS].seat(f"rater-{number}")
    killed, *others = replicas
    killed.wait_for("ack", N_JUDGMENTS // N_REPLICAS // 3)
    killed.process.kill()
    killed.end()
    for number, name in enumerate(killed.raters):  # their browsers are sent to another replica
        others[number % len(others)].seat(name)
    for replica in others:
        replica.tell("end")
    for replica in others:
        replica.wait_for("ended")
    for replica in others:
        replica.tell("and what do you hold?")
        replica.end()
        assert replica.process.returncode == 0
    acknowledged = sum((replica.acknowledged() for replica in replicas), Counter())
    held = stored(db)
    assert len(killed.lines("done")) < len(killed.raters), "it was killed midway"
    assert acknowledged - held == Counter(), "nothing acknowledged is lost"
    assert max(held.values()) == max(acknowledged.values()) == 1, "nor doubled"
    assert (held - acknowledged).total() <= len(killed.raters), "at most one answer of each was under way"
    long = store.judgments(db, "small")
    assert held.total() == len(long) == N_JUDGMENTS
    assert set(long.groupby("comparison_id")["rater_id"].nunique()) == {OVERLAP}
    assert not long.duplicated(["comparison_id", "rater_id", "criterion"]).any()
    assert side_differences(long, "comparison_id").max() <= 1
    assert side_differences(long, "rater_id").max() <= 2
    assert long.groupby("rater_id")["assignment_id"].nunique().max() <= QUOTA
    assert len(store.raters(db, "small")) == N_RATERS
    fresh = store.open_database(address)
    assert {replica.lines("holds")[0].split()[1] for replica in others} == {content(db)} == {content(fresh)}
    fresh.close()
    db.close()


def test_a_writer_that_is_killed_inside_the_critical_section_leaves_it_and_nothing_behind(
    cluster: Cluster,
) -> None:
    address = cluster.new_schema()
    with closing(store.open_database(address)) as db:
        store.save_records(db, small_study())
        with subprocess.Popen(
            [sys.executable, "-c", STOPPED_INSIDE, address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "inside\n"
            writer.kill()
        rater = store.enrol(db, "small")
        assert store.current_task(db, rater) is not None
        assert store.study(db, "small").title == "The small study"


def test_who_waits_too_long_for_a_turn_is_told_and_may_try_again(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    db, other = pair
    monkeypatch.setattr("study.store.postgres_server._SETTINGS", _SETTINGS.replace("'30s'", "'50ms'"))
    other.server.connect()
    rater = store.enrol(db, "small")
    with db.lock, pytest.raises(DatabaseBusy, match="another writer did not end in time"):
        store.current_task(other, rater)
    assert store.current_task(other, rater) is not None


def test_after_a_crash_of_the_server_the_next_answer_is_stored(server: Cluster) -> None:
    address = server.new_schema()
    with closing(store.open_database(address)) as db:
        store.save_records(db, small_study())
        rater = store.enrol(db, "small")
        answer(db, rater)
        server.stop("immediate")
        try:
            with pytest.raises(DatabaseError, match="cannot be reached") as refused:
                store.current_task(db, rater)
            assert "hidden" not in str(refused.value)
            assert len(store.judgments(db, "small")) == 2, "what was read before is still shown"
            first, second = db.age(), db.age()
            assert first is not None
            assert second is not None
            assert 0 < first < second
        finally:
            server.start()
        answer(db, rater)
        assert stored(db).total() == 4
        server.stop("fast")
        server.start()
        answer(db, rater)
        with closing(store.open_database(address)) as other:
            assert stored(other).total() == 6
            assert rows_of(other) == rows_of(db)


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


@pytest.mark.parametrize("ahead", [0, 1])
def test_clocks_that_differ_by_more_than_a_lease_never_give_a_place_twice(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    """One clock is two leases ahead: its replica gives places to others that the slow one would hold to be taken."""
    lease = timedelta(hours=store.design(pair[0], "small").lease_hours)

    def at(place: int) -> store.Database:
        now = utc_now() + (2 * lease if place == ahead else timedelta())
        monkeypatch.setattr(sys.modules["study.store.judgments"], "utc_now", lambda: now)
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
