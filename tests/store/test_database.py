"""What the store promises about the file: saved whole, refused when foreign, copied faithfully."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from study import store
from study.errors import DatabaseBusy, DatabaseError, InvalidInput, NotAllowed, NotFound, StudyError
from study.protocol.design import Design
from study.records import Rater, StudyRecords
from tests.conftest import small_study


def answer(db: store.Database, rater: Rater, response: str = "left") -> store.CurrentTask:
    """Answer every criterion of the rater's comparison."""
    task = store.current_task(db, rater)
    assert task is not None
    for criterion, revision in task.revisions.items():
        if criterion not in task.answers:
            assert store.record_judgment(db, rater, task.assignment_id, criterion, revision, response)
    return task


def contents(db: store.Database) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    with db.reading() as cursor:
        names = [name for (name,) in cursor.execute("select table_name from duckdb_tables()").fetchall()]
        return {name: sorted(cursor.execute(f"select * from {name}").fetchall(), key=repr) for name in names}


def test_everything_is_there_after_closing_and_opening_again(database_path: Path) -> None:
    db = store.open_database(database_path)
    store.save_records(db, small_study())
    rater = store.enrol(db, "small")
    answer(db, rater)
    task, before = store.current_task(db, rater), contents(db)
    db.close()
    db = store.open_database(database_path)
    assert contents(db) == before
    assert store.current_task(db, store.rater_by_token(db, rater.token)) == task
    db.close()


def test_a_study_id_is_used_once(db: store.Database) -> None:
    with pytest.raises(InvalidInput, match="'small' already exists"):
        store.save_records(db, small_study())


def test_records_are_saved_all_or_not_at_all(db: store.Database) -> None:
    records = small_study("second")
    records.tasks.append(records.tasks[0])
    before = contents(db)
    with pytest.raises(InvalidInput, match="a task of study 'second' already exists"):
        store.save_records(db, records)
    assert contents(db) == before


def test_the_long_table_of_a_study_without_judgments_is_empty(db: store.Database) -> None:
    assert store.judgments(db, "small").empty
    with pytest.raises(NotFound, match="the studies are: small"):
        store.study(db, "smal")


def test_a_study_without_comparisons_is_not_launched(empty_db: store.Database) -> None:
    empty = StudyRecords(replace(small_study().study, state="draft"))
    store.save_records(empty_db, empty)
    with pytest.raises(NotAllowed, match="no comparisons yet"):
        store.set_state(empty_db, "small", "live")


def test_the_design_of_a_launched_study_is_frozen(db: store.Database) -> None:
    with pytest.raises(NotAllowed, match="frozen"):
        store.set_design(db, "small", Design())


def test_a_file_of_another_schema_version_is_refused(database_path: Path) -> None:
    store.open_database(database_path).close()
    with duckdb.connect(str(database_path)) as raw:
        raw.execute("update schema_version set version = 99")
    with pytest.raises(DatabaseError, match="schema version 99; this program reads version 3"):
        store.open_database(database_path)


def test_a_foreign_duckdb_file_is_refused_and_left_alone(database_path: Path) -> None:
    with duckdb.connect(str(database_path)) as raw:
        raw.execute("create table cats (name varchar)")
    with pytest.raises(DatabaseError, match="not one of Blindpair's"):
        store.open_database(database_path)
    with duckdb.connect(str(database_path)) as raw:
        assert raw.execute("select table_name from duckdb_tables()").fetchall() == [("cats",)]


def test_a_file_that_is_no_database_is_refused(database_path: Path) -> None:
    database_path.write_bytes(b"This is a letter to my aunt. " * 1000)
    with pytest.raises(DatabaseError, match="cannot be opened") as caught:
        store.open_database(database_path)
    assert not isinstance(caught.value, DatabaseBusy)


def test_every_error_of_the_store_is_a_study_error() -> None:
    assert issubclass(DatabaseBusy, DatabaseError)
    assert issubclass(DatabaseError, StudyError)


def one_answer(db: store.Database) -> Rater:
    rater = store.enrol(db, "small")
    task = store.current_task(db, rater)
    assert task is not None
    assert store.record_judgment(db, rater, task.assignment_id, "fit", 0, "left")
    return rater


def test_a_journal_of_another_database_is_moved_aside(database_path: Path) -> None:
    db = store.open_database(database_path)
    store.save_records(db, small_study())
    one_answer(db)
    journal = store.journal_path(database_path).read_bytes()
    db.close()
    database_path.unlink()
    store.journal_path(database_path).write_bytes(journal)
    db = store.open_database(database_path)
    store.save_records(db, small_study())
    assert store.judgments(db, "small").empty
    assert [file.name for file in database_path.parent.iterdir() if ".journal.jsonl.other-" in file.name]
    db.close()


def test_a_write_that_failed_leaves_nothing_in_memory(db: store.Database) -> None:
    """What was noted in memory on the way is not in the tables."""
    rater = store.enrol(db, "small")

    def write_and_fail() -> None:
        with db.batch():
            one_answer(db)
            store.current_task(db, rater)
            raise ValueError("a reason to take it back")

    with pytest.raises(ValueError, match="a reason"):
        write_and_fail()
    assert not db.boards
    assert store.judgments(db, "small").empty
    task = store.current_task(db, rater)
    assert task is not None
    for criterion, revision in task.revisions.items():
        assert store.record_judgment(db, rater, task.assignment_id, criterion, revision, "left")
    assert set(store.judgments(db, "small")["assignment_id"]) == {task.assignment_id}


def test_a_clean_close_leaves_nothing_to_replay(database_path: Path) -> None:
    db = store.open_database(database_path)
    store.save_records(db, small_study())
    one_answer(db)
    db.close()
    assert len(store.journal_path(database_path).read_text().splitlines()) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("judgment_id", "judgement_id", 1),
        lambda text: text.replace("20", "XX", 1),
        lambda text: "null",
        lambda text: "",
        lambda text: text + "\n" + text,
        lambda text: text[: len(text) // 2],
    ],
)
def test_a_damaged_line_of_the_journal_stops_nothing(
    damage: Callable[[str], str], database_path: Path
) -> None:
    db = store.open_database(database_path)
    store.save_records(db, small_study())
    one_answer(db)
    journal = store.journal_path(database_path)
    head, *_, line = journal.read_text().splitlines()
    db.close()
    journal.write_text(f"{head}\n{damage(line)}\n")
    db = store.open_database(database_path)
    assert len(store.judgments(db, "small")) == 1
    db.close()


def test_a_line_that_the_table_lost_comes_back_once(database_path: Path) -> None:
    db = store.open_database(database_path)
    store.save_records(db, small_study())
    one_answer(db)
    journal = store.journal_path(database_path)
    head, *_, line = journal.read_text().splitlines()
    with db.writing() as cursor:
        for table in ("judgment", "assignment", "rater"):
            cursor.execute(f"delete from {table}")
    db.close()
    journal.write_text(f"{head}\n{line}\n{line}\n")
    db = store.open_database(database_path)
    assert len(store.judgments(db, "small")) == 1
    assert [event.details for event in store.events(db, "small", "judgments_restored")] == [{"count": 1}]
    db.close()


def test_the_overview_counts_answers_and_those_who_gave_them(db: store.Database) -> None:
    one_answer(db)
    store.enrol(db, "small")
    skipping = store.enrol(db, "small")
    task = store.current_task(db, skipping)
    assert task is not None
    assert store.skip(db, skipping, task.assignment_id, task.revisions)
    row = store.overview(db).iloc[0]
    assert (row["human_judgments"], row["human_raters"]) == (1, 1)


def test_a_rater_who_withdrew_gets_and_gives_nothing_more(db: store.Database) -> None:
    rater = one_answer(db)
    task = store.current_task(db, rater)
    assert task is not None
    store.set_status(db, rater, "withdrawn")
    with pytest.raises(NotAllowed, match="no longer takes part"):
        store.current_task(db, rater)
    with pytest.raises(NotAllowed, match="no longer takes part"):
        store.record_judgment(db, rater, task.assignment_id, "quality", 0, "left")


def test_who_judged_before_a_study_closed_is_done_and_who_did_not_is_told(db: store.Database) -> None:
    rater, late = store.enrol(db, "small"), store.enrol(db, "small")
    task = store.current_task(db, rater)
    assert task is not None
    for criterion in task.revisions:
        assert store.record_judgment(db, rater, task.assignment_id, criterion, 0, "left")
    store.set_state(db, "small", "closed")
    assert store.current_task(db, rater) is None
    assert store.last_judgment(db, rater) is None
    with pytest.raises(NotAllowed, match="not open"):
        store.current_task(db, late)
