"""What an entry of a table of statistics is."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any, Generic, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Statistic(Generic[Function]):
    """A function, its name for people, where it is defined, and the range of its values."""

    function: Function
    label: str
    source: str
    bounds: tuple[float, float] = (-inf, inf)
