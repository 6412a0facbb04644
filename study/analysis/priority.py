"""Whether the queue order puts likely ties last: its first fifth compared with the average random fifth."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from study import frames
from study.analysis.ranking.rows import UNIT_COLUMNS, table_of, unit_columns
from study.errors import InvalidInput
from study.stats.claims import Claim, claimed_share
from study.stats.shares import claimed_change

SHARE = 0.2
COLUMNS = (
    *("group", "label", "comparisons", "judged", "ties", "n", "value", "low", "high"),
    *("confidence_level", "n_units", *UNIT_COLUMNS, "method", "reason"),
)
LABELS = {
    "first": "First {share:.0%} of the queue",
    "random": "Random {share:.0%}, on average",
    "change": "Relative change",
}


def tie_rate_table(
    judgments: pd.DataFrame,
    priority: Mapping[str, float],
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    share: float = SHARE,
    seed: int = 0,
    cluster: str | None = None,
) -> pd.DataFrame:
    """Return the tie rate of the comparisons that differ most, of as many at random on average, and the relative change.

    The average over all random draws is the tie rate of all comparisons, which is reported here: a single draw would
    add its own chance variation to the number.

    Parameters
    ----------
    judgments : DataFrame
        The long table of a study.
    priority : mapping of str to float
        Main comparisons by id, with how much their outputs differ (``store.priorities``).
    criterion : str
    subset : frames.Subset
    share : float
        The share of comparisons in the first part; above 0, at most 1.
    seed : int
        Not used, since nothing is drawn; kept for existing callers.
    cluster : str, optional
        The units of intervals, as in :func:`study.frames.units`; by default they follow from the design.

    Returns
    -------
    DataFrame
        With the columns :data:`COLUMNS`, one row each for first, random and change. ``comparisons`` are in the part
        (for the random one, all that it is drawn from), ``judged`` of them have an answer, and ``n`` counts
        judgments. Intervals are over the units of the judgments.

    References
    ----------
    Boubdir et al. 2023 report 54% fewer ties in the first 20%, by the divergence of log-probabilities.
    """
    if not 0 < share <= 1:
        raise InvalidInput(f"share is {share}; give a number above 0, at most 1")
    ids = sorted(priority)
    size = max(1, round(share * len(ids))) if ids else 0
    values = np.array([priority[one] for one in ids])
    first = np.zeros(len(ids), bool)
    first[np.argsort(-values, kind="stable")[:size]] = True
    if not ids:
        return table_of([], COLUMNS, "no comparison has a value of this measure")
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    place = pd.Index(ids).get_indexer(pd.Index(selection.judgments["comparison_id"].astype(str)))
    known = place >= 0
    units = frames.units(selection, cluster).of(known)
    tie = selection.judgments["preference"].astype(str).eq("tie").to_numpy()[known]
    place, early = place[known], first[place[known]]
    rows = []
    for group, inside in (("first", early), ("random", np.ones(len(tie), bool))):
        of_part = np.flatnonzero(first) if group == "first" else np.arange(len(ids))
        claim = claimed_share(tie[inside], None, units.of(inside), lacking="no judgment of these yet")
        rows.append(_row(group, share, (of_part, place[inside], tie[inside]), claim))
    change = claimed_change(tie & early, early, tie, np.ones(len(tie)), units)
    rows.append(_row("change", share, (np.arange(len(ids)), place, tie), change))
    return table_of(rows, COLUMNS)


def _row(
    group: str, share: float, part: tuple[np.ndarray, np.ndarray, np.ndarray], claim: Claim
) -> tuple[object, ...]:
    """Return a row of a part: its comparisons, and for each judgment the comparison and whether it is a tie."""
    comparisons, place, tie = part
    judged, found = len(np.unique(place)), claim.estimate
    reason = found.reason
    if judged and group != "change" and judged < len(comparisons):
        left = f"{len(comparisons) - judged:,} of these are not judged yet"
        reason = f"{left}; {reason}" if reason else left
    interval = (found.value, found.low, found.high, found.confidence_level, found.n_units)
    sizes = (len(comparisons), judged, int(tie.sum()), len(tie))
    return (
        group,
        LABELS[group].format(share=share),
        *sizes,
        *interval,
        *unit_columns(claim),
        found.method,
        reason,
    )
