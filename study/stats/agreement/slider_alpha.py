"""Krippendorff's interval alpha of values without levels, such as sliders, from sums of each unit."""

import numpy as np
from numpy.typing import ArrayLike

from study.stats.agreement.totals import ratio
from study.stats.arrays import FloatArray, check_equal_lengths, codes, numbers
from study.stats.resampling import Estimate, jackknife, whole_clusters


def interval_alpha(unit: ArrayLike, value: ArrayLike, *, confidence_level: float = 0.95) -> Estimate:
    """Estimate Krippendorff's alpha for interval data with a jackknife over units; the cost does not depend on the scale.

    Equal to the entry ``krippendorff_alpha_interval`` of :data:`study.stats.agreement.coefficients.AGREEMENT`, which needs
    a scale of at most 101 values.

    Parameters
    ----------
    unit : array_like of int, shape (n_ratings,)
        Codes from 0.
    value : array_like of shape (n_ratings,)
        nan is left out, and so are units with a single value.
    confidence_level : float

    Returns
    -------
    Estimate
        At most 1; nan with a reason without a unit with two values, or if all values are equal.

    References
    ----------
    Krippendorff 2011, section D.

    Examples
    --------
    >>> round(interval_alpha([0, 0, 1, 1, 2, 2], [1.5, 2.0, 5.25, 5.0, 9.0, 8.5]).value, 4)
    0.9905
    """
    values, units = numbers(value, "value"), codes(unit, None, "unit")
    check_equal_lengths(unit=len(units), value=len(values))
    there = ~np.isnan(values)
    place, kept = units[there], values[there]
    kept = kept - (kept.mean() if len(kept) else 0.0)
    n, total, squares = (np.bincount(place, kept**power).astype(np.float64) for power in (0, 1, 2))
    paired = n >= 2
    within = (n * squares - total**2)[paired] / (n[paired] - 1)
    cells = np.column_stack([n[paired], total[paired], squares[paired], within])
    if not len(cells):
        reason = "no unit has two values"
        return Estimate(
            np.nan, np.nan, np.nan, confidence_level, 0, 0, "delete-one-unit jackknife, t interval", reason
        )
    return jackknife(_alpha, whole_clusters(cells, "unit"), confidence_level=confidence_level)


def _alpha(totals: FloatArray) -> FloatArray:
    """Return alpha from values, their sum, their sum of squares, and the disagreement within units, shape (n, 4)."""
    n, total, squares, within = totals.T
    expected = n * squares - total**2
    expected = np.where(expected > 1e-9 * n * np.maximum(squares, 1e-300), expected, 0.0)
    return 1 - ratio((n - 1) * within, expected)
