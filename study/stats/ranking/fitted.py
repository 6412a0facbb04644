"""Strengths of a preference model, with the influence of clusters or units on them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from study.stats.arrays import BoolArray, FloatArray
from study.stats.ranking.comparability import Comparability
from study.stats.ranking.over_units import OverUnits
from study.stats.units import Units


@dataclass(frozen=True, slots=True)
class FittedStrengths:
    """Strengths of a preference model, from which intervals and ranks are computed.

    Attributes
    ----------
    strengths : ndarray of shape (n_systems,)
        In logits, mean zero over the comparable systems; nan where undefined.
    covariance : ndarray of shape (n_systems, n_systems)
        Model-based.
    comparability : Comparability
    influence : ndarray of shape (n_clusters, n_systems)
        First-order influence of each cluster on the strengths; without columns, and with one row per judgment, if
        intervals are model-based.
    alone : ndarray of bool, shape (n_systems,)
        Which comparable systems are compared in a single cluster.
    label : str
        The name of the model.
    reason : str or None
        Why there is no fit.
    over : OverUnits or None
        Set if intervals are over units of a claim rather than over one kind of cluster named by the user;
        ``influence`` then has no rows.
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
    """Return units of one kind named by the user as plain clusters; everything else unchanged."""
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
    """Return the number of clusters, or of units of the kind with the fewest, behind intervals."""
    return len(fitted.influence) if fitted.over is None else fitted.over.units.fewest
