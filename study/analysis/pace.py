"""How much of a study is judged, when all will be, and how wide the headline interval is by then."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isnan, nan

import pandas as pd

from study.stats.shares import clustered_share


@dataclass(frozen=True, slots=True)
class Filled:
    """How much of a study is judged.

    Attributes
    ----------
    filled, places : int
        Places that are filled, of how many.
    comparisons : int
        At their overlap.
    """

    filled: int
    places: int
    comparisons: int

    @property
    def share(self) -> float:
        """The share of the places that are filled, nan where there are none."""
        return self.filled / self.places if self.places else nan


def filled(coverage: pd.DataFrame) -> Filled:
    """Return how much of a study is judged, by ``store.coverage``."""
    return Filled(
        int(coverage[["judged", "places"]].min(axis=1).sum()),
        int(coverage["places"].sum()),
        int((coverage["judged"] >= coverage["places"]).sum()),
    )


def expected_finish(left: int, recent: int, first: datetime | None, now: datetime) -> datetime | None:
    """Return when all places will be filled at the pace of the last 24 hours; None without an answer in these.

    Parameters
    ----------
    left : int
        Places that are not filled.
    recent : int
        How many were filled in the last 24 hours.
    first : datetime or None
        When the first of these was, in UTC.
    now : datetime
    """
    if not recent or first is None:
        return None
    hours = min(24.0, max((now - first).total_seconds() / 3600, 0.1))
    return now + timedelta(hours=left * hours / recent)


@dataclass(frozen=True, slots=True)
class Width:
    """Half the width of the widest interval of a win rate: now, and about when all places are filled; nan with a reason."""

    now: float
    when_filled: float
    n_raters: int
    confidence_level: float = 0.95
    reason: str | None = None


def headline_width(wins: pd.DataFrame, share: float) -> Width:
    """Return how wide the widest interval of a system's win rate is, over raters.

    Which system it is and what it wins is not said, so that looking at it every day decides nothing. The width falls about
    with the square root of what is judged.

    Parameters
    ----------
    wins : DataFrame
        Of ``store.win_counts``: already counted by rater and system.
    share : float
        Of the places that are filled, as :class:`Filled` has it.
    """
    wins = wins.reset_index(drop=True)
    raters, names = pd.factorize(wins["rater_id"])
    shares = [
        clustered_share(part["wins"], part["n"], raters[part.index], unit="rater")
        for _, part in wins.groupby("system")
    ]
    widths = [(one.high - one.low) / 2 for one in shares if not isnan(one.high - one.low)]
    if not widths:
        return Width(nan, nan, len(names), reason=(shares[0].reason if shares else None) or "no judgment yet")
    return Width(max(widths), max(widths) * share**0.5, len(names))
