"""How often each system got each rating, and how often one that is acceptable."""

import numpy as np
import pandas as pd

from study import frames
from study.analysis.ranking.rows import UNIT_COLUMNS, table_of, unit_columns
from study.analysis.ratings.means import NO_RATING
from study.stats.ratings.distributions import acceptable_shares

DISTRIBUTION_COLUMNS = ("system", "value", "n_ratings", "share")
ACCEPTABLE_COLUMNS = (
    *("system", "share", "share_low", "share_high", "confidence_level", "threshold", "n_ratings"),
    *(*UNIT_COLUMNS, "method", "reason"),
)


def distribution_table(
    answers: pd.DataFrame, *, question: str, subset: frames.Subset = frames.HUMAN
) -> pd.DataFrame:
    """Return how many ratings of each value each system got, and their share of its ratings.

    Returns
    -------
    DataFrame
        With the columns :data:`DISTRIBUTION_COLUMNS`, one row per system and value that occurs.
    """
    data = frames.ratings(frames.answered(answers, question=question, subset=subset))
    values, code = np.unique(data.value, return_inverse=True)
    counts = np.bincount(data.system * len(values) + code, minlength=data.n_systems * len(values))
    table = counts.reshape(data.n_systems, -1)
    rows = [
        (name, float(value), int(n), n / max(table[place].sum(), 1))
        for place, name in enumerate(data.systems)
        for value, n in zip(values, table[place], strict=True)
    ]
    return table_of(rows, DISTRIBUTION_COLUMNS)


def acceptable_table(
    answers: pd.DataFrame,
    *,
    question: str,
    threshold: float,
    subset: frames.Subset = frames.HUMAN,
    cluster: str | None = None,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return the share of each system's ratings at or above a threshold, with its interval.

    Returns
    -------
    DataFrame
        With the columns :data:`ACCEPTABLE_COLUMNS`, one row per system.
    """
    data = frames.ratings(frames.answered(answers, question=question, subset=subset), cluster)
    n = np.bincount(data.system, minlength=data.n_systems)
    claims = acceptable_shares(data, threshold, confidence_level=confidence_level)
    rows = [
        (
            *(
                name,
                claim.estimate.value,
                claim.estimate.low,
                claim.estimate.high,
                confidence_level,
                threshold,
            ),
            *(int(n[code]), *unit_columns(claim), claim.estimate.method, claim.estimate.reason),
        )
        for code, (name, claim) in enumerate(zip(data.systems, claims, strict=True))
    ]
    return table_of(rows, ACCEPTABLE_COLUMNS, NO_RATING)
