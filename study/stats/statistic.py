"""Entries of the tables of statistics."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Generic, Literal, TypeVar

Function = TypeVar("Function", bound=Callable[..., object])

Scale = Literal["nominal", "ordered", "other"]
"""The ratings that a coefficient needs: names; values in order; or values with a natural zero, or on a closed circle, which
preferences do not have."""


@dataclass(frozen=True, slots=True)
class Statistic(Generic[Function]):
    """A function, its display name, where it is defined, and the range of its values."""

    function: Function
    label: str
    source: str
    bounds: tuple[float, float] = (-inf, inf)


@dataclass(frozen=True, slots=True)
class Scaled(Statistic[Function]):
    """A statistic of ratings, and the scale on which it is computed."""

    scale: Scale = field(kw_only=True)
