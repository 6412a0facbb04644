"""P-values of a table of tests, adjusted for their number."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, IntArray, numbers
from study.stats.statistic import Statistic

Adjustment = Callable[[ArrayLike], FloatArray]


def holm(p_values: ArrayLike) -> FloatArray:
    """Return Holm's adjusted P: at level alpha the probability of any false rejection is at most alpha.

    Parameters
    ----------
    p_values : array_like of shape (n_tests,)
        nan where a test is undefined: it stays nan and does not count as a test.

    Returns
    -------
    ndarray of shape (n_tests,)
        From 0 to 1, never below the given P.

    References
    ----------
    Holm 1979.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    values, order = _ordered(p_values)
    factors = len(order) - np.arange(len(order))
    return _placed(np.maximum.accumulate(values[order] * factors), order, values)


def benjamini_hochberg(p_values: ArrayLike) -> FloatArray:
    """Return Benjamini and Hochberg's adjusted P: at level q the expected share of false rejections is at most q.

    Holds for independent tests and for positively dependent ones. Parameters and values as in :func:`holm`.

    References
    ----------
    Benjamini and Hochberg 1995.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    values, order = _ordered(p_values)
    factors = len(order) / np.arange(1, len(order) + 1)
    return _placed(np.minimum.accumulate((values[order] * factors)[::-1])[::-1], order, values)


ADJUSTMENTS: dict[str, Statistic[Adjustment]] = {
    "holm": Statistic(holm, "Holm (family-wise)", "Holm 1979", (0, 1)),
    "benjamini_hochberg": Statistic(
        benjamini_hochberg, "Benjamini-Hochberg (false discoveries)", "Benjamini and Hochberg 1995", (0, 1)
    ),
}


def _ordered(p_values: ArrayLike) -> tuple[FloatArray, IntArray]:
    """Return the P, checked, and the positions of the defined ones from the smallest."""
    values = numbers(p_values, "p_values")
    wrong = values[(values < 0) | (values > 1)]
    if wrong.size:
        raise InvalidInput(f"P {wrong[0]:g}; allowed: 0 to 1, nan where undefined")
    order = np.argsort(values, kind="stable")
    return values, order[: int((~np.isnan(values)).sum())]


def _placed(adjusted: FloatArray, order: IntArray, values: FloatArray) -> FloatArray:
    result = np.full_like(values, np.nan)
    result[order] = np.minimum(adjusted, 1)
    return result
