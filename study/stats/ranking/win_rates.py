"""Win rates of systems and of pairs of systems, each as an Estimate or a Claim."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from study.stats.arrays import check_equal_lengths, codes
from study.stats.claims import Claim, claimed_share
from study.stats.ranking.preferences import Preferences, win_matrix
from study.stats.ranking.sign_test import exact_interval, sign_test
from study.stats.resampling import Estimate, check_confidence_level, normal_quantile
from study.stats.units import Units, units_of
from study.wording import counted

NO_COMPARISON = "no comparison"
INDEPENDENT = "Wilson, judgments independent"
EXACT = "exact binomial test and interval (Clopper-Pearson), judgments independent"


def wilson_interval(wins: float, n: float, confidence_level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval of a proportion.

    Parameters
    ----------
    wins : float
        Successes, from 0 to n; half wins are allowed.
    n : float
        Independent trials.
    confidence_level : float

    Returns
    -------
    tuple of float
        Low and high, within 0 and 1; nan if n is 0.

    References
    ----------
    Wilson 1927; Newcombe 1998, method 3.

    Examples
    --------
    >>> [round(bound, 4) for bound in wilson_interval(81, 263)]
    [0.2553, 0.3662]
    """
    check_confidence_level(confidence_level)
    return _score_interval(wins / n if n else np.nan, n, normal_quantile(confidence_level))


def score_p(rate: float, n: float, null: float = 0.5) -> float:
    """Return the two-sided P of a proportion of independent trials, by the score test behind :func:`wilson_interval`.

    >>> round(score_p(0.72, 100), 7)
    1.08e-05
    """
    if not n:
        return np.nan
    return float(2 * ndtr(-abs(rate - null) * np.sqrt(n / (null * (1 - null)))))


def win_rates(
    judged: Preferences,
    cluster: ArrayLike | Units | None = None,
    *,
    confidence_level: float = 0.95,
    n_resamples: int = 0,
    rng: np.random.Generator | None = None,
) -> tuple[Estimate, ...]:
    """Estimate each system's win rate over all its comparisons, ties as half.

    Without clusters the interval is Wilson's and treats judgments as independent. With units, or with clusters of one
    kind (raters or items), it is that of :func:`study.stats.claims.claimed_share`.

    Parameters
    ----------
    judged : Preferences
    cluster : Units, or array_like of int, shape (n_judgments,), optional
    confidence_level : float
    n_resamples, rng
        Not used: there is no randomness.

    Returns
    -------
    tuple of Estimate
        One per system, from 0 to 1; nan if a system has no comparison. ``n_units`` counts the system's judgments, or
        its clusters.

    References
    ----------
    Wilson 1927; Dean and Pagano 2015 (Wilson's interval with an effective sample size).
    """
    check_confidence_level(confidence_level)
    if cluster is None:
        matrix = win_matrix(judged)
        counts = zip(matrix.sum(axis=1), matrix.sum(axis=0), strict=True)
        return tuple(_wilson_estimate(won, won + lost, confidence_level) for won, lost in counts)
    if not isinstance(cluster, Units):
        clusters = codes(cluster, None, "cluster")
        check_equal_lengths(judgments=len(judged.a), cluster=len(clusters))
        cluster = units_of({"cluster": clusters}, asked=True)
    return tuple(
        claim.estimate for claim in system_claims(judged, cluster, confidence_level=confidence_level)
    )


def system_claims(judged: Preferences, units: Units, *, confidence_level: float = 0.95) -> tuple[Claim, ...]:
    """Return each system's win rate, ties as half, with an interval and a test against a half over the same units.

    Parameters
    ----------
    judged : Preferences
    units : Units
        Each system uses the units of its own judgments.
    confidence_level : float
    """
    score = (1 + judged.preference) / 2
    found = []
    for system in range(len(judged.systems)):
        first = judged.a == system
        rows = np.flatnonzero(first | (judged.b == system))
        won = np.where(first[rows], score[rows], 1 - score[rows])
        found.append(
            claimed_share(won, None, units.of(rows), confidence_level=confidence_level, lacking=NO_COMPARISON)
        )
    return tuple(found)


def pair_claims(
    judged: Preferences, units: Units, *, confidence_level: float = 0.95
) -> dict[tuple[int, int], Claim]:
    """Return the win rate of the first against the second system, ties as half, for each compared pair.

    Parameters
    ----------
    judged : Preferences
    units : Units
        Each pair uses the units of its own judgments.
    confidence_level : float

    Returns
    -------
    dict of (int, int) to Claim
        The first system is the lower number. If there are only ties there is nothing to test.
    """
    n = len(judged.systems)
    turned = judged.a > judged.b
    low, high = np.where(turned, judged.b, judged.a), np.where(turned, judged.a, judged.b)
    won = np.where(turned, 1 - judged.preference, 1 + judged.preference) / 2
    key = low * n + high
    order = np.argsort(key, kind="stable")
    pairs, start = np.unique(key[order], return_index=True)
    found = {}
    ends = np.append(start, len(order))[1:]
    for pair, first, end in zip(pairs.tolist(), start.tolist(), ends.tolist(), strict=True):
        rows = order[first:end]
        claim = claimed_share(won[rows], None, units.of(rows), confidence_level=confidence_level)
        found[divmod(pair, n)] = claim if (won[rows] != 0.5).any() else replace(claim, p_value=np.nan)
    return found


def mirrored(claim: Claim) -> Claim:
    """Return the claim on the other system of a pair: one minus the win rate."""
    one = claim.estimate
    return replace(claim, estimate=replace(one, value=1 - one.value, low=1 - one.high, high=1 - one.low))


def independent_share(
    wins: int, n: int, *, confidence_level: float = 0.95, lacking: str = NO_COMPARISON
) -> Claim:
    """Return a share of independent judgments, with the exact test against a half and its interval.

    For judgments that are independent by design, such as the side of the screen on which an output was shown.

    Parameters
    ----------
    wins, n : int
    confidence_level : float
    lacking : str
        The reason if n is 0.
    """
    low, high = exact_interval(wins, n, confidence_level)
    value, reason = (wins / n, None) if n else (np.nan, lacking)
    rate = Estimate(value, low, high, confidence_level, n, 0, EXACT, reason)
    p = sign_test(wins, n - wins) if n else np.nan
    return Claim(rate, p, np.nan, "judgment", counted(n, "judgment"), "for judgments like these")


def _wilson_estimate(wins: float, n: float, confidence_level: float) -> Estimate:
    low, high = wilson_interval(wins, n, confidence_level)
    value, reason = (float(wins / n), None) if n else (np.nan, NO_COMPARISON)
    return Estimate(value, low, high, confidence_level, int(n), 0, INDEPENDENT, reason)


def _score_interval(rate: float, n: float, quantile: float) -> tuple[float, float]:
    if not n:
        return np.nan, np.nan
    shrunk = (rate + quantile**2 / (2 * n)) / (1 + quantile**2 / n)
    half = quantile / (1 + quantile**2 / n) * np.sqrt(rate * (1 - rate) / n + quantile**2 / (4 * n**2))
    return max(0.0, float(shrunk - half)), min(1.0, float(shrunk + half))
