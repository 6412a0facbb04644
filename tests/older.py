"""What earlier versions wrote, as it was kept in ``tests/fixtures``; how it was made says ``tests/fixtures/make.py``."""

import json
import lzma
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

FOLDER = Path(__file__).parent / "fixtures"
FILE = "study.duckdb"


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the program whose files were kept."""

    name: str

    def __str__(self) -> str:
        return self.name

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    def facts(self) -> dict[str, Any]:
        """Return what it said of the database: rows of tables, studies with their hashes, designs, its machine."""
        found: dict[str, Any] = json.loads((self.folder / "facts.json").read_text("utf-8"))
        return found

    def rows(self) -> dict[str, int]:
        """Return how many rows today's tables hold of it: a comparison is a task with two outputs by now."""
        found: dict[str, int] = dict(self.facts()["rows"])
        if "comparison" in found:
            found["task"] = found.pop("comparison")
            found["task_output"] = 2 * found["task"]
            # One row an answer, where there was one for either side.
            found["preference_code"] = found.pop("unblinding") // 2
        return found

    def acknowledged(self) -> tuple[list[tuple[str, str, int, str]], int]:
        """Return the answers that were acknowledged before the kill, and how many of them stood in the journal alone."""
        found = json.loads((self.folder / "acknowledged.json").read_text("utf-8"))
        answers = [
            (str(one), str(key), int(revision), str(given))
            for one, key, revision, given in found["acknowledged"]
        ]
        return answers, int(found["in_journal_alone"])

    def designs(self) -> dict[str, dict[str, str]]:
        """Return designs of every kind, by a name each, with their hashes."""
        found: dict[str, dict[str, str]] = json.loads((self.folder / "designs.json").read_text("utf-8"))
        return found

    def unpacked(self, name: str, folder: Path) -> Path:
        """Unpack a kept archive into a folder, and return the folder."""
        with tarfile.open(self.folder / f"{name}.tar.xz") as archive:
            archive.extractall(folder, filter="data")
        return folder

    def names(self, name: str) -> list[str]:
        """Return the files of a kept archive; none where it was not kept."""
        path = self.folder / f"{name}.tar.xz"
        if not path.exists():
            return []
        with tarfile.open(path) as archive:
            return [entry.name for entry in archive if entry.isfile()]

    def database(self, folder: Path) -> Path:
        """Unpack the database file with its log and its journal, as a kill left them; return its path."""
        return self.unpacked("file", folder) / FILE

    @contextmanager
    def on_server(self, url: str, name: str) -> Iterator[str]:
        """Have the dump of PostgreSQL as a database of a server for a block; give its address."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"create database {name}")
        address = url.rpartition("/")[0] + f"/{name}"
        with psycopg.connect(address, autocommit=True) as connection:
            script: Any = lzma.decompress((self.folder / "postgres.sql.xz").read_bytes()).decode()
            connection.execute(script)
        try:
            yield address
        finally:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"drop database {name} with (force)")


VERSIONS = tuple(Version(path.name) for path in sorted(FOLDER.glob("[0-9]*.*")))
FIRST = Version("0.1.0")
assert FIRST in VERSIONS
