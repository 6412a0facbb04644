"""Skips by comparison: how often, for which reasons, and the raters' notes."""

import pandas as pd

from study.records import FrameRow
from study.responses import SKIP_REASONS

COLUMNS = ("item", "comparison", "skipped", "flagged", *SKIP_REASONS, "notes", "withdrawn")


def skip_table(skips: pd.DataFrame) -> pd.DataFrame:
    """Return one row per skipped comparison, the most often flagged first.

    Parameters
    ----------
    skips : DataFrame
        From ``store.skips``: one row per rater and comparison.

    Returns
    -------
    DataFrame
        item, comparison (its name, else its systems), skipped (raters who skipped it), flagged (those of them who
        gave a reason), a count per key of ``SKIP_REASONS``, notes (in the raters' words), withdrawn.
    """
    rows = []
    for _, of in skips.groupby("comparison_id", sort=False):
        first = of.iloc[0].to_dict()
        reasons = of["reason"].value_counts()
        rows.append(
            (
                first["item_name"],
                comparison_label(first),
                len(of),
                int(reasons.sum()),
                *(int(reasons.get(reason, 0)) for reason in SKIP_REASONS),
                " · ".join(of["note"].dropna()),
                bool(first["withdrawn"]),
            )
        )
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values(
        ["flagged", "skipped", "item", "comparison"],
        ascending=[False, False, True, True],
        ignore_index=True,
    )


def comparison_label(row: FrameRow) -> str:
    """Return a researcher's label of a comparison: its name, else its systems."""
    name = row["comparison_name"]
    return str(name) if isinstance(name, str) and name else f"{row['system_a']} – {row['system_b']}"
