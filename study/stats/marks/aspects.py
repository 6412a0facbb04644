"""Points by aspect: the mean of the scores of answers, and all points pooled."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.agreement.totals import ratio
from study.stats.arrays import FloatArray, check_equal_lengths, numbers
from study.stats.claims import Claim, claimed_average, claimed_share
from study.stats.units import Units

NO_ASPECT = "no answer has an aspect"


@dataclass(frozen=True, slots=True)
class AspectScores:
    """Scores of answers with points by aspect.

    Attributes
    ----------
    mean : Claim
        The mean score of answers, each counted once. P is nan: no score is that of chance.
    pooled : Claim
        All points over the most possible: answers with more aspects count more.
    per_answer : ndarray of shape (n_answers,)
        Points over the most possible, from 0 to 1; nan for an answer without aspects.
    """

    mean: Claim
    pooled: Claim
    per_answer: FloatArray


def aspect_scores(
    points: ArrayLike, units: Units, *, most: int = 2, confidence_level: float = 0.95
) -> AspectScores:
    """Return the scores of answers whose aspects get points: 0 missing, 1 in part, 2 in full.

    Parameters
    ----------
    points : array_like of shape (n_answers, n_aspects)
        From 0 to ``most``; nan beyond the aspects of an answer.
    units : Units
        Of the answers.
    most : int
    confidence_level : float

    Raises
    ------
    InvalidInput
        If points are below 0 or above ``most``.

    References
    ----------
    Salemi and Zamani 2025 (LaMP-QA): the mean of item scores.

    Examples
    --------
    >>> from study.stats.units import units_of
    >>> points = [[2, 1, 0], [2, 2, np.nan], [0, np.nan, np.nan]]
    >>> found = aspect_scores(points, units_of({"item": [0, 1, 2]}, asked=True))
    >>> round(found.mean.estimate.value, 3), round(found.pooled.estimate.value, 3)
    (0.5, 0.583)
    """
    given = numbers(points, "points", n_dimensions=2)
    check_equal_lengths(points=len(given), units=len(units))
    wrong = given[(given < 0) | (given > most)]
    if most < 1 or wrong.size:
        shown = f"points {wrong[0]:g}" if wrong.size else f"most {most}"
        raise InvalidInput(f"{shown}; allowed: 0 to {max(most, 1)}, nan where there is no aspect")
    total, whole = np.nansum(given, axis=1), most * (~np.isnan(given)).sum(axis=1).astype(np.float64)
    per_answer = ratio(total, whole)
    mean = claimed_average(
        per_answer, units, confidence_level=confidence_level, method="mean score", lacking=NO_ASPECT
    )
    pooled = claimed_share(total, whole, units, confidence_level=confidence_level, lacking=NO_ASPECT)
    return AspectScores(replace(mean, p_value=np.nan), replace(pooled, p_value=np.nan), per_answer)
