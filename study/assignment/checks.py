"""The schedule of a rater's checks and hidden repeats: drawn once per rater from the seed, independent of others."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np


def check_schedule(
    wanted: Mapping[str, int], every: int, total: int, rng: np.random.Generator
) -> list[tuple[int, str]]:
    """Return (number of tasks judged before, kind) of each check, in order.

    The kinds come in a random order, one at a random place in each stretch of ``every`` tasks; stretches are
    shorter if a rater judges too few tasks.

    Examples
    --------
    >>> check_schedule({"gold": 2, "attention": 1}, 5, 30, np.random.default_rng(0))
    [(2, 'attention'), (6, 'gold'), (11, 'gold')]
    """
    kinds = [kind for kind, count in wanted.items() for _ in range(count)]
    if not kinds or total < 1:
        return []
    order = rng.permutation(len(kinds))
    stretch = max(1, min(every, total // len(kinds)))
    places = np.arange(len(kinds)) * stretch + 1 + rng.integers(stretch, size=len(kinds))
    return [(min(int(place), total), kinds[one]) for place, one in zip(places, order, strict=True)]


def repeat_schedule(count: int, lag: int, total: int, rng: np.random.Generator) -> list[int]:
    """Return which of a rater's tasks (from 0) are repeated ``lag`` tasks later; fewer if there is no room.

    Examples
    --------
    >>> repeat_schedule(3, 5, 20, np.random.default_rng(0))
    [4, 8, 12]
    """
    room = total - lag
    if room < 1:
        return []
    count = min(count, room)
    edges = np.linspace(0, room, count + 1).astype(np.int64)
    return [int(rng.integers(low, high)) for low, high in pairwise(edges)]
