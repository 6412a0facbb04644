"""Hashes of the tables' content, independent of the order of rows, the file, and DuckDB's version."""

from hashlib import sha256

import duckdb

from study.store.engine.database import Database

# Columns that analyses and exports of a study read. Left out: tokens and devices, leases, forms, the audit log, caches.
HASHED: dict[str, tuple[str, ...]] = {
    "profile": ("profile_id", "name", "content", "version_date", "external_id"),
    "item": ("item_id", "name", "source_id", "profile_id", "content", "reference", "tags"),
    "output": ("output_id", "item_id", "system", "condition", "content"),
    "comparison": (
        *("comparison_id", "item_id", "output_a_id", "output_b_id", "purpose", "expected", "name"),
    ),
    "rater": ("rater_id", "external_id", "source", "arm", "profile_id", "status"),
    "assignment": (
        *("assignment_id", "comparison_id", "rater_id", "position", "side_of_a", "purpose", "condition"),
    ),
    "judgment": (
        *("judgment_id", "assignment_id", "criterion", "revision", "response", "confidence", "rationale"),
        *("seconds", "shown_at", "judged_at", "supersedes", "design_version"),
    ),
    "metric_score": ("output_id", "metric", "value", "reason", "signature"),
    "verdict": (
        *("comparison_id", "judge", "criterion", "side_of_a", "preference", "certainty", "reason"),
        "signature",
    ),
}


def content_hash(db: Database, study_id: str) -> str:
    """Return the SHA-256 of all data that analyses and exports of a study read; for manifests."""
    with db.reading() as cursor:
        parts = [
            f"{table} {rows_hash(cursor, table, columns, 'where study_id = ?', [study_id])}"
            for table, columns in HASHED.items()
        ]
    return sha256("\n".join(parts).encode()).hexdigest()


def rows_hash(
    cursor: duckdb.DuckDBPyConnection,
    table: str,
    columns: tuple[str, ...],
    where: str = "",
    parameters: list[str] | None = None,
) -> str:
    """Return the SHA-256 of the rows of a table, or of some of them, in any order."""
    types = dict(
        cursor.execute(
            "select column_name, data_type from duckdb_columns() where table_name = ? and database_name = current_database()",
            [table],
        ).fetchall()
    )
    cells = " || ".join(_written(name, types[name]) for name in columns)
    query = f"select string_agg(h, '' order by h) from (select sha256({cells}) as h from {table} {where})"
    found = cursor.execute(query, parameters or []).fetchall()[0][0]
    return sha256((found or "").encode()).hexdigest()


def _written(column: str, kind: str) -> str:
    """Return SQL that writes a cell as its length, a colon and its text, so that different rows never look alike."""
    text = {
        "TIMESTAMP": f"epoch_us({column})::varchar",
        "DOUBLE": f"{column}::bit::varchar",
    }.get(kind, f"{column}::varchar")
    return f"coalesce(strlen({text}) || ':' || {text}, '-')"
