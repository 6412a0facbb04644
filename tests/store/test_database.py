"""What the store promises about the file: saved whole, refused when foreign, copied faithfully."""

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from study import store
from study.design import Design
from study.errors import DatabaseBusy, DatabaseError, InvalidInput, NotAllowed, NotFound, StudyError
from study.records import Rater, StudyRecords
from tests.conftest import small_study


def answer(db: store.Database, rater: Rater, response: str = "left") -> store.Task:
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
    with pytest.raises(InvalidInput, match="'small' is there already"):
        store.save_records(db, small_study())


def test_records_are_saved_all_or_not_at_all(db: store.Database) -> None:
    records = small_study("second")
    records.comparisons.append(records.comparisons[0])
    before = contents(db)
    with pytest.raises(InvalidInput, match="a comparison of study 'second' is there already"):
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
        raw.execute("insert into schema_version values (99)")
    with pytest.raises(DatabaseError, match="schema version 99; this program reads version 1"):
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


def test_a_backup_opens_and_holds_the_same(db: store.Database, tmp_path: Path) -> None:
    rater = store.enrol(db, "small")
    answer(db, rater)
    target = store.backup(db, tmp_path / "it's a copy.duckdb")
    answer(db, rater)
    copy = store.open_database(target)
    assert len(contents(copy)["judgment"]) == 2
    assert store.rater_by_token(copy, rater.token) == rater
    before = {name: found for name, found in contents(db).items() if name not in ("judgment", "assignment")}
    held = contents(copy)
    assert {name: held[name] for name in before} == before
    answer(copy, store.rater_by_token(copy, rater.token))
    copy.close()
    with pytest.raises(InvalidInput, match="there already"):
        store.backup(db, target)


def test_a_backup_without_a_name_gets_its_own(db: store.Database) -> None:
    first, second = store.backup(db), store.backup(db)
    assert first != second
    assert first.parent == db.path.parent / "backups"


def test_every_error_of_the_store_is_a_study_error() -> None:
    assert issubclass(DatabaseBusy, DatabaseError)
    assert issubclass(DatabaseError, StudyError)
