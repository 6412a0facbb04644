"""The tasks of a draft, remade when its design's templates change."""

import duckdb

from study.errors import NotAllowed
from study.protocol.design import Design
from study.protocol.questions import Template
from study.protocol.tasks import tasks_of
from study.records import Item, Output, Task, TaskOutput
from study.store.engine import rows
from study.wording import counted


def fit_tasks(cursor: duckdb.DuckDBPyConnection, study_id: str, design: Design) -> None:
    """Make the main tasks of templates that have none, and delete those of templates that are gone.

    Comparisons that were imported stay: the first template of pairs takes them over.

    Raises
    ------
    NotAllowed
        If (simulated) raters were given a task of a template that is gone.
    """
    wanted = {template.key: template for template in design.in_use()}
    known = {
        key
        for (key,) in cursor.execute(
            "select distinct template from task where study_id = ?", [study_id]
        ).fetchall()
    }
    pairs = next((one for one in wanted.values() if one.outputs == "pairs"), None)
    gone = known - set(wanted)
    imported = next((key for key in sorted(gone) if _is_of_pairs(cursor, study_id, key)), None)
    if pairs and pairs.key not in known and imported:
        cursor.execute(
            "update task set template = ? where study_id = ? and template = ?",
            [pairs.key, study_id, imported],
        )
        known, gone = known | {pairs.key}, gone - {imported}
    for key in sorted(gone):
        _delete(cursor, study_id, key)
    for key in wanted:
        if key not in known:
            _make(cursor, study_id, wanted[key])


def _is_of_pairs(cursor: duckdb.DuckDBPyConnection, study_id: str, template: str) -> bool:
    found = cursor.execute(
        """
        select max(slot) from task join task_output using (task_id) where task.study_id = ? and template = ?
        """,
        [study_id, template],
    ).fetchall()
    return bool(found[0][0] == 1)


def _make(cursor: duckdb.DuckDBPyConnection, study_id: str, template: Template) -> None:
    where, values = "where study_id = ?", [study_id]
    items = rows.select(cursor, Item, f"{where} order by rowid", values)
    outputs = rows.select(cursor, Output, f"{where} order by rowid", values)
    compared = cursor.execute(
        "select output_a_id, output_b_id from comparison_long where study_id = ? and comparison_purpose = 'main'",
        values,
    ).fetchall()
    made = tasks_of(template, items, outputs, compared)
    rows.insert_many(cursor, Task, [task for task, _ in made])
    rows.insert_many(cursor, TaskOutput, [one for _, shown in made for one in shown])


def _delete(cursor: duckdb.DuckDBPyConnection, study_id: str, template: str) -> None:
    ids = [
        one
        for (one,) in cursor.execute(
            "select task_id from task where study_id = ? and template = ?", [study_id, template]
        ).fetchall()
    ]
    given = cursor.execute(
        "select count(*) from assignment where list_contains(?, task_id)", [ids]
    ).fetchall()[0][0]
    if given:
        raise NotAllowed(
            f"template {template!r} cannot be taken away: {counted(given, 'assignment')} of simulated raters "
            "show its tasks; delete these raters first"
        )
    for table in ("divergence", "task_output", "task"):
        cursor.execute(f"delete from {table} where list_contains(?, task_id)", [ids])
