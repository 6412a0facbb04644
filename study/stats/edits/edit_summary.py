"""How many outputs were edited and how far, and how a metric agrees with that."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, check_equal_lengths, numbers
from study.stats.claims import Claim, claimed_share, method_of
from study.stats.correlation.grouped_intervals import grouped_interval
from study.stats.resampling import Estimate
from study.stats.statistic import Statistic
from study.stats.units import Units, estimand, sizes
from study.tables import lookup

NO_EDIT = "no output was edited"
NO_OUTPUT = "no output has a distance"
ONE_VALUE = "both limits are the same distance: too many edits are equal"


@dataclass(frozen=True, slots=True)
class EditSummary:
    """How often and how far outputs were edited; two numbers, because most distances are 0 and few are large.

    Attributes
    ----------
    share_edited : Claim
        Of the outputs with a distance.
    median_edit : Claim
        The median distance of the edited ones. P is nan.
    n_undefined : int
        Outputs left out because their distance is undefined.
    """

    share_edited: Claim
    median_edit: Claim
    n_undefined: int


def edit_summary(distances: ArrayLike, units: Units, *, confidence_level: float = 0.95) -> EditSummary:
    """Return the share of outputs that were edited, and the median distance of those, over units.

    Parameters
    ----------
    distances : array_like of shape (n_outputs,)
        0 where nothing was changed, nan where undefined.
    units : Units
    confidence_level : float

    Raises
    ------
    InvalidInput
        If a distance is negative.

    Examples
    --------
    >>> from study.stats.units import units_of
    >>> found = edit_summary([0, 0, 3, 1, 0, 2], units_of({"rater": [0, 0, 1, 1, 2, 2]}, asked=True))
    >>> found.share_edited.estimate.value, found.median_edit.estimate.value
    (0.5, 2.0)
    """
    given = _distances(distances, 1)
    check_equal_lengths(distances=len(given), units=len(units))
    known, edited = ~np.isnan(given), given > 0
    share = claimed_share(
        edited[known], None, units.of(known), confidence_level=confidence_level, lacking=NO_OUTPUT
    )
    median = claimed_median(
        given[edited], units.of(edited), confidence_level=confidence_level, lacking=NO_EDIT
    )
    return EditSummary(share, median, int((~known).sum()))


def claimed_median(
    values: FloatArray, units: Units, *, confidence_level: float = 0.95, lacking: str = "no value"
) -> Claim:
    """Return a median with Woodruff's interval over units.

    The limits are the values at the limits of the share of values below the median, those equal to it counting half.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Without nan.
    units : Units
    confidence_level : float
    lacking : str
        The reason if there is no value.

    References
    ----------
    Woodruff 1952; Francisco and Fuller 1991.
    """
    if not len(values):
        nothing = Estimate(np.nan, np.nan, np.nan, confidence_level, 0, 0, method_of(units), lacking)
        return Claim(nothing, np.nan, np.nan, units.label, sizes(units), estimand(units))
    median = float(np.median(values))
    below = (values < median) + (values == median) / 2
    claim = claimed_share(below, None, units, confidence_level=confidence_level)
    share, method = claim.estimate, f"median, Woodruff's interval, {method_of(units)}"
    low = high = np.nan
    reason = share.reason
    if not reason:
        ends = np.clip([0.5 + share.low - share.value, 0.5 + share.high - share.value], 0, 1)
        low, high = np.quantile(values, ends, method="inverted_cdf").tolist()
        if not low < high:
            low, high, reason = np.nan, np.nan, ONE_VALUE
    estimate = Estimate(median, low, high, confidence_level, share.n_units, 0, method, reason)
    return replace(claim, estimate=estimate, p_value=np.nan)


def minus_edit(distances: FloatArray) -> FloatArray:
    """Return minus the distance: the higher, the less was changed."""
    return -distances


def minus_log_edit(distances: FloatArray) -> FloatArray:
    """Return minus the log of 1 plus the distance, which a few large edits do not rule."""
    return np.asarray(-np.log1p(distances))


EDIT_SCALES: dict[str, Statistic[Callable[[FloatArray], FloatArray]]] = {
    "minus_log_edit": Statistic(minus_log_edit, "-log(1 + edit)", "Mosteller and Tukey 1977", (-np.inf, 0)),
    "minus_edit": Statistic(minus_edit, "-edit", "Snover et al. 2006", (-np.inf, 0)),
}
"""What a metric of quality is correlated with; the minus is in the name. A rank coefficient is the same on both."""


def edit_correlation(
    distances: ArrayLike,
    metric: ArrayLike,
    coefficient: str,
    *,
    scale: str = "minus_log_edit",
    level: str = "by_item",
    resampled: str = "items",
    confidence_level: float = 0.95,
    n_resamples: int = 1000,
    rng: np.random.Generator,
) -> Estimate:
    """Estimate the correlation of a metric with how little was edited, by default within items.

    Parameters
    ----------
    distances : array_like of shape (n_systems, n_items)
        nan where not edited by anybody.
    metric : array_like of shape (n_systems, n_items)
        The higher the better.
    coefficient, level, resampled, confidence_level, n_resamples, rng
        As in :func:`study.stats.correlation.grouped_intervals.grouped_interval`.
    scale : str
        Key of :data:`EDIT_SCALES`.

    Returns
    -------
    Estimate
    """
    human = lookup(EDIT_SCALES, scale, "scale of edits").function(_distances(distances, 2))
    found = grouped_interval(
        human,
        metric,
        coefficient,
        level,
        resampled=resampled,
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        rng=rng,
    )
    return replace(found, method=f"with {EDIT_SCALES[scale].label}, {found.method}")


def _distances(values: ArrayLike, n_dimensions: int) -> FloatArray:
    given = numbers(values, "distances", n_dimensions=n_dimensions)
    if (wrong := given[given < 0]).size:
        raise InvalidInput(f"distance {wrong[0]:g}; allowed: 0 or more, nan where undefined")
    return given
