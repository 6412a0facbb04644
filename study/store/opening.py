"""Opening a database file: checking its schema, and recovering from its journal after a crash."""

import logging
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex

import duckdb

from study.blinding import preference_codes
from study.errors import DatabaseError
from study.store.engine import migrations, rows
from study.store.engine.address import Place, PostgresAddress, place_of
from study.store.engine.database import Database, log_event
from study.store.engine.erased import Erased, erased_in
from study.store.engine.file_checkpoint import DatabaseFile
from study.store.engine.file_database import FileDatabase
from study.store.engine.file_migration import complete, migrate
from study.store.engine.journal import Journal, Line, journal_lines, read_journal
from study.store.engine.migrations import check_version, schema
from study.store.session.boards import follow

log = logging.getLogger("blindpair")


def journal_path(path: Path) -> Path:
    """Return the path of the journal of a database file."""
    return path.with_name(path.name + ".journal.jsonl")


def open_database(place: Place | str) -> Database:
    """Open (or create) a database: a file, checked against its journal, or a PostgreSQL database by its address.

    Raises
    ------
    DatabaseBusy
        If another process holds the file.
    DatabaseError
        If it is not a Blindpair database, is damaged, cannot be reached, or has another schema version.
    InvalidInput
        If the address cannot be read.
    """
    place = place_of(place)
    if isinstance(place, PostgresAddress):
        from study.store.postgres.database import PostgresDatabase  # a database file needs no driver

        return PostgresDatabase(place, follow)
    return open_file(place, Erased())


def open_file(path: Path, erased: Erased, other_journal: Path | None = None) -> FileDatabase:
    """Open (or create) a database file; nothing in ``erased`` comes back from its journal or from its other journal."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(f"The folder of the database {path} cannot be created: {error}") from error
    file = DatabaseFile(path)
    try:
        _check_schema(file)
        database_id = _database_id(file.connection)
        lines = read_journal(journal_path(path), database_id)
        if other_journal:
            lines += journal_lines(other_journal, database_id).lines
        database = FileDatabase(file, Journal(journal_path(path), database_id))
    except BaseException:
        file.close()
        raise
    try:
        _restore(database, lines, erased)
    except BaseException:
        database.let_go()
        raise
    return database


def _check_schema(file: DatabaseFile) -> None:
    connection, path = file.connection, file.path
    try:
        (version,) = connection.execute("select max(version) from schema_version").fetchall()[0]
    except duckdb.CatalogException:  # no such table
        if connection.execute("select 1 from duckdb_tables() limit 1").fetchall():
            raise DatabaseError(
                f"The file {path} is a DuckDB database, but not one of Blindpair's; name another file."
            ) from None
        _create_schema(connection)
        return
    check_version(path, version)
    if version != migrations.SCHEMA_VERSION:
        migrate(file, version)
    complete(connection)


def _create_schema(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("begin transaction")
    connection.execute(schema())
    connection.executemany("insert into preference_code values (?, ?, ?, ?)", list(preference_codes()))
    connection.execute("insert into schema_version values (?, ?)", [migrations.SCHEMA_VERSION, token_hex(16)])
    connection.execute("commit")


def _database_id(connection: duckdb.DuckDBPyConnection) -> str:
    return str(connection.execute("select database_id from schema_version").fetchall()[0][0])


def _restore(database: Database, lines: list[Line], erased: Erased) -> None:
    """Add rows that only the journal has to the tables, log their number, and empty the journal."""
    with database.writing() as cursor:
        tasks = _known(cursor, "task", [assignment.task_id for _, assignment, _ in lines])
        gone = (erased, erased_in(cursor)) if lines else ()
        wanted = [
            line for line in lines if line[1].task_id in tasks and not any(one.holds(line[1]) for one in gone)
        ]
        _insert_missing(cursor, "rater", {rater.rater_id: rater for _, _, rater in wanted})
        _insert_missing(cursor, "assignment", {one.assignment_id: one for _, one, _ in wanted})
        issued = _known(cursor, "assignment", [assignment.assignment_id for _, assignment, _ in wanted])
        judgments = {one.judgment_id: one for one, _, _ in wanted if one and one.assignment_id in issued}
        restored = Counter(judgments[key].study_id for key in _insert_missing(cursor, "judgment", judgments))
        for study_id, count in restored.items():
            log_event(cursor, "judgments_restored", study_id=study_id, details={"count": count})
    if restored:
        log.warning(
            "%d judgments were missing from %s and were restored from its journal",
            restored.total(),
            database.path,
        )
    database.checkpoint()


def _insert_missing(cursor: duckdb.DuckDBPyConnection, table: str, records: Mapping[str, object]) -> set[str]:
    """Insert the records that a table lacks, and return their keys; records whose place is taken are left out."""
    known = _known(cursor, table, list(records))
    missing = {key: record for key, record in records.items() if key not in known}
    if not missing:
        return set()
    rows.insert_many(cursor, type(next(iter(missing.values()))), list(missing.values()), if_known="leave")
    inserted = _known(cursor, table, list(missing))
    if left_out := len(missing) - len(inserted):
        log.warning(
            "%d lines of the journal have another %s in their place and were left out", left_out, table
        )
    return inserted


def _known(cursor: duckdb.DuckDBPyConnection, table: str, keys: list[str]) -> set[str]:
    """Return the keys that a table holds."""
    if not keys:
        return set()
    query = f"select {table}_id from {table} where list_contains(?, {table}_id)"
    return {key for (key,) in cursor.execute(query, [keys]).fetchall()}
