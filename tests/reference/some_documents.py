"""Distances of some documents."""

import numpy as np
from numpy.typing import ArrayLike

from study.stats.personalization.responsiveness import Distances


def of_documents(distances: Distances, kept: ArrayLike) -> Distances:
    """Return the distances of some documents; ``kept`` is a mask or an index of shape (n,)."""
    chosen = np.asarray(kept)
    return Distances(
        distances.expected_pairs[chosen],
        distances.expected_document[chosen],
        distances.output_pairs[..., chosen, :, :],
        distances.output_document[..., chosen, :],
        distances.accuracy[..., chosen, :],
    )
