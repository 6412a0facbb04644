"""Fields that are hidden from viewers: external ids, names, links and free texts."""

from dataclasses import replace
from typing import TypeVar

from study.records import Event, Judgment, Profile, Rater, Step, Study
from study.store.engine.acting_person import sees_identities

Record = TypeVar("Record", Study, Rater, Profile, Judgment, Step, Event)

PROFILE_ALIAS = "'profile ' || left({table}.profile_id, 8)"


def as_seen(record: Record) -> Record:
    """Return a record without the fields that the acting person may not see."""
    if sees_identities():
        return record
    match record:
        case Study():
            return replace(record, link_token="")
        case Rater():
            return replace(record, token="", external_id=None, attributes={}, device=None)
        case Profile():
            return replace(record, name=f"profile {record.profile_id[:8]}", external_id=None)
        case Judgment():
            return replace(record, rationale=None)
        case Step():
            return replace(record, answers={})
        case Event():
            return replace(record, details={}, actor=None)


def profile_name(table: str) -> str:
    """Return the SQL of a profile's name, given a table with ``profile_id`` and ``profile_name``."""
    return f"{table}.profile_name" if sees_identities() else PROFILE_ALIAS.format(table=table)


def viewer_column(column: str) -> str:
    """Return the SQL of a column that is empty for viewers."""
    return column if sees_identities() else "cast(null as varchar)"
