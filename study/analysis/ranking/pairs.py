"""The tables of pairs of systems: who wins against whom, and which differences are beyond chance."""

import numpy as np
import pandas as pd

from study import frames
from study.analysis.ranking.rows import NO_JUDGMENT, table_of
from study.stats.multiplicity import ADJUSTMENTS
from study.stats.ranking.preferences import win_counts
from study.stats.ranking.sign_test import sign_test
from study.stats.ranking.win_rates import wilson_interval
from study.tables import lookup

MATRIX_COLUMNS = (
    *("system", "opponent", "win_rate", "win_rate_low", "win_rate_high", "confidence_level"),
    *("wins", "ties", "losses", "n_judgments", "method", "reason"),
)
PAIR_COLUMNS = (*MATRIX_COLUMNS[:-2], "p_value", "adjusted_p", "adjustment", *MATRIX_COLUMNS[-2:])
WILSON = "Wilson, judgments independent"


def win_matrix_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return each system's wins, ties and losses against each other system.

    Parameters as in :func:`study.analysis.ranking_table`. Both bad counts as a tie, a tie as half a win.

    Returns
    -------
    DataFrame
        Of the columns :data:`MATRIX_COLUMNS`, a row per ordered pair of systems.
    """
    judged = frames.system_preferences(frames.select(judgments, criterion=criterion, subset=subset))
    counts = win_counts(judged)
    rows = []
    for i, j in np.argwhere(~np.eye(len(judged.systems), dtype=bool)):
        wins, ties, losses = int(counts.wins[i, j]), int(counts.ties[i, j]), int(counts.wins[j, i])
        n, won = wins + ties + losses, wins + ties / 2
        spread = (won / n if n else np.nan, *wilson_interval(won, n, confidence_level), confidence_level)
        reason = None if n else "never compared"
        names = (judged.systems[i], judged.systems[j])
        rows.append((*names, *spread, wins, ties, losses, n, WILSON, reason))
    return pd.DataFrame(rows, columns=list(MATRIX_COLUMNS)).astype({"reason": "str"})


def pair_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    adjustment: str = "holm",
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return each pair of compared systems once, the winner first, with the exact test of its wins and losses.

    Parameters
    ----------
    judgments, criterion, subset, confidence_level
        As in :func:`study.analysis.ranking_table`.
    adjustment : {"holm", "benjamini_hochberg"}
        How P is adjusted for the number of pairs; a pair with ties only has no test and does not count.

    Returns
    -------
    DataFrame
        Of the columns :data:`PAIR_COLUMNS`, the smallest P first. Interval and test take judgments as independent.
    """
    entry = lookup(ADJUSTMENTS, adjustment, "adjustment")
    matrix = win_matrix_table(
        judgments, criterion=criterion, subset=subset, confidence_level=confidence_level
    )
    ahead = (matrix["wins"] > matrix["losses"]) | (
        (matrix["wins"] == matrix["losses"]) & (matrix["system"] < matrix["opponent"])
    )
    pairs = matrix[ahead & (matrix["n_judgments"] > 0)].copy()
    if pairs.empty:
        return table_of([], PAIR_COLUMNS, NO_JUDGMENT)
    decided = pairs["wins"] + pairs["losses"] > 0
    p_values = [
        sign_test(wins, losses) if wins + losses else np.nan
        for wins, losses in zip(pairs["wins"].tolist(), pairs["losses"].tolist(), strict=True)
    ]
    pairs["p_value"] = np.array(p_values, dtype=np.float64)
    pairs["adjusted_p"] = entry.function(pairs["p_value"].to_numpy())
    pairs["adjustment"] = entry.label
    pairs["method"] = f"{WILSON}; exact sign test of wins against losses, P by {entry.label}"
    pairs.loc[~decided, "reason"] = "only ties: there is nothing to test"
    return pairs.sort_values(["p_value", "system", "opponent"], ignore_index=True)[list(PAIR_COLUMNS)]
