"""Does the order of the queue put likely ties last? The first fifth of it against what a random fifth has on average."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from study import frames
from study.analysis.ranking.rows import table_of
from study.errors import InvalidInput
from study.stats.resampling import Estimate
from study.stats.shares import clustered_share, relative_change

SHARE = 0.2
COLUMNS = (
    *("group", "label", "comparisons", "judged", "ties", "n", "value", "low", "high"),
    *("confidence_level", "n_units", "method", "reason"),
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
) -> pd.DataFrame:
    """Return the tie rate of the comparisons that differ most, of as many at random on average, and the relative change.

    What a random part has on average, over all its draws, is the tie rate of all comparisons, and that is what stands here: no
    draw, whose luck would be part of the number.

    Parameters
    ----------
    judgments : DataFrame
        The long table of a study.
    priority : mapping of str to float
        How much the outputs of each main comparison differ (``store.priorities``), by its id.
    criterion : str
    subset : frames.Subset
    share : float
        Which part of the comparisons is the first one; above 0, at most 1.
    seed : int
        Not used: nothing is drawn. It stands in calls of before.

    Returns
    -------
    DataFrame
        Of the columns :data:`COLUMNS`, a row each for first, random and change. ``comparisons`` are in the part, for the random
        one all that it is drawn from, ``judged`` of them have an answer, ``n`` counts judgments. Intervals are over comparisons.

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
    everything = np.ones(len(ids), bool)
    if not ids:
        return table_of([], COLUMNS, "no comparison has a value of this measure")
    ties, n = _counts(judgments, ids, criterion, subset)
    rows = []
    for group, inside in (("first", first), ("random", everything)):
        found = clustered_share(
            *(ties[inside], n[inside], np.arange(inside.sum())),
            unit="comparison",
            lacking="no judgment of these yet",
        )
        rows.append(_row(group, share, ties[inside], n[inside], found))
    change = relative_change(ties * first, n * first, ties, n)
    rows.append(_row("change", share, ties, n, change))
    return table_of(rows, COLUMNS)


def _counts(
    judgments: pd.DataFrame, ids: list[str], criterion: str, subset: frames.Subset
) -> tuple[np.ndarray, np.ndarray]:
    """Return how many judgments of each comparison are ties, and how many there are."""
    found = frames.select(judgments, criterion=criterion, subset=subset).judgments
    place = pd.Index(ids).get_indexer(pd.Index(found["comparison_id"].astype(str)))
    tie = found["preference"].astype(str).eq("tie").to_numpy()
    known = place >= 0
    counts = [
        np.bincount(place[known], weights, minlength=len(ids)).astype(np.float64)
        for weights in (tie[known], None)
    ]
    return counts[0], counts[1]


def _row(group: str, share: float, ties: np.ndarray, n: np.ndarray, found: Estimate) -> tuple[object, ...]:
    judged, reason = int((n > 0).sum()), found.reason
    if reason is None and group != "change" and judged < len(n):
        reason = f"{len(n) - judged:,} of these are not judged yet"
    interval = (found.value, found.low, found.high, found.confidence_level, found.n_units, found.method)
    label = LABELS[group].format(share=share)
    return (group, label, len(n), judged, int(ties.sum()), int(n.sum()), *interval, reason)
