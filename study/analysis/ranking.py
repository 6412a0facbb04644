"""The tables of systems: how strong each is, and how it fares against each other one."""

import numpy as np
import pandas as pd

from study import frames
from study.stats.arrays import IntArray
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
    subset: frames.Subset = frames.HUMAN,
    cluster: str = "rater",
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return Bradley-Terry strength and win rate of each system, the strongest first.

    A tie, or both bad, is half a win for each.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    criterion : str
    subset : Subset
        Whose judgments count, and on what.
    cluster : {"rater", "item"}
        Whose judgments belong together in the intervals.
    confidence_level : float

    Returns
    -------
    DataFrame
        Of the columns :data:`COLUMNS`; ``n_clusters`` counts the raters or items that judged, or hold, the system.
    """
    selection = frames.select(judgments, criterion=criterion, subset=subset)
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
    judgments: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return each system's wins, ties and losses against each other system.

    Parameters as in :func:`ranking_table`. Both bad counts as a tie, a tie as half a win.

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
        rows.append((*names, *spread, wins, ties, losses, n, "Wilson, judgments independent", reason))
    return pd.DataFrame(rows, columns=list(MATRIX_COLUMNS)).astype({"reason": "str"})


def _sizes(selection: frames.Selection) -> list[tuple[int, int, int]]:
    """Return per system, in order, its comparisons, judgments and raters."""
    judged, systems = selection.judgments, selection.systems
    sides = frames.positions(systems, judged["label_a"], judged["label_b"])
    (comparison, comparisons), (rater, raters) = (
        frames.coded(judged[f"{one}_id"]) for one in ("comparison", "rater")
    )

    def distinct(codes: IntArray, n_codes: int) -> IntArray:
        there = np.zeros((len(systems), n_codes), dtype=bool)
        for side in sides:
            there[side, codes] = True
        return np.asarray(there.sum(axis=1))

    n_judgments = np.bincount(np.concatenate(sides), minlength=len(systems))
    columns = (distinct(comparison, len(comparisons)), n_judgments, distinct(rater, len(raters)))
    return [(int(a), int(b), int(c)) for a, b, c in zip(*columns, strict=True)]
