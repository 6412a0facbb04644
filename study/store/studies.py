"""Studies and their material: save what was imported, look up, launch."""

from typing import TYPE_CHECKING

import duckdb

from study.design import Design, parse_design
from study.errors import InvalidInput, NotAllowed, NotFound
from study.records import (
    TABLE_OF_RECORD,
    Assignment,
    Comparison,
    Event,
    Item,
    Judgment,
    Output,
    Profile,
    Rater,
    State,
    Study,
    StudyRecords,
    Verdict,
)
from study.store import rows
from study.store.database import Database, log_event

if TYPE_CHECKING:
    import pandas as pd  # start-up does without it


def save_records(db: Database, records: StudyRecords, *, new_study: bool = True) -> None:
    """Store everything a file held, in one transaction: all of it or nothing.

    Raises
    ------
    InvalidInput
        If a study of this id (``new_study``) or a record of the same key is there already. Only a verdict takes the
        place of an earlier one.
    """
    study = records.study
    with db.writing(forget=True) as cursor:
        if new_study:
            if rows.select(cursor, Study, "where study_id = ?", [study.study_id]):
                raise InvalidInput(
                    f"a study with the id {study.study_id!r} is there already; give the new one another id"
                )
            rows.insert(cursor, study)
        counts = {}
        for record_type, found in records.tables():
            try:
                rows.insert_many(cursor, record_type, found, replace=record_type is Verdict)
            except duckdb.ConstraintException as error:
                what = TABLE_OF_RECORD[record_type].replace("_", " ")
                raise InvalidInput(
                    f"a {what} of study {study.study_id!r} is there already: {error}"
                ) from error
            counts[record_type.__name__] = len(found)
        log_event(cursor, "imported", study_id=study.study_id, details=counts)


def studies(db: Database) -> list[Study]:
    """Return all studies, the newest first."""
    with db.reading() as cursor:
        return rows.select(cursor, Study, "order by created_at desc, study_id", [])


def study(db: Database, study_id: str) -> Study:
    """Return one study, or raise NotFound that lists the ids there are."""
    return _study_and_design(db, study_id)[0]


def design(db: Database, study_id: str) -> Design:
    """Return the design of a study."""
    return _study_and_design(db, study_id)[1]


def study_by_link(db: Database, link_token: str) -> Study:
    """Return the study that a rater link belongs to."""
    with db.reading() as cursor:
        found = rows.select(cursor, Study, "where link_token = ?", [link_token])
    if not found:
        raise NotFound("This link belongs to no study. Please check that it was copied whole.")
    return found[0]


def set_state(db: Database, study_id: str, state: State) -> None:
    """Launch (live), close, or reopen a study."""
    if state == "live" and not comparison_count(db, study_id):
        raise NotAllowed(
            f"study {study_id!r} has no comparisons yet: import outputs of at least two systems first"
        )
    with db.writing(forget=True) as cursor:
        cursor.execute("update study set state = ? where study_id = ?", [state, study_id])
        log_event(cursor, f"state_{state}", study_id=study_id)


def set_design(db: Database, study_id: str, new_design: Design) -> None:
    """Replace the design of a draft; a launched study is frozen."""
    current = study(db, study_id)
    if current.state != "draft":
        raise NotAllowed(f"study {study_id!r} is {current.state}: its design is frozen")
    with db.writing(forget=True) as cursor:
        cursor.execute(
            "update study set design = ?, design_hash = ? where study_id = ?",
            [new_design.to_json(), new_design.hash(), study_id],
        )
        log_event(cursor, "design_changed", study_id=study_id, details={"hash": new_design.hash()})


def study_records(db: Database, study_id: str, *, answers: bool = False) -> StudyRecords:
    """Return the material of a study (profiles, items, outputs, comparisons); with ``answers`` also who judged what."""
    records = StudyRecords(study(db, study_id))
    with db.reading() as cursor:
        where, values = "where study_id = ?", [study_id]
        records.profiles = rows.select(cursor, Profile, where, values)
        records.items = rows.select(cursor, Item, where, values)
        records.outputs = rows.select(cursor, Output, where, values)
        records.comparisons = rows.select(cursor, Comparison, where, values)
        if answers:
            records.raters = rows.select(cursor, Rater, where, values)
            records.assignments = rows.select(cursor, Assignment, where, values)
            records.judgments = rows.select(cursor, Judgment, where, values)
    return records


def comparison_count(db: Database, study_id: str) -> int:
    """Return the number of main comparisons of a study."""
    with db.reading() as cursor:
        found = cursor.execute(
            "select count(*) from comparison where study_id = ? and purpose = 'main'", [study_id]
        ).fetchall()
    return int(found[0][0])


def overview(db: Database) -> "pd.DataFrame":
    """Return one row per study: state, counts of its material, human and simulated raters and judgments."""
    with db.reading() as cursor:
        return cursor.execute(
            """
            select s.study_id, s.title, s.state, s.created_at,
                (select count(distinct system) from output o where o.study_id = s.study_id) as systems,
                (select count(*) from item i where i.study_id = s.study_id) as items,
                (select count(*) from comparison c where c.study_id = s.study_id) as comparisons,
                count(distinct j.rater_id) filter (r.source <> 'simulated') as human_raters,
                count(j.judgment_id) filter (r.source <> 'simulated') as human_judgments,
                count(distinct j.rater_id) filter (r.source = 'simulated') as simulated_raters,
                count(j.judgment_id) filter (r.source = 'simulated') as simulated_judgments
            from study s
            left join rater r on r.study_id = s.study_id
            left join judgment_current j on j.rater_id = r.rater_id and j.preference is not null
            group by all order by s.created_at desc, s.study_id
            """
        ).df()


def events(db: Database, study_id: str, kind: str) -> list[Event]:
    """Return the audit log's lines of one kind, the oldest first."""
    with db.reading() as cursor:
        return rows.select(
            cursor, Event, "where study_id = ? and kind = ? order by logged_at", [study_id, kind]
        )


def _study_and_design(db: Database, study_id: str) -> tuple[Study, Design]:
    known = db.studies.get(study_id)
    if known is None:
        with db.lock:
            found = {one.study_id: one for one in studies(db)}
            if study_id not in found:
                names = ", ".join(sorted(found)) or "none yet"
                raise NotFound(f"there is no study {study_id!r}; the studies are: {names}")
            known = db.studies[study_id] = (found[study_id], parse_design(found[study_id].design))
    return known
