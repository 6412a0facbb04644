"""Progress of a study: the share judged, the expected finish, and the width of the headline interval by then."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isnan, nan

import pandas as pd

from study import frames
from study.stats.ranking.win_rates import system_claims
from study.stats.units import estimand, sizes


@dataclass(frozen=True, slots=True)
class Filled:
    """How much of a study has been judged.

    Attributes
    ----------
    filled, places : int
        Number of filled places, and of all places.
    comparisons : int
        Number of comparisons at their overlap.
    """

    filled: int
    places: int
    comparisons: int

    @property
    def share(self) -> float:
        """The share of filled places, nan without places."""
        return self.filled / self.places if self.places else nan


def filled(coverage: pd.DataFrame) -> Filled:
    """Return how much of a study has been judged, from ``store.coverage``."""
    return Filled(
        int(coverage[["judged", "places"]].min(axis=1).sum()),
        int(coverage["places"].sum()),
        int((coverage["judged"] >= coverage["places"]).sum()),
    )


def expected_finish(left: int, recent: int, first: datetime | None, now: datetime) -> datetime | None:
    """Return when all places will be filled at the pace of the last 24 hours; None if there was no answer in that time.

    Parameters
    ----------
    left : int
        Number of places that are not filled.
    recent : int
        Number filled in the last 24 hours.
    first : datetime or None
        Time of the first of these, in UTC.
    now : datetime
    """
    if not recent or first is None:
        return None
    hours = min(24.0, max((now - first).total_seconds() / 3600, 0.1))
    return now + timedelta(hours=left * hours / recent)


@dataclass(frozen=True, slots=True)
class Width:
    """Half the width of the widest win rate interval: now, and roughly when all places are filled; nan with a reason.

    ``units`` and ``estimand`` are those of the Ranking page: the units of the interval and the population.
    """

    now: float
    when_filled: float
    units: str
    estimand: str
    confidence_level: float = 0.95
    reason: str | None = None


def headline_width(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    share: float,
    subset: frames.Subset = frames.HUMAN,
    cluster: str | None = None,
) -> Width:
    """Return the width of the widest interval of a system's win rate, as on the Ranking page, over the same units.

    The system and its win rate are not shown, so that looking every day cannot influence decisions. The width falls
    roughly with the square root of the number of judgments. Where Ranking adjusts win rates for the side, this is the
    width before the adjustment.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    criterion : str
    share : float
        Share of filled places, as in :class:`Filled`.
    subset : Subset
    cluster : str, optional
        Units as in :func:`study.frames.units`; by default those of the design.
    """
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    if selection.judgments.empty:
        return Width(nan, nan, "none", "", reason="no judgment yet")
    units = frames.units(selection, cluster)
    claims = system_claims(frames.system_preferences(selection), units)
    rates = [one.estimate for one in claims]
    widths = [(one.high - one.low) / 2 for one in rates if not isnan(one.high - one.low)]
    if not widths:
        reason = next((one.reason for one in rates if one.reason), "no interval")
        return Width(nan, nan, sizes(units), estimand(units), reason=reason)
    return Width(max(widths), max(widths) * share**0.5, sizes(units), estimand(units))
