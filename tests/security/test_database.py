"""SQL reaches nothing but the database: no files, no extensions, no settings; and no text of anybody becomes SQL."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from study import store
from study.errors import NotFound
from study.formats.reading import read
from study.protocol.design import Design
from study.records import Output, text_content
from tests.conftest import CRITERIA, small_study
from tests.security.observed import got

SECRET = "the text of another file"
INJECTIONS = (
    "'; drop table judgment; --",
    "x') ; attach 'evil.duckdb' as e; --",
    '"; delete from rater; select "',
    "small' or '1'='1",
    "$1 ? :name %s {0} {study_id}",
    "/* */ union select token from rater",
    "e'\\x27; drop table study; --",
    "Robert'); drop table study;--\x1b[31m\u202e",
)


def outside(place: str) -> dict[str, str]:
    """Return queries that would reach out of the database, by what they try."""
    return {
        "read_text": f"select * from read_text('{place}/secret.csv')",
        "read_csv": f"select * from read_csv('{place}/secret.csv')",
        "a file as a table": f"select * from '{place}/secret.csv'",
        "glob": f"select * from glob('{place}/*')",
        "copy to": f"copy (select 1) to '{place}/out.csv'",
        "copy from": f"copy study from '{place}/secret.csv'",
        "attach": f"attach '{place}/other.duckdb' as other",
        "attach the journal's folder": f"attach '{place}/study.duckdb.journal.jsonl' as other",
        "export": f"export database '{place}/all'",
        "install": "install httpfs",
        "load": "load httpfs",
        "load a file": f"load '{place}/evil.duckdb_extension'",
        "http": "select * from read_csv('http://127.0.0.1:9/x.csv')",
        "settings": "set enable_external_access = true",
        "allowed folders": "set allowed_directories = ['/']",
        "secrets": "set secret_directory = '/tmp'",
        "extension repository": "set custom_extension_repository = 'http://127.0.0.1:9'",
        "log": f"set log_query_path = '{place}/log'",
    }


@pytest.mark.parametrize("way", outside("/nowhere"))
def test_sql_reaches_nothing_outside(db: store.Database, tmp_path: Path, way: str) -> None:
    (tmp_path / "secret.csv").write_text(SECRET)
    query = outside(str(tmp_path))[way]
    before = sorted(tmp_path.iterdir())
    with db.reading() as cursor, pytest.raises(duckdb.Error) as caught:
        cursor.execute(query).fetchall()
    got(f"{type(caught.value).__name__}: {caught.value}".splitlines()[0])
    assert SECRET not in str(caught.value)
    assert sorted(tmp_path.iterdir()) == before


def test_a_frame_of_the_program_is_no_table(db: store.Database) -> None:
    """DuckDB would read any variable that is called like a table that is not there."""
    secrets = pd.DataFrame({"key": ["k"]})
    assert len(secrets) == 1
    with db.reading() as cursor, pytest.raises(duckdb.CatalogException) as caught:
        cursor.execute("select * from secrets").fetchall()
    got(str(caught.value).splitlines()[0])


def test_backups_and_imports_work_all_the_same(db: store.Database, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "copy.duckdb"
    store.backup(db, target)
    written = [path.name for path in target.parent.iterdir()]
    got(f"written: {written}")
    assert written == ["copy.duckdb"]
    assert not (tmp_path / "backups").exists()
    copy = store.open_database(target)
    assert [study.study_id for study in store.all_studies(copy)] == ["small"]
    copy.close()
    store.save_records(db, read(b"prompt,system_a,output_a,system_b,output_b\nq,x,1,y,2\n", name="new.csv"))
    assert {study.title for study in store.all_studies(db)} == {"The small study", "new"}


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_text_of_anybody_becomes_sql(empty_db: store.Database, text: str) -> None:
    """Every text field that a file, a rater or a researcher fills goes into the database and comes back as it was."""
    db = empty_db
    records = small_study(
        design=Design(criteria=CRITERIA[:1], quota=6, rationale="optional", min_view_seconds=0)
    )
    records.study = replace(records.study, title=text)
    records.profiles[0] = replace(
        records.profiles[0], name=text, external_id=text, version_date=text, content=text_content(text)
    )
    records.items[0] = replace(
        records.items[0],
        name=text,
        source_id=text,
        reference=text,
        tags={text: text},
        content=text_content(text),
    )
    records.outputs = [
        replace(one, system=f"{text}{one.system}", condition=text, content=text_content(text))
        for one in records.outputs
    ]
    records.tasks[0] = replace(records.tasks[0], name=text)
    store.save_records(db, records)
    found = store.study_records(db, "small")
    assert found.study.title == text
    assert {one.system.removeprefix(text) for one in found.outputs} == {"alpha-net", "beta-net", "gamma-net"}
    assert records.items[0] in found.items
    assert records.profiles[0] in found.profiles
    rater = store.enrol(db, "small", external_id=text, device=text, attributes={"parameters": {text: text}})
    task = store.current_task(db, rater)
    assert task is not None
    store.record_judgment(db, rater, task.assignment_id, "fit", 0, "left", rationale=text)
    store.set_status(db, rater, "excluded", text)
    rationales = store.judgments(db, "small", texts=True)["rationale"].tolist()
    got(f"came back as it was: {rationales[0] == text}")
    assert rationales == [text]
    assert store.returning(db, "small", external_id=text, device=text) is not None
    assert store.rater_events(db, "small")[0].details["reason"] == text.strip()
    assert store.coded_judgments(db, "small")["comparison_id"].tolist() == [task.task_id]


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize(
    "look_up",
    [
        lambda db, text: store.study(db, text),
        lambda db, text: store.study_by_link(db, text),
        lambda db, text: store.rater_by_token(db, text),
        lambda db, text: store.material(db, text),
    ],
    ids=["study", "link", "token", "comparison"],
)
def test_a_hostile_id_finds_nothing(
    db: store.Database, text: str, look_up: Callable[[Any, str], object]
) -> None:
    with pytest.raises(NotFound):
        look_up(db, text)
    assert store.returning(db, "small", external_id=text, device=text) is None
    assert store.returning(db, "small", device=text) is None
    with pytest.raises(NotFound):
        store.rater_of_ticket(db, text, text)
    assert not store.has_signed_in(db, text)
    assert len(store.study_records(db, "small").outputs) == 12
    assert isinstance(store.study_records(db, "small").outputs[0], Output)
