"""Copies of a database that still hold erased data: find them, list them in an index, erase the data there, remove them."""

import json
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Literal

import duckdb

from study.errors import DatabaseError
from study.records import utc_now
from study.store.copies.erasure import erase_again
from study.store.engine.address import Place
from study.store.engine.file_checkpoint import CONFIG, put_in_place
from study.store.opening import journal_path, open_database
from study.store.session.raters import raters
from study.store.session.steps import withdraw
from study.store.studies.studies import all_studies

INDEX = "erased.jsonl"
Kind = Literal["profile", "rater"]


def copies(path: Path) -> list[Path]:
    """Return the backups of a database file, and the older files next to it."""
    beside = [
        one for one in path.parent.glob(f"{path.name}.*") if one.suffix not in (".wal", ".jsonl", ".part")
    ]
    return sorted(one for one in (*(path.parent / "backups").glob("*.duckdb"), *beside) if one.is_file())


def holding(path: Path, kind: Kind, record_id: str) -> list[Path]:
    """Return the copies that still hold a profile or a rater, and those that cannot be opened, since they may."""
    return [one for one in copies(path) if _holds(one, kind, record_id)]


def erase_in_copies(
    path: Path, kind: Kind, record_id: str, study_id: str, marks: Mapping[str, datetime], key: bytes
) -> list[Path]:
    """Erase a profile or a rater in every copy that holds it, and return the copies that still hold it afterwards."""
    for one in holding(path, kind, record_id):
        before = _older(one)
        try:
            copy = open_database(one)
        except DatabaseError:
            continue
        try:
            if study_id in {each.study_id for each in all_studies(copy)}:
                if kind == "profile":
                    erase_again(copy, study_id, marks, key)
                for rater in raters(copy, study_id) if kind == "rater" else ():
                    if rater.rater_id == record_id:
                        withdraw(copy, rater)
        finally:
            copy.close()
        _rewrite_file(one)
        journal_path(one).unlink(missing_ok=True)
        for older in _older(one) - before:  # opening the copy migrated it
            older.unlink()
    return holding(path, kind, record_id)


def _older(path: Path) -> set[Path]:
    """Return the copies of a file made by migrations."""
    return set(path.parent.glob(f"{path.name}.version-*"))


def rewrite(place: Place) -> None:
    """Rewrite a database: a file that no process has open, or the tables in PostgreSQL.

    Both keep deleted data in unused blocks; a rewritten database has none of these.

    Raises
    ------
    DatabaseError
        If the new file does not have the same number of rows in each table; the old one stays then.
    """
    if isinstance(place, Path):
        _rewrite_file(place)
        return
    from study.store.postgres.server import Server  # a database file needs no driver

    with closing(Server(place)) as server:
        server.rewrite()


def _rewrite_file(path: Path) -> None:
    unfinished = path.with_name(path.name + ".rewriting")
    unfinished.unlink(missing_ok=True)
    quoted, version = str(unfinished).replace("'", "''"), CONFIG["storage_compatibility_version"]
    try:
        with duckdb.connect(str(path), config=dict(CONFIG)) as connection:
            # See study/store/engine/file_checkpoint.py.
            connection.execute("pragma disable_checkpoint_on_shutdown")
            source = connection.execute("select current_database()").fetchall()[0][0]
            connection.execute(f"attach '{quoted}' as rewritten (storage_version '{version}')")
            connection.execute(f'copy from database "{source}" to rewritten')
            before, after = (_row_counts(connection, name) for name in (source, "rewritten"))
            connection.execute("checkpoint rewritten")
            connection.execute("detach rewritten")
        if before != after:
            raise DatabaseError(
                f"the database {path} could not be rewritten: {after} rows instead of {before}"
            )
        put_in_place(path, unfinished)
    except duckdb.Error as error:
        raise DatabaseError(f"the database {path} could not be rewritten: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _row_counts(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, int]:
    query = "select table_name from duckdb_tables() where database_name = ? order by 1"
    names = [name for (name,) in connection.execute(query, [database]).fetchall()]
    return {
        name: int(connection.execute(f'select count(*) from "{database}".{name}').fetchall()[0][0])
        for name in names
    }


def remove_copies(found: list[Path]) -> None:
    """Remove copies with their logs and journals."""
    for one in found:
        for file in (one, one.with_name(one.name + ".wal"), journal_path(one)):
            file.unlink(missing_ok=True)


def mark_copies(path: Path, found: list[Path], event: str) -> Path:
    """List the copies that still hold erased data in the index of the backups, without naming the person."""
    index = path.parent / "backups" / INDEX
    index.parent.mkdir(exist_ok=True)
    with index.open("a", encoding="utf-8") as file:
        for one in found:
            line = {"file": one.name, "event": event, "marked_at": utc_now().isoformat(timespec="seconds")}
            file.write(json.dumps(line) + "\n")
    return index


def marked_copies(path: Path) -> list[str]:
    """Return the names of the existing copies that are listed in the index."""
    index = path.parent / "backups" / INDEX
    lines = index.read_text("utf-8").splitlines() if index.exists() else []
    there = {one.name for one in copies(path)}
    return sorted({json.loads(line)["file"] for line in lines} & there)


def _holds(file: Path, kind: Kind, record_id: str) -> bool:
    try:
        with duckdb.connect(str(file), config={**CONFIG, "access_mode": "read_only"}) as copy:
            query = f"select count(*) from {kind} where {kind}_id = ?"
            return bool(copy.execute(query, [record_id]).fetchall()[0][0])
    except duckdb.Error:
        return True
