"""Figures used only by rankings."""

from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from study.records import FrameRow
from study.ui.ranking import sentences
from study.ui.shared import charts
from study.ui.shared.charts import LOSS_TO_WIN, MOST_NAMED, QUIET
from study.ui.shared.estimates import estimate_text
from study.wording import counted, share_text

BAND = "rgba(36, 85, 164, 0.2)"
LINE = "#2f6fd0"


def group_plot(table: pd.DataFrame, systems: Sequence[str]) -> go.Figure:
    """Return a heat map of win rates: one row per group, one column per system in the given order."""
    groups = list(dict.fromkeys(table["group"]))
    rows = {(row["group"], row["system"]): row for row in table.to_dict("records")}
    rates = [
        [rows[group, system]["win_rate"] if (group, system) in rows else np.nan for system in systems]
        for group in groups
    ]
    few = len(systems) <= MOST_NAMED
    heat = go.Heatmap(
        z=rates,
        x=list(range(len(systems))),
        y=list(range(len(groups))),
        zmin=0,
        zmax=1,
        colorscale=LOSS_TO_WIN,
        xgap=2 if few else 0,
        ygap=2 if len(groups) <= 30 else 0,
        text=[["" if np.isnan(rate) else f"{100 * rate:.0f}%" for rate in row] for row in rates],
        texttemplate="%{text}" if few else None,
        hovertext=[[_cell(rows.get((group, system))) for system in systems] for group in groups],
        hoverinfo="text",
        hoverongaps=False,
        showscale=False,
    )
    figure = go.Figure(heat)
    figure.update_xaxes(
        tickvals=list(range(len(systems))), ticktext=_short(systems, 26), tickangle=-40, showgrid=False
    )
    figure.update_yaxes(
        tickvals=list(range(len(groups))), ticktext=_short(groups, 18), autorange="reversed", showgrid=False
    )
    figure.update_xaxes(zeroline=False)
    figure.update_yaxes(zeroline=False)
    figure.update_layout(
        height=150 + min(36, 1200 // max(1, len(groups))) * len(groups),
        margin={"t": 10, "b": 60, "l": 0, "r": 0},
    )
    return figure


def strength_plot(table: pd.DataFrame, axis_title: str, line: float) -> go.Figure:
    """Return a forest plot of strengths: arrows for open ends, hollow points for values before adjustment.

    Parameters
    ----------
    table : DataFrame
        From ``analysis.ranking_table``; systems without a rank are left out.
    axis_title : str
    line : float
        The value of an average system.
    """
    drawn = table[table["rank"].notna()].reset_index(drop=True)
    figure = charts.interval_plot(
        drawn, label="system", value="strength", axis_title=axis_title, lines={line: ""}
    )
    places = np.flatnonzero(drawn["strength"].notna().to_numpy())
    figure.data[0].y = places.tolist()
    ends = _ends(drawn)
    for place, row in enumerate(drawn.to_dict("records")):
        if pd.isna(row["strength"]):
            figure.add_trace(_open_end(row, place, ends))
    if drawn["sides"].eq("adjusted").any():
        figure.add_trace(_as_judged(drawn))
        figure.update_xaxes(title_text="Strength (logits); hollow: not adjusted")
    figure.update_yaxes(
        tickvals=list(range(len(drawn))),
        ticktext=charts.short_names(drawn["system"].tolist()),
        range=[len(drawn) - 0.4, -0.6],
    )
    figure.update_xaxes(range=list(ends))
    figure.update_layout(height=110 + 26 * len(drawn))
    return figure


def _ends(drawn: pd.DataFrame) -> tuple[float, float]:
    """Return the ends of the axis, wide enough for all limits and for arrows beyond them."""
    names = ("strength", "strength_low", "strength_high", "strength_unadjusted")
    values = drawn[list(names)].to_numpy(dtype=np.float64)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    margin = max(0.12 * (high - low), 0.1)
    return low - margin, high + margin


def _open_end(row: FrameRow, place: int, ends: tuple[float, float]) -> go.Scatter:
    """Return the line of an unbounded strength, from its finite bound, if any, to the end of the axis."""
    left, right = (sentences.is_missing(row[end]) for end in ("strength_low", "strength_high"))
    low = ends[0] if left else row["strength_low"]
    high = ends[1] if right else row["strength_high"]
    span = 0.015 * (ends[1] - ends[0])
    return go.Scatter(
        x=[low + span * left, high - span * right],
        y=[place, place],
        mode="lines+markers",
        line={"width": 2, "color": LINE, "dash": "dot" if left and right else "solid"},
        marker={
            "size": 11,
            "color": LINE,
            "symbol": ["triangle-left" if left else "line-ns", "triangle-right" if right else "line-ns"],
            "line": {"width": 2, "color": LINE},
        },
        hovertext=f"<b>{escape(str(row['system']))}</b><br>{escape(sentences.strength_text(row))}",
        hoverinfo="text",
    )


def _as_judged(drawn: pd.DataFrame) -> go.Scatter:
    texts = [
        f"<b>{escape(str(name))}</b><br>not adjusted: {estimate_text(value, low, high)}"
        for name, value, low, high in zip(
            drawn["system"],
            drawn["strength_unadjusted"],
            drawn["strength_unadjusted_low"],
            drawn["strength_unadjusted_high"],
            strict=True,
        )
    ]
    return go.Scatter(
        x=drawn["strength_unadjusted"],
        y=list(range(len(drawn))),
        mode="markers",
        marker={"size": 9, "symbol": "circle-open", "color": QUIET, "line": {"width": 2}},
        hovertext=texts,
        hoverinfo="text",
    )


def sequence_plot(table: pd.DataFrame) -> go.Figure:
    """Return the running win rate with its confidence sequence as a band."""
    unit = f"{table['unit'].iloc[0]}s"
    texts = [
        f"after {n:,} {unit}: {share_text(value, low, high)}"
        for n, value, low, high in zip(
            table["n"], table["win_rate"], table["win_rate_low"], table["win_rate_high"], strict=True
        )
    ]
    figure = go.Figure(
        [
            go.Scatter(
                x=table["n"], y=table["win_rate_high"], mode="lines", line={"width": 0}, hoverinfo="skip"
            ),
            go.Scatter(
                x=table["n"],
                y=table["win_rate_low"],
                mode="lines",
                line={"width": 0},
                fill="tonexty",
                fillcolor=BAND,
                hoverinfo="skip",
            ),
            go.Scatter(
                x=table["n"],
                y=table["win_rate"],
                mode="lines",
                line={"width": 2, "color": LINE},
                hovertext=texts,
                hoverinfo="text",
            ),
        ]
    )
    figure.add_hline(0.5, line={"color": QUIET, "width": 1, "dash": "dot"})
    figure.update_xaxes(title_text=f"{unit.capitalize()} in the order of arrival", zeroline=False)
    figure.update_yaxes(title_text="Win rate", tickformat=".0%", range=[0, 1], zeroline=False)
    figure.update_layout(height=360, margin={"t": 10, "b": 50, "l": 0, "r": 12})
    return figure


def _cell(row: FrameRow | None) -> str:
    if row is None:
        return ""
    rate = share_text(row["win_rate"], row["win_rate_low"], row["win_rate_high"])
    return f"<b>{escape(str(row['group']))}</b>: {escape(str(row['system']))}<br>{rate}, {counted(row['n_judgments'], 'judgment')}"


def _short(names: Sequence[str], longest: int) -> list[str]:
    return [escape(name if len(name) <= longest else name[: longest - 1] + "…") for name in names]
