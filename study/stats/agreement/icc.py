"""Intraclass correlation of numerical ratings, single and average, with F intervals."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from study.stats.arrays import FloatArray, numbers
from study.stats.resampling import NO_VARIATION, Estimate, check_confidence_level
from study.stats.statistic import Statistic
from study.tables import lookup
from study.wording import counted


@dataclass(frozen=True, slots=True)
class MeanSquares:
    """Analysis of variance of complete ratings: n units by k raters.

    Mean squares between units, within units, between raters, and of the residual.
    """

    n: int
    k: int
    units: float
    within: float
    raters: float
    residual: float


NEGLIGIBLE = 1e-24
"""Share of the sum of squared ratings below which a sum of squares is rounding."""

Limits = tuple[float, float, float]
IccFunction = Callable[[MeanSquares, float], Limits]


def icc(ratings: ArrayLike, name: str = "icc_2_1", *, confidence_level: float = 0.95) -> Estimate:
    """Estimate an intraclass correlation, an entry of :data:`ICC`.

    Parameters
    ----------
    ratings : array_like of shape (n_raters, n_units)
        Ratings as numbers on an interval scale. Raters without a rating and then units with a missing rating (nan)
        are left out: ``n_units`` of the estimate counts those that remain.
    name : str
        Key of :data:`ICC`. ``icc_1_*``: each unit has raters of its own; ``icc_2_*``: the raters are a sample, their
        differences in level count as disagreement; ``icc_3_*``: these raters, differences in level do not count.
        ``*_1``: reliability of one rater; ``*_k``: of the mean of all.
    confidence_level : float

    Returns
    -------
    Estimate
        At most 1; it can be negative. nan with a reason for fewer than 2 raters or units, or all ratings equal.

    References
    ----------
    Shrout and Fleiss 1979; McGraw and Wong 1996, table 7 (intervals).

    Examples
    --------
    Shrout and Fleiss 1979, table 2 (four judges, six targets):

    >>> ratings = [[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7]]
    >>> [round(icc(ratings, name).value, 2) for name in ICC]
    [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]
    >>> estimate = icc(ratings, "icc_2_1")
    >>> round(estimate.low, 3), round(estimate.high, 3)
    (0.019, 0.761)
    """
    check_confidence_level(confidence_level)
    entry = lookup(ICC, name, "intraclass correlation")
    data = numbers(ratings, "ratings", n_dimensions=2)
    data = data[~np.isnan(data).all(axis=1)]
    data = data[:, ~np.isnan(data).any(axis=0)]
    k, n = data.shape
    method = f"{entry.label}, F interval"

    def undefined(reason: str) -> Estimate:
        return Estimate(np.nan, np.nan, np.nan, confidence_level, n, 0, method, reason)

    if k < 2 or n < 2:
        return undefined(
            f"{counted(k, 'rater')} and {counted(n, 'complete unit')}; allowed: at least 2 of each"
        )
    squares = mean_squares(data)
    if squares.units == squares.within == 0:
        return undefined("all ratings are equal: there is nothing to tell units apart by")
    with np.errstate(divide="ignore", invalid="ignore"):
        value, low, high = (float(x) for x in entry.function(squares, confidence_level))
    if not np.isfinite(value):
        return undefined("units do not differ, or too few units for so much disagreement")
    reason = None
    if squares.units == 0 or abs(high - low) < 1e-9:
        reason = NO_VARIATION.format(unit="unit")
    elif not low <= value <= high:
        reason = "too few units for an interval"
    if reason:
        low = high = np.nan
    return Estimate(value, low, high, confidence_level, n, 0, method, reason)


def mean_squares(ratings: FloatArray) -> MeanSquares:
    """Return the mean squares of complete ratings, shape (n_raters, n_units), at least 2 of each."""
    k, n = ratings.shape
    centred = ratings - ratings.mean()
    of_unit, of_rater = centred.mean(axis=0), centred.mean(axis=1)
    least = NEGLIGIBLE * max((ratings**2).sum(), 1e-300)

    def mean_square(deviations: FloatArray, times: int, df: int) -> float:
        total = times * float((deviations**2).sum())
        return total / df if total > least else 0.0

    return MeanSquares(
        n=n,
        k=k,
        units=mean_square(of_unit, k, n - 1),
        within=mean_square(centred - of_unit, 1, n * (k - 1)),
        raters=mean_square(of_rater, n, k - 1),
        residual=mean_square(centred - of_unit - of_rater[:, None], 1, (n - 1) * (k - 1)),
    )


def icc_1_1(squares: MeanSquares, confidence_level: float) -> Limits:
    """Return ICC(1,1) and its limits: one-way random, one rater."""
    return _of_f(squares, confidence_level, squares.within, squares.n * (squares.k - 1), single=True)


def icc_1_k(squares: MeanSquares, confidence_level: float) -> Limits:
    """Return ICC(1,k) and its limits: one-way random, mean of the raters."""
    return _of_f(squares, confidence_level, squares.within, squares.n * (squares.k - 1), single=False)


def icc_3_1(squares: MeanSquares, confidence_level: float) -> Limits:
    """Return ICC(3,1) and its limits: two-way, consistency, one rater."""
    df = (squares.n - 1) * (squares.k - 1)
    return _of_f(squares, confidence_level, squares.residual, df, single=True)


def icc_3_k(squares: MeanSquares, confidence_level: float) -> Limits:
    """Return ICC(3,k), which is Cronbach's alpha, and its limits: two-way, consistency, mean of the raters."""
    df = (squares.n - 1) * (squares.k - 1)
    return _of_f(squares, confidence_level, squares.residual, df, single=False)


def icc_2_1(squares: MeanSquares, confidence_level: float) -> Limits:
    """Return ICC(2,1) and its limits: two-way random, absolute agreement, one rater."""
    n, k, units, raters, residual = squares.n, squares.k, squares.units, squares.raters, squares.residual
    scale = units + (k - 1) * residual + k * (raters - residual) / n
    value = np.float64(units - residual) / scale
    spread = k * raters + (k * n - k - n) * residual
    ratio = np.float64(raters) / residual
    own, rest = k * value, n * (1 + (k - 1) * value) - k * value
    if np.isfinite(ratio):
        df = (k - 1) * (n - 1) * (own * ratio + rest) ** 2 / ((n - 1) * (own * ratio) ** 2 + rest**2)
    else:
        df = np.float64(k - 1)
    upper, lower = _f_quantile(confidence_level, n - 1, df), _f_quantile(confidence_level, df, n - 1)
    low = n * (units - upper * residual) / (upper * spread + n * units)
    high = n * (lower * units - residual) / (spread + n * lower * units)
    return value, low, high


def icc_2_k(squares: MeanSquares, confidence_level: float) -> Limits:
    """Return ICC(2,k) and its limits: two-way random, absolute agreement, mean of the raters."""
    k = squares.k
    value, low, high = (
        k * x / (1 + (k - 1) * x) if 1 + (k - 1) * x > 1e-9 else np.nan
        for x in icc_2_1(squares, confidence_level)
    )
    return value, low, high


def _of_f(squares: MeanSquares, confidence_level: float, error: float, df: float, *, single: bool) -> Limits:
    """Return a coefficient that depends on one F ratio, between units over error, and its limits."""
    observed = np.float64(squares.units) / error
    low = observed / _f_quantile(confidence_level, squares.n - 1, df)
    high = observed * _f_quantile(confidence_level, df, squares.n - 1)
    step = squares.k if single else 1
    value, lower, upper = (1 - step / (f + step - 1) if f else _at_zero(step) for f in (observed, low, high))
    return value, lower, upper


def _at_zero(step: int) -> float:
    return -1 / (step - 1) if step > 1 else -np.inf


def _f_quantile(confidence_level: float, df1: float, df2: float) -> float:
    return float(special.fdtri(df1, df2, (1 + confidence_level) / 2))


ICC: dict[str, Statistic[IccFunction]] = {
    "icc_1_1": Statistic(icc_1_1, "ICC(1,1)", "Shrout and Fleiss 1979", (-1, 1)),
    "icc_2_1": Statistic(icc_2_1, "ICC(2,1)", "Shrout and Fleiss 1979", (-np.inf, 1)),
    "icc_3_1": Statistic(icc_3_1, "ICC(3,1)", "Shrout and Fleiss 1979", (-1, 1)),
    "icc_1_k": Statistic(icc_1_k, "ICC(1,k)", "Shrout and Fleiss 1979", (-np.inf, 1)),
    "icc_2_k": Statistic(icc_2_k, "ICC(2,k)", "Shrout and Fleiss 1979", (-np.inf, 1)),
    "icc_3_k": Statistic(icc_3_k, "ICC(3,k)", "Shrout and Fleiss 1979", (-np.inf, 1)),
}
