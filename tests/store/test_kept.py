"""What was read is kept up to a limit, and never beyond an erasure."""

import sys

import duckdb
import pytest

from study import store
from study.errors import NotFound
from study.store.engine.cache import KeptReads
from study.store.engine.material import Material
from study.store.studies.texts import _read


def test_what_was_not_asked_for_longest_makes_room() -> None:
    kept: KeptReads[str] = KeptReads(limit=20)
    for key in "abcdefgh":
        kept.put(key, key.upper(), 2, kept.era)
    assert kept.get("a") == "A"
    for key in "ijk":
        kept.put(key, key.upper(), 2, kept.era)
    assert [key for key in "abcdefghijk" if kept.get(key)] == [*"acdefghijk"]


def test_what_weighs_too_much_is_not_kept_and_what_comes_again_is_weighed_once() -> None:
    kept: KeptReads[str] = KeptReads(limit=16)
    kept.put("a", "A", 3, kept.era)
    assert kept.get("a") is None
    for _ in range(20):
        kept.put("b", "B", 2, kept.era)
    kept.put("c", "C", 2, kept.era)
    assert (kept.get("b"), kept.get("c")) == ("B", "C")


def test_what_was_read_before_everything_was_cleared_is_not_kept() -> None:
    kept: KeptReads[str] = KeptReads(limit=16)
    era = kept.era
    kept.clear()
    kept.put("a", "A", 1, era)
    assert kept.get("a") is None


def test_the_material_of_a_study_that_is_taken_out_is_not_remembered(db: store.Database) -> None:
    name = store.study_records(db, "small").tasks[0].task_id
    assert store.material(db, name) is store.material(db, name)
    with db.writing(forget=True) as cursor:
        cursor.execute("delete from task where task_id = ?", [name])
    with pytest.raises(NotFound):
        store.material(db, name)


def counted_reads(db: store.Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note from now on which tasks are read from the tables one by one."""
    read: list[str] = []

    def noting(cursor: duckdb.DuckDBPyConnection, task_id: str) -> Material:
        read.append(task_id)
        return _read(cursor, task_id)

    monkeypatch.setattr(sys.modules["study.store.studies.texts"], "_read", noting)
    return read


def test_the_material_of_a_study_is_read_with_its_board(
    db: store.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [one.task_id for one in store.study_records(db, "small").tasks]
    alone = [store.material(db, name) for name in names]
    db.forget()
    read = counted_reads(db, monkeypatch)
    store.read_boards(db)
    assert [store.material(db, name) for name in names] == alone
    assert not read


def test_the_material_of_a_study_that_finds_no_room_is_read_one_by_one(
    db: store.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.forget()
    db.materials.limit = 8_000
    read = counted_reads(db, monkeypatch)
    store.read_boards(db)
    (comparison, *_) = store.study_records(db, "small").comparisons()
    found = store.material(db, comparison.task.task_id)
    assert [one.output_id for one in found.outputs] == [comparison.output_a_id, comparison.output_b_id]
    assert read == [comparison.task.task_id]
