"""How much of a study is judged, when all will be, and how wide the headline interval is by then."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isnan, nan

import pandas as pd

from study import frames
from study.stats.ranking.win_rates import system_claims
from study.stats.units import estimand, sizes


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
    """Half the width of the widest interval of a win rate: now, and about when all places are filled; nan with a reason.

    ``units`` and ``estimand`` are those of the Ranking page: what the interval is over, and to whom it generalises.
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
    """Return how wide the widest interval of a system's win rate is: of the win rates of the Ranking page, over the same units.

    Which system it is and what it wins is not said, so that looking at it every day decides nothing. The width falls about
    with the square root of what is judged. Where Ranking adjusts win rates for the side they stood on, this is the width
    before that.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    criterion : str
    share : float
        Of the places that are filled, as :class:`Filled` has it.
    subset : Subset
    cluster : str, optional
        Units as :func:`study.frames.units` reads them; by default those of the design.
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
