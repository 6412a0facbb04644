"""Erasure: of a profile with everything made for it, of data past a study's retention date, and in copies.

Only the event of the erasure stays. It names a profile by its hash with the study's secret key, so that the profile can
be erased again from a restored backup.
"""

import hmac
from collections.abc import Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import duckdb

from study.errors import NotFound
from study.records import CHECK_SYSTEM, utc_now
from study.store.engine.acting_person import researchers_only
from study.store.engine.database import Database, log_event
from study.store.engine.erased import PROFILE_ERASED, erased_in, mark_of
from study.store.studies.secret_key import hash_key
from study.store.studies.studies import all_studies, design, study

ERASED = '{"kind": "text", "text": "[erased]"}'
RETENTION_ERASED = "retention_erased"
# Tables with data of one study, tables that others refer to last.
OF_STUDY = (
    *(
        "judgment",
        "assignment",
        "step",
        "rater",
        "verdict",
        "metric_score",
        "divergence",
        "task_output",
        "task",
        "output",
    ),
    *("item", "profile", "design_version", "study_secret", "event", "study"),
)

Counts = dict[str, int]


def profile_id(db: Database, study_id: str, name: str) -> str:
    """Return the id of a profile, given the researcher's own id of it or its owner's external id."""
    study(db, study_id)
    with db.reading() as cursor:
        found = cursor.execute(
            "select profile_id from profile where study_id = ? and (name = ? or external_id = ?)",
            [study_id, name, name],
        ).fetchall()
    if len(found) != 1:
        raise NotFound(
            f"study {study_id!r} has {len(found) or 'no'} profiles {name!r}; name one of its profiles"
        )
    return str(found[0][0])


@researchers_only
def erase_profile(db: Database, study_id: str, erased_id: str) -> Counts:
    """Erase a profile with its items, outputs, judgments, verdicts and scores; return the numbers of rows.

    Checks that show its outputs for other profiles are erased as well, and so is the whole cache of scores, since its hashes
    are made of texts. The owner of the profile stays a rater; :func:`study.store.withdraw` erases raters.
    """
    key = hash_key(db, study_id)
    with db.lock:
        with db.writing(forget=True) as cursor:
            counts = _delete_profile(cursor, study_id, erased_id)
            details = {"profile": mark_of(key, erased_id), "rows": counts}
            log_event(cursor, PROFILE_ERASED, study_id=study_id, details=details)
        db.checkpoint()  # the log and the journal also held the answers
    return counts


def erase_again(db: Database, study_id: str, marks: Mapping[str, datetime], key: bytes) -> int:
    """Erase from a copy the profiles that were erased since it was made; return their number.

    Parameters
    ----------
    marks, key : mapping of str to datetime, bytes
        From :func:`erased_marks` of the original database.
    """
    with db.reading() as cursor:
        ids = cursor.execute("select profile_id from profile where study_id = ?", [study_id]).fetchall()
        known, _ = erased_in(cursor).profiles.get(study_id, ({}, b""))
    # A profile in the copy that the copy records as erased was elicited again afterwards.
    left = {mark for mark, erased_at in marks.items() if known.get(mark, datetime.min) < erased_at}
    found = [one for (one,) in ids if mark_of(key, one) in left]
    for one in found:
        erase_profile(db, study_id, one)
    return len(found)


def erased_marks(db: Database, study_id: str) -> tuple[dict[str, datetime], bytes]:
    """Return the times at which profiles were erased from a study, by their hashes, and the key of these hashes."""
    key = hash_key(db, study_id)
    with db.reading() as cursor:
        times, _ = erased_in(cursor).profiles.get(study_id, ({}, key))
    return times, key


def due(db: Database, today: date) -> list[str]:
    """Return the studies past their retention date that still hold personal data."""
    with db.reading() as cursor:
        done = {
            one
            for (one,) in cursor.execute(
                "select study_id from event where kind = ?", [RETENTION_ERASED]
            ).fetchall()
        }
    dates = {one.study_id: design(db, one.study_id).retention_until for one in all_studies(db)}
    return sorted(one for one, until in dates.items() if until and until <= today and one not in done)


@researchers_only
def erase_due(db: Database, study_id: str) -> str:
    """Erase a study's data as its design requires at the end: answers stay without people and texts, or nothing stays.

    Returns
    -------
    str
        The data kept: "answers" or "nothing".
    """
    keeps = design(db, study_id).retention_keeps
    key = hash_key(db, study_id)
    with db.lock:
        with db.writing(forget=True) as cursor:
            if keeps == "answers":
                _forget_persons(cursor, study_id, key)
            else:
                for table in OF_STUDY:
                    cursor.execute(f"delete from {table} where study_id = ?", [study_id])
            cursor.execute("delete from score_cache")
            log_event(cursor, RETENTION_ERASED, study_id=study_id, details={"kept": keeps})
        db.checkpoint()
    return keeps


def _delete_profile(cursor: duckdb.DuckDBPyConnection, study_id: str, erased_id: str) -> Counts:
    """Delete a profile's rows in one transaction, those that refer to a task before the task."""
    outputs = """select output_id from output where item_id in (select item_id from item where profile_id = $profile)
        or (study_id = $study and system = $check and content in (
            select o.content from output o join item i using (item_id) where i.profile_id = $profile))"""
    own_items = "select item_id from item where profile_id = $profile"
    tasks = f"""select task_id from task where item_id in ({own_items})
        or task_id in (select task_id from task_output where output_id in ({outputs}))"""
    assignments = f"""select assignment_id from assignment
        where task_id in ({tasks}) or profile_id = $profile"""
    told = "phase = 'elicitation' and rater_id in (select rater_id from rater where profile_id = $profile)"
    wheres = {
        "judgment": f"assignment_id in ({assignments})",
        "assignment": f"assignment_id in ({assignments})",
        "step": told,
        "verdict": f"task_id in ({tasks})",
        "metric_score": f"output_id in ({outputs})",
        "divergence": f"task_id in ({tasks})",
        "task_output": f"task_id in ({tasks})",
        "task": f"task_id in ({tasks})",
        "output": f"output_id in ({outputs})",
        "item": "profile_id = $profile",
        "profile": "profile_id = $profile",
    }
    values: Mapping[str, object] = {"profile": erased_id, "study": study_id, "check": CHECK_SYSTEM}
    # All ids are read before the first deletion, since the tables refer to each other.
    tables = {
        table: [one for (one,) in _run(cursor, f"select rowid from {table} where {where}", values)]
        for table, where in wheres.items()
    }
    for table, rows in tables.items():
        cursor.execute(f"delete from {table} where list_contains(?, rowid)", [rows])
    cursor.execute("delete from score_cache")
    cursor.execute("update rater set profile_id = null where profile_id = ?", [erased_id])
    return {table: len(rows) for table, rows in tables.items()}


def _run(
    cursor: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, object]
) -> list[tuple[Any, ...]]:
    used = {name: value for name, value in values.items() if f"${name}" in query}
    return cursor.execute(query, used).fetchall()


def _forget_persons(cursor: duckdb.DuckDBPyConnection, study_id: str, key: bytes) -> None:
    """Remove people and texts from a study; names become hashes with a key that is deleted as well."""
    now = utc_now()
    for table, column in (("profile", "profile_id"), ("item", "item_id"), ("task", "task_id")):
        ids = [
            one
            for (one,) in cursor.execute(
                f"select {column} from {table} where study_id = ?", [study_id]
            ).fetchall()
        ]
        names = [[hmac.new(key, f"{now} {one}".encode(), sha256).hexdigest()[:16], one] for one in ids]
        if names:
            cursor.executemany(f"update {table} set name = ? where {column} = ?", names)
    for statement in (
        "update rater set external_id = null, attributes = '{}', device = null, token = uuid()::varchar where study_id = ?",
        "update step set answers = '{}' where study_id = ?",
        "update judgment set rationale = null where study_id = ?",
        f"update profile set content = '{ERASED}', external_id = null, version_date = null where study_id = ?",
        f"update item set content = '{ERASED}', reference = null where study_id = ?",
        f"update output set content = '{ERASED}' where study_id = ?",
        "update verdict set reason = '[erased]' where reason is not null and study_id = ?",
        "update event set details = '{}' where study_id = ? and rater_id is not null",
        "delete from study_secret where study_id = ?",
    ):
        cursor.execute(statement, [study_id])
