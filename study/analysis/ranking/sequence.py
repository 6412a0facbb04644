"""The confidence sequence of one pair of systems: may the study stop?"""

import numpy as np
import pandas as pd

from study import frames
from study.analysis.ranking.rows import table_of
from study.errors import InvalidInput
from study.stats.arrays import FloatArray
from study.stats.planning.sequential import win_rate_sequence
from study.tables import lookup

SEQUENCE_COLUMNS = (
    *("system", "opponent", "unit", "n", "win_rate", "win_rate_low", "win_rate_high", "confidence_level"),
    *("n_units", "decided_after", "method", "reason"),
)
UNITS = {"judgment": "judgments", "rater": "raters"}
MOST_LOOKS = 400


def sequence_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    system: str,
    opponent: str,
    unit: str = "judgment",
    subset: frames.Subset = frames.HUMAN,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return the win rate of one system over another after each judgment, with an interval valid at every look.

    Parameters
    ----------
    judgments, criterion, subset, confidence_level
        As in :func:`study.analysis.ranking_table`; judgments in the order in which they came.
    system, opponent : str
        Names of systems.
    unit : {"judgment", "rater"}
        What comes one after the other: single judgments, which takes them as independent, or the mean of each rater
        in the order in which they gave their last judgment of the pair.

    Returns
    -------
    DataFrame
        Of the columns :data:`SEQUENCE_COLUMNS`, at most :data:`MOST_LOOKS` looks, the last one included. ``n_units`` is
        how many there are in all, ``decided_after`` after how many the interval first excluded one half (nan: never).
        One row with a reason where the two were never compared.
    """
    lookup(UNITS, unit, "unit")
    if system == opponent:
        raise InvalidInput(f"{system!r} against itself; allowed: two different systems")
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    wins = _wins(selection, system, opponent, unit)
    names = (system, opponent, unit)
    if not len(wins):
        nothing = (0, np.nan, np.nan, np.nan, confidence_level, 0, np.nan, "none", "never compared")
        return table_of([(*names, *nothing)], SEQUENCE_COLUMNS)
    found = win_rate_sequence(wins, confidence_level=confidence_level)
    decided = found.first_excluding(0.5)
    looks = np.unique(np.linspace(1, len(wins), min(MOST_LOOKS, len(wins))).round().astype(int))
    rest = (len(wins), np.nan if decided is None else decided, f"{found.method}, over {UNITS[unit]}", None)
    rows = [
        (*names, int(n), found.mean[n - 1], found.low[n - 1], found.high[n - 1], confidence_level, *rest)
        for n in looks
    ]
    return table_of(rows, SEQUENCE_COLUMNS)


def _wins(selection: frames.Selection, system: str, opponent: str, unit: str) -> FloatArray:
    """Return 1 for a win of the system, one half for a tie, 0 for a loss, or the mean of each rater, in time order."""
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
    rater = frames.coded(selection.judgments["rater_id"])[0][kept]
    raters, code = np.unique(rater, return_inverse=True)
    means = np.bincount(code, won, len(raters)) / np.bincount(code, minlength=len(raters))
    last = np.zeros(len(raters), dtype=np.int64)
    np.maximum.at(last, code, np.arange(len(code)))
    return np.asarray(means[np.argsort(last)])
