"""Features of judgments by the tags of their items, one a time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from study.stats.arrays import FloatArray, codes


def tag_features(tag: ArrayLike, tags: Sequence[str]) -> FloatArray:
    """Return one feature per tag, 1 where an item has it; shape (n_judgments, n_tags).

    >>> tag_features([1, 0], ["story", "letter"])
    array([[0., 1.],
           [1., 0.]])
    """
    return np.asarray(np.eye(len(tags))[codes(tag, len(tags), "tag")])
