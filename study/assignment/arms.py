"""Arms: the combination of between-rater factor levels that a new rater gets."""

from collections.abc import Mapping, Sequence

import numpy as np


def next_arm(cells: Sequence[str], counts: Mapping[str, int], rng: np.random.Generator) -> str | None:
    """Return the arm with the fewest raters, a random one of several; None if there are no arms.

    So arms differ by at most one rater, in whatever order people arrive.

    >>> next_arm(["x=low", "x=high"], {"x=low": 3, "x=high": 2}, np.random.default_rng(0))
    'x=high'
    """
    if not cells:
        return None
    fewest = min(counts.get(cell, 0) for cell in cells)
    return str(rng.choice([cell for cell in cells if counts.get(cell, 0) == fewest]))
