"""The material of tasks, cached: read one at a time, or for a whole study before its raters come."""

from typing import TypeVar

import duckdb

from study.errors import NotFound
from study.records import Item, Output, Profile, Task, TaskOutput
from study.store.engine import rows
from study.store.engine.database import Database
from study.store.engine.material import Material

Record = TypeVar("Record")

# The memory of a record in addition to its texts, in characters.
RECORD_WEIGHT = 500


def material(db: Database, task_id: str) -> Material:
    """Return item, profile and outputs of a task; they are cached, as raters of one study share tasks."""
    known = db.materials.get(task_id)
    if known is None:
        era = db.materials.era
        with db.newest() as cursor:
            known = _read(cursor, task_id)
        db.materials.put(task_id, known, _weight(known), era)
    return known


def read_ahead(db: Database, study_id: str) -> None:
    """Cache the material of all tasks of a study, if there is room; call this under the database's lock."""
    with db.newest() as cursor:
        ((weight, n_tasks),) = cursor.execute(
            """
            select (select coalesce(sum(length(content)), 0) + count(*) * $each from output where study_id = $study)
                + (select coalesce(sum(length(content)), 0) + count(*) * $each from item where study_id = $study)
                + (select coalesce(sum(length(content)), 0) + count(*) * $each from profile where study_id = $study),
                (select count(*) from task where study_id = $study)
            """,
            {"each": RECORD_WEIGHT, "study": study_id},
        ).fetchall()
        if not n_tasks or weight > db.materials.room():
            return
        era, where = db.materials.era, "where study_id = ?"
        items = {one.item_id: one for one in rows.select(cursor, Item, where, [study_id])}
        outputs = {one.output_id: one for one in rows.select(cursor, Output, where, [study_id])}
        profiles = {one.profile_id: one for one in rows.select(cursor, Profile, where, [study_id])}
        for task_id, item_id, shown in cursor.execute(
            """
            select t.task_id, t.item_id, list(o.output_id order by o.slot)
            from task t join task_output o on o.task_id = t.task_id where t.study_id = ? group by 1, 2
            """,
            [study_id],
        ).fetchall():
            if item_id in items and all(one in outputs for one in shown):
                item = items[item_id]
                found = Material(
                    item, profiles.get(item.profile_id or ""), tuple(outputs[one] for one in shown)
                )
                db.materials.put(task_id, found, weight // n_tasks, era)


def profile(db: Database, profile_id: str) -> Profile | None:
    """Return a profile; None if it was erased."""
    with db.reading() as cursor:
        found = rows.select(cursor, Profile, "where profile_id = ?", [profile_id])
    return found[0] if found else None


def _read(cursor: duckdb.DuckDBPyConnection, task_id: str) -> Material:
    """Read each record by its key, in half the time of a join, which takes longer to plan than to run."""
    task = _one(cursor, Task, "task_id", task_id)
    item = _one(cursor, Item, "item_id", task.item_id) if task and task.item_id else None
    shown = rows.select(cursor, TaskOutput, "where task_id = ? order by slot", [task_id]) if item else []
    outputs = [_one(cursor, Output, "output_id", one.output_id) for one in shown]
    found = tuple(one for one in outputs if one)
    if item is None or not found or len(found) != len(shown):
        raise NotFound(f"there is no task {task_id!r}")
    profile_of_item = _one(cursor, Profile, "profile_id", item.profile_id) if item.profile_id else None
    return Material(item, profile_of_item, found)


def _one(cursor: duckdb.DuckDBPyConnection, record_type: type[Record], key: str, value: str) -> Record | None:
    found = rows.select(cursor, record_type, f"where {key} = ?", [value])
    return found[0] if found else None


def _weight(found: Material) -> int:
    parts = (found.item, found.profile, *found.outputs)
    return sum(len(str(one.content)) + RECORD_WEIGHT for one in parts if one)


def profile_ids(db: Database, study_id: str) -> dict[str, str]:
    """Return the id of each profile of a study by its name."""
    with db.reading() as cursor:
        found = cursor.execute(
            "select name, profile_id from profile where study_id = ?", [study_id]
        ).fetchall()
    return dict(found)
