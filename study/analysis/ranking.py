"""The tables of systems: how strong each is, and how it fares against each other one."""

import numpy as np
import pandas as pd

from study import frames
from study.stats.ranking.preferences import win_counts
from study.stats.ranking.strengths import strengths
from study.stats.ranking.win_rates import wilson_interval, win_rates

COLUMNS = (
    *("system", "strength", "strength_low", "strength_high", "win_rate", "win_rate_low", "win_rate_high"),
    *("confidence_level", "n_comparisons", "n_judgments", "n_raters", "clusters", "n_clusters"),
    *("method", "reason", "win_rate_method", "win_rate_reason"),
)
MATRIX_COLUMNS = (
    *("system", "opponent", "win_rate", "win_rate_low", "win_rate_high", "confidence_level"),
    *("wins", "ties", "losses", "n_judgments", "method", "reason"),
)


def ranking_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    population: str,
    cluster: str = "rater",
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return Bradley-Terry strength and win rate of each system, the strongest first.

    A tie, or both bad, is half a win for each.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.judgments``.
    criterion : str
    population : {"human", "simulated", "both"}
    cluster : {"rater", "item"}
        Whose judgments belong together in the intervals.
    confidence_level : float

    Returns
    -------
    DataFrame
        Of the columns :data:`COLUMNS`; ``n_clusters`` counts the raters or items that judged, or hold, the system.
    """
    selection = frames.select(judgments, criterion=criterion, population=population)
    judged, clusters = frames.system_preferences(selection), frames.cluster_codes(selection, cluster)
    fitted = strengths(judged, clusters, confidence_level=confidence_level) if judged.systems else ()
    rates = win_rates(judged, clusters, confidence_level=confidence_level)
    rows = [
        (
            *(system, strength.value, strength.low, strength.high, rate.value, rate.low, rate.high),
            *(confidence_level, *sizes, cluster, rate.n_units),
            *(strength.method, strength.reason, rate.method, rate.reason),
        )
        for system, strength, rate, sizes in zip(
            judged.systems, fitted, rates, _sizes(selection), strict=True
        )
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"reason": "str", "win_rate_reason": "str"})
    return table.sort_values(
        ["strength", "win_rate", "system"], ascending=[False, False, True], ignore_index=True
    )


def win_matrix_table(
    judgments: pd.DataFrame, *, criterion: str, population: str, confidence_level: float = 0.95
) -> pd.DataFrame:
    """Return each system's wins, ties and losses against each other system.

    Parameters as in :func:`ranking_table`. Both bad counts as a tie, a tie as half a win.

    Returns
    -------
    DataFrame
        Of the columns :data:`MATRIX_COLUMNS`, a row per ordered pair of systems.
    """
    judged = frames.system_preferences(frames.select(judgments, criterion=criterion, population=population))
    counts = win_counts(judged)
    rows = []
    for i, j in np.argwhere(~np.eye(len(judged.systems), dtype=bool)):
        wins, ties, losses = int(counts.wins[i, j]), int(counts.ties[i, j]), int(counts.wins[j, i])
        n, won = wins + ties + losses, wins + ties / 2
        spread = (won / n if n else np.nan, *wilson_interval(won, n, confidence_level), confidence_level)
        reason = None if n else "never compared"
        names = (judged.systems[i], judged.systems[j])
        rows.append((*names, *spread, wins, ties, losses, n, "Wilson, judgments independent", reason))
    return pd.DataFrame(rows, columns=list(MATRIX_COLUMNS)).astype({"reason": "str"})


def _sizes(selection: frames.Selection) -> list[tuple[int, int, int]]:
    """Return per system, in order, its comparisons, judgments and raters."""
    columns = ["comparison_id", "judgment_id", "rater_id"]
    sides = [
        selection.judgments[[*columns, f"label_{side}"]].rename(columns={f"label_{side}": "system"})
        for side in "ab"
    ]
    counted = pd.concat(sides).groupby("system", sort=True)[columns].nunique()
    return [(int(a), int(b), int(c)) for a, b, c in counted.itertuples(index=False)]
