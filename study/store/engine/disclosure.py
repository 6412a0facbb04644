"""What a viewer is not told: ids and names of people outside the study, links, and what people wrote in their own words."""

from dataclasses import replace
from typing import TypeVar

from study.records import Event, Judgment, Profile, Rater, Step, Study
from study.store.engine.acting_person import sees_identities

Record = TypeVar("Record", Study, Rater, Profile, Judgment, Step, Event)

PROFILE_ALIAS = "'profile ' || left({table}.profile_id, 8)"


def as_seen(record: Record) -> Record:
    """Return a record as far as who asks may see it."""
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
    """Return the SQL of a profile's name, by the name of a table that has ``profile_id`` and ``profile_name``."""
    return f"{table}.profile_name" if sees_identities() else PROFILE_ALIAS.format(table=table)


def told(column: str) -> str:
    """Return the SQL of a column that viewers get empty."""
    return column if sees_identities() else "cast(null as varchar)"
