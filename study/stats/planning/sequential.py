"""Anytime-valid intervals: a win rate can be checked after every judgment, and collection stopped at any time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln, xlog1py, xlogy

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, numbers
from study.stats.resampling import check_confidence_level

BISECTIONS = 50


@dataclass(frozen=True, slots=True)
class ConfidenceSequence:
    """An interval after each observation; all of them hold simultaneously at the confidence level.

    Attributes
    ----------
    mean, low, high : ndarray of shape (n_observations,)
        After the first, the second, ... observation. The limits lie within 0 and 1.
    confidence_level : float
    method : str
    """

    mean: FloatArray
    low: FloatArray
    high: FloatArray
    confidence_level: float
    method: str

    def first_excluding(self, value: float) -> int | None:
        """Return after how many observations the interval first excluded a value, or None if it never did."""
        outside = np.flatnonzero((self.low > value) | (self.high < value))
        return int(outside[0]) + 1 if outside.size else None


def win_rate_sequence(wins: ArrayLike, *, confidence_level: float = 0.95) -> ConfidenceSequence:
    """Return the confidence sequence of a win rate, a tie counting as half.

    For a win rate m put ``M_t(m) = B(½ + S, ½ + t - S) / B(½, ½) / (m^S (1 - m)^(t - S))`` with S the wins among the
    first t. It is the mean over bets q, drawn from a Beta(½, ½), of the product of ``(q/m)^x ((1-q)/(1-m))^(1-x)`` over
    wins x. As the weighted geometric mean is at most the arithmetic one, a factor is at most ``x q/m + (1-x)
    (1-q)/(1-m)``, which is expected to be 1 if wins have mean m given the past. So M_t(m) is a supermartingale that
    starts at 1, and by Ville's inequality it ever reaches 1/α with probability at most α, whatever stops the study.
    The interval holds every m with ``M_t(m) < 1/α``; it depends on t and S only.

    Wins must be in the order in which they came, and each have the win rate as its mean given those before. Where
    raters differ this holds for the means of the raters, in the order in which they finished, not for single
    judgments. Many ties make the interval wider than necessary, not narrower.

    Parameters
    ----------
    wins : array_like of shape (n_observations,)
        From 0 to 1: 1 for a win, 0.5 for a tie, 0 for a loss, or the mean of each rater.
    confidence_level : float
        1 - α.

    Raises
    ------
    InvalidInput
        If an observation is missing or not within 0 and 1.

    References
    ----------
    Ville 1939; Robbins 1970 (mixtures); Howard, Ramdas, McAuliffe and Sekhon 2021, proposition 7 (beta-binomial);
    Waudby-Smith and Ramdas 2024 (means of bounded variables by betting).

    Examples
    --------
    >>> sequence = win_rate_sequence([1.0] * 12)
    >>> [round(float(low), 3) for low in sequence.low[5:8]], sequence.first_excluding(0.5)
    ([0.474, 0.521, 0.561], 7)
    """
    check_confidence_level(confidence_level)
    values = numbers(wins, "wins")
    wrong = np.flatnonzero(~((values >= 0) & (values <= 1)))
    if wrong.size:
        raise InvalidInput(f"win {values[wrong[0]]:g} at position {wrong[0]}; allowed: from 0 to 1")
    t = np.arange(1, len(values) + 1, dtype=np.float64)
    won = np.minimum(np.cumsum(values), t)
    threshold = betaln(0.5 + won, 0.5 + t - won) - betaln(0.5, 0.5) + np.log1p(-confidence_level)
    low = _edge(won, t, threshold, np.zeros_like(t))
    high = _edge(won, t, threshold, np.ones_like(t))
    method = "confidence sequence by a beta-binomial mixture, valid at every look"
    return ConfidenceSequence(won / t, low, high, confidence_level, method)


def _edge(won: FloatArray, t: FloatArray, threshold: FloatArray, outside: FloatArray) -> FloatArray:
    """Return where the likelihood falls to its threshold between the mean and an end, from outside, by bisection."""
    inside = won / t
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        held = xlogy(won, middle) + xlog1py(t - won, -middle) > threshold
        inside, outside = np.where(held, middle, inside), np.where(held, outside, middle)
    return outside
