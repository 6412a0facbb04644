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
