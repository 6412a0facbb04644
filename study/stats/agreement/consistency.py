"""Consistency of a rater with oneself on repeated comparisons: share, kappa, and how often a preference flips."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.agreement.leave_one_out import share_agreeing, table_kappa
from study.stats.agreement.pairwise_kappa import cohen_kappa
from study.stats.agreement.reliability import exchanged
from study.stats.agreement.totals import ratio
from study.stats.arrays import FloatArray, IntArray, check_equal_lengths, codes
from study.stats.ranking.win_rates import wilson_interval
from study.stats.resampling import Estimate, check_confidence_level, count_clusters, interval

WILSON = "Wilson, repeats independent"


@dataclass(frozen=True, slots=True)
class Consistency:
    """How alike first and second answers are.

    Attributes
    ----------
    share : Estimate
        Repeats with the same answer, from 0 to 1.
    kappa : Estimate
        The same beyond chance (Cohen 1960), at most 1.
    flip_rate : Estimate
        Of the repeats where both answers prefer an output, those that prefer the other one the second time; 0.5 is
        what tossing a coin would give.
    """

    share: Estimate
    kappa: Estimate
    flip_rate: Estimate


def repeat_tables(
    first: ArrayLike, second: ArrayLike, rater: ArrayLike, n_categories: int, n_raters: int
) -> IntArray:
    """Count first by second answers of each rater.

    Parameters
    ----------
    first, second : array_like of int, shape (n_repeats,)
        Categories, codes from 0, on outputs: not on the sides of the screen.
    rater : array_like of int, shape (n_repeats,)
    n_categories, n_raters : int

    Returns
    -------
    ndarray of shape (n_raters, n_categories, n_categories)

    Raises
    ------
    InvalidInput
        If a code is out of range or lengths differ.

    Examples
    --------
    >>> repeat_tables([0, 1, 1], [0, 0, 1], [0, 0, 0], 2, 1)
    array([[[1, 0],
            [1, 1]]])
    """
    before, after = codes(first, n_categories, "category"), codes(second, n_categories, "category")
    raters = codes(rater, n_raters, "rater")
    check_equal_lengths(first=len(before), second=len(after), rater=len(raters))
    cell = (raters * n_categories + before) * n_categories + after
    counts = np.bincount(cell, minlength=n_raters * n_categories**2)
    return counts.reshape(n_raters, n_categories, n_categories)


def rater_consistency(
    table: IntArray, opposite: tuple[int, int], *, confidence_level: float = 0.95
) -> Consistency:
    """Estimate the consistency of one rater, repeats taken as independent.

    Parameters
    ----------
    table : ndarray of shape (n_categories, n_categories)
        First by second answers, one element of :func:`repeat_tables`.
    opposite : pair of int
        The categories "prefers a" and "prefers b". Their names are arbitrary in each comparison: kappa is that of
        the mean table of both namings.
    confidence_level : float

    Returns
    -------
    Consistency
        Wilson intervals of share and flip rate; large-sample z interval of kappa.

    Raises
    ------
    InvalidInput
        If the opposite categories are not two of the table.

    References
    ----------
    Wilson 1927; Fleiss, Cohen and Everitt 1969.

    Examples
    --------
    Of 22 repeats, 14 with the same answer, and 4 of 16 preferences turned round:

    >>> table = np.array([[7, 1, 1], [1, 2, 1], [3, 1, 5]])
    >>> found = rater_consistency(table, (0, 2))
    >>> [round(estimate.value, 3) for estimate in (found.share, found.kappa, found.flip_rate)]
    [0.636, 0.425, 0.25]
    """
    check_confidence_level(confidence_level)
    symmetric = _both_namings(table[None].astype(np.float64), opposite)
    kappa = cohen_kappa(symmetric, np.eye(len(table))).estimate(0, confidence_level=confidence_level)
    if np.isnan(kappa.value):
        kappa = replace(kappa, reason=_no_kappa(kappa.n_units))
    flipped, preferred = _flips(table[None], opposite)
    return Consistency(
        _wilson(float(np.trace(table)), float(table.sum()), confidence_level, "no repeat"),
        kappa,
        _wilson(
            float(flipped[0]), float(preferred[0]), confidence_level, "no repeat with a preference twice"
        ),
    )


def pooled_consistency(
    tables: IntArray, opposite: tuple[int, int], *, confidence_level: float = 0.95
) -> Consistency:
    """Estimate the consistency of all raters together, with delete-one-rater jackknife intervals.

    Parameters
    ----------
    tables : ndarray of shape (n_raters, n_categories, n_categories)
        From :func:`repeat_tables`.
    opposite : pair of int
        As in :func:`rater_consistency`.
    confidence_level : float

    Returns
    -------
    Consistency
        Each repeat counts once; ``n_units`` counts raters with a repeat. Limits are cut at the bounds.
    """
    q = tables.shape[-1]
    _both_namings(tables.astype(np.float64), opposite)
    repeated = tables[tables.any(axis=(1, 2))]
    clusters = count_clusters(repeated.reshape(-1, q * q), "rater")

    def estimated(
        function: Callable[[FloatArray], FloatArray], bounds: tuple[float, float], no: str
    ) -> Estimate:
        found = interval(
            lambda cells: function(np.rint(cells).reshape(-1, q, q)),
            clusters,
            "jackknife",
            confidence_level=confidence_level,
        )
        low, high = np.clip([found.low, found.high], *bounds)
        return replace(
            found, low=float(low), high=float(high), reason=no if np.isnan(found.value) else found.reason
        )

    return Consistency(
        estimated(share_agreeing, (0, 1), "no repeat"),
        estimated(lambda t: table_kappa(_both_namings(t, opposite)), (-1, 1), _no_kappa(len(repeated))),
        estimated(lambda t: ratio(*_flips(t, opposite)), (0, 1), "no repeat with a preference twice"),
    )


def _no_kappa(n: int) -> str:
    return "all answers are one category: chance agrees always" if n else "no repeat"


def _flips(tables: FloatArray | IntArray, opposite: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """Return the reversed preferences and the repeats with a preference both times, shape (n,) each."""
    a, b = opposite
    flipped = tables[:, a, b] + tables[:, b, a]
    preferred = flipped + tables[:, a, a] + tables[:, b, b]
    return flipped.astype(np.float64), preferred.astype(np.float64)


def _both_namings(tables: FloatArray, opposite: tuple[int, int]) -> FloatArray:
    q = tables.shape[-1]
    if len(set(opposite)) != 2 or not all(0 <= code < q for code in opposite):
        raise InvalidInput(f"opposite categories {opposite}; allowed: two different codes, 0 to {q - 1}")
    renamed = exchanged(q, opposite)
    return np.asarray((tables + tables[:, renamed][:, :, renamed]) / 2)


def _wilson(count: float, n: float, confidence_level: float, no: str) -> Estimate:
    low, high = wilson_interval(count, n, confidence_level)
    value, reason = (count / n, None) if n else (np.nan, no)
    return Estimate(value, low, high, confidence_level, int(n), 0, WILSON, reason)
