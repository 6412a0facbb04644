"""Where judgments live: a DuckDB file, or a PostgreSQL database that several replicas of the app share."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from study.errors import InvalidInput

DEFAULT_PATH = Path(__file__).parents[3] / "data" / "blindpair.duckdb"
SCHEMES = ("postgresql", "postgres")
FOLDER = "BLINDPAIR_BACKUP_FOLDER"


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """The address of a PostgreSQL database; as text it goes without its password and its parameters."""

    url: str

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        user = f"{parts.username}@" if parts.username else ""
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{user}{parts.hostname}{port}{parts.path}"

    def __repr__(self) -> str:
        return f"PostgresAddress({str(self)!r})"

    @property
    def path(self) -> Path:
        """Return the file that backups of this database are named after; it is none itself."""
        parts = urlsplit(self.url)
        name = re.sub(r"\W+", "-", f"{parts.hostname}-{parts.port or 5432}-{unquote(parts.path[1:])}")
        return Path(os.environ.get(FOLDER) or DEFAULT_PATH.parent) / f"{name}.duckdb"


Place = Path | PostgresAddress


def place_of(text: str | Place) -> Place:
    """Return where a setting says that judgments live; a file by the place where it really is, whatever links lead there.

    DuckDB keeps its log beside the file itself, and so does the program with its journal and its copies.

    Raises
    ------
    InvalidInput
        If it is an address of PostgreSQL that names no server and database, or cannot be read; it is not repeated, since it
        may hold a password.

    Examples
    --------
    >>> print(place_of("postgresql://app:secret@db.example.org/studies"))
    postgresql://app@db.example.org/studies
    """
    if isinstance(text, PostgresAddress):
        return text
    if isinstance(text, Path) or not text.startswith(tuple(f"{scheme}:" for scheme in SCHEMES)):
        return Path(os.path.realpath(text))
    try:
        parts = urlsplit(text)
        whole = (
            parts.hostname and parts.path.strip("/") and parts.netloc.count("@") <= 1 and (parts.port or 1)
        )
    except ValueError:
        whole = None
    if not whole:
        raise InvalidInput(
            "the address of the PostgreSQL database cannot be read; write postgresql://user:password@host:port/database, with "
            "%40 for an @ and %2F for a / of the password"
        )
    return PostgresAddress(text)


def path_of(place: Place) -> Path:
    """Return the file that the backups of a database are named after: the database's own, where it is a file."""
    return place.path if isinstance(place, PostgresAddress) else Path(os.path.realpath(place))


def setting_of(place: Place) -> str:
    """Return the text that :func:`place_of` reads; it may hold a password and is not for showing."""
    return place.url if isinstance(place, PostgresAddress) else str(place)
