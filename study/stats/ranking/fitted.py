"""Strengths of a preference model, with what clusters or units add to them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.stats.arrays import BoolArray, FloatArray
from study.stats.ranking.comparability import Comparability
from study.stats.ranking.over_units import OverUnits
from study.stats.units import Units


@dataclass(frozen=True, slots=True)
class FittedStrengths:
    """Strengths of a preference model: what intervals and ranks are made of.

    Attributes
    ----------
    strengths : ndarray of shape (n_systems,)
        In logits, mean zero over the comparable systems; nan where undefined.
    covariance : ndarray of shape (n_systems, n_systems)
        Model-based.
    comparability : Comparability
    influence : ndarray of shape (n_clusters, n_systems)
        What each cluster adds to the strengths, to first order; of no columns, with a row per judgment, where
        intervals are model-based.
    alone : ndarray of bool, shape (n_systems,)
        Which comparable systems are compared in a single cluster.
    label : str
        The name of the model.
    reason : str or None
        Why there is no fit.
    over : OverUnits or None
        Where intervals are over units of a claim, and not over one kind of cluster that someone asked for; ``influence``
        then has no rows.
    """

    strengths: FloatArray
    covariance: FloatArray
    comparability: Comparability
    influence: FloatArray
    alone: BoolArray
    label: str = "Bradley-Terry"
    reason: str | None = None
    over: OverUnits | None = None


def one_kind(cluster: ArrayLike | Units | None) -> ArrayLike | Units | None:
    """Return units of one kind that someone asked for as plain clusters; all else as it is."""
    if isinstance(cluster, Units) and cluster.asked and len(cluster.kinds) == 1:
        return cluster.codes[0]
    return cluster


def of_units(
    values: FloatArray,
    covariance: FloatArray,
    linked: Comparability,
    over: OverUnits,
    label: str = "Bradley-Terry",
    reason: str | None = None,
) -> FittedStrengths:
    """Return strengths whose intervals are over the units of a claim."""
    alone = over.alone & linked.comparable
    return FittedStrengths(values, covariance, linked, np.zeros((0, len(values))), alone, label, reason, over)


def n_units(fitted: FittedStrengths) -> int:
    """Return how many clusters, or units of the kind of which there are fewest, intervals are over."""
    return len(fitted.influence) if fitted.over is None else fitted.over.units.fewest
