"""Rank intervals of preferences, from judgments to ranks in one call."""

import numpy as np
from numpy.typing import ArrayLike

from study.stats.ranking.preferences import Preferences
from study.stats.ranking.rank_intervals import RankIntervals, rank_intervals_of
from study.stats.ranking.strengths import (
    LIMITS,
    bradley_terry_strengths,
)
from study.stats.units import Units
from study.tables import lookup


def rank_intervals(
    judged: Preferences,
    cluster: ArrayLike | Units | None = None,
    *,
    method: str | None = None,
    simultaneous: str = "max_t",
    confidence_level: float = 0.95,
    n_resamples: int = 5000,
    rng: np.random.Generator | None = None,
) -> RankIntervals:
    """Estimate the ranks of systems, with intervals that hold for all systems together.

    A system's best possible rank is one more than the number of systems whose difference from it lies wholly above 0.

    Parameters
    ----------
    judged : Preferences
    cluster : array_like of int, shape (n_judgments,), or Units, optional
        Raters, or items; or the units of a claim. Over units of several kinds the largest difference is drawn from a
        covariance that is positive semidefinite, and each difference gets the same tail at its own degrees of freedom.
    method : {"sandwich", "score_bootstrap", "model"}, optional
        As in :func:`study.stats.strengths.strengths`.
    simultaneous : {"max_t", "bonferroni"}
        "max_t" draws the largest difference, in standard errors, from the joint distribution: normal ("model"), t
        ("sandwich") or the resampled clusters ("score_bootstrap"). It is narrower than "bonferroni", which needs no
        draws.
    confidence_level : float
    n_resamples : int
    rng : numpy.random.Generator, optional
        Required by "max_t".

    Raises
    ------
    InvalidInput
        If a name is unknown, the method needs clusters and there are none, or there is no generator.

    References
    ----------
    Klein, Wright and Wieczorek 2020; Mogstad, Romano, Shaikh and Wilhelm 2024; Holm 1979; Kline and Santos 2012.
    """
    name = method or ("model" if cluster is None else "sandwich")
    lookup(LIMITS, name, "interval method")
    return rank_intervals_of(
        bradley_terry_strengths(judged, cluster, name),
        name,
        simultaneous=simultaneous,
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        rng=rng,
    )
