"""Krippendorff's alpha and its distances between values."""

from collections.abc import Callable

import numpy as np

from study.errors import InvalidInput
from study.stats.agreement.totals import AgreementTotals, ratio
from study.stats.arrays import FloatArray

Distances = Callable[[FloatArray, FloatArray], FloatArray]


def krippendorff_alpha(totals: AgreementTotals, distances: Distances) -> FloatArray:
    """Return Krippendorff's alpha for squared distances between values.

    At most 1, which is perfect agreement; 0 is chance. Units rated once are left out. nan where it is undefined: no
    unit rated twice, or all ratings equal.

    Parameters
    ----------
    totals : AgreementTotals
    distances : callable
        From values, shape (n_categories,), and the pairable ratings of each, shape (..., n_categories), to squared
        distances of shape (..., n_categories, n_categories); an entry of :data:`DISTANCES`.

    References
    ----------
    Krippendorff 2011, sections C and D.

    Examples
    --------
    Krippendorff 2011, example C:

    >>> from study.stats.agreement.coefficients import agreement_value
    >>> from study.stats.agreement.reliability import value_counts
    >>> x = np.nan
    >>> ratings = [
    ...     [1, 2, 3, 3, 2, 1, 4, 1, 2, x, x, x],
    ...     [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, x, 3],
    ...     [x, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, x],
    ...     [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, x],
    ... ]
    >>> counts = value_counts(ratings)
    >>> [round(agreement_value(counts, f"krippendorff_alpha_{level}"), 3) for level in DISTANCES]
    [0.743, 0.815, 0.849, 0.797]
    """
    observed, expected = disagreements(totals, distances(totals.values, pairable_ratings(totals)))
    return 1 - ratio(observed, expected)


def pairable_ratings(totals: AgreementTotals) -> FloatArray:
    """Return how many ratings of each value have another rating of their unit to pair with, shape (..., n_categories)."""
    return np.asarray(np.rint(2 * totals.coincidences.sum(axis=-1)) / 2)


def disagreements(totals: AgreementTotals, squared: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return observed and expected disagreement, as sums over pairable ratings; both 0 without any.

    If raters answer independently of each other and of the unit, the two are equal on average for any number of
    units.
    """
    pairable = pairable_ratings(totals)
    n = pairable.sum(axis=-1)
    observed = (totals.coincidences * squared).sum(axis=(-1, -2))
    expected = np.einsum("...k,...kl,...l->...", pairable, squared, pairable)
    return observed, ratio(expected, n - 1, 0.0)


def nominal_distances(values: FloatArray, pairable: FloatArray) -> FloatArray:
    """Return 1 for two different values, 0 for equal ones."""
    return 1 - np.eye(len(values))


def ordinal_distances(values: FloatArray, pairable: FloatArray) -> FloatArray:
    """Return the squared number of ratings between two values, counting half of those at each end."""
    midranks = np.cumsum(pairable, axis=-1) - pairable / 2
    return np.asarray((midranks[..., :, None] - midranks[..., None, :]) ** 2)


def interval_distances(values: FloatArray, pairable: FloatArray) -> FloatArray:
    """Return squared differences."""
    return np.asarray((values[:, None] - values[None, :]) ** 2)


def ratio_distances(values: FloatArray, pairable: FloatArray) -> FloatArray:
    """Return squared differences relative to the sum; 0 for two zeros."""
    if (values < 0).any():
        raise InvalidInput(f"value {values.min():g} on a ratio scale; allowed: 0 or more")
    return ratio(values[:, None] - values[None, :], values[:, None] + values[None, :], 0.0) ** 2


DISTANCES: dict[str, Distances] = {
    "nominal": nominal_distances,
    "ordinal": ordinal_distances,
    "interval": interval_distances,
    "ratio": ratio_distances,
}
