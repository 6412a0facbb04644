"""Figures of rankings beyond those that all pages share."""

from collections.abc import Hashable, Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from study.ui.charts import LOSS_TO_WIN, MOST_NAMED, QUIET
from study.wording import counted, share_text

BAND = "rgba(36, 85, 164, 0.2)"
LINE = "#2f6fd0"


def group_plot(table: pd.DataFrame, systems: Sequence[str]) -> go.Figure:
    """Return a heat map of win rates: a row per group, a column per system in the given order."""
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
    figure.update_xaxes(title_text=f"{unit.capitalize()} in the order in which they came", zeroline=False)
    figure.update_yaxes(title_text="Win rate", tickformat=".0%", range=[0, 1], zeroline=False)
    figure.update_layout(height=360, margin={"t": 10, "b": 50, "l": 0, "r": 12})
    return figure


def _cell(row: dict[Hashable, Any] | None) -> str:
    if row is None:
        return ""
    rate = share_text(row["win_rate"], row["win_rate_low"], row["win_rate_high"])
    return f"<b>{escape(str(row['group']))}</b>: {escape(str(row['system']))}<br>{rate}, {counted(row['n_judgments'], 'judgment')}"


def _short(names: Sequence[str], longest: int) -> list[str]:
    return [escape(name if len(name) <= longest else name[: longest - 1] + "…") for name in names]
