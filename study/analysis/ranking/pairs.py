"""The tables of pairs of systems: who wins against whom, and which differences are beyond chance."""

import numpy as np
import pandas as pd

from study import frames
from study.analysis.ranking.rows import NO_JUDGMENT, UNIT_COLUMNS, table_of, unit_cells
from study.stats.multiplicity import ADJUSTMENTS
from study.stats.ranking.preferences import win_counts
from study.stats.ranking.win_rates import mirrored, pair_claims
from study.tables import lookup

MATRIX_COLUMNS = (
    *("system", "opponent", "win_rate", "win_rate_low", "win_rate_high", "confidence_level"),
    *("wins", "ties", "losses", "n_judgments", *UNIT_COLUMNS, "method", "reason"),
)
PAIR_COLUMNS = (
    *MATRIX_COLUMNS[: -len(UNIT_COLUMNS) - 2],
    *("p_value", "adjusted_p", "adjustment", *UNIT_COLUMNS, "method", "reason"),
)
ONLY_TIES = "only ties: there is nothing to test"
NEVER = "never compared"


def win_matrix_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    cluster: str | None = None,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return each system's wins, ties and losses against each other system.

    Both bad counts as a tie, a tie as half a win.

    Parameters
    ----------
    judgments, criterion, subset, confidence_level
        As in :func:`study.analysis.ranking_table`.
    cluster : str, optional
        What intervals are over, as :func:`study.frames.units` takes it; by default the design says.

    Returns
    -------
    DataFrame
        Of the columns :data:`MATRIX_COLUMNS`, a row per ordered pair of systems. Units are those of a pair's judgments.
    """
    table = _matrix(judgments, criterion, subset, cluster, confidence_level)
    return table[list(MATRIX_COLUMNS)]


def pair_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    adjustment: str = "holm",
    cluster: str | None = None,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return each pair of compared systems once, the winner first, with a test of its win rate against a half.

    Parameters
    ----------
    judgments, criterion, subset, cluster, confidence_level
        As in :func:`win_matrix_table`.
    adjustment : {"holm", "benjamini_hochberg"}
        How P is adjusted for the number of pairs; a pair with ties only has no test and does not count.

    Returns
    -------
    DataFrame
        Of the columns :data:`PAIR_COLUMNS`, the smallest P first. Interval and test are over the same units.
    """
    entry = lookup(ADJUSTMENTS, adjustment, "adjustment")
    matrix = _matrix(judgments, criterion, subset, cluster, confidence_level)
    ahead = (matrix["wins"] > matrix["losses"]) | (
        (matrix["wins"] == matrix["losses"]) & (matrix["system"] < matrix["opponent"])
    )
    pairs = matrix[ahead & (matrix["n_judgments"] > 0)].copy()
    if pairs.empty:
        return table_of([], PAIR_COLUMNS, NO_JUDGMENT)
    decided = pairs["wins"] + pairs["losses"] > 0
    pairs["adjusted_p"] = entry.function(pairs["p_value"].to_numpy())
    pairs["adjustment"] = entry.label
    pairs["method"] += f"; test of the win rate against a half, P by {entry.label}"
    pairs.loc[~decided, "reason"] = ONLY_TIES
    return pairs.sort_values(["p_value", "system", "opponent"], ignore_index=True)[list(PAIR_COLUMNS)]


def _matrix(
    judgments: pd.DataFrame, criterion: str, subset: frames.Subset, cluster: str | None, level: float
) -> pd.DataFrame:
    """Return the rows of :data:`MATRIX_COLUMNS` with ``p_value`` beside them."""
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    judged, units = frames.system_preferences(selection), frames.units(selection, cluster)
    counts, claims = win_counts(judged), pair_claims(judged, units, confidence_level=level)
    rows: list[tuple[object, ...]] = []
    for i, j in np.argwhere(~np.eye(len(judged.systems), dtype=bool)).tolist():
        wins, ties, losses = int(counts.wins[i, j]), int(counts.ties[i, j]), int(counts.wins[j, i])
        names, sizes = (judged.systems[i], judged.systems[j]), (wins, ties, losses, wins + ties + losses)
        claim = claims.get((min(i, j), max(i, j)))
        if claim is None:
            nothing = (units.label, 0, "none", np.nan, "", "none", NEVER, np.nan)
            rows.append((*names, np.nan, np.nan, np.nan, level, *sizes, *nothing))
            continue
        claim = claim if i < j else mirrored(claim)
        rate = claim.estimate
        spread = (rate.value, rate.low, rate.high, level)
        rest = (*unit_cells(claim), rate.method, rate.reason, claim.p_value)
        rows.append((*names, *spread, *sizes, *rest))
    return pd.DataFrame(rows, columns=[*MATRIX_COLUMNS, "p_value"]).astype({"reason": "str"})
