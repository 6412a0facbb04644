"""Reading the log of changes that replicas follow, and refusing it once the tables have another schema version."""

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
    """The last change that a mirror has: its number, and when it was made, in UTC."""

    seq: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """A change as the log has it. The text is None where everything is to be copied again, and of a change that is known."""

    position: Position
    text: str | None


def since(known: int) -> str:
    """Return the query for the changes since a known one, starting with it."""
    return (
        f"select seq, made_at, case when seq > {int(known)} then payload end, {_VERSION} from change where seq >= {int(known)} "
        "order by seq"
    )


def told(found: list[Any], address: PostgresAddress) -> list[Told]:
    """Return the changes that a query found.

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
