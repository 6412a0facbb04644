"""One sentence that answers both questions of agreement: beyond coin-flips, and beyond the systems' rates."""

import numpy as np
import pandas as pd

STATISTIC = "krippendorff_alpha_nominal"
MORE = "raters see more than which system is the better one"


def more_than_rates(table: pd.DataFrame, criterion: str) -> str:
    """Return whether raters of a criterion agree on more than which system is better, as plain text.

    Parameters
    ----------
    table : DataFrame
        From :func:`study.analysis.agreement.overview.agreement_table`; without nominal alpha the text is empty.
    criterion : str
    """
    rows = table[(table["criterion"] == criterion) & (table["statistic"] == STATISTIC)]
    if rows.empty:
        return ""
    row = rows.iloc[0]
    value, low, high = (float(row[f"beyond_rates{end}"]) for end in ("", "_low", "_high"))
    if np.isnan(value):
        return f"It cannot be said whether {MORE}: {row['beyond_rates_reason']}."
    if np.isnan(low):
        return (
            f"Beyond how often each system wins, α is {value:.3f} without an interval ({row['beyond_rates_reason']}): too few "
            f"to say whether {MORE}."
        )
    found = f"Beyond how often each system wins, α is {value:.3f} [{low:.3f}, {high:.3f}]"
    if low > 0:
        return f"{found}: {MORE}."
    if high < 0:
        return f"{found}: raters agree less than such rates alone would lead to."
    return f"{found}: this does not show that {MORE}, however far beyond coin-flips they agree."
