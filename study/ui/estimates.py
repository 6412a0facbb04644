"""Estimates as text and as tables with a download."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from study.formats.export import table_csv
from study.ui.state import escaped


def number(value: float) -> str:
    """Return a number with as many digits as it can bear.

    >>> number(0.29147), number(-54.321), number(1234.5), number(float("nan"))
    ('0.291', '-54.3', '1,234', 'undefined')
    """
    if np.isnan(value):
        return "undefined"
    digits = 3 if abs(value) < 10 else 1 if abs(value) < 1000 else 0
    return f"{value:,.{digits}f}"


def estimate_text(value: float, low: float, high: float) -> str:
    """Return an estimate as text.

    >>> estimate_text(0.2914, 0.2751, 0.3072), estimate_text(0.5, float("nan"), float("nan"))
    ('0.291 [0.275, 0.307]', '0.500 [no interval]')
    """
    if np.isnan(value):
        return number(value)
    return f"{number(value)} [{'no interval' if np.isnan(low) else f'{number(low)}, {number(high)}'}]"


def percent_text(value: float, low: float, high: float) -> str:
    """Return a share as text, in percent.

    >>> percent_text(0.7123, 0.68, 0.744)
    '71% [68, 74]'
    """
    if np.isnan(value) or np.isnan(low):
        return number(value) if np.isnan(value) else f"{100 * value:.0f}%"
    return f"{100 * value:.0f}% [{100 * low:.0f}, {100 * high:.0f}]"


def estimate_table(frame: pd.DataFrame, name: str, *, title: str, columns: Mapping[str, str]) -> None:
    """Show a table with its numbers and intervals as text, and a button that downloads all its columns as CSV.

    Parameters
    ----------
    frame : DataFrame
        A table of :mod:`study.analysis`.
    name : str
        The name of the file, without its ending.
    title : str
    columns : mapping of str to str
        The columns to show, in order, with their headers. A column with an interval beside it is shown with it.
    """
    _heading(frame, name, title)
    _draw(_as_text(frame, columns))


def crossed_table(
    frame: pd.DataFrame,
    name: str,
    *,
    title: str,
    row: str,
    column: str,
    counts: Mapping[str, str],
) -> None:
    """Show estimates crossed: a row per statistic, a column per thing that it is computed for.

    Parameters
    ----------
    frame : DataFrame
        One row per estimate, with value, low and high; all its columns can be downloaded.
    name, title : str
        As for :func:`estimate_table`.
    row, column : str
        The columns whose texts name the rows and the columns.
    counts : mapping of str to str
        Columns with counts that are the same for all estimates of a column, with their row's name.
    """
    shown: dict[str, list[str]] = {}
    for heading, part in frame.groupby(column, sort=False):
        cells = zip(part["value"], part["low"], part["high"], strict=True)
        sizes = [f"{part[count].iloc[0]:,}" for count in counts]
        shown[str(heading)] = [estimate_text(*cell) for cell in cells] + sizes
    names = [*dict.fromkeys(frame[row]), *counts.values()]
    _heading(frame, name, title)
    _draw(pd.DataFrame({"Statistic": names, **shown}))
    notes = frame[[column, "reason"]].dropna().drop_duplicates()
    for heading, reason in notes.itertuples(index=False):
        st.caption(escaped(f"{heading}: {reason}."))


def _heading(frame: pd.DataFrame, name: str, title: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{title}**", width="stretch")
        st.download_button(
            "CSV",
            table_csv(frame),
            f"{name}.csv",
            "text/csv",
            key=f"download_{name}",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
            help="Download this table with all its columns",
        )


def _draw(shown: pd.DataFrame) -> None:
    st.dataframe(shown, hide_index=True, width="stretch", height="content" if len(shown) < 30 else 560)


def interval_columns(frame: pd.DataFrame, value: str) -> tuple[str, str]:
    """Return the columns of a number's interval; two empty names where it has none."""
    names = ("low", "high") if value == "value" else (f"{value}_low", f"{value}_high")
    return names if set(names) <= set(frame.columns) else ("", "")


def _as_text(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    shown = {}
    for column, header in columns.items():
        low, high = interval_columns(frame, column)
        if low:
            cells = zip(frame[column], frame[low], frame[high], strict=True)
            shown[header] = pd.Series([estimate_text(*cell) for cell in cells], dtype="str")
        else:
            shown[header] = frame[column].reset_index(drop=True)
    reasons = [column for column in ("reason", "win_rate_reason") if column in frame]
    notes = (
        frame[reasons].apply(lambda row: "; ".join(dict.fromkeys(row.dropna())), axis=1) if reasons else None
    )
    if notes is not None and len(frame) and notes.astype(bool).any():
        shown["Note"] = notes.reset_index(drop=True)
    return pd.DataFrame(shown)
