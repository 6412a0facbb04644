"""Figures of metric scores: distributions by system, pairs of metrics."""

from collections.abc import Mapping
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from study.ui.shared.charts import LOSS_TO_WIN, short_names
from study.ui.shared.estimates import estimate_text
from study.wording import counted

MOST_LETTERED = 12


def score_boxes(scores: pd.DataFrame, *, axis_title: str) -> go.Figure:
    """Return a box of one metric's scores per system, with each output's score next to it."""
    known = scores.dropna(subset="value")
    systems = sorted(set(known["system"]))
    figure = go.Figure()
    for place, (system, name) in enumerate(zip(systems, short_names(systems), strict=True)):
        values = known.loc[known["system"] == system, "value"]
        figure.add_trace(
            go.Box(
                x=values,
                y=[place] * len(values),
                orientation="h",
                name=name,
                boxpoints="all" if len(known) <= 2000 else "outliers",
                jitter=0.5,
                pointpos=0,
                marker={"size": 4, "opacity": 0.45},
                line={"width": 1.5},
                marker_color="#5b8bd0",
                hoverinfo="x",
            )
        )
    return _finished(figure, systems, axis_title)


def quartile_boxes(quartiles: pd.DataFrame, *, axis_title: str) -> go.Figure:
    """Return a box per system from ``analysis.score_quartiles``, without single scores."""
    systems = quartiles["system"].tolist()
    ends = {"lowerfence": "low", "q1": "q1", "median": "median", "q3": "q3", "upperfence": "high"}
    figure = go.Figure(
        [
            go.Box(
                {end: [row[column]] for end, column in ends.items()},
                y=[place],
                orientation="h",
                name=name,
                line={"width": 1.5},
                marker_color="#5b8bd0",
                hoverinfo="x",
            )
            for place, (row, name) in enumerate(
                zip(quartiles.to_dict("records"), short_names(systems), strict=True)
            )
        ]
    )
    return _finished(figure, systems, axis_title)


def _finished(figure: go.Figure, systems: list[str], axis_title: str) -> go.Figure:
    figure.update_xaxes(title_text=escape(axis_title), zeroline=False)
    figure.update_yaxes(
        tickvals=list(range(len(systems))),
        ticktext=short_names(systems),
        range=[len(systems) - 0.4, -0.6],
        showgrid=False,
        zeroline=False,
    )
    figure.update_layout(height=120 + 56 * len(systems), margin={"t": 10, "b": 50, "l": 0, "r": 12})
    return figure


def metric_heat_map(pairs: pd.DataFrame, labels: Mapping[str, str]) -> go.Figure:
    """Return a heat map of the correlations in ``analysis.metric_correlations``; undefined cells stay empty."""
    names = sorted({*pairs["metric"], *pairs["other"]}, key=lambda name: labels[name])
    at = {name: place for place, name in enumerate(names)}
    values = np.full((len(names), len(names)), np.nan)
    hover = [["" for _ in names] for _ in names]
    for row in pairs.to_dict("records"):
        one, two = at[row["metric"]], at[row["other"]]
        values[one, two] = values[two, one] = row["value"]
        title = f"<b>{escape(labels[row['metric']])}</b><br><b>{escape(labels[row['other']])}</b>"
        text = estimate_text(row["value"], row["low"], row["high"])
        hover[one][two] = hover[two][one] = f"{title}<br>{text}<br>{counted(row['n_outputs'], 'output')}"
    few = len(names) <= MOST_LETTERED
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=list(range(len(names))),
            y=list(range(len(names))),
            zmin=-1,
            zmax=1,
            colorscale=LOSS_TO_WIN,
            xgap=1,
            ygap=1,
            text=[["" if np.isnan(value) else f"{value:.2f}" for value in row] for row in values],
            texttemplate="%{text}" if few else None,
            hovertext=hover,
            hoverinfo="text",
            hoverongaps=False,
            colorbar={"orientation": "h", "thickness": 10, "y": 1.01, "yanchor": "bottom", "len": 0.6, "tickvals": [-1, 0, 1]},
        )
    )  # fmt: skip
    ticks = short_names([labels[name] for name in names], 22)
    figure.update_xaxes(
        tickvals=list(range(len(names))), ticktext=ticks, tickangle=-60, showgrid=False, zeroline=False
    )
    figure.update_yaxes(
        tickvals=list(range(len(names))), ticktext=ticks, autorange="reversed", showgrid=False, zeroline=False
    )
    figure.update_layout(height=260 + 22 * len(names), margin={"t": 50, "b": 110, "l": 0, "r": 0})
    return figure
