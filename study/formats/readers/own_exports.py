"""Read Blindpair's own long export back."""

from dataclasses import replace

import pandas as pd

from study.formats.export import without_escape
from study.formats.readers.tabular import FileTable

# Columns of every long export, including those of earlier versions; used to recognise one.
_ALWAYS = ("judgment_id", "comparison_id", "rater_id", "left_system", "right_system", "response", "revision")


def unescaped(table: FileTable) -> FileTable:
    """Return a long CSV export without the apostrophes before formula signs; other tables unchanged."""
    if not table.name.lower().endswith(".csv") or not set(_ALWAYS) <= set(table.frame.columns):
        return table
    columns = {
        name: [without_escape(cell) if isinstance(cell, str) else cell for cell in table.frame[name].tolist()]
        for name in table.frame.columns
    }
    frame = pd.DataFrame(columns, dtype=object)
    return replace(table, frame=frame)
