"""Results in plain words, as safe markdown."""

import pandas as pd

from study.ui.estimates import percent_text
from study.ui.state import escaped


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
