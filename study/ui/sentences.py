"""Results in plain words, as safe markdown."""

import pandas as pd

from study.ui.estimates import estimate_text, percent_text
from study.ui.state import escaped


def ranking_sentence(table: pd.DataFrame) -> str:
    """Return who leads, or why nobody does."""
    if pd.isna(table["strength"].iloc[0]):
        return f"The systems cannot be ranked: {escaped(str(table['reason'].iloc[0]))}."
    first = table.iloc[0]
    rate = percent_text(first["win_rate"], first["win_rate_low"], first["win_rate_high"])
    strength = estimate_text(first["strength"], first["strength_low"], first["strength_high"])
    return (
        f"**{escaped(first['system'])}** is preferred most: it wins {rate} of its judgments (ties as half), and its "
        f"Bradley-Terry strength is {strength}."
    )


def correlation_sentence(table: pd.DataFrame, labels: dict[str, str]) -> str:
    """Return which metric points the way of preference most often, or why none does."""
    rows = table[table["statistic"] == "pairwise_accuracy"]
    known = rows[rows["value"].notna()].sort_values("value", ascending=False)
    if known.empty:
        return f"No metric can be compared with the judgments: {escaped(str(rows['reason'].iloc[0]))}."
    best = known.iloc[0]
    share = percent_text(best["value"], best["low"], best["high"])
    more = ", more than any other metric here" if len(known) > 1 else ""
    return (
        f"Where raters prefer one output, **{escaped(labels[best['metric']])}** points the same way {share} of the "
        f"time{more}. Chance is 50%; a tie of the metric counts half."
    )
