"""Hashes of the tables' content, independent of the order of rows, the file, and DuckDB's version."""

from hashlib import sha256

import duckdb

from study.store.engine.database import Database

# What analyses and exports of a study read, in the layout of version 0.1.0, so that hashes in older manifests stay valid. Left
# out: tokens and devices, leases, forms, the audit log, caches.
SIDE = "case arrangement when '01' then 'left' when '10' then 'right' else 'unknown' end as side_of_a"
PAIR_LAYOUT: dict[str, str] = {
    "profile": "select profile_id, name, content, version_date, external_id from profile where study_id = $study",
    "item": """
        select item_id, name, source_id, profile_id, content, reference, tags from item where study_id = $study
    """,
    "output": "select output_id, item_id, system, condition, content from output where study_id = $study",
    "comparison": """
        select t.task_id as comparison_id, t.item_id, a.output_id as output_a_id, b.output_id as output_b_id, t.purpose,
            t.expected, t.name
        from task t join task_output a on a.task_id = t.task_id and a.slot = 0
        join task_output b on b.task_id = t.task_id and b.slot = 1 where t.study_id = $study
    """,
    "rater": """
        select rater_id, external_id, source, arm, profile_id, status from rater where study_id = $study
    """,
    "assignment": f"""
        select assignment_id, task_id as comparison_id, rater_id, position, {SIDE}, purpose, condition
        from assignment where study_id = $study
    """,
    "judgment": """
        select judgment_id, assignment_id, question as criterion, revision, response, confidence, rationale, seconds, shown_at,
            judged_at, supersedes, design_version
        from judgment where study_id = $study
    """,
    "metric_score": "select output_id, metric, value, reason, signature from metric_score where study_id = $study",
    "verdict": f"""
        select task_id as comparison_id, judge, question as criterion, {SIDE}, answer as preference, certainty, reason,
            signature
        from verdict where study_id = $study
    """,
}

# Of studies with other tasks than comparisons, other answers than preferences, or items with subjects.
TASK_LAYOUT: dict[str, str] = PAIR_LAYOUT | {
    "item": """
        select item_id, name, source_id, profile_id, content, reference, tags, subjects from item where study_id = $study
    """,
    "comparison": """
        select task_id, source_id, item_id, purpose, expected, name, template from task where study_id = $study
    """,
    "task_output": "select task_id, slot, output_id from task_output where study_id = $study",
    "assignment": """
        select assignment_id, task_id, rater_id, position, arrangement, purpose, condition from assignment where study_id = $study
    """,
    "judgment": """
        select judgment_id, assignment_id, question, kind, revision, response, confidence, rationale, seconds, shown_at, judged_at,
            supersedes, design_version
        from judgment where study_id = $study
    """,
    "verdict": """
        select task_id, judge, question, arrangement, answer, certainty, reason, signature from verdict where study_id = $study
    """,
}
TASK_MARK = "2:"
_IS_MORE_THAN_PAIRS = """
    select exists (select 1 from judgment where study_id = $study and kind <> 'preference')
        or exists (select 1 from item where study_id = $study and subjects <> '{}')
        or exists (select 1 from task where study_id = $study and (item_id is null or template <> 'pairs'))
        or exists (select 1 from task_output where study_id = $study group by task_id having count(*) <> 2)
"""


def content_hash(db: Database, study_id: str) -> str:
    """Return the SHA-256 of all data that analyses and exports of a study read; for manifests.

    The hash of a study that holds more than comparisons begins with :data:`TASK_MARK`.
    """
    with db.reading() as cursor:
        ((more,),) = cursor.execute(_IS_MORE_THAN_PAIRS, {"study": study_id}).fetchall()
        layout, mark = (TASK_LAYOUT, TASK_MARK) if more else (PAIR_LAYOUT, "")
        parts = [f"{table} {_rows_hash(cursor, query, study_id)}" for table, query in layout.items()]
    return mark + sha256("\n".join(parts).encode()).hexdigest()


def table_hash(cursor: duckdb.DuckDBPyConnection, table: str, columns: tuple[str, ...]) -> str:
    """Return the SHA-256 of some columns of all rows of a table, in any order."""
    return _rows_hash(cursor, f"select {', '.join(columns)} from {table}")


def _rows_hash(cursor: duckdb.DuckDBPyConnection, query: str, study_id: str | None = None) -> str:
    """Return the SHA-256 of the rows of a query, in any order."""
    values = {} if study_id is None else {"study": study_id}
    columns = cursor.execute(f"select * from ({query}) limit 0", values).description or []
    cells = " || ".join(_written(name, str(kind)) for name, kind, *_ in columns)
    hashed = f"select string_agg(h, '' order by h) from (select sha256({cells}) as h from ({query}))"
    found = cursor.execute(hashed, values).fetchall()[0][0]
    return sha256((found or "").encode()).hexdigest()


def _written(column: str, kind: str) -> str:
    """Return SQL that writes a cell as its length, a colon and its text, so that different rows never look alike."""
    text = {
        "TIMESTAMP": f"epoch_us({column})::varchar",
        "DOUBLE": f"{column}::bit::varchar",
    }.get(kind, f"{column}::varchar")
    return f"coalesce(strlen({text}) || ':' || {text}, '-')"
