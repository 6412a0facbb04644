"""Rankings of systems by preference: win rates and Bradley-Terry strengths, an Estimate per system."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from study.stats.arrays import FloatArray, check_equal_lengths, codes
from study.stats.ranking.preferences import Preferences, cluster_sums, win_matrix
from study.stats.ranking.strengths import strengths
from study.stats.resampling import Estimate, check_confidence_level, normal_quantile, t_quantile
from study.stats.statistic import Statistic


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


def win_rates(
    judged: Preferences,
    cluster: ArrayLike | None = None,
    *,
    confidence_level: float = 0.95,
    n_resamples: int = 0,
    rng: np.random.Generator | None = None,
) -> tuple[Estimate, ...]:
    """Estimate each system's win rate over all its comparisons, ties as half.

    Without clusters the interval is Wilson's and takes judgments as independent. With clusters (raters or items), it
    is Wilson's at the effective number of judgments, win rate (1 - win rate) / SE², where the standard error comes
    from the sums per cluster; t with the number of clusters less one replaces the normal quantile. Where a system
    wins all or nothing, the effective number is the number of clusters.

    Parameters
    ----------
    judged : Preferences
    cluster : array_like of int, shape (n_judgments,), optional
    confidence_level : float
    n_resamples, rng
        Not used: there is no randomness.

    Returns
    -------
    tuple of Estimate
        One per system, from 0 to 1; nan where a system has no comparison. ``n_units`` counts the system's judgments,
        or its clusters.

    References
    ----------
    Wilson 1927; Dean and Pagano 2015 (Wilson's interval with an effective sample size).
    """
    check_confidence_level(confidence_level)
    if cluster is None:
        matrix = win_matrix(judged)
        counts = zip(matrix.sum(axis=1), matrix.sum(axis=0), strict=True)
        return tuple(_wilson_estimate(won, won + lost, confidence_level) for won, lost in counts)
    clusters = codes(cluster, None, "cluster")
    check_equal_lengths(judgments=len(judged.a), cluster=len(clusters))
    score = (1 + judged.preference) / 2
    wins = cluster_sums(judged, clusters, score, 1 - score)
    n = cluster_sums(judged, clusters, np.ones_like(score), np.ones_like(score))
    return tuple(_clustered_estimate(w, k, confidence_level) for w, k in zip(wins.T, n.T, strict=True))


def _wilson_estimate(wins: float, n: float, confidence_level: float) -> Estimate:
    low, high = wilson_interval(wins, n, confidence_level)
    value, reason = (float(wins / n), None) if n else (np.nan, "no comparison")
    return Estimate(value, low, high, confidence_level, int(n), 0, "Wilson, judgments independent", reason)


def _clustered_estimate(wins: FloatArray, n: FloatArray, confidence_level: float) -> Estimate:
    """Estimate one system's win rate from its wins and judgments per cluster, shape (n_clusters,)."""
    n_clusters, total = int((n > 0).sum()), n.sum()
    rate = float(wins.sum() / total) if total else np.nan
    low = high = np.nan
    reason = None if n_clusters > 1 else "no comparison" if not n_clusters else "judged in 1 cluster only"
    if n_clusters > 1:
        variance = n_clusters / (n_clusters - 1) * ((wins - rate * n) ** 2).sum() / total**2
        effective = rate * (1 - rate) / variance if variance > 1e-15 else n_clusters
        low, high = _score_interval(rate, effective, t_quantile(confidence_level, n_clusters - 1))
    method = "Wilson at the effective number of judgments, clustered, t"
    return Estimate(rate, low, high, confidence_level, n_clusters, 0, method, reason)


def _score_interval(rate: float, n: float, quantile: float) -> tuple[float, float]:
    if not n:
        return np.nan, np.nan
    shrunk = (rate + quantile**2 / (2 * n)) / (1 + quantile**2 / n)
    half = quantile / (1 + quantile**2 / n) * np.sqrt(rate * (1 - rate) / n + quantile**2 / (4 * n**2))
    return max(0.0, float(shrunk - half)), min(1.0, float(shrunk + half))


RankingFunction = Callable[..., tuple[Estimate, ...]]

RANKING: dict[str, Statistic[RankingFunction]] = {
    "win_rate": Statistic(win_rates, "Win rate", "Wilson 1927", (0, 1)),
    "bradley_terry": Statistic(strengths, "Bradley-Terry strength", "Bradley and Terry 1952"),
}
