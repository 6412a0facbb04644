"""Compare systems and conditions: rank stability, and which systems get worse under a richer prompt."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import FloatArray, numbers
from study.stats.correlation.coefficients import paired_kendall_b
from study.stats.personalization.responsiveness import mean_of_known
from study.stats.resampling import Estimate, bootstrap, whole_clusters

SHARES = (1.0, 0.8, 0.6, 0.4, 0.2)


@dataclass(frozen=True, slots=True)
class RankStability:
    """How stable the scores and the order of systems are when documents are left out.

    Attributes
    ----------
    shares : tuple of float
        Shares of the documents that were kept.
    kendall : ndarray of shape (n_shares,)
        Mean Kendall's tau-b with the order on all documents; nan for one system, or if all are equal.
    lowest, highest : ndarray of shape (n_shares,)
        The central 95% of the draws.
    means : ndarray of shape (n_shares, n_systems)
        Mean score of the draws.
    bias : ndarray of shape (n_systems,)
        Standard deviation of the means over the shares, as published.
    n_documents, n_draws : int
    """

    shares: tuple[float, ...]
    kendall: FloatArray
    lowest: FloatArray
    highest: FloatArray
    means: FloatArray
    bias: FloatArray
    n_documents: int
    n_draws: int


def rank_stability(
    scores: ArrayLike, *, shares: Sequence[float] = SHARES, n_draws: int = 100, rng: np.random.Generator
) -> RankStability:
    """Return how stable the order of systems is on parts of the documents, drawn without replacement.

    Parameters
    ----------
    scores : array_like of shape (n_systems, n_documents)
        nan where undefined.
    shares : sequence of float
        Above 0 and at most 1.
    n_draws : int
    rng : numpy.random.Generator

    Raises
    ------
    InvalidInput
        If a share is out of range.

    References
    ----------
    Vansh et al. 2023: parts of 80, 60, 40 and 20%, ten draws; Dasgupta et al. 2024: bias over the five levels.
    """
    table = numbers(scores, "scores", n_dimensions=2)
    wrong = [share for share in shares if not 0 < share <= 1]
    if wrong or n_draws < 1:
        raise InvalidInput(
            f"share {wrong[0] if wrong else shares[0]!r}, n_draws {n_draws}; allowed: above 0 to 1, and 1 or more"
        )
    n_documents = table.shape[1]
    everything = mean_of_known(table)
    means, taus = [], []
    for share in shares:
        size = max(1, round(share * n_documents))
        order = rng.random((n_draws, n_documents)).argsort(axis=1)[:, :size]
        drawn = mean_of_known(table[:, order]).T
        means.append(drawn.mean(axis=0))
        taus.append(paired_kendall_b(np.broadcast_to(everything, drawn.shape), drawn))
    tau = np.array(taus)
    low, high = np.nanquantile(tau, [0.025, 0.975], axis=1) if not np.isnan(tau).all() else tau[:, :2].T
    level_means = np.array(means)
    return RankStability(
        tuple(shares),
        mean_of_known(tau),
        low,
        high,
        level_means,
        level_means.std(axis=0),
        n_documents,
        n_draws,
    )


def degraded_share(
    before: ArrayLike,
    after: ArrayLike,
    *,
    rng: np.random.Generator,
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
) -> Estimate:
    """Estimate the share of systems whose mean gets worse (higher) under the richer prompt.

    Parameters
    ----------
    before, after : array_like of shape (n_systems, n_documents)
        EGISES of each document.
    confidence_level, n_resamples, rng
        As in :func:`study.stats.resampling.bootstrap`: documents are resampled, systems are fixed.
    """
    first = numbers(before, "before", n_dimensions=2)
    second = numbers(after, "after", n_dimensions=2)
    if first.shape != second.shape:
        raise InvalidInput(f"before has shape {first.shape}, after {second.shape}; allowed: equal shapes")
    known = ~(np.isnan(first) | np.isnan(second))
    change = np.where(known, second - first, 0.0)
    return bootstrap(
        _rising,
        whole_clusters(change.T, "document"),
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        rng=rng,
    )


def change_in_words(change: float) -> str:
    """Return a relative change of EGISES in words.

    >>> change_in_words((0.510 - 0.500) / 0.500), change_in_words(-0.1), change_in_words(float("nan"))
    ('degraded 2.0%', 'improved 10.0%', 'undefined')
    """
    if np.isnan(change):
        return "undefined"
    if round(abs(change), 3) == 0:
        return "unchanged"
    return f"{'degraded' if change > 0 else 'improved'} {100 * abs(change):.1f}%"


def _rising(totals: FloatArray) -> FloatArray:
    return np.asarray((totals > 0).mean(axis=1))
