"""The place of a database: a DuckDB file, or a PostgreSQL database that several replicas of the app share."""

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
    """The address of a PostgreSQL database; its text form omits the password and the parameters."""

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
        """Return the path that backups of this database are named after; no such file exists."""
        parts = urlsplit(self.url)
        name = re.sub(r"\W+", "-", f"{parts.hostname}-{parts.port or 5432}-{unquote(parts.path[1:])}")
        return Path(os.environ.get(FOLDER) or DEFAULT_PATH.parent) / f"{name}.duckdb"


Place = Path | PostgresAddress


def place_of(text: str | Place) -> Place:
    """Return the place of the database in a setting; for a file, its real path, with symbolic links resolved.

    DuckDB keeps its log next to the file itself, and so does the program with its journal and its copies.

    Raises
    ------
    InvalidInput
        If it is a PostgreSQL address without server or database, or cannot be parsed; the message omits it, since it may
        contain a password.

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
            "the address of the PostgreSQL database is not valid; write "
            "postgresql://user:password@host:port/database, with %40 for an @ and %2F for a / in the "
            "password"
        )
    return PostgresAddress(text)


def path_of(place: Place) -> Path:
    """Return the path that the backups of a database are named after: that of the database, if it is a file."""
    return place.path if isinstance(place, PostgresAddress) else Path(os.path.realpath(place))


def setting_of(place: Place) -> str:
    """Return the text that :func:`place_of` reads; it may contain a password and must not be shown."""
    return place.url if isinstance(place, PostgresAddress) else str(place)
