"""Figures of the correlation page: calibration, tie thresholds, strengths by judge and crowd."""

from html import escape

import pandas as pd
import plotly.graph_objects as go

from study.ui.shared.charts import QUIET, QUIET_WHISKERS
from study.ui.shared.estimates import estimate_text, number
from study.wording import counted

FEW = 14


def prediction_plot(bins: pd.DataFrame) -> go.Figure:
    """Return predicted against observed shares; larger points represent more judgments."""
    size = 8 + 22 * (bins["n"] / bins["n"].max()) ** 0.5
    texts = [
        f"predicted {row['predicted']:.0%}, observed {row['observed']:.0%}<br>{counted(round(row['n']), 'judgment')}"
        for row in bins.to_dict("records")
    ]
    figure = go.Figure(
        go.Scatter(
            x=bins["predicted"],
            y=bins["observed"],
            mode="markers+lines",
            marker={"size": size},
            line={"width": 1},
            hovertext=texts,
            hoverinfo="text",
        )
    )
    figure.add_shape(
        type="line", x0=0.5, y0=0.5, x1=1, y1=1, line={"color": QUIET, "width": 1, "dash": "dot"}
    )
    figure.update_xaxes(title_text="Predicted share of the favourite", tickformat=".0%", range=[0.48, 1.02])
    figure.update_yaxes(title_text="Observed share", tickformat=".0%", zeroline=False)
    figure.update_layout(height=360, margin={"t": 20, "b": 50, "l": 0, "r": 12})
    return figure


def tie_curve_plot(curve: pd.DataFrame, metric: str) -> go.Figure:
    """Return accuracy with ties by the tie threshold of the metric, with the held-out choice marked."""
    chosen = float(curve["chosen"].iloc[0])
    figure = go.Figure(
        go.Scatter(x=curve["epsilon"], y=curve["accuracy"], mode="lines", line={"shape": "hv"})
    )
    figure.add_vline(
        chosen,
        line={"color": QUIET, "width": 1, "dash": "dot"},
        annotation_text=f"chosen on other folds: {number(chosen)}",
        annotation_font_size=11,
    )
    figure.update_xaxes(title_text=f"{escape(metric)}: ties up to this difference", zeroline=False)
    figure.update_yaxes(title_text="Accuracy with ties", tickformat=".0%", zeroline=False)
    figure.update_layout(height=320, margin={"t": 30, "b": 50, "l": 0, "r": 12})
    return figure


def strength_scatter(points: pd.DataFrame, judge: str) -> go.Figure:
    """Return each system's strength by the crowd against a judge's, with both intervals if there are few systems."""
    drawn = points[points["crowd"].notna() & points["judge"].notna()]
    few = len(drawn) <= FEW
    texts = []
    for row in drawn.to_dict("records"):
        own = estimate_text(row["judge"], row["judge_low"], row["judge_high"])
        people = estimate_text(row["crowd"], row["crowd_low"], row["crowd_high"])
        texts.append(f"<b>{escape(row['system'])}</b><br>people {people}<br>{escape(judge)} {own}")
    names = [escape(name if len(name) < 20 else name[:19] + "…") for name in drawn["system"]]
    figure = go.Figure(
        go.Scatter(
            x=drawn["crowd"],
            y=drawn["judge"],
            mode="markers+text" if few else "markers",
            text=names if few else None,
            textposition="top center",
            cliponaxis=False,
            marker={"size": 10},
            error_x=_whiskers(drawn, "crowd") if few else None,
            error_y=_whiskers(drawn, "judge") if few else None,
            hovertext=texts,
            hoverinfo="text",
        )
    )
    figure.update_xaxes(title_text="Bradley-Terry strength by people", zeroline=False)
    figure.update_yaxes(title_text=f"By {escape(judge)}", zeroline=False)
    figure.update_layout(height=440, margin={"t": 30, "b": 50, "l": 0, "r": 12})
    return figure


def _whiskers(frame: pd.DataFrame, value: str) -> dict[str, object]:
    high, low = frame[f"{value}_high"] - frame[value], frame[value] - frame[f"{value}_low"]
    return {"type": "data", "symmetric": False, "array": high, "arrayminus": low, **QUIET_WHISKERS}
