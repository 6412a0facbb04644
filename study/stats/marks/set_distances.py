"""Distances between sets of options, and how much of them overlaps by chance."""

from collections.abc import Callable

import numpy as np
from scipy import special

from study.errors import InvalidInput
from study.stats.agreement.totals import ratio
from study.stats.arrays import FloatArray
from study.stats.statistic import Statistic

SetDistance = Callable[[FloatArray], FloatArray]
"""From sets, rows of 1 and 0 of shape (n_sets, n_options), to distances of shape (n_sets, n_sets), 0 to 1."""


def jaccard_distance(sets: FloatArray) -> FloatArray:
    """Return one minus the share of common options among those in either set; 0 for two empty sets.

    >>> jaccard_distance(np.array([[1.0, 1, 0], [0, 1, 1], [0, 0, 0]])).round(3)
    array([[0.   , 0.667, 1.   ],
           [0.667, 0.   , 1.   ],
           [1.   , 1.   , 0.   ]])
    """
    common, either = _common(sets)
    return 1 - ratio(common, either, 1.0)


def masi_distance(sets: FloatArray) -> FloatArray:
    """Return one minus Jaccard's share times 1 for equal sets, 2/3 for a subset, 1/3 for an overlap, 0 otherwise.

    References
    ----------
    Passonneau 2006.

    Examples
    --------
    >>> masi_distance(np.array([[1.0, 1, 0], [0, 1, 1], [0, 1, 0]])).round(3)
    array([[0.   , 0.889, 0.667],
           [0.889, 0.   , 0.667],
           [0.667, 0.667, 0.   ]])
    """
    common, either = _common(sets)
    size = sets.sum(axis=1)
    smaller = np.minimum(size[:, None], size[None, :])
    kind = np.select([common == either, common == smaller, common > 0], [1.0, 2 / 3, 1 / 3], 0.0)
    return np.asarray(1 - ratio(common, either, 1.0) * kind)


def unequal_distance(sets: FloatArray) -> FloatArray:
    """Return 0 for equal sets and 1 for all others."""
    common, either = _common(sets)
    return np.asarray(common != either, dtype=np.float64)


SET_DISTANCES: dict[str, Statistic[SetDistance]] = {
    "jaccard": Statistic(jaccard_distance, "Jaccard distance", "Jaccard 1912", (0, 1)),
    "masi": Statistic(masi_distance, "MASI distance", "Passonneau 2006", (0, 1)),
    "unequal": Statistic(unequal_distance, "Equal or not", "Krippendorff 2011", (0, 1)),
}


def _common(sets: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the numbers of options in both and in either of two sets, shape (n_sets, n_sets)."""
    common = sets @ sets.T
    size = np.diag(common)
    return common, size[:, None] + size[None, :] - common


def overlap_by_chance(k: int, n_options: int) -> tuple[float, float]:
    """Return the expected number of common options of two random sets of exactly k, and their expected Jaccard share.

    Parameters
    ----------
    k : int
        From 1 to ``n_options``.
    n_options : int

    Examples
    --------
    >>> [round(one, 4) for one in overlap_by_chance(5, 118)]
    [0.2119, 0.0239]
    """
    if not 1 <= k <= n_options:
        raise InvalidInput(f"sets of {k} of {n_options} options; allowed: 1 to {n_options}")
    common = np.arange(max(0, 2 * k - n_options), k + 1)
    logs = _log_choose(k, common) + _log_choose(n_options - k, k - common)
    chance = np.exp(logs - _log_choose(n_options, np.array([k])))
    return k * k / n_options, float((chance * common / (2 * k - common)).sum())


def _log_choose(n: int, k: np.ndarray) -> FloatArray:
    return np.asarray(special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1))
