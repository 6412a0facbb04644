"""An archive of Parquet files gives back the same content in every table, or says what is wrong and keeps nothing."""

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from study import store
from study.errors import InvalidInput
from study.protocol.design import Checks
from study.records import MetricScore, Verdict
from study.store.engine.hashing import TASK_MARK
from tests.conftest import small_study
from tests.studies_of_strangers import strangers_study

UGLY = "Ünïcode 🙂 'quote' \"double\" \n\ttab  \u202e"
Rows = list[tuple[Any, ...]]


def tables(db: store.Database) -> dict[str, Rows]:
    """Return the rows of every table, in their order."""
    with db.reading() as cursor:
        names = [name for (name,) in cursor.execute("select table_name from duckdb_tables()").fetchall()]
        return {name: cursor.execute(f"from {name} order by rowid").fetchall() for name in names}


@pytest.fixture
def full(empty_db: store.Database) -> store.Database:
    """A database in which every table has rows."""
    db = empty_db
    store.save_records(db, small_study())
    strangers_study(db, "strangers", n_items=6, quota=3, checks=Checks())
    rater = store.enrol(db, "small", external_id=UGLY, device="cookie", attributes={"SESSION_ID": UGLY})
    for answer in ("left", "tie"):
        task = store.current_task(db, rater)
        assert task is not None
        for criterion, revision in task.revisions.items():
            store.record_judgment(db, rater, task.assignment_id, criterion, revision, answer, rationale=UGLY)
    last = store.last_judgment(db, rater)
    assert last is not None
    store.undo(db, rater, last)
    output = store.study_records(db, "small").outputs[0]
    compared = store.study_records(db, "small").tasks[0].task_id
    store.save_scores(db, [MetricScore("small", output.output_id, "length", 1 / 3, None, "length|1")])
    store.cache_scores(db, "length|1", {"h": (2 / 3, None)})
    verdict = Verdict("small", compared, "gpt", "fit", "01", "a", 0.7, UGLY, "gpt|1")
    store.save_verdicts(db, [verdict])
    store.save_divergences(db, "small", "by hand", {compared: (0.25, None)}, "s|1")
    with db.writing() as cursor:
        step = ("step-1", "small", rater.rater_id, "closing", "done", '{"why": 1}', datetime(2026, 1, 1))
        cursor.execute("insert into step values (?, ?, ?, ?, ?, ?, ?)", list(step))
    store.hash_key(db, "small")
    return db


def test_every_table_has_rows_in_this_test(full: store.Database) -> None:
    assert [name for name, rows in tables(full).items() if not rows] == []


def test_an_archive_rebuilds_every_table_bit_for_bit(full: store.Database, tmp_path: Path) -> None:
    before = tables(full)
    counts = store.write_archive(full, tmp_path / "archive")
    assert counts.items() <= {name: len(rows) for name, rows in before.items()}.items()
    store.rebuild(tmp_path / "archive", tmp_path / "again.duckdb")
    again = store.open_database(tmp_path / "again.duckdb")
    try:
        after = tables(again)
        assert after.keys() == before.keys()
        for name, rows in before.items():
            assert after[name] == rows, name
        for study_id in ("small", "strangers"):
            assert store.content_hash(again, study_id) == store.content_hash(full, study_id)
        rater = store.enrol(again, "small", device="cookie")
        assert rater.external_id == UGLY
    finally:
        again.close()


def test_an_archive_without_secrets_holds_none_and_gets_new_ones(
    full: store.Database, tmp_path: Path
) -> None:
    store.write_archive(full, tmp_path / "archive", secrets=False)
    rater, study = store.raters(full, "small")[0], store.study(full, "small")
    secrets = (rater.token, rater.device or "", study.link_token, store.hash_key(full, "small").hex())
    held = json.dumps(
        [pq.read_table(path).to_pylist() for path in (tmp_path / "archive").rglob("*.parquet")], default=str
    )
    assert [secret for secret in secrets if secret in held] == []
    store.rebuild(tmp_path / "archive", tmp_path / "again.duckdb")
    again = store.open_database(tmp_path / "again.duckdb")
    try:
        new = store.raters(again, "small")[0]
        assert (new.rater_id, new.external_id, new.device) == (rater.rater_id, rater.external_id, None)
        assert new.token
        assert new.token != rater.token
        assert tables(again)["judgment"] == tables(full)["judgment"]
    finally:
        again.close()


def test_an_archive_that_was_changed_is_refused_and_nothing_is_kept(
    full: store.Database, tmp_path: Path
) -> None:
    store.write_archive(full, tmp_path / "archive")
    target = tmp_path / "again.duckdb"
    changes = (
        (lambda folder: (folder / "judgment.parquet").write_bytes(b"PAR1"), "was changed or damaged"),
        (lambda folder: (folder / "judgment.parquet").unlink(), "the file judgment.parquet is missing"),
        (
            lambda folder: (folder / "manifest.json").unlink(),
            "is not an archive: it contains no manifest.json",
        ),
        (lambda folder: (folder / "manifest.json").write_text("{"), "not JSON"),
        (lambda folder: (folder / "manifest.json").write_text('{"archive": "x"}'), "not the manifest of an"),
        (lambda folder: (folder / "manifest.json").write_text("[" * 100_000), "not JSON"),
        (lambda folder: edit(folder, "files", None), "'files' lacks the rows"),
        (lambda folder: edit(folder, "files", {"study.parquet": {"rows": 1}}), "'files' lacks the rows"),
        (lambda folder: edit(folder, "schema_version", 99), "schema version 99; this program reads"),
    )
    for number, (change, sentence) in enumerate(changes):
        folder = tmp_path / f"copy-{number}"
        shutil.copytree(tmp_path / "archive", folder)
        change(folder)
        with pytest.raises(InvalidInput, match=sentence):
            store.rebuild(folder, target)
        assert [path.name for path in tmp_path.glob("again*")] == []


def edit(folder: Path, key: str, value: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))


def test_nothing_is_written_over(full: store.Database, tmp_path: Path) -> None:
    store.write_archive(full, tmp_path / "archive")
    with pytest.raises(InvalidInput, match="already exists"):
        store.write_archive(full, tmp_path / "archive")
    with pytest.raises(InvalidInput, match=r"already exists|already contains studies"):
        store.rebuild(tmp_path / "archive", full.place)


def test_the_content_hash_knows_content_and_nothing_else(full: store.Database) -> None:
    before = store.content_hash(full, "small")
    assert not before.startswith(TASK_MARK)
    store.hash_key(full, "strangers")
    assert store.content_hash(full, "small") == before
    for change in (
        "update judgment set seconds = 0.3::double",
        "update judgment set seconds = 0.30000000000000004::double",
        "update judgment set rationale = null",
        "update item set reference = ''",
        "update judgment set judged_at = judged_at + interval 1 microsecond",
        "update rater set status = 'excluded'",
        'update item set subjects = \'{"x": "X"}\'',
        "update judgment set kind = 'other'",
        "update task set template = 'others'",
        "update assignment set arrangement = '210'",
        "insert into task_output select task_id, 2, study_id, output_id from task_output where slot = 0",
        "update verdict set answer = 'b'",
    ):
        with full.writing() as cursor:
            cursor.execute(change)
        now = store.content_hash(full, "small")
        assert now != before, change
        before = now
    assert before.startswith(TASK_MARK)


@pytest.mark.parametrize(
    "change",
    [
        'update item set subjects = \'{"x": "X"}\'',
        "update judgment set kind = 'other'",
        "update task set template = 'others'",
        "update task set item_id = null where name is null",
        "insert into task_output select task_id, 2, study_id, output_id from task_output where slot = 0",
        "delete from task_output where slot = 1",
    ],
)
def test_a_study_of_more_than_comparisons_is_hashed_in_another_layout(
    full: store.Database, change: str
) -> None:
    others = store.content_hash(full, "strangers")
    with full.writing() as cursor:
        cursor.execute(
            change.replace(" where", " where study_id = 'small' and")
            if "where" in change
            else f"{change} where study_id = 'small'"
        )
    assert store.content_hash(full, "small").startswith(TASK_MARK)
    assert store.content_hash(full, "strangers") == others
