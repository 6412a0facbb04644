"""Opening a database file: its schema, its journal, and what a crash left of both."""

import logging
from collections import Counter
from pathlib import Path
from secrets import token_hex

import duckdb

from study.blinding import unblinding_table
from study.errors import DatabaseError
from study.store import rows
from study.store.database import Database, log_event
from study.store.file import DatabaseFile
from study.store.file_database import FileDatabase
from study.store.journal import Journal, Line, read_journal
from study.store.migrations import MIGRATIONS, SCHEMA_VERSION, migrate, schema
from study.store.places import Place, PostgresAddress, place_of

log = logging.getLogger("blindpair")


def journal_path(path: Path) -> Path:
    """Return where the journal of a database file stands."""
    return path.with_name(path.name + ".journal.jsonl")


def open_database(place: Place | str) -> Database:
    """Open (or create) a database: a file, held against its journal, or a PostgreSQL database by its address.

    Raises
    ------
    DatabaseBusy
        If another process holds the file.
    DatabaseError
        If it is no Blindpair database, damaged, cannot be reached, or of another schema version.
    InvalidInput
        If the address cannot be read.
    """
    place = place_of(place)
    if isinstance(place, PostgresAddress):
        from study.store.postgres import PostgresDatabase  # who uses a file needs no driver

        return PostgresDatabase(place)
    return _open_file(place)


def _open_file(path: Path) -> FileDatabase:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(f"The folder of the database {path} cannot be made: {error}") from error
    file = DatabaseFile(path)
    try:
        _check_schema(file)
        database_id = _database_id(file.connection)
        lines = read_journal(journal_path(path), database_id)
        database = FileDatabase(file, Journal(journal_path(path), database_id))
    except BaseException:
        file.close()
        raise
    _restore(database, lines)
    return database


def _check_schema(file: DatabaseFile) -> None:
    connection, path = file.connection, file.path
    tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
    if not tables:
        _create_schema(connection)
        return
    if "schema_version" not in tables:
        raise DatabaseError(
            f"The file {path} is a DuckDB database, but not one of Blindpair's; name another file."
        )
    (version,) = connection.execute("select max(version) from schema_version").fetchall()[0]
    if version in MIGRATIONS:
        migrate(file, version)
    elif version != SCHEMA_VERSION:
        raise DatabaseError(
            f"The database {path} has schema version {version}; this program reads version {SCHEMA_VERSION}. "
            "Use the program's version that wrote it."
        )


def _create_schema(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("begin transaction")
    connection.execute(schema())
    connection.executemany("insert into unblinding values (?, ?, ?, ?)", list(unblinding_table()))
    connection.execute("insert into schema_version values (?, ?)", [SCHEMA_VERSION, token_hex(16)])
    connection.execute("commit")


def _database_id(connection: duckdb.DuckDBPyConnection) -> str:
    return str(connection.execute("select database_id from schema_version").fetchall()[0][0])


def _restore(database: Database, lines: list[Line]) -> None:
    """Put into the tables what stands in the journal alone, say so, and start the journal again."""
    with database.writing() as cursor:
        judgments = _known(cursor, "judgment", [judgment.judgment_id for judgment, _, _ in lines if judgment])
        assignments = _known(cursor, "assignment", [assignment.assignment_id for _, assignment, _ in lines])
        comparisons = _known(cursor, "comparison", [assignment.comparison_id for _, assignment, _ in lines])
        raters = _known(cursor, "rater", [rater.rater_id for _, _, rater in lines])
        erased = {
            rater_id
            for (rater_id,) in cursor.execute(
                "select rater_id from event where kind = 'withdrawn'"
            ).fetchall()
        }
        restored: Counter[str] = Counter()
        for judgment, assignment, rater in lines:
            if assignment.comparison_id not in comparisons or rater.rater_id in erased:
                continue
            if rater.rater_id not in raters:
                rows.insert(cursor, rater)
                raters.add(rater.rater_id)
            if assignment.assignment_id not in assignments:
                rows.insert(cursor, assignment)
                assignments.add(assignment.assignment_id)
            if judgment and judgment.judgment_id not in judgments:
                rows.insert(cursor, judgment)
                restored[judgment.study_id] += 1
        for study_id, count in restored.items():
            log_event(cursor, "judgments_restored", study_id=study_id, details={"count": count})
    if restored:
        log.warning(
            "%d judgments were missing from %s and came back from its journal",
            restored.total(),
            database.path,
        )
    database.checkpoint()


def _known(cursor: duckdb.DuckDBPyConnection, table: str, keys: list[str]) -> set[str]:
    """Return which of the keys a table holds."""
    query = f"select {table}_id from {table} where list_contains(?, {table}_id)"
    return {key for (key,) in cursor.execute(query, [keys]).fetchall()}
