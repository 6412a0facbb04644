"""A report on each rater's judgments: number, accuracy, side bias, consistency, pace."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import BoolArray, FloatArray, IntArray, check_equal_lengths, codes, numbers
from study.stats.quality.labels import Labels
from study.stats.quality.models import agreement_with_others
from study.stats.quality.rater_model import RaterModel
from study.stats.ranking.sign_test import exact_interval, sign_test
from study.stats.ranking.win_rates import wilson_interval
from study.stats.resampling import Estimate, check_confidence_level

FAST_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class RaterReport:
    """The report on one rater.

    Attributes
    ----------
    rater : int
    n_judgments : int
    accuracy : Estimate
        Agreement with the other raters' majority, or with a model.
    left_wins : Estimate
        The share of decided judgments that prefer the left side.
    left_p : float
        P of the two-sided exact binomial test that it is a half; nan without a decided judgment.
    flips : Estimate
        The share of repeats with a different answer from the first.
    median_seconds, share_fast : float
        The median, and the share under 2 seconds; nan if no time is known.
    """

    rater: int
    n_judgments: int
    accuracy: Estimate
    left_wins: Estimate
    left_p: float
    flips: Estimate
    median_seconds: float
    share_fast: float


def rater_report(
    given: Labels,
    *,
    model: RaterModel | None = None,
    seconds: ArrayLike | None = None,
    repeats: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> tuple[RaterReport, ...]:
    """Describe each rater by their judgments.

    Each report is about one rater and does not generalise to others. Intervals are Wilson's over the rater's
    judgments, which are of different comparisons. Sides are drawn at random for every judgment, so that without a
    side preference each judgment is a fair coin toss: test and interval of the left share are exact.

    Parameters
    ----------
    given : Labels
        Sides are needed for the left-win rate.
    model : RaterModel, optional
        Accuracy is then the mean posterior probability of the rater's labels, to which they contributed; otherwise
        how often the rater agrees with the majority of the others, fractionally where these are split.
    seconds : array_like of shape (n_labels,), optional
        nan where unknown.
    repeats : array_like of int, shape (n_repeats, 2), optional
        Positions of a rater's first judgment and its repeat on an item.
    confidence_level : float

    Returns
    -------
    tuple of RaterReport
        One per rater, in order; shares are nan with a reason if there is nothing to count.

    Raises
    ------
    InvalidInput
        If lengths differ, the model is of other items, or a repeat is not of the same rater and item.

    References
    ----------
    Wilson 1927; Clopper and Pearson 1934 (exact binomial).
    """
    check_confidence_level(confidence_level)
    n = given.n_raters
    agreed = agreement_with_others(given) if model is None else _probability_of_own(given, model)
    against = "the other raters' majority" if model is None else model.model
    decided, left = _left_wins(given)
    first, again = _repeats(given, repeats)
    flipped = (given.label[first] != given.label[again]).astype(np.float64)
    paces = _paces(given, seconds)
    accuracy = _Shares(
        given.rater, agreed, f"agreement with {against}, Wilson", "no judgment to compare with"
    )
    no_side = "no decided judgment" if given.a_left is not None else "sides are not known"
    wins = _Shares(
        given.rater[decided],
        left,
        "left wins of decided judgments, exact (Clopper-Pearson)",
        no_side,
        exact=True,
    )
    flips = _Shares(given.rater[again], flipped, "repeats answered otherwise, Wilson", "no repeated judgment")
    columns = [shares.estimates(n, confidence_level) for shares in (accuracy, wins, flips)]
    n_judgments = np.bincount(given.rater, minlength=n)
    return tuple(
        RaterReport(
            rater,
            int(n_judgments[rater]),
            columns[0][rater],
            columns[1][rater],
            _left_p(columns[1][rater]),
            columns[2][rater],
            *paces[rater],
        )
        for rater in range(n)
    )


@dataclass(frozen=True, slots=True)
class _Shares:
    """Values from 0 to 1 without nan, and their raters; ``exact`` if each is 0 or 1 and a test is reported with it."""

    rater: IntArray
    value: FloatArray
    method: str
    nothing: str
    exact: bool = False

    def estimates(self, n_raters: int, confidence_level: float) -> list[Estimate]:
        """Return the mean per rater as an Estimate."""
        known = ~np.isnan(self.value)
        sums = np.bincount(self.rater[known], self.value[known], n_raters)
        counts = np.bincount(self.rater[known], minlength=n_raters)
        return [
            self._estimate(float(total), int(n), confidence_level)
            for total, n in zip(sums, counts, strict=True)
        ]

    def _estimate(self, total: float, n: int, confidence_level: float) -> Estimate:
        if self.exact:
            low, high = exact_interval(round(total), n, confidence_level)
        else:
            low, high = wilson_interval(min(total, n), n, confidence_level)
        value, reason = (total / n, None) if n else (np.nan, self.nothing)
        return Estimate(value, low, high, confidence_level, n, 0, self.method, reason)


def _left_p(share: Estimate) -> float:
    if not share.n_units:
        return np.nan
    wins = round(share.value * share.n_units)
    return sign_test(wins, share.n_units - wins)


def _probability_of_own(given: Labels, model: RaterModel) -> FloatArray:
    if model.posterior.shape != (given.n_items, given.n_categories):
        raise InvalidInput(
            f"a model of {model.posterior.shape} items and categories; "
            f"allowed: ({given.n_items}, {given.n_categories})"
        )
    return np.asarray(model.posterior[given.item, given.label])


def _left_wins(given: Labels) -> tuple[BoolArray, FloatArray]:
    """Return which judgments prefer an output, and for each of these 1 if that output was on the left."""
    if given.a_left is None:
        return np.zeros(len(given.item), dtype=bool), np.empty(0)
    a, b = given.categories.index("a"), given.categories.index("b")
    decided = (given.label == a) | (given.label == b)
    left = (given.label[decided] == a) == given.a_left[decided]
    return decided, left.astype(np.float64)


def _repeats(given: Labels, repeats: ArrayLike | None) -> tuple[IntArray, IntArray]:
    pairs = np.empty((0, 2), dtype=np.int64) if repeats is None else np.asarray(repeats)
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise InvalidInput(f"repeats of shape {pairs.shape}; allowed: (n_repeats, 2)")
    first, again = (codes(column, len(given.item), "judgment") for column in pairs.T)
    other = (given.rater[first] != given.rater[again]) | (given.item[first] != given.item[again])
    if other.any():
        row = int(np.flatnonzero(other)[0])
        raise InvalidInput(f"repeat {pairs[row].tolist()}; allowed: two judgments of one rater and item")
    return first, again


def _paces(given: Labels, seconds: ArrayLike | None) -> list[tuple[float, float]]:
    """Return each rater's median seconds and share of fast judgments."""
    times = np.full(len(given.item), np.nan) if seconds is None else numbers(seconds, "seconds")
    check_equal_lengths(labels=len(given.item), seconds=len(times))
    known = np.flatnonzero(~np.isnan(times))
    order = known[np.argsort(given.rater[known], kind="stable")]
    bounds = np.searchsorted(given.rater[order], np.arange(given.n_raters + 1))
    paces = []
    for start, end in pairwise(bounds.tolist()):
        own = times[order[start:end]]
        paces.append(
            (float(np.median(own)), float((own < FAST_SECONDS).mean())) if len(own) else (np.nan, np.nan)
        )
    return paces
