"""What version 0.1.0 wrote, as it was kept in ``tests/fixtures``; how it was made says ``tests/fixtures/make_0_1_0.py``."""

import json
import lzma
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

FOLDER = Path(__file__).parent / "fixtures" / "0.1.0"
FILE = "study.duckdb"


def facts() -> dict[str, Any]:
    """Return what 0.1.0 said of the database: rows of tables, studies with their hashes, designs, its machine."""
    found: dict[str, Any] = json.loads((FOLDER / "facts.json").read_text("utf-8"))
    return found


def acknowledged() -> tuple[list[tuple[str, str, int, str]], int]:
    """Return the answers that were acknowledged before the kill, and how many of them stood in the journal alone."""
    found = json.loads((FOLDER / "acknowledged.json").read_text("utf-8"))
    answers = [
        (str(one), str(key), int(revision), str(given)) for one, key, revision, given in found["acknowledged"]
    ]
    return answers, int(found["in_journal_alone"])


def unpacked(name: str, folder: Path) -> Path:
    """Unpack a kept archive into a folder, and return the folder."""
    with tarfile.open(FOLDER / f"{name}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder


def names(name: str) -> list[str]:
    """Return the files of a kept archive."""
    with tarfile.open(FOLDER / f"{name}.tar.xz") as archive:
        return [entry.name for entry in archive if entry.isfile()]


def database(folder: Path) -> Path:
    """Unpack the database file with its log and its journal, as a kill left them; return its path."""
    return unpacked("file", folder) / FILE


@contextmanager
def on_server(url: str, name: str) -> Iterator[str]:
    """Have the dump of PostgreSQL as a database of a server for a block; give its address."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    address = url.rpartition("/")[0] + f"/{name}"
    with psycopg.connect(address, autocommit=True) as connection:
        script: Any = lzma.decompress((FOLDER / "postgres.sql.xz").read_bytes()).decode()
        connection.execute(script)
    try:
        yield address
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"drop database {name} with (force)")
