"""Read the log of changes that replicas follow, and refuse it once the tables have another schema version."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from study.errors import DatabaseError
from study.store.engine import migrations
from study.store.engine.address import PostgresAddress

_VERSION = "(select max(version) from schema_version)"
LATEST = f"select seq, made_at, null, {_VERSION} from change order by seq desc limit 1"


@dataclass(frozen=True, slots=True)
class Position:
    """The last change in a mirror: its number, and its time in UTC."""

    seq: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """A change in the log. The text is None if everything must be copied again, and for a change that is already known."""

    position: Position
    text: str | None


def since(known: int) -> str:
    """Return the query for the changes from a known one on, including it."""
    return (
        f"select seq, made_at, case when seq > {int(known)} then payload end, {_VERSION} from change where seq >= {int(known)} "
        "order by seq"
    )


def changes_told(found: list[tuple[Any, ...]], address: PostgresAddress) -> list[Told]:
    """Return the changes in a query's result.

    Raises
    ------
    DatabaseError
        If the tables no longer have this program's schema version.
    """
    version = found[0][3] if found else migrations.SCHEMA_VERSION
    if version != migrations.SCHEMA_VERSION:
        raise DatabaseError(
            f"{address} now has schema version {version}; this program uses version {migrations.SCHEMA_VERSION}. Nothing was "
            "saved. Restart this replica with the version of the program that the other replicas run."
        )
    return [Told(Position(seq, made_at), text) for seq, made_at, text, _ in found]
