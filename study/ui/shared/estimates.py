"""Estimates as text and as tables with a download."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
import streamlit as st

from study.formats.export import table_csv
from study.formats.writers.latex import table_latex
from study.records import JsonObject
from study.ui.server import sign_in
from study.ui.shared import results
from study.ui.state import escaped
from study.wording import holds_p, holds_share, p_text
from study.workflows import manifests

NOTE = "Note"
NOTHING = "There is nothing to show yet."
MOST_STYLED = 200_000  # cells; pandas styles at most 262,144


def number(value: float) -> str:
    """Return a number with a sensible number of digits.

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


def estimate_table(
    frame: pd.DataFrame, name: str, *, title: str, columns: Mapping[str, str], report: str | None = None
) -> None:
    """Show a table with its numbers and intervals as text, and buttons that download it.

    The CSV has all columns and digits, the LaTeX has the table as shown. Notes are numbered beneath the table.

    Parameters
    ----------
    frame : DataFrame
        A table of :mod:`study.analysis`.
    name : str
        The name of the file, without its ending.
    title : str
    columns : mapping of str to str
        The columns to show, in order, with their headers. A column with an interval is shown together with it; one
        without any value is left out.
    report : str, optional
        A sentence to copy into a paper, as plain text.
    """
    shown = _as_text(frame, columns)
    _heading(frame, shown, name, title)
    noted_table(shown)
    if report:
        report_sentence(report)


def report_sentence(text: str) -> None:
    """Show a sentence for a paper, with a button that copies it."""
    with st.expander("How to report this", icon=":material/format_quote:"):
        st.code(text, language=None, wrap_lines=True)


def crossed_table(
    frame: pd.DataFrame,
    name: str,
    *,
    title: str,
    row: str,
    column: str,
    counts: Mapping[str, str],
    report: str | None = None,
) -> None:
    """Show a cross table of estimates, with one row per statistic and one column per subject.

    Parameters
    ----------
    frame : DataFrame
        One row per estimate, with value, low and high; the download has all columns.
    name, title : str
        As for :func:`estimate_table`.
    row, column : str
        The columns whose texts name the rows and the columns.
    counts : mapping of str to str
        Columns with counts shared by all estimates of a column, and the names of their rows.
    report : str, optional
        As for :func:`estimate_table`.
    """
    shown: dict[str, list[str]] = {}
    for heading, part in frame.groupby(column, sort=False):
        cells = zip(part["value"], part["low"], part["high"], strict=True)
        sizes = [f"{part[count].iloc[0]:,}" for count in counts]
        shown[str(heading)] = [estimate_text(*cell) for cell in cells] + sizes
    names = [*dict.fromkeys(frame[row]), *counts.values()]
    table = pd.DataFrame({"Statistic": names, **shown})
    _heading(frame, table, name, title)
    _draw(table)
    if report:
        report_sentence(report)
    notes = frame[[column, "reason"]].dropna().drop_duplicates()
    for heading, reason in notes.itertuples(index=False):
        st.caption(escaped(f"{heading}: {reason}."))


def _heading(frame: pd.DataFrame, shown: pd.DataFrame, name: str, title: str) -> None:
    files = (
        ("CSV", table_csv(frame), "csv", "text/csv", "Download this table with all its columns"),
        (
            "LaTeX",
            table_latex(shown, title, name),
            "tex",
            "text/x-tex",
            "Download the visible columns, for a paper",
        ),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{title}**", width="stretch")
        buttons = st.container(horizontal=True, width="content")
        for label, data, ending, mime, help in files:
            buttons.download_button(
                label,
                data,
                f"{name}.{ending}",
                mime,
                key=f"download_{name}_{ending}",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
                help=help,
            )
        if "recipe" in frame.attrs:
            _offer_manifest(dict(frame.attrs["recipe"]), name)


def _offer_manifest(recipe: JsonObject, name: str) -> None:
    """Draw the button that downloads the table's manifest; the table is recomputed when it is pressed."""

    def data() -> bytes:
        facts, made = results.again(recipe)
        return manifests.manifest_bytes(manifests.manifest(facts, recipe, made))

    st.download_button(
        "Manifest",
        sign_in.made_for_who_is_there(data),
        f"{name}.manifest.json",
        "application/json",
        key=f"download_{name}_manifest",
        on_click="ignore",
        type="tertiary",
        icon=":material/fingerprint:",
        help="Data, design, versions, seed and options of this table and its figure, with all digits; "
        "`python -m study reproduce` computes it again and compares the two",
    )


def numbered_notes(shown: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return a table with numbers instead of its notes, which are too wide for any screen, and the notes in that order.

    >>> numbered_notes(pd.DataFrame({"Metric": ["x", "y", "z"], NOTE: ["one item", "", "one item"]}))[0][NOTE].tolist()
    ['1', '', '1']
    """
    if NOTE not in shown:
        return shown, []
    texts = shown[NOTE].fillna("")
    notes = [text for text in dict.fromkeys(texts) if text]
    numbers = {"": ""} | {text: str(place) for place, text in enumerate(notes, start=1)}
    return shown.assign(**{NOTE: texts.map(numbers)}), notes


def noted_table(shown: pd.DataFrame) -> None:
    """Draw a table unchanged, with its notes numbered beneath it."""
    numbered, notes = numbered_notes(shown)
    _draw(numbered)
    _under(notes)


def _under(notes: list[str]) -> None:
    if notes:
        st.caption(
            "  \n".join(f"Note {place}: {escaped(text)}." for place, text in enumerate(notes, start=1))
        )


def _draw(shown: pd.DataFrame) -> None:
    if shown.empty:
        st.caption(NOTHING)
        return
    st.dataframe(
        shown, hide_index=True, width="stretch", placeholder="", height="content" if len(shown) < 30 else 560
    )


def interval_columns(frame: pd.DataFrame, value: str) -> tuple[str, str]:
    """Return the columns of a number's interval; two empty names if it has none."""
    names = ("low", "high") if value == "value" else (f"{value}_low", f"{value}_high")
    return names if set(names) <= set(frame.columns) else ("", "")


def sortable_table(
    frame: pd.DataFrame,
    name: str,
    *,
    title: str,
    columns: Mapping[str, str],
    report: str | None = None,
) -> None:
    """Show a table with numeric cells, so that a click on a header sorts it; parameters as for :func:`estimate_table`.

    Intervals have separate columns.
    """
    shown = pd.DataFrame({header: frame[column] for column, header in columns.items()})
    ps = [header for column, header in columns.items() if holds_p(column)]
    _heading(frame, shown.assign(**{header: _p_cells(shown[header]) for header in ps}), name, title)
    if shown.empty:
        st.caption(NOTHING)
        return
    real = [header for header in shown if shown[header].dtype.kind == "f" and header not in ps]
    height: int | Literal["content"] = "content" if len(shown) < 30 else 560
    numbered, notes = numbered_notes(shown)
    formats: dict[str, str | Callable[[Any], str] | None] = dict.fromkeys(ps, p_text)
    few = ps and numbered.size <= MOST_STYLED
    data = numbered.style.format(formats, na_rep="") if few else numbered
    st.dataframe(
        data,
        hide_index=True,
        width="stretch",
        height=height,
        column_config={str(header): st.column_config.NumberColumn(format="%.3f") for header in real},
        placeholder="",
    )
    _under(notes)
    if report:
        report_sentence(report)


def _p_cells(column: pd.Series) -> pd.Series:
    return column.map(lambda p: "" if np.isnan(p) else p_text(p)).astype("str")


def _as_text(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    shown = {}
    for column, header in columns.items():
        low, high = interval_columns(frame, column)
        if low:
            ends = (frame[end].clip(0, 1) if holds_share(column) else frame[end] for end in (low, high))
            cells = zip(frame[column], *ends, strict=True)
            shown[header] = pd.Series([estimate_text(*cell) for cell in cells], dtype="str")
        elif len(frame) and frame[column].isna().all():
            continue  # this study has no value for it
        elif holds_p(column) and frame[column].dtype.kind == "f":
            shown[header] = _p_cells(frame[column]).reset_index(drop=True)
        else:
            shown[header] = frame[column].reset_index(drop=True)
    reasons = [column for column in ("reason", "win_rate_reason") if column in frame]
    notes = (
        frame[reasons].apply(lambda row: "; ".join(dict.fromkeys(row.dropna())), axis=1) if reasons else None
    )
    if notes is not None and len(frame) and notes.astype(bool).any():
        shown[NOTE] = notes.reset_index(drop=True)
    return pd.DataFrame(shown)
