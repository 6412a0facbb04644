"""The exports of answers of every kind but preferences: one row per value, and a matrix of ratings by rater."""

import io

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from study.formats.export import Exported, cells_of, csv_bytes, jsonl_bytes

ANSWER_COLUMNS = (
    *(
        "judgment_id",
        "task_id",
        "template",
        "task_purpose",
        "task_withdrawn",
        "item_id",
        "item_name",
        "source_id",
    ),
    *(
        "profile_id",
        "profile_name",
        "tags",
        "output_id",
        "system",
        "output_condition",
        "subject",
        "question",
        "kind",
    ),
    *(
        "number",
        "option",
        "words",
        "slot",
        "screen_position",
        "n_outputs",
        "confidence",
        "rationale",
        "revision",
    ),
    *(
        "design_version",
        "skip_reason",
        "seconds",
        "judged_at",
        "position",
        "purpose",
        "condition",
        "assignment_id",
    ),
    *("rater_id", "rater_source", "rater_arm", "rater_status", "rater_role", "simulated"),
)
MATRIX_COLUMNS = ("question", "item_name", "system", "output_condition")
EXTERNAL_ID = "rater_external_id"

_TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(
        ("slot", "screen_position", "n_outputs", "confidence", "revision", "design_version", "position"),
        pa.int64(),
    ),
    **dict.fromkeys(("number", "seconds"), pa.float64()),
    "judged_at": pa.timestamp("us"),
    **dict.fromkeys(("simulated", "task_withdrawn"), pa.bool_()),
}


def write_answers_csv(answers: pd.DataFrame, *, include_external_ids: bool = False) -> Exported:
    """Return the answers as CSV; missing cells are empty, times are ISO 8601 in UTC."""
    return Exported(csv_bytes(_with_iso_times(answer_columns(answers, include_external_ids))))


def write_answers_jsonl(answers: pd.DataFrame, *, include_external_ids: bool = False) -> Exported:
    """Return the answers as JSON lines; missing cells are null, times are ISO 8601 in UTC."""
    return Exported(jsonl_bytes(_with_iso_times(answer_columns(answers, include_external_ids))))


def write_answers_parquet(answers: pd.DataFrame, *, include_external_ids: bool = False) -> Exported:
    """Return the answers as Parquet, with typed columns; times are in UTC, without a zone."""
    columns = answer_columns(answers, include_external_ids)
    table = pa.table(
        {name: pa.array(cells, _TYPES.get(name, pa.string())) for name, cells in columns.items()}
    )
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return Exported(buffer.getvalue())


def write_ratings_matrix(answers: pd.DataFrame, *, include_external_ids: bool = False) -> Exported:
    """Return the ratings of outputs as CSV: a row per question and output, a column per rater."""
    who = EXTERNAL_ID if include_external_ids else "rater_id"
    rated = answers[answers["number"].notna() & answers["system"].notna() & answers["purpose"].eq("main")]
    keys = [*MATRIX_COLUMNS]
    rows = rated[[*keys, who, "number"]].astype(dict.fromkeys((*keys, who), object))
    wide = rows.pivot_table(
        index=keys, columns=who, values="number", aggfunc="first", dropna=False, observed=True
    )
    wide = wide.dropna(how="all").reset_index()
    n_subjects = int(rated["subject"].notna().sum())
    notes = (
        (f"{n_subjects} values about single subjects: the first of each output is written",)
        if n_subjects
        else ()
    )
    return Exported(csv_bytes({str(name): cells_of(wide, name) for name in wide.columns}), notes)


def answer_columns(answers: pd.DataFrame, include_external_ids: bool = False) -> dict[str, list[object]]:
    """Return the columns of the export, in their order, as Python objects."""
    names = (*ANSWER_COLUMNS, EXTERNAL_ID) if include_external_ids else ANSWER_COLUMNS
    return {name: typed_cells(answers, name) for name in names}


def typed_cells(answers: pd.DataFrame, name: str) -> list[object]:
    """Return the cells of a column as Python objects of its type, None if missing."""
    cells = cells_of(answers, name)
    kind = _TYPES.get(name)
    if kind is None or pa.types.is_timestamp(kind):
        return cells
    convert = int if pa.types.is_integer(kind) else bool if pa.types.is_boolean(kind) else float
    return [None if cell is None else convert(cell) for cell in cells]


def _with_iso_times(columns: dict[str, list[object]]) -> dict[str, list[object]]:
    return {
        name: [cell.isoformat() if hasattr(cell, "isoformat") else cell for cell in cells]
        for name, cells in columns.items()
    }
