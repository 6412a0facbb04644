"""Cumulative models in the population: no random effects, errors over the units of the ratings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.stats.arrays import FloatArray
from study.stats.claims import Claim
from study.stats.multiplicity import holm
from study.stats.ratings.cells import Rated, pairs_of, systems_met
from study.stats.ratings.cumulative import expected_information, fit_cumulative
from study.stats.ratings.links import LINKS
from study.stats.ratings.ordinal_model import (
    NO_OVERLAP,
    OrdinalModel,
    ordinal_data,
    undefined_model,
)
from study.stats.resampling import check_confidence_level
from study.stats.unit_products import claimed_contrasts, column_sums
from study.tables import lookup

POPULATION = "population-averaged: how ratings of all raters together differ between systems"


@dataclass(frozen=True, slots=True)
class ScaleDifference:
    """The position of the first system less that of the second on the model's scale, with P by Holm over all pairs."""

    first: str
    second: str
    claim: Claim
    p_holm: float


@dataclass(frozen=True, slots=True)
class MarginalModel:
    """A cumulative model in the population.

    Attributes
    ----------
    model : OrdinalModel
        Its own errors take ratings as independent; those of the claims do not.
    slopes : tuple of Claim
        Each slope over the units of the ratings.
    differences : tuple of ScaleDifference
        All pairs of the systems that were fitted; empty with a design.
    """

    model: OrdinalModel
    slopes: tuple[Claim, ...]
    differences: tuple[ScaleDifference, ...]


def marginal_model(
    ratings: Rated,
    scale: ArrayLike,
    *,
    link: str = "logit",
    design: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    confidence_level: float = 0.95,
) -> MarginalModel:
    """Fit a cumulative model to the counts per system and level, with sandwich errors over units.

    Clusters' scores are weighted by the inverse of the expected information; variances as in
    :func:`study.stats.ratings.means.system_means`.

    Parameters
    ----------
    ratings : Rated
    scale : array_like of shape (n_levels,)
        The levels, ascending; only their order counts.
    link : str
        Key of :data:`study.stats.ratings.links.LINKS`.
    design, names : optional
        As in :func:`study.stats.ratings.ordinal_model.ordinal_data`.
    confidence_level : float

    Returns
    -------
    MarginalModel
        nan with a reason where all ratings are of one level, fewer than two systems can be placed, the columns of the
        design are dependent, or ratings of two groups do not overlap.

    References
    ----------
    McCullagh 1980; Liang and Zeger 1986 (errors from clusters); Cameron, Gelbach and Miller 2011 (two ways).
    """
    check_confidence_level(confidence_level)
    chosen, data = lookup(LINKS, link, "link"), ordinal_data(ratings, scale, design, names)
    if data.reason:
        return MarginalModel(undefined_model(data, chosen, POPULATION, data.reason), (), ())
    found = fit_cumulative(data, chosen)
    if not found.finite:
        return MarginalModel(undefined_model(data, chosen, POPULATION, NO_OVERLAP), (), ())
    k = data.n_thresholds
    model = OrdinalModel(
        chosen,
        POPULATION,
        found.parameters[:k],
        found.parameters[k:],
        data.names,
        found.covariance,
        {},
        found.value,
        data,
        method=f"{chosen.label}, ratings independent",
    )
    information, score = expected_information(found.parameters, data, chosen)
    influence = np.linalg.solve(information, score.reshape(-1, len(information)).T)[k:].T
    slopes, pairs = _claims(model, np.asarray(influence), design is None, confidence_level)
    return MarginalModel(model, slopes, pairs)


def _claims(
    model: OrdinalModel, influence: FloatArray, of_systems: bool, confidence_level: float
) -> tuple[tuple[Claim, ...], tuple[ScaleDifference, ...]]:
    """Return claims on the slopes and, where slopes are those of systems, on all pairs; in one pass over the units."""
    data, k = model.data, len(model.slopes)
    units, met = data.ratings.units, systems_met(data.ratings)
    weights = np.eye(k)
    if of_systems:
        first, second = pairs_of(data.ratings.n_systems)
        weights = np.vstack([weights, data.design[first] - data.design[second]])
        first, second = np.r_[np.arange(1, k + 1), first], np.r_[np.zeros(k, dtype=np.int64), second]
        resting, behind = met.of_pairs(units, first, second)
    else:
        counts = {kind: int(code.max(initial=-1)) + 1 for kind, code in units.named.items()}
        resting = [units.resting_on(counts)] * k
        behind = {kind: np.full(k, n) for kind, n in counts.items()}
    levels = len(data.scale)
    sums = column_sums(data.ratings.system * levels + data.code, levels * data.ratings.n_systems)
    claims = claimed_contrasts(
        weights @ model.slopes,
        influence @ weights.T,
        sums,
        resting,
        behind,
        confidence_level=confidence_level,
        method=model.link.label,
    )
    names, adjusted = data.ratings.systems, holm([claim.p_value for claim in claims[k:]]).tolist()
    pairs = (
        tuple(
            ScaleDifference(names[one], names[other], claim, p)
            for one, other, claim, p in zip(first[k:], second[k:], claims[k:], adjusted, strict=True)
        )
        if of_systems
        else ()
    )
    return claims[:k], pairs
