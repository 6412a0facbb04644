"""Records and tables are the same thing: same columns, and nothing is lost between them."""

from dataclasses import fields, replace
from datetime import datetime
from typing import Any

import duckdb
import pytest

from study import store
from study.content_kinds import plain_text
from study.records import (
    TABLE_OF_RECORD,
    Assignment,
    DesignVersion,
    Divergence,
    Event,
    Item,
    Judgment,
    MetricScore,
    Output,
    Profile,
    Rater,
    Step,
    Study,
    StudyRecords,
    Task,
    TaskOutput,
    Verdict,
    stable_id,
    text_content,
)
from study.store.engine import rows
from tests.conftest import small_study

THEN = datetime(2026, 11, 1, 9, 30, 15, 123456)
UGLY = "Ünïcode 🙂 'quote' \"double\" $x$ <b>\n\ttab  "
FULL: list[Any] = [
    Study("s", UGLY, "{}", "h", "draft", 2**40, "token-s", THEN),
    DesignVersion("s", 2, "{}", "h", THEN),
    Profile("p", "s", UGLY, {"kind": "facets", "facets": {"Likes": [UGLY, "b"]}}, "2026-10-15", UGLY),
    Item("i", "s", UGLY, "src", "p", text_content(UGLY), UGLY, {"domain": UGLY}, {"turn 1": UGLY}),
    Output("o", "s", "i", UGLY, "no profile", {"kind": "ranked_list", "entries": ["1", "2"]}),
    Task("t", "s", "src", "i", "gold", "a", UGLY, UGLY, "three at once"),
    TaskOutput("t", 9, "s", "o"),
    Rater(
        "r", "s", "token-r", UGLY, "link", "arm", {"age": 40, "list": [1.5, None]}, "p", "active", "d", THEN
    ),
    Assignment("a", "s", "t", "r", 3, "120", "repeat", "condition", THEN, THEN, "p"),
    Judgment("j", "s", "a", "fit", 2, "left_2", 4, UGLY, 12.125, THEN, THEN, "j0", 2, kind="points"),
    Step("t", "s", "r", "closing", "done", {"age": 40, "why": [UGLY]}, THEN),
    MetricScore("s", "o", "length", 3.5, None, "length|1"),
    Verdict("s", "t", "judge", "fit", "01", "both_bad", 0.25, None, "judge|1"),
    Divergence("s", "t", "embedding", 0.25, None, "cosine|1"),
    Event("e", "s", "r", "kind", {"nested": {"n": 1}}, THEN),
]
SPARSE: list[Any] = [
    Profile("p", "s", "", {}),
    Item("i", "s", "", "src", None, {}),
    Task("t", "s", "src", None),
    TaskOutput("t", 0, "s", "o"),
    Rater("r", "s", "t", None, "simulated", None, {}, None, "active", None, THEN),
    Assignment("a", "s", "t", "r", 0, "0", "main", None, THEN, None),
    Judgment("j", "s", "a", "fit", 0, "skip", None, None, None, None, THEN, None),
    MetricScore("s", "o", "rouge_l", None, "no reference", "rouge|1"),
    Verdict("s", "t", "judge", "fit", "?", None, None, "no answer could be read", "judge|1"),
    Divergence("s", "t", "embedding", None, "an empty text", "cosine|1"),
    Event("e", None, None, "kind", {}, THEN),
]


def name_of(record: Any) -> str:
    return type(record).__name__


@pytest.mark.parametrize("record_type", TABLE_OF_RECORD, ids=lambda kind: kind.__name__)
def test_the_columns_of_a_table_are_the_fields_of_its_record(
    empty_db: store.Database, record_type: type
) -> None:
    with empty_db.reading() as cursor:
        cursor.execute(f"select * from {TABLE_OF_RECORD[record_type]}")
        columns = [column[0] for column in cursor.description]
    assert columns == [field.name for field in fields(record_type)]


def test_every_table_has_a_record(empty_db: store.Database) -> None:
    with empty_db.reading() as cursor:
        tables = {name for (name,) in cursor.execute("select table_name from duckdb_tables()").fetchall()}
    assert tables == {
        *TABLE_OF_RECORD.values(),
        *("schema_version", "score_cache", "study_secret", "preference_code"),
    }


def test_every_record_is_tried_below() -> None:
    assert {type(record) for record in FULL} == set(TABLE_OF_RECORD)


@pytest.mark.parametrize("record", [*FULL, *SPARSE], ids=name_of)
@pytest.mark.parametrize("many", [False, True], ids=["one", "many"])
def test_a_record_comes_back_from_the_database_as_it_was(
    empty_db: store.Database, record: Any, many: bool
) -> None:
    with empty_db.writing() as cursor:
        if many:
            rows.insert_many(cursor, type(record), [record])
        else:
            rows.insert(cursor, record)
    with empty_db.reading() as cursor:
        assert rows.select(cursor, type(record), "", []) == [record]


def test_a_study_comes_back_as_it_was_saved(empty_db: store.Database) -> None:
    records = small_study()
    store.save_records(empty_db, records)
    found = store.study_records(empty_db, "small")
    assert found.study == records.study
    for name in ("profiles", "items", "outputs", "tasks", "task_outputs"):
        assert sorted(getattr(found, name), key=repr) == sorted(getattr(records, name), key=repr)


def test_the_answers_of_a_study_come_back_with_its_records(db: store.Database) -> None:
    rater = store.enrol(db, "small")
    task = store.current_task(db, rater)
    assert task is not None
    store.record_judgment(db, rater, task.assignment_id, "fit", 0, "left")
    assert store.study_records(db, "small").judgments == []
    found = store.study_records(db, "small", answers=True)
    assert found.raters == [rater]
    assert [assignment.assignment_id for assignment in found.assignments] == [task.assignment_id]
    assert [judgment.response for judgment in found.judgments] == ["left"]


@pytest.mark.parametrize(
    "record",
    [
        replace(FULL[0], state="open"),
        replace(FULL[5], purpose="other"),
        replace(FULL[6], slot=10),
        replace(FULL[6], slot=-1),
        replace(FULL[7], source="friend"),
        replace(FULL[8], arrangement="top"),
        replace(FULL[8], arrangement=""),
        replace(FULL[8], arrangement="?"),
        replace(FULL[12], arrangement="left"),
        replace(FULL[12], answer=None),
    ],
    ids=name_of,
)
def test_the_database_refuses_what_the_vocabulary_does_not_have(
    empty_db: store.Database, record: Any
) -> None:
    with pytest.raises(duckdb.ConstraintException), empty_db.writing() as cursor:
        rows.insert(cursor, record)


def test_the_tables_of_a_study_come_in_the_order_in_which_they_can_be_stored() -> None:
    kinds = [kind for kind, _ in StudyRecords(FULL[0]).tables()]
    assert set(kinds) == set(TABLE_OF_RECORD) - {Study, DesignVersion, Step, Divergence, Event}


def test_an_id_depends_on_the_parts_and_where_they_part() -> None:
    assert stable_id("a", "bc") != stable_id("ab", "c")
    assert stable_id("\ud800") != stable_id("")
    assert len(stable_id()) == 16


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"kind": "markdown", "text": "**a**"}, "**a**"),
        (
            {"kind": "dialogue", "turns": [{"role": "user", "text": "Hi"}, {"role": "bot", "text": "Yes?"}]},
            "user: Hi\nbot: Yes?",
        ),
        ({"kind": "facets", "facets": {"Likes": "tea"}}, '{"kind": "facets", "facets": {"Likes": "tea"}}'),
    ],
)
def test_every_kind_of_content_has_a_text(content: dict[str, Any], text: str) -> None:
    assert plain_text(content) == text
