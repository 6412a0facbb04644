"""The long export: one row per current judgment, with outputs and sides."""

import io
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from study.formats.export import Exported, cells_of, csv_bytes, jsonl_bytes

LONG_COLUMNS = (
    "judgment_id",
    "study_id",
    "comparison_id",
    "comparison_name",
    "comparison_purpose",
    "comparison_withdrawn",
    "item_id",
    "item_name",
    "source_id",
    "profile_id",
    "profile_name",
    "tags",
    "rater_id",
    "rater_source",
    "simulated",
    "rater_status",
    "rater_role",
    "rater_arm",
    "assignment_id",
    "position",
    "purpose",
    "context_condition",
    "criterion",
    "system_a",
    "system_b",
    "output_a_id",
    "output_b_id",
    "condition_a",
    "condition_b",
    "side_of_a",
    "left_system",
    "right_system",
    "left_condition",
    "right_condition",
    "response",
    "preference",
    "strength",
    "preferred_system",
    "preferred_output_id",
    "confidence",
    "rationale",
    "seconds",
    "shown_at",
    "judged_at",
    "revision",
    "design_version",
    "skip_reason",
    "active_seconds",
    "profile_seconds",
    "profile_open_seconds",
    "profile_scrolls",
    "changes_of_mind",
    "behaviour_source",
)
EXTERNAL_ID = "rater_external_id"

_TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(("position", "strength", "confidence", "revision", "design_version"), pa.int64()),
    **dict.fromkeys(("profile_scrolls", "changes_of_mind"), pa.int64()),
    **dict.fromkeys(("seconds", "active_seconds", "profile_seconds", "profile_open_seconds"), pa.float64()),
    **dict.fromkeys(("shown_at", "judged_at"), pa.timestamp("us")),
    **dict.fromkeys(("simulated", "comparison_withdrawn"), pa.bool_()),
}
_CONDITIONS = ("condition_a", "condition_b")


def write_long_csv(judgments: pd.DataFrame, *, include_external_ids: bool = False) -> Exported:
    """Return the long table as CSV; missing cells are empty, times are ISO 8601 in UTC."""
    columns = long_columns(judgments, include_external_ids)
    return Exported(csv_bytes({name: _with_iso_times(cells) for name, cells in columns.items()}))


def write_long_jsonl(judgments: pd.DataFrame, *, include_external_ids: bool = False) -> Exported:
    """Return the long table as JSON lines; missing cells are null, times are ISO 8601 in UTC."""
    columns = long_columns(judgments, include_external_ids)
    return Exported(jsonl_bytes({name: _with_iso_times(cells) for name, cells in columns.items()}))


def write_long_parquet(judgments: pd.DataFrame, *, include_external_ids: bool = False) -> Exported:
    """Return the long table as Parquet, with typed columns; times are in UTC, without a zone."""
    columns = long_columns(judgments, include_external_ids)
    table = pa.table(
        {name: pa.array(cells, _TYPES.get(name, pa.string())) for name, cells in columns.items()}
    )
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return Exported(buffer.getvalue())


def long_columns(judgments: pd.DataFrame, include_external_ids: bool = False) -> dict[str, list[object]]:
    """Return the columns of the long export, in their order, as Python objects."""
    names = (*LONG_COLUMNS, EXTERNAL_ID) if include_external_ids else LONG_COLUMNS
    a_is_left = [side == "left" for side in cells_of(judgments, "side_of_a")]
    a, b = ([cell or "" for cell in cells_of(judgments, name)] for name in _CONDITIONS)
    shown = {
        "left_condition": [x if left else y for x, y, left in zip(a, b, a_is_left, strict=True)],
        "right_condition": [y if left else x for x, y, left in zip(a, b, a_is_left, strict=True)],
    }
    return {name: shown[name] if name in shown else _typed(judgments, name) for name in names}


def _typed(judgments: pd.DataFrame, name: str) -> list[Any]:
    cells = cells_of(judgments, name)
    kind = _TYPES.get(name)
    if kind is None or pa.types.is_timestamp(kind):
        return cells
    convert = int if pa.types.is_integer(kind) else bool if pa.types.is_boolean(kind) else float
    return [None if cell is None else convert(cell) for cell in cells]


def _with_iso_times(cells: list[object]) -> list[object]:
    return [cell.isoformat() if hasattr(cell, "isoformat") else cell for cell in cells]
