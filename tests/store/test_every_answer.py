"""No stored judgment is missing from what analyses read: of no kind, in no home, and not where its code is new."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from study import responses, store
from study.blinding import ARRANGEMENT_OF
from study.errors import DatabaseError
from study.records import SIDES, Assignment, Judgment, Side, stable_id, utc_now
from study.responses import NO_ANSWER, OPTIONS, UNDONE, Option
from study.store.engine import rows
from study.store.engine.address import Place, PostgresAddress
from study.store.engine.database import Database
from study.store.postgres.database import PostgresDatabase
from study.store.session.boards import follow
from tests import older
from tests.conftest import small_study
from tests.postgres import Cluster

NEW = Option("left_4", "A very much better", ("x",), "left", 4)
READERS: dict[str, Callable[[Database, str], pd.DataFrame]] = {
    "the long table": store.judgments,
    "the coded table": store.coded_judgments,
    "what flags of raters are made of": store.rater_answers,
}
STANDING = """
    select study_id, count(*) from judgment j where response <> 'undone' and revision =
        (select max(revision) from judgment k where k.assignment_id = j.assignment_id and k.question = j.question)
    group by study_id
"""


@pytest.fixture
def place(
    home: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    if home == "file":
        yield tmp_path / "study.duckdb"
        return
    monkeypatch.setenv("BLINDPAIR_BACKUP_FOLDER", str(tmp_path))
    cluster: Cluster = request.getfixturevalue("cluster")
    address = cluster.new_schema()
    yield PostgresAddress(address)
    cluster.drop(address)


def put_in(db: Database, answers: list[tuple[str, Side]]) -> None:
    """Store a judgment of each answer and side, the comparisons of the small study in turn, as the store itself does."""
    records = small_study()
    if not store.all_studies(db):
        store.save_records(db, records)
    rater = store.enrol(db, "small", external_id=str(answers))
    for position, (response, side) in enumerate(answers):
        task, arrangement = records.tasks[position % len(records.tasks)], ARRANGEMENT_OF[side]
        key, now = stable_id(rater.rater_id, position), utc_now()
        assignment = Assignment(
            key, "small", task.task_id, rater.rater_id, position, arrangement, "main", None, now, None
        )
        judgment = Judgment(key, "small", key, "fit", 0, response, None, None, 2.0, now, now, None)
        with db.writing(forget=True) as cursor:
            rows.insert(cursor, assignment)
            rows.insert(cursor, judgment)


def stored_answers(db: Database) -> Counter[str]:
    """Count the answers in the table itself."""
    with db.reading() as cursor:
        return Counter(one for (one,) in cursor.execute("select response from judgment").fetchall())


def both_sides(*codes: str) -> list[tuple[str, Side]]:
    return [(code, side) for code in codes for side in SIDES]


@pytest.mark.parametrize("reader", READERS)
def test_every_kind_of_answer_is_read_as_often_as_it_is_stored(place: Place, reader: str) -> None:
    with closing(store.open_database(place)) as db:
        put_in(db, both_sides(*OPTIONS, *NO_ANSWER))
        standing = stored_answers(db)
        del standing[UNDONE]  # taken back: no answer stands
        found = READERS[reader](db, "small")
        assert Counter(found["response"]) == standing
        assert standing.total() == 2 * (len(OPTIONS) + len(NO_ANSWER) - 1)


@pytest.mark.parametrize("reader", READERS)
def test_an_answer_that_is_newer_than_the_database_is_read(
    place: Place, reader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(store.open_database(place)) as db:
        put_in(db, [("left", "left")])
    monkeypatch.setitem(responses.OPTIONS, NEW.code, NEW)
    with closing(store.open_database(place)) as db:
        put_in(db, both_sides(NEW.code))
        found = READERS[reader](db, "small")
        assert Counter(found["response"]) == stored_answers(db) == {"left": 1, NEW.code: 2}
        said = found[found["response"] == NEW.code].sort_values("preference")
        assert said["preference"].tolist() == ["a", "b"]


@pytest.mark.parametrize("reader", READERS)
def test_a_replica_that_runs_already_reads_the_newer_answer(
    cluster: Cluster, reader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = cluster.new_schema()
    with closing(PostgresDatabase(PostgresAddress(address), follow)) as running:
        put_in(running, [("left", "left")])
        monkeypatch.setitem(responses.OPTIONS, NEW.code, NEW)
        with closing(store.open_database(address)) as db:
            put_in(db, both_sides(NEW.code))
        with running.lock:  # it has all that others did
            assert Counter(READERS[reader](running, "small")["response"]) == {"left": 1, NEW.code: 2}
    cluster.drop(address)


@pytest.mark.parametrize("reader", READERS)
def test_an_answer_that_nobody_knows_is_an_error_and_no_missing_row(place: Place, reader: str) -> None:
    with closing(store.open_database(place)) as db:
        put_in(db, [("left", "left"), ("left_9", "right")])
        with pytest.raises(DatabaseError, match="has answers that this program does not know: left_9"):
            READERS[reader](db, "small")
        with db.reading() as cursor:
            assert cursor.execute("select count(*) from judgment_long").fetchall() == [(2,)]
        (progress,) = store.rater_progress(db, "small").to_dict("records")
        assert progress["active_seconds"] == 4


@pytest.mark.file_only
def test_views_of_an_older_program_are_made_again(place: Place) -> None:
    """The view that 0.1.0 made left out what it could not unblind."""
    with closing(store.open_database(place)) as db, db.connection.cursor() as cursor:
        put_in(db, [("left_9", "left")])
        cursor.execute("create or replace view judgment_current as select * from judgment where false")
    for _ in range(2):
        with closing(store.open_database(place)) as db, db.reading() as cursor:
            assert cursor.execute("select preference from judgment_current").fetchall() == [(None,)]


def test_opening_again_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "study.duckdb"
    store.open_database(path).close()
    before = path.read_bytes()
    store.open_database(path).close()
    assert path.read_bytes() == before


def test_every_judgment_of_0_1_0_is_read(tmp_path: Path) -> None:
    with closing(store.open_database(older.FIRST.database(tmp_path))) as db:
        with db.reading() as cursor:
            standing = dict(cursor.execute(STANDING).fetchall())
        for study in store.all_studies(db):
            for read in (store.judgments, store.coded_judgments):
                assert len(read(db, study.study_id)) == standing.get(study.study_id, 0), study.study_id
        assert sum(standing.values()) > 900
