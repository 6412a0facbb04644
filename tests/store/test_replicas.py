"""Many replicas on one PostgreSQL server: places and answers come out right, whichever process, server or line fails."""

import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from study import store
from study.errors import DatabaseBusy, DatabaseError
from study.protocol.design import Design
from study.store.postgres import pulse
from study.store.postgres import server as postgres_server
from tests import programs
from tests.conftest import CRITERIA, small_study
from tests.postgres import Cluster, rows_of, temporary_cluster
from tests.replica import content
from tests.store.test_concurrency import side_differences, stored
from tests.store.test_store import answer

FROZEN_INSIDE = """
import sys, threading
from study import store
from study.errors import StudyError
db = store.open_database(sys.argv[1])
threading.excepthook = print
try:
    with db.lock, db.writing() as cursor:
        {before}
        print("inside", flush=True)
        sys.stdin.readline()
        cursor.execute("update study set title = 'late'")
    print("saved", flush=True)
except StudyError as error:
    print("refused:", error, flush=True)
with db.lock:
    print(store.study(db, "small").title, flush=True)
db.close()
"""
# What a replica does while it is frozen: it thinks, or it is in the middle of a transaction, or of handing rows over.
FROZEN_WHILE = {
    "thinking": "pass",
    "in a transaction": "db.server._open().execute('begin'); db.server._open().execute('delete from judgment')",
    "handing rows over": "db.server._open().execute('begin'); db.server._open().pgconn.exec_(b'copy judgment from stdin')",
}

ROOT = Path(__file__).parents[2]
N_REPLICAS, N_RATERS, OVERLAP, QUOTA = 4, 80, 3, 4
N_COMPARISONS = 90
N_JUDGMENTS = N_COMPARISONS * OVERLAP * len(CRITERIA)
PATIENCE = 120
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


class Replica:
    """A process of :mod:`tests.replica`, and what it has said so far."""

    def __init__(self, address: str) -> None:
        self.raters: list[str] = []
        self.said: list[str] = []
        self.process = programs.start(
            *("-m", "tests.replica", address), stdin=programs.PIPE, stdout=programs.PIPE
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


@pytest.mark.thorough
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
        with programs.start(
            *("-c", STOPPED_INSIDE, address), stdin=programs.PIPE, stdout=programs.PIPE
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "inside\n"
            writer.kill()
        rater = store.enrol(db, "small")
        assert store.current_task(db, rater) is not None
        assert store.study(db, "small").title == "The small study"


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


@pytest.mark.parametrize("doing", FROZEN_WHILE)
def test_a_replica_that_is_frozen_inside_the_critical_section_holds_others_up_for_seconds(
    cluster: Cluster, doing: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What it was about to write when it was frozen is refused when it wakes up."""
    address = cluster.new_schema()
    program = FROZEN_INSIDE.format(before=FROZEN_WHILE[doing])
    with closing(store.open_database(address)) as db:
        store.save_records(db, small_study())
        rater = store.enrol(db, "small")
        with programs.start(*("-c", program, address), stdin=programs.PIPE, stdout=programs.PIPE) as frozen:
            assert frozen.stdin is not None
            assert frozen.stdout is not None
            assert frozen.stdout.readline() == "inside\n"
            frozen.send_signal(signal.SIGSTOP)
            try:
                answer(db, rater)  # within LOCK_SECONDS, or it is refused
                assert "no heartbeat" in caplog.text
                assert stored(db).total() == 2
            finally:
                frozen.send_signal(signal.SIGCONT)
            frozen.stdin.write("go on\n")
            frozen.stdin.flush()
            said = frozen.stdout.read()
            assert said.startswith("refused:"), said
            assert said.endswith("The small study\n"), said
        assert store.study(db, "small").title == "The small study"
        assert stored(db).total() == 2
        answer(db, rater)


def test_a_replica_that_thinks_for_long_is_left_to_its_work(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "SILENCE_SECONDS", 1.0)
    monkeypatch.setattr(pulse, "PULSE_SECONDS", 0.1)
    monkeypatch.setattr(postgres_server, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(postgres_server, "LOCK_SECONDS", 3.0)
    address = cluster.new_schema()
    with closing(store.open_database(address)) as db, closing(store.open_database(address)) as other:
        store.save_records(db, small_study())
        with db.lock:
            with pytest.raises(DatabaseBusy, match="another writer did not finish in time"):
                store.enrol(other, "small")
            store.enrol(db, "small", external_id="of the one inside")
        store.enrol(other, "small", external_id="of the other")
        assert len(store.raters(db, "small")) == 2
