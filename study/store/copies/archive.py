"""Archives: a database as a directory of Parquet files with a manifest, and a database rebuilt from one.

An archive is as confidential as the database itself. Credentials (tokens of links, cookies, the keys of hashed ids) are
kept apart, in ``secrets``, and can be left out.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import TypedDict

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from study import __version__
from study.errors import DatabaseError, InvalidInput
from study.store.engine import migrations
from study.store.engine.acting_person import researchers_only
from study.store.engine.address import Place
from study.store.engine.database import Database
from study.store.engine.file_checkpoint import CONFIG
from study.store.engine.file_migration import migrated
from study.store.engine.hashing import table_hash
from study.store.engine.migrations import MIGRATIONS, older_tables, schema
from study.store.opening import open_database
from study.store.studies.studies import all_studies

FORMAT = "blindpair-archive/1"
MANIFEST = "manifest.json"
SECRETS = "secrets"
# Columns with credentials, by table, after the key column that joins them to their rows again.
SECRET_COLUMNS: dict[str, tuple[str, ...]] = {
    "study": ("study_id", "link_token"),
    "rater": ("rater_id", "token", "device"),
    "study_secret": ("study_id", "hash_key"),
}
WHOLLY_SECRET = ("study_secret",)
MOST_ROWS = 100_000

Columns = dict[str, tuple[str, ...]]


class ArchivedFile(TypedDict):
    """A manifest's entry for a file: its rows, its hash, and the hash of its rows."""

    rows: int
    sha256: str
    content: str


class ArchiveManifest(TypedDict):
    """A manifest, as far as it is read."""

    schema_version: int
    secrets: bool
    files: dict[str, ArchivedFile]


@researchers_only
def write_archive(db: Database, folder: Path, *, secrets: bool = True) -> dict[str, int]:
    """Write every table into a new folder, and return the number of rows of each.

    Raises
    ------
    InvalidInput
        If the folder already exists.
    """
    if folder.exists():
        raise InvalidInput(f"the folder {folder} already exists; choose another name")
    unfinished = folder.with_name(folder.name + ".part")
    rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    with db.lock, db.reading() as cursor:
        open_columns, secret = _columns(cursor)
        files = {f"{table}.parquet": (table, columns) for table, columns in open_columns.items()}
        if secrets:
            (unfinished / SECRETS).mkdir(mode=0o700)
            files |= {f"{SECRETS}/{table}.parquet": (table, columns) for table, columns in secret.items()}
        tables = {
            name: _write(cursor, unfinished / name, table, columns)
            for name, (table, columns) in files.items()
        }
    manifest = {
        "archive": FORMAT,
        "program": __version__,
        "duckdb": duckdb.__version__,
        "schema_version": migrations.SCHEMA_VERSION,
        "secrets": secrets,
        "files": tables,
    }
    (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
    unfinished.rename(folder)
    return {table: tables[f"{table}.parquet"]["rows"] for table in open_columns}


def rebuild(folder: Path, target: Place) -> dict[str, int]:
    """Build a new database from an archive, check it against the manifest, and return the number of rows of each table.

    An archive with an older schema version is checked first and migrated afterwards.

    Without the secrets, studies and raters get new tokens, and ids are hashed with a new key from then on.

    Raises
    ------
    InvalidInput
        If the target already exists (a PostgreSQL database: if it has studies), or the folder is not an archive, has a newer
        schema, or differs from its manifest.
    """
    return _rebuild_file(folder, target) if isinstance(target, Path) else _rebuild_shared(folder, target)


def _rebuild_shared(folder: Path, target: Place) -> dict[str, int]:
    with TemporaryDirectory() as aside, closing(open_database(target)) as db, db.lock:
        if all_studies(db):
            raise InvalidInput(f"{target} already contains studies; give an empty database with --db")
        copy = Path(aside) / "rebuilt.duckdb"
        counts = _rebuild_file(folder, copy)
        with closing(open_database(copy)) as rebuilt:
            db.replace_all(rebuilt)
    return counts


def _rebuild_file(folder: Path, target: Path) -> dict[str, int]:
    if target.exists():
        raise InvalidInput(f"the database {target} already exists; give a new one with --db")
    manifest = _read_manifest(folder)
    unfinished = target.with_name(target.name + ".part")
    unfinished.unlink(missing_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _new_database(unfinished, manifest["schema_version"]) as cursor:
            counts = _fill(cursor, folder, manifest)
            _bring_up(cursor, manifest["schema_version"])
            cursor.execute("checkpoint")
    except duckdb.Error as error:
        unfinished.unlink(missing_ok=True)
        raise DatabaseError(f"the archive {folder} could not be read into {target}: {error}") from error
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    unfinished.rename(target)
    return counts


def _columns(cursor: duckdb.DuckDBPyConnection) -> tuple[Columns, Columns]:
    """Return the open and the secret columns of every table."""
    found: dict[str, list[str]] = {}
    query = """select table_name, column_name from duckdb_columns()
        where database_name = current_database() and table_name in
            (select table_name from duckdb_tables() where database_name = current_database())
        order by table_name, column_index"""
    for table, column in cursor.execute(query).fetchall():
        found.setdefault(table, []).append(column)
    open_columns = {
        table: tuple(one for one in columns if one not in SECRET_COLUMNS.get(table, ())[1:])
        for table, columns in found.items()
        if table not in WHOLLY_SECRET
    }
    return open_columns, {table: SECRET_COLUMNS[table] for table in found if table in SECRET_COLUMNS}


def _write(
    cursor: duckdb.DuckDBPyConnection, path: Path, table: str, columns: tuple[str, ...]
) -> ArchivedFile:
    query = f"select {', '.join(columns)} from {table} order by rowid"
    batches: pa.RecordBatchReader = cursor.sql(query).to_arrow_reader(MOST_ROWS)
    rows = 0
    with pq.ParquetWriter(path, batches.schema) as writer:
        for batch in batches:
            rows += batch.num_rows
            writer.write_batch(batch)
    return {
        "rows": rows,
        "sha256": _file_hash(path),
        "content": table_hash(cursor, table, columns),
    }


def _read_manifest(folder: Path) -> ArchiveManifest:
    path = folder / MANIFEST
    if not path.is_file():
        raise InvalidInput(f"{folder} is not an archive: it contains no {MANIFEST}")
    try:
        manifest = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path}: not JSON ({error})") from None
    if not isinstance(manifest, dict) or manifest.get("archive") != FORMAT:
        raise InvalidInput(f"{path}: not the manifest of an archive of this program ({FORMAT})")
    known = (*MIGRATIONS, migrations.SCHEMA_VERSION)
    if manifest.get("schema_version") not in known:
        raise InvalidInput(
            f"{path}: schema version {manifest.get('schema_version')}; this program reads versions "
            f"{min(known)} to {max(known)}. Rebuild it with the version of the program that wrote it."
        )
    files = manifest.get("files")
    if not isinstance(files, dict) or not all(map(_is_file, files.values())):
        raise InvalidInput(
            f"{path}: 'files' lacks the rows, sha256 and content of a file; the manifest was changed or damaged"
        )
    return ArchiveManifest(
        schema_version=manifest["schema_version"], secrets=bool(manifest.get("secrets")), files=files
    )


def _is_file(said: object) -> bool:
    return isinstance(said, dict) and all(
        isinstance(said.get(name), kind) for name, kind in ArchivedFile.__annotations__.items()
    )


@contextmanager
def _new_database(path: Path, version: int) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(path), config=dict(CONFIG)) as connection:
        connection.execute("begin transaction")
        connection.execute(schema() if version == migrations.SCHEMA_VERSION else older_tables(version))
        yield connection


def _bring_up(cursor: duckdb.DuckDBPyConnection, version: int) -> None:
    """Migrate the tables of an archive to the present version."""
    if version != migrations.SCHEMA_VERSION:
        cursor.execute("begin transaction")
        migrated(cursor, version)
        cursor.execute("commit")


def _fill(cursor: duckdb.DuckDBPyConnection, folder: Path, manifest: ArchiveManifest) -> dict[str, int]:
    open_columns, secret = _columns(cursor)
    with_secrets = manifest["secrets"]
    for table, columns in open_columns.items():
        rows = _read(folder, f"{table}.parquet", manifest, columns)
        if table in secret:
            key, *hidden = SECRET_COLUMNS[table]
            put_back = (
                _read(folder, f"{SECRETS}/{table}.parquet", manifest, secret[table])
                if with_secrets
                else _new_secrets(key, rows[key], hidden)
            )
            rows = _joined(rows, put_back, key, hidden)
        _insert(cursor, table, rows)
        _check(cursor, table, columns, manifest, f"{table}.parquet")
    for table in secret if with_secrets else ():
        if table in WHOLLY_SECRET:
            _insert(cursor, table, _read(folder, f"{SECRETS}/{table}.parquet", manifest, secret[table]))
        _check(cursor, table, secret[table], manifest, f"{SECRETS}/{table}.parquet")
    cursor.execute("commit")
    return {table: manifest["files"][f"{table}.parquet"]["rows"] for table in open_columns}


def _read(folder: Path, name: str, manifest: ArchiveManifest, columns: tuple[str, ...]) -> pa.Table:
    said, path = manifest["files"].get(name), folder / name
    if said is None or not path.is_file():
        raise InvalidInput(
            f"{folder}: the file {name} is missing" + (" in the manifest" if said is None else "")
        )
    if _file_hash(path) != said["sha256"]:
        raise InvalidInput(f"{path}: the file does not match the manifest; it was changed or damaged")
    table = pq.read_table(path)
    if tuple(table.column_names) != columns:
        raise InvalidInput(f"{path}: its columns are {table.column_names}, the table has {list(columns)}")
    return table


def _joined(rows: pa.Table, secrets: pa.Table, key: str, hidden: list[str]) -> pa.Table:
    """Return rows with their secret columns; both are in the same order."""
    if secrets[key].to_pylist() != rows[key].to_pylist():
        raise InvalidInput(f"{SECRETS}: the keys {key} are not those of the table")
    for name in hidden:
        rows = rows.append_column(name, secrets[name])
    return rows


def _new_secrets(key: str, keys: pa.ChunkedArray, hidden: list[str]) -> pa.Table:
    makers: dict[str, Callable[[], str | None]] = {
        "link_token": lambda: token_urlsafe(16),
        "token": lambda: token_urlsafe(24),
        "device": lambda: None,
    }
    new = {name: pa.array([makers[name]() for _ in range(len(keys))], pa.string()) for name in hidden}
    return pa.table({key: keys, **new})


def _insert(cursor: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    cursor.register("archived_rows", rows)
    cursor.execute(f"insert into {table} by name select * from archived_rows")
    cursor.unregister("archived_rows")


def _check(
    cursor: duckdb.DuckDBPyConnection,
    table: str,
    columns: tuple[str, ...],
    manifest: ArchiveManifest,
    name: str,
) -> None:
    if table_hash(cursor, table, columns) != manifest["files"][name]["content"]:
        raise InvalidInput(f"{name}: the rebuilt table does not match the manifest; nothing was kept")


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        digest = sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
