"""The mean rating of each system, and the differences between systems."""

import numpy as np
import pandas as pd

from study import frames
from study.analysis.ranking.rows import UNIT_COLUMNS, table_of, unit_columns
from study.stats.arrays import FloatArray
from study.stats.claims import Claim
from study.stats.multiplicity import ADJUSTMENTS
from study.stats.ratings.cells import Rated
from study.stats.ratings.means import system_differences, system_means
from study.tables import lookup

NO_RATING = "no rating"
MEAN_COLUMNS = (
    *("system", "mean", "mean_low", "mean_high", "confidence_level", "standard_deviation"),
    *("n_ratings", "n_raters", "n_items", *UNIT_COLUMNS, "method", "reason"),
)
DIFFERENCE_COLUMNS = (
    *("system", "opponent", "difference", "difference_low", "difference_high", "confidence_level", "p_value"),
    *("adjusted_p", "adjustment", "difference_by_item", "difference_by_item_low", "difference_by_item_high"),
    *("difference_by_item_p", "shift", *UNIT_COLUMNS, "method", "reason"),
)


def rating_table(
    answers: pd.DataFrame,
    *,
    question: str,
    subset: frames.Subset = frames.HUMAN,
    cluster: str | None = None,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return the mean rating of each system, the highest first.

    Parameters
    ----------
    answers : DataFrame
        From ``store.answers``.
    question : str
    subset : Subset
    cluster : str, optional
        The units of intervals, as in :func:`study.frames.units`; by default they follow from the design.
    confidence_level : float

    Returns
    -------
    DataFrame
        With the columns :data:`MEAN_COLUMNS`, one row per system.
    """
    found = frames.answered(answers, question=question, subset=subset)
    data = frames.ratings(found, cluster)
    claims = system_means(data, confidence_level=confidence_level)
    rows = [
        (
            *(name, claim.estimate.value, claim.estimate.low, claim.estimate.high, confidence_level),
            *_counts(data, code),
            *(*unit_columns(claim), claim.estimate.method, claim.estimate.reason),
        )
        for code, (name, claim) in enumerate(zip(data.systems, claims, strict=True))
    ]
    table = table_of(rows, MEAN_COLUMNS, NO_RATING)
    return table.sort_values(["mean", "system"], ascending=[False, True], ignore_index=True)


def rating_differences(
    answers: pd.DataFrame,
    *,
    question: str,
    subset: frames.Subset = frames.HUMAN,
    cluster: str | None = None,
    adjustment: str = "holm",
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return the difference of the mean ratings of each pair of systems, the higher first, with a test.

    Parameters
    ----------
    answers, question, subset, cluster, confidence_level
        As in :func:`rating_table`.
    adjustment : str
        Key of ``ADJUSTMENTS``: how P is adjusted for the number of pairs.

    Returns
    -------
    DataFrame
        With the columns :data:`DIFFERENCE_COLUMNS`. ``difference_by_item`` compares outputs for the same item; ``shift`` is
        what the choice of items adds to the difference of means, 0 where all systems were rated on the same items.
    """
    entry = lookup(ADJUSTMENTS, adjustment, "adjustment")
    data = frames.ratings(frames.answered(answers, question=question, subset=subset), cluster)
    found = system_differences(data, confidence_level=confidence_level) if data.n_systems > 1 else ()
    p_values: FloatArray = (
        entry.function(np.array([one.raw.p_value for one in found])) if found else np.zeros(0)
    )
    rows = [
        (
            *_ordered(data, one.first, one.second, one.raw),
            *(confidence_level, one.raw.p_value, float(p), entry.label),
            *_ordered(data, one.first, one.second, one.adjusted, like=one.raw)[2:],
            *(one.adjusted.p_value, one.shift * _sign(one.raw)),
            *(*unit_columns(one.raw), one.raw.estimate.method, one.raw.estimate.reason),
        )
        for one, p in zip(found, p_values, strict=True)
    ]
    return table_of(rows, DIFFERENCE_COLUMNS, NO_RATING)


def _sign(claim: Claim) -> int:
    return -1 if claim.estimate.value < 0 else 1


def _ordered(
    data: Rated, first: int, second: int, claim: Claim, like: Claim | None = None
) -> tuple[str, str, float, float, float]:
    """Return the names, the higher system first, and the difference between them with its interval."""
    sign = _sign(like or claim)
    names = (data.systems[first], data.systems[second])[::sign]
    ends = sorted((sign * claim.estimate.low, sign * claim.estimate.high))
    return (*names, sign * claim.estimate.value, *ends)  # type: ignore[return-value]


def _counts(data: Rated, code: int) -> tuple[float, int, int, int]:
    own = data.system == code
    values = data.value[own]
    spread = float(values.std(ddof=1)) if len(values) > 1 else float("nan")
    return spread, len(values), len(np.unique(data.rater[own])), len(np.unique(data.item[own]))
