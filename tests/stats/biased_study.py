"""A study with known strengths and known preferences for the left and for length."""

import numpy as np

from study.stats.ranking.preferences import preferences
from study.stats.ranking.regressors import standardised_difference

SYSTEMS = list("ABCDE")
QUALITY = np.array([-0.8, -0.3, 0.0, 0.3, 0.8])


def biased_study(n=3000, left=0.4, length=0.25, n_raters=30, seed=0):
    """Judgments whose log odds add strengths, a preference for the left and one for length; a fifth are ties."""
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 5, n)
    b = (a + rng.integers(1, 5, n)) % 5
    side, lengths = rng.choice([-1, 1], n), rng.integers(10, 200, (2, n)).astype(float)
    difference = standardised_difference("length", *lengths)
    eta = QUALITY[a] - QUALITY[b] + left * side + length * difference.values
    answer = np.where(rng.random(n) < 1 / (1 + np.exp(-eta)), 1, -1)
    answer = np.where(rng.random(n) < 0.2, 0, answer)
    return preferences(a, b, answer, SYSTEMS), side, difference, rng.integers(0, n_raters, n)


def values(estimates):
    return np.array([e.value for e in estimates])
