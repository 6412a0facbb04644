"""The power goes at every kind of moment: what was acknowledged is on disk."""

from pathlib import Path
from random import Random

import pytest

from study import store
from study.store.engine.file_checkpoint import DatabaseFile
from tests.store.power import Disk, judge_while_power_goes, some_of_each
from tests.store.test_crash import judge_once

pytestmark = pytest.mark.file_only


@pytest.mark.slow
def test_no_power_cut_loses_an_acknowledged_judgment(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "images").mkdir()
    others, answers = some_of_each(2, every=3), some_of_each(8, every=3)
    disk = Disk(
        tmp_path / "data" / "study.duckdb",
        tmp_path / "images",
        Random(20261130),
        lambda what: (answers if what == "after an answer" else others)(what),
    )
    found = judge_while_power_goes(disk, rounds=16)
    print(f"{found.cuts.total()} cuts: {dict(found.cuts)}")
    assert (found.lost, found.doubled, found.unopened) == ([], [], [])
    moments = " ".join(found.cuts)
    assert "sync of study.duckdb.journal.jsonl" in moments
    assert "sync of study.duckdb.checkpointing.part" in moments
    assert "unlink of study.duckdb.checkpointing" in moments
    assert found.acknowledged > 100


def test_the_journal_is_emptied_after_the_checkpoint_alone(
    db: store.Database, database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then the answers are in DuckDB's log, whose name nobody has synced, and whose end may be damaged."""
    judge_once(db, store.enrol(db, "small"), Random(1))
    lines = store.journal_path(database_path).read_bytes()
    held: list[bytes] = []
    checkpoint = DatabaseFile.checkpoint

    def seen(file: DatabaseFile) -> bool:
        held.append(store.journal_path(database_path).read_bytes())
        return checkpoint(file)

    monkeypatch.setattr(DatabaseFile, "checkpoint", seen)
    assert db.checkpoint()
    assert held == [lines]
    assert len(store.journal_path(database_path).read_bytes().splitlines()) == 1
