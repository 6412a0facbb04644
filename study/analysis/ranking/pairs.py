"""The tables of pairs of systems: wins by opponent, and differences beyond chance."""

from dataclasses import replace

import numpy as np
import pandas as pd

from study import frames
from study.analysis.ranking.rows import NO_JUDGMENT, UNIT_COLUMNS, table_of, unit_columns
from study.analysis.ranking.sided import CONFOUNDED, SIDE_CHOICES, Sided, sided_pairs
from study.stats.claims import Claim
from study.stats.multiplicity import ADJUSTMENTS
from study.stats.ranking.preferences import win_counts
from study.stats.ranking.win_rates import mirrored, pair_claims
from study.tables import lookup

MATRIX_COLUMNS = (
    *("system", "opponent", "win_rate", "win_rate_low", "win_rate_high", "confidence_level"),
    *("wins", "ties", "losses", "n_judgments", *UNIT_COLUMNS, "method", "reason"),
    *("sides", "win_rate_unadjusted"),
)
PAIR_COLUMNS = (
    *MATRIX_COLUMNS[: -len(UNIT_COLUMNS) - 4],
    *("p_value", "adjusted_p", "adjustment", *UNIT_COLUMNS, "method", "reason"),
    *("sides", "win_rate_unadjusted"),
)
ONLY_TIES = "only ties: there is nothing to test"
NEVER = "never compared"


def win_matrix_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    cluster: str | None = None,
    sides: str = "auto",
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return each system's wins, ties and losses against each other system.

    Both bad counts as a tie, a tie as half a win. If sides are unbalanced, the side's contribution is subtracted from
    rates; if the left side cannot be separated from preference, rates are as observed, without interval and test.

    Parameters
    ----------
    judgments, criterion, subset, sides, confidence_level
        As in :func:`study.analysis.ranking_table`.
    cluster : str, optional
        The units of intervals, as in :func:`study.frames.units`; by default they follow from the design.

    Returns
    -------
    DataFrame
        With the columns :data:`MATRIX_COLUMNS`, one row per ordered pair of systems. Units are those of a pair's
        judgments; ``win_rate_unadjusted`` is the observed rate, and ``sides`` the treatment of the left side, as in
        the ranking.
    """
    lookup(SIDE_CHOICES, sides, "choice for the left side")
    table = _matrix(judgments, criterion, subset, cluster, confidence_level, sides)
    return table[list(MATRIX_COLUMNS)]


def pair_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    adjustment: str = "holm",
    cluster: str | None = None,
    sides: str = "auto",
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return each pair of compared systems once, the winner first, with a test of its win rate against a half.

    Parameters
    ----------
    judgments, criterion, subset, cluster, sides, confidence_level
        As in :func:`win_matrix_table`.
    adjustment : {"holm", "benjamini_hochberg"}
        How P is adjusted for the number of pairs; a pair with only ties has no test and does not count.

    Returns
    -------
    DataFrame
        With the columns :data:`PAIR_COLUMNS`, the smallest P first. Interval and test are over the same units.
    """
    entry = lookup(ADJUSTMENTS, adjustment, "adjustment")
    lookup(SIDE_CHOICES, sides, "choice for the left side")
    matrix = _matrix(judgments, criterion, subset, cluster, confidence_level, sides)
    ahead = (matrix["win_rate"] > 0.5) | (
        (matrix["win_rate"] == 0.5) & (matrix["system"] < matrix["opponent"])
    )
    pairs = matrix[ahead & (matrix["n_judgments"] > 0)].copy()
    if pairs.empty:
        return table_of([], PAIR_COLUMNS, NO_JUDGMENT)
    decided = pairs["wins"] + pairs["losses"] > 0
    pairs["adjusted_p"] = entry.function(pairs["p_value"].to_numpy())
    pairs["adjustment"] = entry.label
    if (pairs["sides"] != CONFOUNDED).all():
        pairs["method"] += f"; test of the win rate against a half, P by {entry.label}"
        pairs.loc[~decided, "reason"] = ONLY_TIES
    return pairs.sort_values(["p_value", "system", "opponent"], ignore_index=True)[list(PAIR_COLUMNS)]


def _matrix(
    judgments: pd.DataFrame,
    criterion: str,
    subset: frames.Subset,
    cluster: str | None,
    level: float,
    sides: str,
) -> pd.DataFrame:
    """Return the rows of :data:`MATRIX_COLUMNS` with an added ``p_value``."""
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    judged, units = frames.system_preferences(selection), frames.units(selection, cluster)
    counts, observed = win_counts(judged), pair_claims(judged, units, confidence_level=level)
    found = sided_pairs(selection, units, level, sides) if selection.systems else None
    state, claims = ("unknown", observed) if found is None else (found.state, _claims(observed, found))
    rows: list[tuple[object, ...]] = []
    for i, j in np.argwhere(~np.eye(len(judged.systems), dtype=bool)).tolist():
        wins, ties, losses = int(counts.wins[i, j]), int(counts.ties[i, j]), int(counts.wins[j, i])
        names, sizes = (judged.systems[i], judged.systems[j]), (wins, ties, losses, wins + ties + losses)
        claim = claims.get((min(i, j), max(i, j)))
        if claim is None:
            nothing = (units.label, 0, "none", np.nan, "", "none", NEVER, state, np.nan, np.nan)
            rows.append((*names, np.nan, np.nan, np.nan, level, *sizes, *nothing))
            continue
        seen = observed[min(i, j), max(i, j)].estimate.value
        claim, seen = (claim, seen) if i < j else (mirrored(claim), 1 - seen)
        rate = claim.estimate
        spread = (rate.value, rate.low, rate.high, level)
        rest = (*unit_columns(claim), rate.method, rate.reason, state, seen, claim.p_value)
        rows.append((*names, *spread, *sizes, *rest))
    return pd.DataFrame(rows, columns=[*MATRIX_COLUMNS, "p_value"]).astype({"reason": "str"})


def _claims(observed: dict[tuple[int, int], Claim], found: Sided) -> dict[tuple[int, int], Claim]:
    """Return the claims on pairs: adjusted like the ranking, and only the rate where the ranking claims no rank."""
    if found.state != CONFOUNDED:
        return observed if found.pairs is None else found.pairs
    return {pair: _unclaimed(claim, str(found.reason)) for pair, claim in observed.items()}


def _unclaimed(claim: Claim, reason: str) -> Claim:
    """Return a claim reduced to the observed rate."""
    rate = replace(
        claim.estimate, low=np.nan, high=np.nan, method="observed, no interval, no test", reason=reason
    )
    return replace(claim, estimate=rate, p_value=np.nan, degrees_of_freedom=np.nan)
