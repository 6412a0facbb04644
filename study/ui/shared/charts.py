"""Figures of estimates, in colours that colour-blind people can distinguish, on light and dark pages."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from study.records import FrameRow
from study.ui.shared.estimates import estimate_text, interval_columns
from study.wording import counted, share_text

Duels = dict[tuple[str, str], FrameRow]

CONFIG = {"modeBarButtons": [["toImage"]], "displaylogo": False, "scrollZoom": False}
# Orange to blue through a grey that is not the background of either theme.
LOSS_TO_WIN = [[0.0, "#b35806"], [0.3, "#fdb863"], [0.5, "#e8e8e8"], [0.7, "#a6c3e6"], [1.0, "#2455a4"]]
QUIET = "rgba(128, 128, 128, 0.65)"
QUIET_WHISKERS = {"thickness": 1, "width": 0, "color": QUIET}
LONGEST_LABEL = 26
MOST_NAMED = 14
MOST_TICKS = 30


def show(figure: go.Figure, description: str) -> None:
    """Draw a figure at page width, without zoom, so that a finger scrolls past it."""
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    figure.update_layout(dragmode=False, showlegend=False)
    st.plotly_chart(figure, width="stretch", config=CONFIG, alt=description)


def interval_plot(
    frame: pd.DataFrame,
    *,
    label: str,
    value: str,
    axis_title: str,
    lines: Mapping[float, str] | None = None,
) -> go.Figure:
    """Return a forest plot: one row per estimate, the first on top; undefined ones are left out.

    Parameters
    ----------
    frame : DataFrame
    label, value : str
        Columns of the names and of the numbers, which have interval columns.
    axis_title : str
        The quantity, with its unit.
    lines : mapping of float to str, optional
        Values to mark, with their labels.
    """
    drawn = frame[frame[value].notna()]
    low, high = (drawn[column] for column in interval_columns(drawn, value))
    texts = [estimate_text(*cells) for cells in zip(drawn[value], low, high, strict=True)]
    names, places = drawn[label].tolist(), list(range(len(drawn)))
    points = go.Scatter(
        x=drawn[value],
        y=places,
        mode="markers",
        marker={"size": 9},
        error_x=_whiskers(drawn, value) | {"thickness": 2, "width": 4},
        hovertext=[f"<b>{escape(name)}</b><br>{text}" for name, text in zip(names, texts, strict=True)],
        hoverinfo="text",
    )
    figure = go.Figure(points)
    for at, text in (lines or {}).items():
        figure.add_vline(at, line={"color": QUIET, "width": 1, "dash": "dot"}, annotation_text=escape(text))
    figure.update_annotations(font_size=11, yshift=2, xanchor="center", yanchor="bottom", y=1)
    figure.update_xaxes(title_text=axis_title, zeroline=False)
    figure.update_yaxes(
        tickvals=places,
        ticktext=short_names(names),
        range=[len(places) - 0.4, -0.6],
        showgrid=False,
        zeroline=False,
    )
    figure.update_layout(height=110 + 26 * len(places), margin={"t": 30, "b": 50, "l": 0, "r": 12})
    return figure


def win_matrix_plot(matrix: pd.DataFrame, systems: Sequence[str]) -> go.Figure:
    """Return a heat map of win rates, the row's system against the column's, in the order of ``systems``."""
    duels: Duels = {(str(row["system"]), str(row["opponent"])): row for row in matrix.to_dict("records")}
    rates = [
        [duels[pair]["win_rate"] if (pair := (one, other)) in duels else np.nan for other in systems]
        for one in systems
    ]
    few = len(systems) <= MOST_NAMED
    figure = go.Figure(
        go.Heatmap(
            z=rates,
            x=list(range(len(systems))),
            y=list(range(len(systems))),
            zmin=0,
            zmax=1,
            colorscale=LOSS_TO_WIN,
            xgap=2 if few else 0,
            ygap=2 if few else 0,
            text=[["" if np.isnan(rate) else f"{100 * rate:.0f}%" for rate in row] for row in rates],
            texttemplate="%{text}" if few else None,
            textfont={"size": 13},
            hovertext=[[_duel(duels, one, other) for other in systems] for one in systems],
            hoverinfo="text",
            hoverongaps=False,
            colorbar={
                "orientation": "h",
                "thickness": 10,
                "y": 1.01,
                "yanchor": "bottom",
                "len": 0.6,
                "tickformat": ".0%",
                "tickvals": [0, 0.5, 1],
                "title": {"text": "Win rate of the row", "side": "top"},
            },
        )
    )
    places, names = list(range(len(systems))), short_names(systems, 20)
    figure.update_xaxes(title_text="Against", tickvals=places, ticktext=names, tickangle=-40, showgrid=False)
    if len(systems) > MOST_TICKS:
        figure.update_xaxes(title_text="Against, in the same order", showticklabels=False)
    figure.update_yaxes(
        title_text="System",
        tickvals=places,
        ticktext=names,
        autorange="reversed",
        showgrid=False,
        zeroline=False,
    )
    figure.update_xaxes(zeroline=False)
    side = 42 if few else 14
    figure.update_layout(height=220 + side * len(systems), margin={"t": 70, "b": 50, "l": 0, "r": 0})
    return figure


def metric_scatter(points: pd.DataFrame, *, metric: str) -> go.Figure:
    """Return a scatter plot of systems: mean metric against win rate, with both intervals."""
    drawn = points[points["metric_mean"].notna() & points["win_rate"].notna()]
    names, middle = drawn["system"].tolist(), (drawn["metric_mean"].min() + drawn["metric_mean"].max()) / 2
    few = len(names) <= MOST_NAMED
    figure = go.Figure(
        go.Scatter(
            x=drawn["metric_mean"],
            y=drawn["win_rate"],
            mode="markers+text" if few else "markers",
            text=short_names(names) if few else None,
            textposition=["top left" if right else "top right" for right in drawn["metric_mean"] > middle],
            cliponaxis=False,
            marker={"size": 10},
            error_x=_whiskers(drawn, "metric_mean") | QUIET_WHISKERS if few else None,
            error_y=_whiskers(drawn, "win_rate") | QUIET_WHISKERS if few else None,
            hovertext=[_point(row) for row in drawn.to_dict("records")],
            hoverinfo="text",
        )
    )
    figure.update_xaxes(title_text=f"{escape(metric)}, mean over judged outputs", zeroline=False)
    figure.update_yaxes(title_text="Win rate (ties as half)", tickformat=".0%", zeroline=False)
    figure.update_layout(height=440, margin={"t": 30, "b": 50, "l": 0, "r": 12})
    return figure


def _whiskers(frame: pd.DataFrame, value: str) -> dict[str, object]:
    low, high = (frame[column] for column in interval_columns(frame, value))
    ends = {"array": (high - frame[value]).tolist(), "arrayminus": (frame[value] - low).tolist()}
    return {"type": "data", "symmetric": False, **ends}


def short_names(names: Sequence[str], longest: int = LONGEST_LABEL) -> list[str]:
    """Return names as axis labels: long ones are cut, all are escaped."""
    return [escape(name if len(name) <= longest else name[: longest - 1] + "…") for name in names]


def _duel(duels: Duels, system: str, opponent: str) -> str:
    row = duels.get((system, opponent))
    if row is None or not row["n_judgments"]:
        return ""
    rate = share_text(row["win_rate"], row["win_rate_low"], row["win_rate_high"])
    counts = f"{row['wins']} wins, {row['ties']} ties, {row['losses']} losses"
    return f"<b>{escape(system)}</b> against <b>{escape(opponent)}</b><br>{rate}: {counts}"


def _point(row: FrameRow) -> str:
    mean = estimate_text(row["metric_mean"], row["metric_mean_low"], row["metric_mean_high"])
    rate = share_text(row["win_rate"], row["win_rate_low"], row["win_rate_high"])
    sizes = f"{counted(row['n_outputs'], 'output')}, {counted(row['n_judgments'], 'judgment')}"
    return f"<b>{escape(row['system'])}</b><br>metric {mean}<br>win rate {rate}<br>{sizes}"
