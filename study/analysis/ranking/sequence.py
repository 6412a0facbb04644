"""The confidence sequence of one pair of systems, to decide whether the study may stop."""

import numpy as np
import pandas as pd

from study import frames
from study.analysis.ranking.rows import table_of
from study.analysis.ranking.sided import ADJUSTED, CONFOUNDED, sided_pairs
from study.errors import InvalidInput
from study.stats.arrays import FloatArray
from study.stats.planning.sequential import win_rate_sequence
from study.stats.units import INDEPENDENT, POPULATION
from study.tables import lookup
from study.wording import counted

SEQUENCE_COLUMNS = (
    *("system", "opponent", "unit", "n", "win_rate", "win_rate_low", "win_rate_high", "confidence_level"),
    *("n_units", "decided_after", "estimand", "method", "reason", "sides"),
)
UNITS = {
    "rater": "raters",
    "item": "items",
    "source": "sources",
    "profile": "profiles",
    "judgment": "judgments",
}
MOST_LOOKS = 400


def sequence_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    system: str,
    opponent: str,
    unit: str = "rater",
    subset: frames.Subset = frames.HUMAN,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return one system's win rate over another after each rater (item ...), with an interval valid at every look.

    Parameters
    ----------
    judgments, criterion, subset, confidence_level
        As in :func:`study.analysis.ranking_table`; judgments in order of arrival.
    system, opponent : str
        Names of systems.
    unit : {"rater", "item", "source", "profile", "judgment"}
        The elements of the sequence: the mean of each rater (item, source, profile), ordered by its last judgment of
        the pair; or single judgments, treated as independent. There is no sequence over two kinds: one over raters
        holds for these items, one over profiles or items for these raters.

    Returns
    -------
    DataFrame
        With the columns :data:`SEQUENCE_COLUMNS`, at most :data:`MOST_LOOKS` looks, including the last. ``n_units``
        is their total number, ``decided_after`` the number after which the interval first excluded one half (nan:
        never). If the two were never compared there is one row with a reason. If the left side cannot be separated
        from preference, rates are as observed, without an interval; if sides are unbalanced, rates are as observed,
        not adjusted.
    """
    lookup(UNITS, unit, "unit")
    if system == opponent:
        raise InvalidInput(f"{system!r} against itself; allowed: two different systems")
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    wins = _wins(selection, system, opponent, unit)
    names = (system, opponent, unit)
    if not len(wins):
        nothing = (0, np.nan, np.nan, np.nan, confidence_level, 0, np.nan, "", "none", "never compared", None)
        return table_of([(*names, *nothing)], SEQUENCE_COLUMNS)
    found = win_rate_sequence(wins, confidence_level=confidence_level)
    decided = found.first_excluding(0.5)
    looks = np.unique(np.linspace(1, len(wins), min(MOST_LOOKS, len(wins))).round().astype(int))
    board = sided_pairs(selection, frames.units(selection), confidence_level, "auto")
    after = np.nan if decided is None else decided
    low, high, method = found.low, found.high, f"{found.method}, over {UNITS[unit]}"
    if board.state == CONFOUNDED:
        after, method = np.nan, "observed, no interval"
        low = high = np.full_like(found.mean, np.nan)
    elif board.state == ADJUSTED:
        method += ", not adjusted for the left side"
    rest = (len(wins), after, _estimand(unit, len(wins)), method, board.reason, board.state)
    rows = [
        (*names, int(n), found.mean[n - 1], low[n - 1], high[n - 1], confidence_level, *rest) for n in looks
    ]
    return table_of(rows, SEQUENCE_COLUMNS)


def _estimand(unit: str, n: int) -> str:
    """Return the estimand of a sequence: it generalises to more units of its kind only."""
    if unit == "judgment":
        return INDEPENDENT
    return f"for {POPULATION[unit]} like these {counted(n, unit)}, {'on these items' if unit == 'rater' else 'by these raters'}"


def _wins(selection: frames.Selection, system: str, opponent: str, unit: str) -> FloatArray:
    """Return 1 for a win of the system, one half for a tie, 0 for a loss, or the mean of each unit, in time order."""
    judged, place = (
        frames.system_preferences(selection),
        {name: i for i, name in enumerate(selection.systems)},
    )
    one, other = place.get(system, -1), place.get(opponent, -1)
    forward, backward = (judged.a == one) & (judged.b == other), (judged.a == other) & (judged.b == one)
    kept = np.flatnonzero(forward | backward)
    won = (1 + np.where(forward, judged.preference, -judged.preference)[kept]) / 2
    if unit == "judgment":
        return np.asarray(won)
    units, code = np.unique(frames.cluster_codes(selection, unit)[kept], return_inverse=True)
    means = np.bincount(code, won, len(units)) / np.bincount(code, minlength=len(units))
    last = np.zeros(len(units), dtype=np.int64)
    np.maximum.at(last, code, np.arange(len(code)))
    return np.asarray(means[np.argsort(last)])
