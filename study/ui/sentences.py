"""Results in plain words, as safe markdown."""

from collections.abc import Hashable
from typing import Any

import pandas as pd

from study.ui.estimates import estimate_text, number, percent_text
from study.ui.state import escaped

TENTATIVE, RELIABLE = 0.667, 0.8


def agreement_sentence(table: pd.DataFrame, criterion: str) -> str:
    """Return percent agreement and nominal alpha of a criterion, with Krippendorff's customary thresholds."""
    of_criterion = table[table["criterion"] == criterion].to_dict("records")
    rows = {row["statistic"]: row for row in of_criterion}
    percent, alpha = rows["percent_agreement"], rows["krippendorff_alpha_nominal"]
    if pd.isna(percent["value"]):
        return f"**{escaped(criterion)}**: agreement is undefined; {escaped(str(percent['reason']))}."
    agree = percent_text(percent["value"], percent["low"], percent["high"])
    shared = (
        f"**{escaped(criterion)}**: two raters of the same pair give the same answer {agree} of the time."
    )
    if pd.isna(alpha["value"]):
        return f"{shared} Krippendorff's α is undefined; {escaped(str(alpha['reason']))}."
    return f"{shared} Krippendorff's α is {estimate_text(alpha['value'], alpha['low'], alpha['high'])}, {_on_scale(alpha)}."


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


def _on_scale(alpha: dict[Hashable, Any]) -> str:
    for threshold in (TENTATIVE, RELIABLE):
        if alpha["low"] < threshold < alpha["high"]:
            return f"too uncertain to say on which side of {number(threshold)} (Krippendorff 2004) it lies"
    if alpha["value"] >= RELIABLE:
        return f"at or above {number(RELIABLE)}, which Krippendorff (2004) asks of reliable data"
    if alpha["value"] >= TENTATIVE:
        return "between 0.667 and 0.800, where Krippendorff (2004) draws tentative conclusions only"
    return "below 0.667, the least that Krippendorff (2004) takes for tentative conclusions"
