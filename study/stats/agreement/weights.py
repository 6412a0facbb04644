"""Weights of agreement between two values: matrices from 0 to 1, with 1 on the diagonal."""

from collections.abc import Callable

import numpy as np

from study.errors import InvalidInput
from study.stats.arrays import FloatArray

Weights = Callable[[FloatArray], FloatArray]
"""From the values of a scale, ascending, shape (n_categories,), to weights, shape (n_categories, n_categories)."""


def identity_weights(values: FloatArray) -> FloatArray:
    """Return 1 for equal values, 0 for others: categories without order."""
    return np.eye(len(values))


def quadratic_weights(values: FloatArray) -> FloatArray:
    """Return 1 minus the squared difference, relative to the largest on the scale.

    >>> quadratic_weights(np.array([1.0, 2.0, 3.0]))
    array([[1.  , 0.75, 0.  ],
           [0.75, 1.  , 0.75],
           [0.  , 0.75, 1.  ]])
    """
    return _agreement(_differences(values) ** 2)


def linear_weights(values: FloatArray) -> FloatArray:
    """Return 1 minus the absolute difference, relative to the largest on the scale."""
    return _agreement(np.abs(_differences(values)))


def ordinal_weights(values: FloatArray) -> FloatArray:
    """Return weights of ranks: 1 minus the pairs among the categories from one value to the other, over all pairs.

    >>> ordinal_weights(np.array([1.0, 2.0, 9.0])).round(4)
    array([[1.    , 0.6667, 0.    ],
           [0.6667, 1.    , 0.6667],
           [0.    , 0.6667, 1.    ]])
    """
    steps = np.abs(_differences(np.arange(len(values), dtype=np.float64)))
    return _agreement(steps * (steps + 1) / 2)


def radical_weights(values: FloatArray) -> FloatArray:
    """Return 1 minus the square root of the absolute difference, relative to the largest."""
    return _agreement(np.sqrt(np.abs(_differences(values))))


def ratio_weights(values: FloatArray) -> FloatArray:
    """Return 1 minus the squared difference relative to the sum, relative to that of the ends of the scale.

    Raises
    ------
    InvalidInput
        If a value is negative.
    """
    if (values < 0).any():
        raise InvalidInput(f"value {values.min():g} on a ratio scale; allowed: 0 or more")
    sums = values[:, None] + values[None, :]
    return _agreement((_differences(values) / np.where(sums > 0, sums, 1.0)) ** 2)


def circular_weights(values: FloatArray) -> FloatArray:
    """Return 1 minus the squared sine of half the angle between values on a circle, relative to the largest.

    The circle is one unit longer than the scale: hours 0 to 23, with 23 next to 0.
    """
    around = np.ptp(values) + 1 if len(values) else 1.0
    return _agreement(np.sin(np.pi * _differences(values) / around) ** 2)


def bipolar_weights(values: FloatArray) -> FloatArray:
    """Return weights in which a difference at an end of the scale counts more than one in its middle."""
    sums = values[:, None] + values[None, :]
    if not len(values):
        return sums
    room = (sums - 2 * values.min()) * (2 * values.max() - sums)
    return _agreement(_differences(values) ** 2 / np.where(room > 0, room, 1.0))


def _differences(values: FloatArray) -> FloatArray:
    return np.asarray(values[:, None] - values[None, :])


def _agreement(disagreement: FloatArray) -> FloatArray:
    """Return 1 minus disagreement, scaled to at most 1."""
    largest = disagreement.max(initial=0.0)
    return 1 - disagreement / (largest if largest > 0 else 1.0)


WEIGHTS: dict[str, Weights] = {
    "identity": identity_weights,
    "quadratic": quadratic_weights,
    "linear": linear_weights,
    "ordinal": ordinal_weights,
    "radical": radical_weights,
    "ratio": ratio_weights,
    "circular": circular_weights,
    "bipolar": bipolar_weights,
}
