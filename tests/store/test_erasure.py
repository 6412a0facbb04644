"""Erasure by profile, by retention date, and in copies: nothing identifying stays, and nothing else goes."""

import json
import shutil
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from study import store
from study.errors import NotFound
from study.protocol.design import Design
from study.records import MetricScore, Profile, StudyRecords, Verdict, text_content
from tests.conftest import CRITERIA, small_study
from tests.store.test_archive import tables
from tests.store.test_migrations import older_file

MARK = "Zebedee-the-owner"


def marked_study(**rules: Any) -> StudyRecords:
    """Return a study of which everything of the first profile holds a mark."""
    design = Design(criteria=CRITERIA, quota=12, overlap=5, min_view_seconds=0, rationale="optional", **rules)
    records = small_study(design=design)
    one = records.profiles[0]
    records.profiles[0] = replace(
        one, name=f"{MARK} name", content=text_content(f"{MARK} likes trains"), external_id=MARK
    )
    records.items = [
        replace(item, name=f"{MARK} item", content=text_content(f"{MARK} asks"), reference=f"{MARK} wrote")
        if item.profile_id == one.profile_id
        else item
        for item in records.items
    ]
    own = {item.item_id for item in records.items if item.profile_id == one.profile_id}
    records.outputs = [
        replace(output, content=text_content(f"{MARK} reads {output.system}"))
        if output.item_id in own
        else output
        for output in records.outputs
    ]
    return records


@pytest.fixture
def judged(empty_db: store.Database) -> store.Database:
    """A study that two raters judged, with scores, verdicts, the owner as a rater and checks that show others' outputs."""
    db, records = empty_db, marked_study()
    records.study = replace(records.study, state="draft")
    store.save_records(db, records)
    store.add_checks(db, "small", wrong_profile=6)
    store.set_state(db, "small", "live")
    own = {item.item_id for item in records.items if item.profile_id == records.profiles[0].profile_id}
    outputs = [one for one in records.outputs if one.item_id in own]
    store.save_scores(
        db, [MetricScore("small", one.output_id, "length", 3.0, None, "l|1") for one in outputs]
    )
    store.cache_scores(db, "l|1", {"hash of texts": (3.0, None)})
    verdict = Verdict("small", "", "gpt", "fit", "01", "a", 0.7, f"{MARK} is said", "gpt|1")
    comparisons = [one for one in records.comparisons() if one.item_id in own]
    store.save_verdicts(db, [replace(verdict, task_id=one.task.task_id) for one in comparisons])
    for name in (MARK, "another"):
        rater = store.enrol(db, "small", external_id=name)
        while task := store.current_task(db, rater):
            reason = f"{MARK} would say" if f"{MARK}" in str(store.material(db, task.task_id)) else "Because."
            for criterion, revision in task.revisions.items():
                store.record_judgment(
                    db, rater, task.assignment_id, criterion, revision, "left", rationale=reason
                )
    return db


def where(db: store.Database, text: str) -> set[str]:
    """Return the tables that hold a text anywhere."""
    return {name for name, rows in tables(db).items() if text in json.dumps(rows, default=str)}


def of_profile(db: store.Database) -> str:
    return store.profile_id(db, "small", MARK)


def test_everything_of_a_profile_goes_and_nothing_else(judged: store.Database) -> None:
    db = judged
    assert {"profile", "item", "output", "judgment", "verdict"} <= where(db, MARK)
    profile, before = of_profile(db), tables(db)
    others = {row[0] for row in before["judgment"] if MARK not in str(row[7])}
    counts = store.erase_profile(db, "small", profile)
    after = tables(db)
    assert where(db, MARK) == {"rater"}  # the owner as a rater, who is erased as a rater
    assert where(db, profile) == set()
    assert {name: len(before[name]) - len(after[name]) for name in counts} == counts
    assert all(counts[name] for name in ("judgment", "assignment", "verdict", "metric_score", "task"))
    assert counts["task_output"] == 2 * counts["task"]
    left = {"task": {row[0] for row in after["task"]}, "output": {row[0] for row in after["output"]}}
    assert Counter(row[0] for row in after["task_output"]) == Counter(dict.fromkeys(left["task"], 2))
    assert {row[3] for row in after["task_output"]} <= left["output"]
    assert (counts["profile"], counts["item"]) == (1, 1)
    assert {row[0] for row in after["judgment"]} == others
    assert after["score_cache"] == []
    assert store.raters(db, "small")[0].profile_id is None
    rater = store.enrol(db, "small")
    assert store.current_task(db, rater) is not None


@pytest.mark.file_only
def test_the_file_and_the_journal_hold_nothing_of_an_erased_profile(judged: store.Database) -> None:
    store.erase_profile(judged, "small", of_profile(judged))
    store.withdraw(judged, store.raters(judged, "small")[0])
    copy = judged.path.with_name("copy.duckdb")
    shutil.copy(judged.path, copy)  # the erasure has checkpointed it
    store.rewrite(copy)
    assert MARK.encode() not in copy.read_bytes()
    assert MARK.encode() not in store.journal_path(judged.path).read_bytes()
    again = store.open_database(copy)
    assert tables(again) == tables(judged)
    again.close()


def test_the_event_names_nobody(judged: store.Database) -> None:
    profile = of_profile(judged)
    counts = store.erase_profile(judged, "small", profile)
    (event,) = store.events(judged, "small", "profile_erased")
    assert event.details["rows"] == counts
    assert event.details.keys() == {"profile", "rows"}
    held = json.dumps(event.details)
    assert MARK not in held
    assert profile not in held


def test_an_unknown_profile_is_refused(judged: store.Database) -> None:
    with pytest.raises(NotFound, match="has no profiles 'nobody'"):
        store.profile_id(judged, "small", "nobody")


def test_copies_that_hold_a_profile_are_found_marked_and_erased(judged: store.Database) -> None:
    profile = of_profile(judged)
    first, second = store.backup(judged), store.backup(judged)
    broken = first.with_name("broken.duckdb")
    broken.write_bytes(b"no database")
    store.erase_profile(judged, "small", profile)
    clean = store.backup(judged)
    held = store.holding(judged.path, "profile", profile)
    assert held == sorted([first, second, broken])
    index = store.mark_copies(judged.path, held, "profile_erased")
    assert MARK not in index.read_text()
    assert profile not in index.read_text()
    assert store.marked_copies(judged.path) == sorted(one.name for one in held)
    marks, key = store.erased_marks(judged, "small")
    left = store.erase_in_copies(judged.path, "profile", profile, "small", marks, key)
    assert f"{MARK} likes".encode() not in first.read_bytes()
    assert left == [broken]
    copy = store.open_database(first)
    assert where(copy, MARK) == {"rater"}
    copy.close()
    store.remove_copies(left)
    assert store.holding(judged.path, "profile", profile) == []
    assert clean.exists()


def test_a_rater_is_erased_in_copies(judged: store.Database) -> None:
    rater = store.raters(judged, "small")[1]
    copy = store.backup(judged)
    store.withdraw(judged, rater)
    assert store.holding(judged.path, "rater", rater.rater_id) == [copy]
    assert store.erase_in_copies(judged.path, "rater", rater.rater_id, "small", set(), b"") == []


def launched(db: store.Database, **rules: Any) -> store.Database:
    store.save_records(db, marked_study(**rules))
    rater = store.enrol(db, "small", external_id=MARK, attributes={"parameters": {"SESSION_ID": MARK}})
    task = store.current_task(db, rater)
    assert task is not None
    store.record_judgment(db, rater, task.assignment_id, "fit", 0, "left", rationale=MARK)
    store.set_status(db, rater, "excluded", f"{MARK} was too fast")
    store.set_status(db, rater, "active", "taken back")
    return db


def test_what_is_due_loses_persons_and_texts_and_keeps_the_answers(empty_db: store.Database) -> None:
    db = launched(empty_db, retention_until=date(2027, 1, 31))
    before = store.judgments(db, "small")
    assert store.due(db, date(2027, 1, 30)) == []
    assert store.due(db, date(2027, 1, 31)) == ["small"]
    assert store.erase_due(db, "small") == "answers"
    assert where(db, MARK) == set()
    after = store.judgments(db, "small")
    kept = ["judgment_id", "system_a", "system_b", "response", "preference", "criterion"]
    assert after[kept].equals(before[kept])
    assert len(after) == 1
    assert store.due(db, date(2028, 1, 1)) == []


def test_nothing_of_a_study_stays_where_its_design_says_so(empty_db: store.Database) -> None:
    db = launched(empty_db, retention_until=date(2027, 1, 31), retention_keeps="nothing")
    store.save_records(db, small_study("other"))
    before = tables(db)
    assert store.erase_due(db, "small") == "nothing"
    assert {one.study_id for one in store.all_studies(db)} == {"other"}
    (event,) = store.events(db, "small", "retention_erased")
    assert event.details == {"kept": "nothing"}
    assert where(db, MARK) == set()
    for name in ("item", "output", "task", "task_output", "profile"):
        assert tables(db)[name] == [row for row in before[name] if "other" in row]


def test_with_each_rater_stands_the_consent_that_they_gave(empty_db: store.Database) -> None:
    db = empty_db
    store.save_records(db, small_study(design=Design(criteria=CRITERIA, consent="First text.")))
    first = store.enrol(db, "small", device="a")
    (invited,) = store.invite(db, "small", {"guest": None})
    changed = store.design(db, "small").model_copy(update={"consent": "Second text."})
    assert store.new_version(db, "small", changed) == 2
    second = store.enrol(db, "small", device="b")
    store.enrol(db, "small", source="simulated", external_id="sim")
    store.finish_phase(db, invited, "consent")
    found = {rater_id: (version, digest) for rater_id, _, version, digest in store.consents(db, "small")}
    assert {one: version for one, (version, _) in found.items()} == {
        first.rater_id: 1,
        second.rater_id: 2,
        invited.rater_id: 2,
    }
    assert found[first.rater_id][1] != found[second.rater_id][1] == found[invited.rater_id][1]
    assert json.loads(store.design_of_version(db, "small", 1).design)["consent"] == "First text."


def test_profiles_of_another_study_stay(judged: store.Database, tmp_path: Path) -> None:
    other = small_study("other")
    other.profiles[0] = replace(other.profiles[0], external_id=MARK)
    store.save_records(judged, other)
    store.erase_profile(judged, "small", of_profile(judged))
    kept: list[Profile] = store.study_records(judged, "other").profiles
    assert kept == other.profiles


@pytest.mark.file_only
def test_a_copy_of_an_older_schema_is_erased_and_leaves_no_copy_of_its_own(
    judged: store.Database, database_path: Path
) -> None:
    """It is brought to the present schema when it is opened, and what that sets aside held the rater, too."""
    rater = store.raters(judged, "small")[0]
    beside = database_path.with_name(f"{database_path.name}.version-1")
    older_file(beside, 1)
    with duckdb.connect(str(beside)) as raw:
        raw.execute("update study set study_id = 'small', design = ?", [store.study(judged, "small").design])
        columns = ", ".join(name for name, *_ in raw.execute("describe rater").fetchall())
        raw.execute(
            f"insert into rater ({columns}) select {columns} from (select ? as rater_id, 'small' as study_id, 't' as token, "
            "'somebody' as external_id, 'link' as source, null as arm, '{}' as attributes, null as profile_id, "
            "'active' as status, null as device, timestamp '2026-11-01 09:00:00' as created_at)",
            [rater.rater_id],
        )
    assert store.holding(database_path, "rater", rater.rater_id) == [beside]
    assert store.erase_in_copies(database_path, "rater", rater.rater_id, "small", {}, b"") == []
    assert [one.name for one in database_path.parent.glob("*version-1*")] == [beside.name]
