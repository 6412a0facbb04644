"""MEASURES: the personalization measures that are functions of distances."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from study.stats.arrays import FloatArray
from study.stats.personalization import perseval
from study.stats.personalization.responsiveness import Distances, egises, mean_of_known


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of each system on each document: from distances to values, shape (n_systems, n_documents).

    ``higher_is_better`` gives its expected direction against human preferences.
    """

    function: Callable[[Distances], FloatArray]
    label: str
    higher_is_better: bool


def _degress(distances: Distances) -> FloatArray:
    return 1 - egises(distances)


def _edp(distances: Distances) -> FloatArray:
    return mean_of_known(perseval.effective_penalty(distances.accuracy))


def _adp(distances: Distances) -> FloatArray:
    return perseval.accuracy_drop_penalty(distances.accuracy)


def _acp(distances: Distances) -> FloatArray:
    return mean_of_known(perseval.accuracy_inconsistency_penalty(distances.accuracy))


def _accuracy(distances: Distances) -> FloatArray:
    return mean_of_known(distances.accuracy)


def _p_accuracy(distances: Distances) -> FloatArray:
    return perseval.p_accuracy(1 - _accuracy(distances), np.clip(egises(distances), 0, 1))


MEASURES: dict[str, Measure] = {
    "perseval": Measure(perseval.perseval, "PerSEval (1 best)", True),
    "egises": Measure(egises, "EGISES (0 best)", False),
    "degress": Measure(_degress, "DEGRESS (1 best)", True),
    "edp": Measure(_edp, "EDP factor (1 best)", True),
    "adp": Measure(_adp, "ADP penalty (0 best)", False),
    "acp": Measure(_acp, "ACP penalty (0 best)", False),
    "p_accuracy": Measure(_p_accuracy, "P-Accuracy (1 best)", True),
    "distance": Measure(_accuracy, "Distance to the expected text (0 best)", False),
}
"""The measures of personalization, by key."""


def measure_values(distances: Distances) -> dict[str, FloatArray]:
    """Return each measure of :data:`MEASURES` per system and document, shape (n_systems, n_documents)."""
    return {name: measure.function(distances) for name, measure in MEASURES.items()}
