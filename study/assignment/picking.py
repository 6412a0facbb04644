"""Choosing one of many comparisons, in a time that grows with their number and no faster."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


def first_by(*keys: npt.NDArray[Any]) -> int:
    """Return the place that a sort by these keys would put first, the most important key first; of equals, the earliest.

    Parameters
    ----------
    keys : arrays of shape (n,), n of 1 or more

    >>> first_by(np.array([1, 0, 0, 0]), np.array([0, 2, 1, 1]))
    2
    """
    left = np.arange(len(keys[0]))
    for key in keys:
        values = key[left]
        left = left[values == values.min()]
    return int(left[0])


def coded(names: Sequence[str]) -> tuple[npt.NDArray[np.int32], dict[str, int]]:
    """Return a number for each name, the same for equal names, and the number of every name.

    >>> coded(["b", "a", "b"])
    (array([0, 1, 0], dtype=int32), {'b': 0, 'a': 1})
    """
    codes: dict[str, int] = {}
    return np.array([codes.setdefault(name, len(codes)) for name in names], dtype=np.int32), codes
