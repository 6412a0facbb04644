"""Figures of raters."""

from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from study.ui.shared.charts import LOSS_TO_WIN
from study.ui.shared.estimates import estimate_text
from study.ui.state import short_id
from study.wording import counted

MOST_WITH_NUMBERS = 14
# With fewer shared comparisons, kappa may be -1, 0 or 1 by chance.
FEWEST_SHARED = 5


def enough_shared(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs with enough shared comparisons to draw."""
    return pairs[pairs["kappa"].notna() & (pairs["n_units"] >= FEWEST_SHARED)]


def kappa_heat_map(pairs: pd.DataFrame) -> go.Figure:
    """Return a heat map of Cohen's kappa of rater pairs with enough shared comparisons, the best in agreement first.

    Parameters
    ----------
    pairs : DataFrame
        From ``analysis.rater_pairs``.
    """
    shown_pairs = enough_shared(pairs)
    names = sorted({*shown_pairs["rater"], *shown_pairs["other"]})
    place = {name: at for at, name in enumerate(names)}
    values = np.full((len(names), len(names)), np.nan)
    texts = np.full(values.shape, "", dtype=object)
    for row in shown_pairs.to_dict("records"):
        one, other = place[row["rater"]], place[row["other"]]
        values[one, other] = values[other, one] = row["kappa"]
        found = estimate_text(row["kappa"], row["kappa_low"], row["kappa_high"])
        text = f"<b>{short_id(row['rater'])}</b> and <b>{short_id(row['other'])}</b><br>κ {found}, {counted(row['n_units'], 'comparison')}"
        texts[one, other] = texts[other, one] = text
    known = ~np.isnan(values)
    mean = np.where(known.any(axis=1), np.nansum(values, axis=1) / np.maximum(known.sum(axis=1), 1), -np.inf)
    order = np.argsort(-mean, kind="stable")
    values, texts = values[np.ix_(order, order)], texts[np.ix_(order, order)]
    shown = [escape(short_id(names[at])) for at in order]
    few = len(names) <= MOST_WITH_NUMBERS
    figure = go.Figure(
        go.Heatmap(
            z=values,
            zmin=-1,
            zmax=1,
            colorscale=LOSS_TO_WIN,
            xgap=1,
            ygap=1,
            text=[["" if np.isnan(value) else f"{value:.2f}" for value in row] for row in values],
            texttemplate="%{text}" if few else None,
            hovertext=texts,
            hoverinfo="text",
            hoverongaps=False,
            colorbar={
                "orientation": "h",
                "thickness": 10,
                "y": 1.01,
                "yanchor": "bottom",
                "len": 0.6,
                "tickvals": [-1, 0, 1],
                "title": {"text": "Cohen's κ of two raters", "side": "top"},
            },
        )
    )
    places = list(range(len(shown)))
    # Many names would overlap on a phone; columns have the order of the rows, and hovering shows both names.
    figure.update_xaxes(
        tickvals=places if few else [],
        ticktext=shown if few else [],
        tickangle=-60,
        showgrid=False,
        zeroline=False,
    )
    figure.update_yaxes(tickvals=places, ticktext=shown, autorange="reversed", showgrid=False, zeroline=False)
    side = 34 if few else 16
    figure.update_layout(
        height=190 + side * len(shown), margin={"t": 70, "b": 60 if few else 10, "l": 0, "r": 0}
    )
    return figure
