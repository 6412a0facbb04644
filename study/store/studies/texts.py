"""The material of comparisons, cached: read one at a time, or for a whole study before its raters come."""

from typing import TypeVar

import duckdb

from study.errors import NotFound
from study.records import Comparison, Item, Output, Profile
from study.store.engine import rows
from study.store.engine.database import Database
from study.store.engine.material import Material

Record = TypeVar("Record")

# The memory of a record in addition to its texts, in characters.
RECORD_WEIGHT = 500


def material(db: Database, comparison_id: str) -> Material:
    """Return item, profile and outputs of a comparison; they are cached, as raters of one study share comparisons."""
    known = db.materials.get(comparison_id)
    if known is None:
        era = db.materials.era
        with db.newest() as cursor:
            known = _read(cursor, comparison_id)
        db.materials.put(comparison_id, known, _weight(known), era)
    return known


def read_ahead(db: Database, study_id: str) -> None:
    """Cache the material of all comparisons of a study, if there is room; call this under the database's lock."""
    with db.newest() as cursor:
        ((weight, n_comparisons),) = cursor.execute(
            """
            select (select coalesce(sum(length(content)), 0) + count(*) * $each from output where study_id = $study)
                + (select coalesce(sum(length(content)), 0) + count(*) * $each from item where study_id = $study)
                + (select coalesce(sum(length(content)), 0) + count(*) * $each from profile where study_id = $study),
                (select count(*) from comparison where study_id = $study)
            """,
            {"each": RECORD_WEIGHT, "study": study_id},
        ).fetchall()
        if not n_comparisons or weight > db.materials.room():
            return
        era, where = db.materials.era, "where study_id = ?"
        items = {one.item_id: one for one in rows.select(cursor, Item, where, [study_id])}
        outputs = {one.output_id: one for one in rows.select(cursor, Output, where, [study_id])}
        profiles = {one.profile_id: one for one in rows.select(cursor, Profile, where, [study_id])}
        for comparison_id, item_id, *pair in cursor.execute(
            f"select comparison_id, item_id, output_a_id, output_b_id from comparison {where}", [study_id]
        ).fetchall():
            if item_id in items and all(one in outputs for one in pair):
                item = items[item_id]
                found = Material(item, profiles.get(item.profile_id or ""), *(outputs[one] for one in pair))
                db.materials.put(comparison_id, found, weight // n_comparisons, era)


def profile(db: Database, profile_id: str) -> Profile | None:
    """Return a profile; None if it was erased."""
    with db.reading() as cursor:
        found = rows.select(cursor, Profile, "where profile_id = ?", [profile_id])
    return found[0] if found else None


def _read(cursor: duckdb.DuckDBPyConnection, comparison_id: str) -> Material:
    """Read each record by its key, in half the time of a join, which takes longer to plan than to run."""
    comparison = _one(cursor, Comparison, "comparison_id", comparison_id)
    item = _one(cursor, Item, "item_id", comparison.item_id) if comparison else None
    pair = [comparison.output_a_id, comparison.output_b_id] if comparison else []
    outputs = (
        rows.select(cursor, Output, "where output_id in (?, ?) order by output_id", pair) if item else []
    )
    if item is None or len(outputs) != 2:
        raise NotFound(f"there is no comparison {comparison_id!r}")
    profile_of_item = _one(cursor, Profile, "profile_id", item.profile_id) if item.profile_id else None
    return Material(item, profile_of_item, *outputs)


def _one(cursor: duckdb.DuckDBPyConnection, record_type: type[Record], key: str, value: str) -> Record | None:
    found = rows.select(cursor, record_type, f"where {key} = ?", [value])
    return found[0] if found else None


def _weight(found: Material) -> int:
    parts = (found.item, found.profile, found.output_a, found.output_b)
    return sum(len(str(one.content)) + RECORD_WEIGHT for one in parts if one)


def profile_ids(db: Database, study_id: str) -> dict[str, str]:
    """Return the id of each profile of a study by its name."""
    with db.reading() as cursor:
        found = cursor.execute(
            "select name, profile_id from profile where study_id = ?", [study_id]
        ).fetchall()
    return dict(found)
