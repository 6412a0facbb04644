"""Whether systems differ by the same odds at every level: one binary logit per threshold of the scale."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from study.stats.arrays import FloatArray, IntArray
from study.stats.claims import Claim
from study.stats.ratings.cells import Rated, pairs_of, rating_levels, systems_met
from study.stats.unit_products import claimed_contrasts, column_sums

SEPARATED = "one of the two systems is always rated on one side of this level: its log odds are infinite"


@dataclass(frozen=True, slots=True)
class BinaryLogit:
    """The difference of two systems in the log odds of a rating at or above a level."""

    level: float
    first: int
    second: int
    claim: Claim


def binary_logits(
    ratings: Rated, scale: ArrayLike, *, confidence_level: float = 0.95
) -> tuple[BinaryLogit, ...]:
    """Return the differences of all pairs of systems in log odds at each level but the lowest, over their units.

    A cumulative logit model takes the differences of a pair to be the same at all levels. Where they are not, compare
    the shares at or above each level instead of one slope.

    Parameters
    ----------
    ratings : Rated
    scale : array_like of shape (n_levels,)
    confidence_level : float

    Returns
    -------
    tuple of BinaryLogit
        Pairs (0, 1), (0, 2), ... and levels within each; nan with a reason where a system is always on one side.

    References
    ----------
    Brant 1990 (the binary logits of a cumulative one); Liang and Zeger 1986 (errors from clusters).
    """
    levels = rating_levels(ratings, scale)
    n, k = ratings.n_systems, len(levels.scale)
    first, second = pairs_of(n)
    resting, behind = systems_met(ratings).of_pairs(ratings.units, first, second)
    sums = column_sums(ratings.system * k + levels.code, n * k)
    logits, influence = log_odds(levels.counts)
    found: list[list[Claim]] = []
    for step in range(1, k):
        value = logits[first, step] - logits[second, step]
        moves = np.nan_to_num(influence[:, step, :])
        columns = np.zeros((n * k, n))
        for system in range(n):
            columns[system * k : (system + 1) * k, system] = moves[system]
        contrasts = columns[:, first] - columns[:, second]
        claims = claimed_contrasts(
            value, contrasts, sums, resting, behind, confidence_level=confidence_level,
            method="difference of log odds",
        )  # fmt: skip
        found.append([explained(claim, SEPARATED) for claim in claims])
    return tuple(
        BinaryLogit(float(levels.scale[step]), int(first[pair]), int(second[pair]), found[step - 1][pair])
        for pair in range(len(first))
        for step in range(1, k)
    )


def log_odds(counts: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the log odds of a rating at or above each level, and the influence of a rating of each level on them.

    Parameters
    ----------
    counts : ndarray of shape (n_systems, n_levels)

    Returns
    -------
    logits : ndarray of shape (n_systems, n_levels)
        nan where all or no ratings are at or above the level.
    influence : ndarray of shape (n_systems, n_levels, n_levels)
        By level of the odds, then by the rating's level.
    """
    n = counts.sum(axis=1, keepdims=True).astype(np.float64)
    above = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1].astype(np.float64)
    inside = (above > 0) & (above < n)
    share = np.divide(above, n, out=np.full(above.shape, np.nan), where=inside)
    logits = np.log(share) - np.log1p(-share)
    at_or_above = np.arange(counts.shape[1]) >= np.arange(counts.shape[1])[:, None]
    weight = 1 / (n * share * (1 - share))
    return logits, (at_or_above - share[..., None]) * weight[..., None]


def explained(claim: Claim, reason: str) -> Claim:
    """Return the claim with a reason if its value is undefined for lack of variation."""
    if not np.isnan(claim.estimate.value):
        return claim
    return replace(claim, estimate=replace(claim.estimate, reason=reason))
