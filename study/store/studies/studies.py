"""Studies and their material: save imports, look up, log actions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import duckdb

from study.errors import InvalidInput, NotFound
from study.protocol.design import Design, parse_design
from study.records import (
    TABLE_OF_RECORD,
    Assignment,
    DesignVersion,
    Event,
    Item,
    Judgment,
    MetricScore,
    Output,
    Profile,
    Rater,
    Study,
    StudyRecords,
    Task,
    TaskOutput,
    Verdict,
    utc_now,
)
from study.store.engine import rows
from study.store.engine.acting_person import require_signed_in, researchers_only
from study.store.engine.database import Database, log_event
from study.store.engine.disclosure import as_seen
from study.store.studies.tasks import fit_tasks
from study.wording import listed

if TYPE_CHECKING:
    import pandas as pd  # not loaded at start-up

REPLACED = (Verdict, MetricScore)


@researchers_only
def save_records(db: Database, records: StudyRecords, *, new_study: bool = True) -> None:
    """Store all records of a file in one transaction: all or nothing.

    Raises
    ------
    InvalidInput
        If a study with this id (``new_study``) or a record with the same key already exists. Only verdicts and scores
        replace earlier ones.
    """
    study = records.study
    with db.writing(forget=True) as cursor:
        if new_study:
            if rows.select(cursor, Study, "where study_id = ?", [study.study_id]):
                raise InvalidInput(
                    f"a study with the id {study.study_id!r} already exists; choose another id"
                )
            rows.insert(cursor, study)
            if study.state != "draft":
                rows.insert(cursor, frozen(study, 1))
        counts = {}
        for record_type, found in records.tables():
            try:
                rows.insert_many(
                    cursor,
                    record_type,
                    found,
                    if_known="replace" if record_type in REPLACED else "fail",
                )
            except duckdb.ConstraintException as error:
                what = TABLE_OF_RECORD[record_type].replace("_", " ")
                raise InvalidInput(f"a {what} of study {study.study_id!r} already exists: {error}") from error
            counts[record_type.__name__] = len(found)
        if new_study and parse_design(study.design).templates:
            fit_tasks(cursor, study.study_id, parse_design(study.design))
        log_event(cursor, "imported", study_id=study.study_id, details=counts)


def frozen(study: Study, version: int) -> DesignVersion:
    """Return the present design of a study as a numbered version."""
    return DesignVersion(study.study_id, version, study.design, study.design_hash, utc_now())


def all_studies(db: Database) -> list[Study]:
    """Return all studies, the newest first."""
    with db.reading() as cursor:
        found = rows.select(cursor, Study, "order by created_at desc, study_id", [])
    return [as_seen(one) for one in found]


def study(db: Database, study_id: str) -> Study:
    """Return one study, or raise a NotFound that lists the existing ids."""
    return as_seen(_study_and_design(db, study_id)[0])


def design(db: Database, study_id: str) -> Design:
    """Return the design of a study."""
    return _study_and_design(db, study_id)[1]


def study_by_link(db: Database, link_token: str) -> Study:
    """Return the study of a rater link."""
    with db.reading() as cursor:
        found = rows.select(cursor, Study, "where link_token = ?", [link_token])
    if not found:
        raise NotFound("This link belongs to no study. Please check that you copied all of it.")
    return found[0]


def study_records(db: Database, study_id: str, *, answers: bool = False) -> StudyRecords:
    """Return the material of a study (profiles, items, outputs, comparisons); with ``answers`` also raters and judgments."""
    records = StudyRecords(study(db, study_id))
    with db.moment() as cursor:
        where, values = "where study_id = ?", [study_id]
        records.profiles = [as_seen(one) for one in rows.select(cursor, Profile, where, values)]
        records.items = rows.select(cursor, Item, where, values)
        records.outputs = rows.select(cursor, Output, where, values)
        records.tasks = rows.select(cursor, Task, where, values)
        records.task_outputs = rows.select(cursor, TaskOutput, where, values)
        if answers:
            records.raters = [as_seen(one) for one in rows.select(cursor, Rater, where, values)]
            records.assignments = rows.select(cursor, Assignment, where, values)
            records.judgments = [as_seen(one) for one in rows.select(cursor, Judgment, where, values)]
    return records


def comparison_count(db: Database, study_id: str) -> int:
    """Return the number of a study's main comparisons, excluding withdrawn ones."""
    with db.reading() as cursor:
        found = cursor.execute(
            "select count(*) from task where study_id = ? and purpose = 'main' and withdrawn is null",
            [study_id],
        ).fetchall()
    return int(found[0][0])


def pool_of(db: Database, study_id: str) -> list[tuple[str, str, str]]:
    """Return the comparisons in the elicitation's pool, each with its outputs."""
    with db.reading() as cursor:
        return cursor.execute(
            """
            select comparison_id, output_a_id, output_b_id from comparison_long
            where study_id = ? and comparison_purpose = 'elicitation' order by 1
            """,
            [study_id],
        ).fetchall()


def task_name(db: Database, task_id: str) -> str | None:
    """Return the researcher's own id of a task, if it has one."""
    with db.reading() as cursor:
        found = cursor.execute("select name from task where task_id = ?", [task_id]).fetchall()
    return found[0][0] if found else None


def overview(db: Database) -> "pd.DataFrame":
    """Return one row per study: state, counts of its material, human and simulated raters and judgments."""
    with db.reading() as cursor:
        return cursor.execute(
            """
            select s.study_id, s.title, s.state, s.created_at,
                (select count(distinct system) from output o
                    where o.study_id = s.study_id and system <> '(check)') as systems,
                (select count(*) from item i where i.study_id = s.study_id) as items,
                (select count(*) from task c
                    where c.study_id = s.study_id and purpose = 'main') as comparisons,
                count(distinct j.rater_id) filter (r.source <> 'simulated') as human_raters,
                count(j.judgment_id) filter (r.source <> 'simulated') as human_judgments,
                count(distinct j.rater_id) filter (r.source = 'simulated') as simulated_raters,
                count(j.judgment_id) filter (r.source = 'simulated') as simulated_judgments
            from study s
            left join rater r on r.study_id = s.study_id
            left join judgment_current j on j.rater_id = r.rater_id and j.response <> 'skip' and j.purpose <> 'practice'
            group by all order by s.created_at desc, s.study_id
            """
        ).df()


def log_action(
    db: Database, kind: str, study_id: str | None = None, details: Mapping[str, object] | None = None
) -> None:
    """Write an action of a researcher or a viewer that leaves no other trace, such as an export, to the audit log.

    Raises
    ------
    NotAllowed
        If no one is signed in.
    """
    require_signed_in()
    if study_id is not None:
        study(db, study_id)
    with db.writing() as cursor:
        log_event(cursor, kind, study_id=study_id, details=details)


def actions(db: Database, study_id: str | None = None) -> list[Event]:
    """Return the actions of named people, on one study or on all, the newest first."""
    with db.reading() as cursor:
        found = rows.select(
            cursor,
            Event,
            "where actor is not null and (study_id = ? or ? is null) order by logged_at desc, event_id",
            [study_id, study_id],
        )
    return [as_seen(one) for one in found]


def has_signed_in(db: Database, device: str) -> bool:
    """Return whether a browser, given the hash of its cookie, has signed in before."""
    with db.reading() as cursor:
        found = cursor.execute(
            "select 1 from event where kind = 'signed_in' and json_extract_string(details, '$.browser') = ? limit 1",
            [device],
        ).fetchall()
    return bool(found)


def events(db: Database, study_id: str, kind: str) -> list[Event]:
    """Return the audit log's lines of one kind, the oldest first."""
    with db.reading() as cursor:
        found = rows.select(
            cursor, Event, "where study_id = ? and kind = ? order by logged_at", [study_id, kind]
        )
    return [as_seen(one) for one in found]


def study_as_stored(db: Database, study_id: str) -> tuple[Study, int]:
    """Return a study and the version of its design from the caller's snapshot instead of the cache."""
    with db.reading() as cursor:
        found = rows.select(cursor, Study, "where study_id = ?", [study_id])
        query = "select coalesce(max(version), 0) from design_version where study_id = ?"
        version = cursor.execute(query, [study_id]).fetchall()[0][0]
    return (found[0] if found else study(db, study_id)), int(version)


def _study_and_design(db: Database, study_id: str) -> tuple[Study, Design]:
    known = db.studies.get(study_id)
    if known is None:
        with db.lock:
            with db.newest() as cursor:
                found = {one.study_id: one for one in rows.select(cursor, Study, "", [])}
            if study_id not in found:
                names = listed(sorted(found)) or "none yet"
                raise NotFound(f"there is no study {study_id!r}; the studies are: {names}")
            known = db.studies[study_id] = (found[study_id], parse_design(found[study_id].design))
    return known
