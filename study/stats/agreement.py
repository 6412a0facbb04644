"""Agreement of raters: percent agreement and Krippendorff's alpha, with intervals over units."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from study.errors import InvalidInput
from study.stats.arrays import FloatArray
from study.stats.reliability import ValueCounts
from study.stats.resampling import Clusters, Estimate, interval, point_value
from study.stats.statistic import Statistic
from study.tables import lookup


@dataclass(frozen=True, slots=True)
class AgreementTotals:
    """What every coefficient here is a function of; sums over units, with any leading dimensions.

    Attributes
    ----------
    coincidences : ndarray of shape (..., n_categories, n_categories)
        Ordered pairs of ratings within units, each unit's pairs divided by its number of ratings less one.
    agreements : ndarray of shape (...)
        Sum over units of the share of its pairs that agree.
    n_units : ndarray of shape (...)
    values : ndarray of shape (n_categories,)
    """

    coincidences: FloatArray
    agreements: FloatArray
    n_units: FloatArray
    values: FloatArray


AgreementFunction = Callable[[AgreementTotals], FloatArray]
Distances = Callable[[FloatArray, FloatArray], FloatArray]


def percent_agreement(totals: AgreementTotals) -> FloatArray:
    """Return the mean over units of the share of rater pairs that agree.

    Each unit counts once, however many raters it has. From 0 to 1; nan without a unit rated twice.

    References
    ----------
    Fleiss 1971, eq. 2 and 3; Gwet 2014, chapter 2 (missing ratings).

    Examples
    --------
    Three raters of one unit, of whom one pair in three agrees:

    >>> from study.stats.reliability import value_counts
    >>> agreement_value(value_counts([[1.0], [1.0], [2.0]]), "percent_agreement")
    0.3333333333333333
    """
    return _ratio(totals.agreements, totals.n_units)


def krippendorff_alpha(totals: AgreementTotals, distances: Distances) -> FloatArray:
    """Return Krippendorff's alpha for squared distances between values.

    At most 1, which is perfect agreement; 0 is chance. Units rated once are left out. nan where it is undefined:
    no unit rated twice, or all ratings equal.

    Parameters
    ----------
    totals : AgreementTotals
    distances : callable
        From values, shape (n_categories,), and pairable ratings of each, shape (..., n_categories), to squared
        distances of shape (..., n_categories, n_categories), an entry of :data:`DISTANCES`.

    References
    ----------
    Krippendorff 2011, sections C and D.

    Examples
    --------
    Krippendorff 2011, example C:

    >>> from study.stats.reliability import value_counts
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
    pairable = np.rint(2 * totals.coincidences.sum(axis=-1)) / 2
    n = pairable.sum(axis=-1)
    squared = distances(totals.values, pairable)
    observed = (totals.coincidences * squared).sum(axis=(-1, -2))
    expected = np.einsum("...k,...kl,...l->...", pairable, squared, pairable)
    return 1 - _ratio((n - 1) * observed, expected)


def nominal_distances(values: FloatArray, pairable: FloatArray) -> FloatArray:
    """Return 1 for two different values, 0 for equal ones."""
    return 1 - np.eye(len(values))


def ordinal_distances(values: FloatArray, pairable: FloatArray) -> FloatArray:
    """Return the squared number of ratings between two values, the half of each end left out."""
    midranks = np.cumsum(pairable, axis=-1) - pairable / 2
    return np.asarray((midranks[..., :, None] - midranks[..., None, :]) ** 2)


def interval_distances(values: FloatArray, pairable: FloatArray) -> FloatArray:
    """Return squared differences."""
    return np.asarray((values[:, None] - values[None, :]) ** 2)


def ratio_distances(values: FloatArray, pairable: FloatArray) -> FloatArray:
    """Return squared differences relative to the sum; 0 for two zeros."""
    if (values < 0).any():
        raise InvalidInput(f"value {values.min():g} on a ratio scale; allowed: 0 or more")
    return _ratio(values[:, None] - values[None, :], values[:, None] + values[None, :], 0.0) ** 2


DISTANCES: dict[str, Distances] = {
    "nominal": nominal_distances,
    "ordinal": ordinal_distances,
    "interval": interval_distances,
    "ratio": ratio_distances,
}

AGREEMENT: dict[str, Statistic[AgreementFunction]] = {
    "percent_agreement": Statistic(percent_agreement, "Percent agreement", "Gwet 2014", (0, 1)),
    "krippendorff_alpha_nominal": Statistic(
        partial(krippendorff_alpha, distances=nominal_distances),
        "Krippendorff's α (nominal)",
        "Krippendorff 2011",
        (-1, 1),
    ),
    "krippendorff_alpha_ordinal": Statistic(
        partial(krippendorff_alpha, distances=ordinal_distances),
        "Krippendorff's α (ordinal)",
        "Krippendorff 2011",
        (-1, 1),
    ),
    "krippendorff_alpha_interval": Statistic(
        partial(krippendorff_alpha, distances=interval_distances),
        "Krippendorff's α (interval)",
        "Krippendorff 2011",
        (-1, 1),
    ),
    "krippendorff_alpha_ratio": Statistic(
        partial(krippendorff_alpha, distances=ratio_distances),
        "Krippendorff's α (ratio)",
        "Krippendorff 2011",
        (-1, 1),
    ),
}


def agreement_value(counts: ValueCounts, name: str) -> float:
    """Return an entry of :data:`AGREEMENT` for value counts; nan where undefined."""
    return point_value(_cell_statistic(counts, name), _unit_clusters(counts))


def agreement(
    counts: ValueCounts,
    name: str,
    *,
    method: str = "jackknife",
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
    rng: np.random.Generator | None = None,
) -> Estimate:
    """Estimate an entry of :data:`AGREEMENT` with an interval over units.

    Parameters
    ----------
    counts : ValueCounts
    name : str
        Key of :data:`AGREEMENT`.
    method : {"jackknife", "bootstrap"}
        The jackknife with t covers as promised from few units on, also with many raters, where a bootstrap that keeps
        expected disagreement fixed does not (Hughes 2022). Units are taken as independent, raters as fixed.
    confidence_level : float
    n_resamples : int
        For the bootstrap.
    rng : numpy.random.Generator, optional
        Required by the bootstrap.

    Returns
    -------
    Estimate
        ``n_units`` counts units rated at least twice. Low and high are cut at the bounds of the statistic.

    Raises
    ------
    InvalidInput
        If the name or the method is unknown.
    """
    bounds = lookup(AGREEMENT, name, "agreement statistic").bounds
    estimate = interval(
        _cell_statistic(counts, name),
        _unit_clusters(counts),
        method,
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        rng=rng,
    )
    low, high = np.clip([estimate.low, estimate.high], *bounds)
    reason = _undefined_reason(counts) if np.isnan(estimate.value) else estimate.reason
    return replace(estimate, low=float(low), high=float(high), reason=reason)


def _undefined_reason(counts: ValueCounts) -> str:
    if counts.n_units == 0:
        return "no unit was rated by two raters"
    return "all ratings are equal: without variation there is nothing that chance could disagree on"


def _unit_clusters(counts: ValueCounts) -> Clusters:
    return Clusters(counts.counts.astype(np.float64), counts.multiplicity, _unit_cells, "unit")


def _unit_cells(counts: FloatArray) -> FloatArray:
    """Return per unit its coincidences (flattened), its share of agreeing pairs, and 1."""
    n_ratings = counts.sum(axis=1, keepdims=True)
    others = counts[:, None, :] - np.eye(counts.shape[1])
    coincidences = counts[:, :, None] * others / (n_ratings[:, :, None] - 1)
    agreeing = np.trace(coincidences, axis1=1, axis2=2)[:, None] / n_ratings
    return np.hstack([coincidences.reshape(len(counts), -1), agreeing, np.ones_like(agreeing)])


def _cell_statistic(counts: ValueCounts, name: str) -> Callable[[FloatArray], FloatArray]:
    function = lookup(AGREEMENT, name, "agreement statistic").function
    n_categories = len(counts.values)

    def statistic(cells: FloatArray) -> FloatArray:
        coincidences = cells[:, :-2].reshape(-1, n_categories, n_categories)
        if counts.exchangeable is not None:
            coincidences = _symmetric(coincidences, counts.exchangeable)
        return function(AgreementTotals(coincidences, cells[:, -2], np.rint(cells[:, -1]), counts.values))

    return statistic


def _symmetric(coincidences: FloatArray, pair: tuple[int, int]) -> FloatArray:
    """Return the mean of the coincidences as they are and with the names of two categories exchanged."""
    renamed = np.arange(coincidences.shape[-1])
    renamed[list(pair)] = renamed[list(pair)][::-1]
    return (coincidences + coincidences[:, renamed][:, :, renamed]) / 2


def _ratio(numerator: FloatArray, denominator: FloatArray, undefined: float = np.nan) -> FloatArray:
    result = np.full(np.broadcast(numerator, denominator).shape, undefined)
    return np.asarray(np.divide(numerator, denominator, out=result, where=denominator > 0))
