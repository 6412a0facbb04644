"""Intraclass correlation of numerical ratings, single and average, with F intervals."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from study.stats.agreement.totals import ratio
from study.stats.arrays import BoolArray, FloatArray, IntArray, check_equal_lengths, codes, numbers
from study.stats.resampling import NO_VARIATION, Estimate, check_confidence_level
from study.stats.statistic import Scaled
from study.tables import lookup
from study.wording import counted


@dataclass(frozen=True, slots=True)
class MeanSquares:
    """Analysis of variance of complete ratings: n units by k raters.

    Mean squares between units, within units, between raters, and of the residual. ``means`` is the number of
    estimated levels: 1, one per stratum, or 0 where the level is known to be 0 for every rater; then raters have no
    mean square.
    """

    n: int
    k: int
    units: float
    within: float
    raters: float
    residual: float
    means: int = 1

    @property
    def df_units(self) -> int:
        """Degrees of freedom between units."""
        return self.n - self.means

    @property
    def df_residual(self) -> int:
        """Degrees of freedom of the residual."""
        return self.df_units * (self.k - 1)


NEGLIGIBLE = 1e-24
"""Share of the sum of squared ratings below which a sum of squares is rounding error."""

Limits = tuple[float, float, float]
IccFunction = Callable[[MeanSquares, float], Limits]


@dataclass(frozen=True, slots=True)
class IccStatistic(Scaled[IccFunction]):
    """An intraclass correlation and its design.

    Attributes
    ----------
    one_way : bool
        Whether each unit has different raters; otherwise all units have the same raters.
    sees_levels : bool
        Whether differences between raters in level count as disagreement. Raters of a two-way design then need the
        same level in all strata.
    """

    one_way: bool = field(kw_only=True)
    sees_levels: bool = field(kw_only=True)


def icc(
    ratings: ArrayLike,
    name: str = "icc_2_1",
    *,
    antisymmetric: bool = False,
    strata: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Estimate an intraclass correlation, an entry of :data:`ICC`.

    Parameters
    ----------
    ratings : array_like of shape (n_raters, n_units)
        Ratings as numbers on an interval scale. Raters without a rating, and then units with a missing rating (nan),
        are left out: ``n_units`` of the estimate counts the remaining ones.
    name : str
        Key of :data:`ICC`. ``icc_1_*``: each unit has different raters; ``icc_2_*``: the raters are a sample, and
        their differences in level count as disagreement; ``icc_3_*``: only these raters, and differences in level do
        not count. ``*_1``: reliability of one rater; ``*_k``: of the mean of all.
    antisymmetric : bool
        Whether the sign of each unit is arbitrary, for example if a rating is above 0 for one output and below 0 for
        the other. The level of every rater is then 0, so no mean is estimated and raters do not differ in level: the
        coefficient is that of all units under both signs, does not depend on any unit's sign, and ``icc_2_*`` equals
        ``icc_3_*``.
    strata : array_like of int, shape (n_units,), optional
        Groups of units that differ in level, codes from 0: mean squares are pooled within strata. ``icc_2_*``
        requires a single stratum, because otherwise raters differ in level separately in each.
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
    stratum = np.zeros(data.shape[1], dtype=np.int64) if strata is None else codes(strata, None, "stratum")
    check_equal_lengths(units=data.shape[1], strata=len(stratum))
    data, complete = complete_units(data)
    stratum = stratum[complete]
    k, n = data.shape
    method = f"{entry.label}{', antisymmetric' if antisymmetric else ''}, F interval"

    def undefined(reason: str) -> Estimate:
        return Estimate(np.nan, np.nan, np.nan, confidence_level, n, 0, method, reason)

    if k < 2 or n < 2:
        return undefined(
            f"{counted(k, 'rater')} and {counted(n, 'complete unit')}; allowed: at least 2 of each"
        )
    squares = mean_squares(data, None if antisymmetric else stratum, antisymmetric=antisymmetric)
    if squares.means > 1 and entry.sees_levels and not entry.one_way:
        return undefined("raters differ in level otherwise in each stratum: given for one stratum only")
    if squares.df_units < 1:
        return undefined(f"{counted(n, 'unit')} in {squares.means} strata: each has a level of its own")
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


def complete_units(ratings: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Return the units rated by every rater who has a rating, shape (n_raters, n_units), and their positions."""
    some = ratings[~np.isnan(ratings).all(axis=1)]
    complete: BoolArray = np.asarray(~np.isnan(some).any(axis=0))
    return some[:, complete], complete


def mean_square_cells(ratings: FloatArray) -> FloatArray:
    """Return the components of mean squares, one row per unit: 1, mean, its square, squares within, and each rating.

    Takes complete ratings of shape (n_raters, n_units); rows can be summed over units.
    """
    mean = ratings.mean(axis=0)
    within = ((ratings - mean) ** 2).sum(axis=0)
    return np.column_stack([np.ones(len(mean)), mean, mean**2, within, ratings.T])


def squares_of_totals(totals: FloatArray) -> FloatArray:
    """Return sums of squares within a stratum, from totals of :func:`mean_square_cells`, shape (n, 4 + n_raters).

    Units, strata, and the sums of squares between units, within units and between raters, shape (n, 5); 0 for an
    empty stratum.
    """
    n = np.rint(totals[:, 0])
    mean = ratio(totals[:, 1], n, 0.0)
    k = totals.shape[1] - 4
    of_rater = totals[:, 4:] / np.maximum(n, 1)[:, None]
    between = k * (totals[:, 2] - n * mean**2)
    raters = n * ((of_rater - mean[:, None]) ** 2).sum(axis=1)
    return np.column_stack([n, n > 0, between, totals[:, 3], raters])


def squares_about_zero(totals: FloatArray) -> FloatArray:
    """Return the same for units with arbitrary sign: no mean is estimated, and raters have no level."""
    zero, k = np.zeros(len(totals)), totals.shape[1] - 4
    return np.column_stack([np.rint(totals[:, 0]), zero, k * totals[:, 2], totals[:, 3], zero])


def mean_squares(
    ratings: FloatArray, strata: IntArray | None = None, *, antisymmetric: bool = False
) -> MeanSquares:
    """Return the mean squares of complete ratings, shape (n_raters, n_units), at least 2 of each.

    Parameters
    ----------
    ratings : ndarray of shape (n_raters, n_units)
    strata : ndarray of int, shape (n_units,), optional
    antisymmetric : bool
        As in :func:`icc`.
    """
    k, n = ratings.shape
    if antisymmetric:
        sums = squares_about_zero(mean_square_cells(ratings).sum(axis=0)[None])[0]
    else:
        place = np.zeros(n, dtype=np.int64) if strata is None else np.unique(strata, return_inverse=True)[1]
        # Sums of squares of nearly constant values lose digits, so a stratum's level is subtracted first.
        size = np.bincount(place).astype(np.float64)
        levels = np.bincount(place, ratings.mean(axis=0)) / size
        cells = mean_square_cells(ratings - levels[place])
        totals = np.column_stack([np.bincount(place, column) for column in cells.T]).astype(np.float64)
        sums = squares_of_totals(totals).sum(axis=0)
    return squares_of_sums(sums, k, NEGLIGIBLE * max((ratings**2).sum(), 1e-300))


def squares_of_sums(sums: FloatArray, k: int, least: float = 0.0) -> MeanSquares:
    """Return mean squares from sums of squares, shape (5,); a sum below ``least`` is rounding error and becomes 0."""
    n, means = int(np.rint(sums[0])), int(np.rint(sums[1]))
    between, within, raters = (np.float64(one if one > least else 0.0) for one in sums[2:])
    residual = np.float64(within - raters if within - raters > max(least, 1e-12 * within) else 0.0)
    return MeanSquares(
        n=n,
        k=k,
        units=between / max(n - means, 1),
        within=within / (n * (k - 1)),
        raters=raters / (max(means, 1) * (k - 1)),
        residual=residual / (max(n - means, 1) * (k - 1)),
        means=means,
    )


def icc_1_1(squares: MeanSquares, confidence_level: float) -> Limits:
    """Return ICC(1,1) and its limits: one-way random, one rater."""
    return _of_f(squares, confidence_level, squares.within, squares.n * (squares.k - 1), single=True)


def icc_1_k(squares: MeanSquares, confidence_level: float) -> Limits:
    """Return ICC(1,k) and its limits: one-way random, mean of the raters."""
    return _of_f(squares, confidence_level, squares.within, squares.n * (squares.k - 1), single=False)


def icc_3_1(squares: MeanSquares, confidence_level: float) -> Limits:
    """Return ICC(3,1) and its limits: two-way, consistency, one rater."""
    return _of_f(squares, confidence_level, squares.residual, squares.df_residual, single=True)


def icc_3_k(squares: MeanSquares, confidence_level: float) -> Limits:
    """Return ICC(3,k), which is Cronbach's alpha, and its limits: two-way, consistency, mean of the raters."""
    return _of_f(squares, confidence_level, squares.residual, squares.df_residual, single=False)


def icc_2_1(squares: MeanSquares, confidence_level: float) -> Limits:
    """Return ICC(2,1) and its limits: two-way random, absolute agreement, one rater."""
    if not squares.means:
        return icc_3_1(squares, confidence_level)
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
    if not squares.means:
        return icc_3_k(squares, confidence_level)
    k = squares.k
    value, low, high = (
        k * x / (1 + (k - 1) * x) if 1 + (k - 1) * x > 1e-9 else np.nan
        for x in icc_2_1(squares, confidence_level)
    )
    return value, low, high


def _of_f(squares: MeanSquares, confidence_level: float, error: float, df: float, *, single: bool) -> Limits:
    """Return a coefficient that depends on one F ratio, between units over error, and its limits."""
    observed = np.float64(squares.units) / error
    low = observed / _f_quantile(confidence_level, squares.df_units, df)
    high = observed * _f_quantile(confidence_level, df, squares.df_units)
    step = squares.k if single else 1
    value, lower, upper = (1 - step / (f + step - 1) if f else _at_zero(step) for f in (observed, low, high))
    return value, lower, upper


def _at_zero(step: int) -> float:
    return -1 / (step - 1) if step > 1 else -np.inf


def _f_quantile(confidence_level: float, df1: float, df2: float) -> float:
    return float(special.fdtri(df1, df2, (1 + confidence_level) / 2))


def _entry(
    function: IccFunction, label: str, lowest: float, *, one_way: bool = False, sees_levels: bool = False
) -> IccStatistic:
    bounds = (lowest, 1.0)
    source = "Shrout and Fleiss 1979"
    return IccStatistic(
        function, label, source, bounds, scale="ordered", one_way=one_way, sees_levels=sees_levels
    )


ICC: dict[str, IccStatistic] = {
    "icc_1_1": _entry(icc_1_1, "ICC(1,1)", -1, one_way=True, sees_levels=True),
    "icc_2_1": _entry(icc_2_1, "ICC(2,1)", -np.inf, sees_levels=True),
    "icc_3_1": _entry(icc_3_1, "ICC(3,1)", -1),
    "icc_1_k": _entry(icc_1_k, "ICC(1,k)", -np.inf, one_way=True, sees_levels=True),
    "icc_2_k": _entry(icc_2_k, "ICC(2,k)", -np.inf, sees_levels=True),
    "icc_3_k": _entry(icc_3_k, "ICC(3,k)", -np.inf),
}
